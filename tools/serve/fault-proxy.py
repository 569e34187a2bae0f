#!/usr/bin/env python3
"""Stands in front of a registry and does what goes wrong on the way to one.

    tools/serve/fault-proxy.py HOST:PORT STATE FAULT…

A free port of 127.0.0.1 is chosen and written to STATE/port once the proxy listens; requests are lines
"METHOD PATH", and what follows "Range: " if there is one, in STATE/requests. It speaks plain http, with one request for each connection. A FAULT is

    [METHOD ]PART WHAT[ NUMBER]

for requests whose path has PART in it. It strikes NUMBER times (default 1; 0 is always), then no more. WHAT is

    cut=N          the answer ends after N bytes of content, and the connection with it
    wrong          as many bytes as there should be, each of them another one
    status=N       that status, without asking the registry; status=429,RETRY-AFTER with that header, where date+N is
                   the time in N seconds
    slow           a pause of half a second in the middle of the content; slow=N of N seconds
    stall=N        N bytes of content, and no more until the client goes
    login          what lets the client in is not passed on: it is not good any more
    reset          the connection is reset
    pages=N        of a list of tags only N, and a link to the next ones, as the distribution spec has it
"""
import email.utils
import http.client
import json
import os
import socket
import struct
import sys
import threading
import time
import urllib.parse

import servers

upstream, state = sys.argv[1:3]
lock = threading.Lock()


class Fault:
    def __init__(self, text):
        words = text.split()
        self.method = words.pop(0) if words[0].isupper() else None
        self.part, self.what, *number = words
        self.left = int(number[0]) if number else 1
        self.forever = self.left == 0

    def strikes(self, method, path):
        if self.part not in path or self.method not in (None, method):
            return False
        with lock:
            if not self.forever and self.left == 0:
                return False
            self.left -= 1
            return True


faults = [Fault(text) for text in sys.argv[3:]]


def page(path, body, length):
    """The part of a list of tags that a request is for, and the header that says where the next part is."""
    address = urllib.parse.urlsplit(path)
    last = urllib.parse.parse_qs(address.query).get("last", [""])[0]
    content = json.loads(body)
    rest = sorted(tag for tag in content["tags"] if tag > last)
    content["tags"] = rest[:length]
    query = urllib.parse.urlencode({"last": (rest[:length] or [""])[-1], "n": length})
    link = f'<{address.path}?{query}>; rel="next"' if len(rest) > length else ""
    return json.dumps(content).encode(), link


class Handler(servers.QuietHandler):
    def handle_one(self):
        path, content = self.path, self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with lock, open(os.path.join(state, "requests"), "a", encoding="utf-8") as file:
            file.write(" ".join([self.command, path.split("?")[0], self.headers.get("Range") or ""]).strip() + "\n")
        name, _, argument = next(
            (fault.what for fault in faults if fault.strikes(self.command, path)), "").partition("=")
        if name == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if name == "status":
            code, _, after = argument.partition(",")
            self.send_response(int(code))
            if after.startswith("date+"):
                after = email.utils.formatdate(time.time() + int(after[5:]), usegmt=True)
            if after:
                self.send_header("Retry-After", after)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        connection = http.client.HTTPConnection(upstream)
        # The registry names itself by the header Host, in the places that uploads go to.
        headers = dict(self.headers)
        if name == "login":
            headers.pop("Authorization", None)
        connection.request(self.command, path, content, headers)
        answer = connection.getresponse()
        body = answer.read()
        headers = answer.getheaders()
        if name == "pages":
            body, link = page(path, body, int(argument))
            headers = [header for header in headers if header[0].lower() != "content-length"]
            headers += [("Content-Length", str(len(body))), *([("Link", link)] if link else [])]
        self.send_response(answer.status, answer.reason)
        for header, value in headers:
            if header.lower() not in ("connection", "transfer-encoding", "date", "server"):
                self.send_header(header, value)
        self.end_headers()
        self.send(body, name, argument)

    def send(self, body, name, argument):
        if name == "wrong":
            body = bytes(byte ^ 0xFF for byte in body)
        if name == "cut":
            body = body[: int(argument)]
        if name == "slow":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            time.sleep(float(argument or 0.5))
            body = body[len(body) // 2 :]
        if name == "stall":
            self.wfile.write(body[: int(argument)])
            self.wfile.flush()
            self.connection.settimeout(60)
            try:
                self.connection.recv(1)
            except OSError:
                pass
            return
        self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = handle_one


servers.serve(Handler, state)

#!/usr/bin/env python3
"""Serves a directory on 127.0.0.1, for tests of http imports.

    tools/serve/serve-files.py DIRECTORY STATE

A free port is chosen and written to STATE/port once the server listens. Each request is a line "METHOD PATH" in
STATE/requests. With a certificate and its key in STATE/server.pem it speaks TLS. Besides plain files it knows:

    NAME.checksum   its text is sent as X-Checksum-Sha256 with NAME
    NAME.location   NAME is a redirect to its text
    NAME.status     NAME is answered with that status
    NAME.unsized    NAME is sent without Content-Length
    private/        needs the user "me" with the password "s3cr3t"
"""

import base64
import http.server
import os
import ssl
import sys

import servers

directory, state = (os.path.abspath(path) for path in sys.argv[1:3])
os.makedirs(state, exist_ok=True)


class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *arguments):
        super().__init__(*arguments, directory=directory)

    def note(self, name):
        try:
            with open(os.path.join(directory, self.path.split("?")[0].lstrip("/") + "." + name)) as file:
                return file.read().strip()
        except OSError:
            return None

    def answer(self, send):
        # A client that takes this server for its proxy names the whole URL.
        if self.path.startswith("http://"):
            self.path = "/" + self.path.split("/", 3)[3]
        with open(os.path.join(state, "requests"), "a") as file:
            file.write(f"{self.command} {self.path}\n")
        expected = "Basic " + base64.b64encode(b"me:s3cr3t").decode()
        if self.path.startswith("/private/") and self.headers.get("Authorization") != expected:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="test"')
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.note("location"):
            self.send_response(302)
            self.send_header("Location", self.note("location"))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.note("status"):
            self.send_error(int(self.note("status")))
        else:
            send()

    def do_GET(self):
        self.answer(super().do_GET)

    def do_HEAD(self):
        self.answer(super().do_HEAD)

    def send_header(self, name, value):
        if name != "Content-Length" or self.note("unsized") is None:
            super().send_header(name, value)

    def end_headers(self):
        if self.note("checksum"):
            self.send_header("X-Checksum-Sha256", self.note("checksum"))
        super().end_headers()


context = None
if os.path.exists(os.path.join(state, "server.pem")):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(state, "server.pem"))
servers.serve(Handler, state, context)

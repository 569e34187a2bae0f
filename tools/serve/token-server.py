#!/usr/bin/env python3
"""Gives out tokens for a registry that wants them, as Docker's and others do.

    tools/serve/token-server.py STATE CERTIFICATE KEY

A free port of 127.0.0.1 is chosen and written to STATE/port once the server listens; each request is a line
"ACCOUNT SCOPE…" in STATE/requests, with "-" for nobody. Tokens are for the service "test", signed by openssl with KEY,
one of the curve P-256, and good for an hour. The user "me" with the password "s3cr3t" may pull and push everywhere, or,
if STATE/one-scope exists, only what the first scope says. Nobody may pull what is below "public/", and gets a token for
nothing else.

https://distribution.github.io/distribution/spec/auth/jwt/
"""
import base64
import json
import os
import subprocess
import sys
import time
import urllib.parse
import uuid

import servers

state, certificate, key = sys.argv[1:4]


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(claims):
    with open(certificate, encoding="ascii") as file:
        lines = [line.strip() for line in file if "-----" not in line]
    header = {"typ": "JWT", "alg": "ES256", "x5c": ["".join(lines)]}
    text = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
    signature = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", key], input=text.encode(), stdout=subprocess.PIPE, check=True)
    return f"{text}.{encode(both_numbers(signature.stdout))}"


def both_numbers(signature):
    """The two numbers of an ECDSA signature, 32 bytes each, as a token has them: openssl writes a DER sequence of both."""
    second = 4 + signature[3]
    numbers = signature[4:second], signature[second + 2:]
    return b"".join(int.from_bytes(number, "big").to_bytes(32, "big") for number in numbers)


def access(scopes, is_known):
    for scope in scopes:
        kind, name, actions = scope.split(":")
        allowed = [action for action in actions.split(",") if is_known or action == "pull" and name.startswith("public/")]
        if allowed:
            yield {"type": kind, "name": name, "actions": allowed}


class Handler(servers.QuietHandler):
    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        scopes = query.get("scope", [])
        login = self.headers.get("Authorization", "")
        is_known = login == "Basic " + base64.b64encode(b"me:s3cr3t").decode()
        account = query.get("account", ["-"])[0]
        with open(os.path.join(state, "requests"), "a", encoding="utf-8") as file:
            file.write(" ".join([account, *scopes]) + "\n")
        if login and not is_known or query.get("service") != ["test"]:
            return self.answer(401, {"errors": [{"code": "UNAUTHORIZED"}]})
        if os.path.exists(os.path.join(state, "one-scope")):
            scopes = scopes[:1]
        now = int(time.time())
        return self.answer(200, {
            "expires_in": 3600,
            "token": sign({
                "iss": "test", "sub": account, "aud": "test", "exp": now + 3600, "nbf": now - 60, "iat": now,
                "jti": str(uuid.uuid4()), "access": list(access(scopes, is_known))})})

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


servers.serve(Handler, state)

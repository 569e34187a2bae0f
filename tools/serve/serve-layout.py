#!/usr/bin/env python3
"""A registry of one image, for who takes images from nowhere else: what an OCI layout has, over TLS, on a port of loopback.

    tools/serve/serve-layout.py LAYOUT TAG CERTIFICATE STATE

Any name and any tag stand for that image. CERTIFICATE is a PEM file with its key. STATE/port has the number of the port as
soon as it answers.
"""

import json
import pathlib
import ssl
import sys

from servers import QuietHandler, serve


class Handler(QuietHandler):
    layout: pathlib.Path
    entry: dict

    def do_GET(self) -> None:
        kind, _, reference = self.path.rpartition("/")
        is_digest = ":" in reference
        if self.path.rstrip("/") == "/v2":
            self.answer(b"{}", "application/json")
        elif kind.endswith("/manifests") and not is_digest:
            self.answer(self.blob(self.entry["digest"]), self.entry["mediaType"])
        elif is_digest and (file := self.file(reference)).is_file():
            self.answer(file.read_bytes(), self.type_of(file))
        else:
            self.send_error(404)

    do_HEAD = do_GET

    def answer(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def file(self, digest: str) -> pathlib.Path:
        algorithm, _, name = digest.partition(":")
        return self.layout / "blobs" / pathlib.Path(algorithm).name / pathlib.Path(name).name

    def blob(self, digest: str) -> bytes:
        return self.file(digest).read_bytes()

    def type_of(self, file: pathlib.Path) -> str:
        """Of a manifest in an index, what it says itself."""
        if "/manifests/" not in self.path:
            return "application/octet-stream"
        return json.loads(file.read_bytes()).get("mediaType", "application/vnd.oci.image.manifest.v1+json")


def main(layout: str, tag: str, certificate: str, state: str) -> None:
    Handler.layout = pathlib.Path(layout)
    index = json.loads((Handler.layout / "index.json").read_bytes())
    Handler.entry = next(
        entry
        for entry in index["manifests"]
        if entry.get("annotations", {}).get("org.opencontainers.image.ref.name") == tag
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    serve(Handler, state, context)


main(*sys.argv[1:])

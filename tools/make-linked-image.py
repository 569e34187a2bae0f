#!/usr/bin/env python3
"""Makes an OCI layout of an image with one file of many names on top of another image:

    tools/make-linked-image.py DIR LAYOUT COUNT

DIR has the tag "latest": the layers of LAYOUT's only image, and a layer with the directories /linked/0 to /linked/9, in
which the COUNT names of the one file are, name-000000 and so on, in turn.
"""

import gzip
import hashlib
import io
import json
import pathlib
import shutil
import sys
import tarfile

DIRECTORIES = 10
EPOCH = 1700000000
CONTENT = b"content\n"


def linked_tar(count: int) -> bytes:
    buffer = io.BytesIO()
    # The old format: one block for each name.
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in ["linked"] + [f"linked/{number}" for number in range(DIRECTORIES)]:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode, entry.mtime = tarfile.DIRTYPE, 0o755, EPOCH
            tar.addfile(entry)
        first = "linked/0/name-000000"
        for number in range(count):
            entry = tarfile.TarInfo(f"linked/{number % DIRECTORIES}/name-{number:06}")
            entry.mode, entry.mtime = 0o644, EPOCH
            if number == 0:
                entry.size = len(CONTENT)
                tar.addfile(entry, io.BytesIO(CONTENT))
            else:
                entry.type, entry.linkname = tarfile.LNKTYPE, first
                tar.addfile(entry)
    return buffer.getvalue()


class Layout:
    def __init__(self, path: pathlib.Path):
        self.path = path

    def read(self, digest: str) -> dict:
        return json.loads((self.path / "blobs" / digest.replace(":", "/")).read_bytes())

    def write(self, content: bytes) -> dict:
        digest = hashlib.sha256(content).hexdigest()
        (self.path / "blobs/sha256" / digest).write_bytes(content)
        return {"digest": f"sha256:{digest}", "size": len(content)}


def main(target: str, below: str, count: str) -> None:
    # Under another name until it is whole.
    made = pathlib.Path(target + ".new")
    shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(below, made)
    layout = Layout(made)
    index = json.loads((layout.path / "index.json").read_bytes())
    manifest = layout.read(index["manifests"][0]["digest"])
    config = layout.read(manifest["config"]["digest"])

    tar = linked_tar(int(count))
    blob = layout.write(gzip.compress(tar, 1, mtime=0))
    manifest["layers"].append({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **blob})
    config["rootfs"]["diff_ids"].append("sha256:" + hashlib.sha256(tar).hexdigest())
    config.pop("history", None)
    manifest["config"].update(layout.write(json.dumps(config).encode()))
    index["manifests"][0].update(layout.write(json.dumps(manifest).encode()))
    (layout.path / "index.json").write_text(json.dumps(index))
    shutil.rmtree(target, ignore_errors=True)
    made.rename(target)


main(*sys.argv[1:])

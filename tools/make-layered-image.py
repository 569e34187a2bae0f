#!/usr/bin/env python3
"""Makes an OCI layout DIR whose tag "latest" is the image BASE:latest with more layers on top, COUNT in all.

make-layered-image.py DIR BASE COUNT

Layer N, counted from 2, holds /layers/N, a file of its own, and /top, which says N and so hides the /top
of the layer below. Tar and JSON are written directly: an image tool takes seconds for each layer, and this
takes one for hundreds.
"""
import gzip
import hashlib
import io
import json
import os
import shutil
import sys
import tarfile

EPOCH = 1700000000
REF_NAME = "org.opencontainers.image.ref.name"


def write_blob(layout, data):
    """Stores a blob and returns its digest."""
    name = hashlib.sha256(data).hexdigest()
    with open(os.path.join(layout, "blobs/sha256", name), "wb") as file:
        file.write(data)
    return "sha256:" + name


def read_json(layout, digest):
    with open(os.path.join(layout, "blobs", digest.replace(":", "/")), encoding="utf-8") as file:
        return json.load(file)


def make_tar(number):
    """The layer's tar: /layers/NUMBER and /top, both with the number as their text."""
    text = f"{number}\n".encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        directory = tarfile.TarInfo("layers")
        directory.type = tarfile.DIRTYPE
        directory.mode = 0o755
        directory.mtime = EPOCH
        tar.addfile(directory)
        for name in (f"layers/{number}", "top"):
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            entry.mtime = EPOCH
            tar.addfile(entry, io.BytesIO(text))
    return buffer.getvalue()


def main(layout, base, count):
    work = layout + ".partial"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(base, work)
    with open(os.path.join(work, "index.json"), encoding="utf-8") as file:
        index = json.load(file)
    [descriptor] = [entry for entry in index["manifests"] if entry["annotations"][REF_NAME] == "latest"]
    manifest = read_json(work, descriptor["digest"])
    config = read_json(work, manifest["config"]["digest"])

    for number in range(len(manifest["layers"]) + 1, count + 1):
        tar = make_tar(number)
        blob = gzip.compress(tar, compresslevel=1, mtime=0)
        config["rootfs"]["diff_ids"].append("sha256:" + hashlib.sha256(tar).hexdigest())
        config["history"].append({"created": "2023-11-14T22:13:20Z", "created_by": f"layer {number}"})
        manifest["layers"].append({
            "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
            "digest": write_blob(work, blob),
            "size": len(blob),
        })

    data = json.dumps(config).encode()
    manifest["config"].update(digest=write_blob(work, data), size=len(data))
    data = json.dumps(manifest).encode()
    descriptor.update(digest=write_blob(work, data), size=len(data))
    with open(os.path.join(work, "index.json"), "w", encoding="utf-8") as file:
        json.dump(index, file)
    shutil.rmtree(layout, ignore_errors=True)
    os.rename(work, layout)


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

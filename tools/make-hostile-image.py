#!/usr/bin/env python3
"""Makes hostile tars, and OCI layouts with such a tar as the image's only layer.

make-hostile-image.py tar FILE KIND
make-hostile-image.py oci DIR KIND

KIND is a key of KINDS below. Digests and sizes are right: what is wrong is inside.
"""
import gzip
import hashlib
import io
import json
import os
import sys
import tarfile


def entry(name, kind=tarfile.REGTYPE, link="", data=b"evil\n", records=None):
    """An entry; pax records are written as they are given."""
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = link
    info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    info.size = len(data) if kind == tarfile.REGTYPE else 0
    info.pax_headers = records or {}
    return info, data


LINK, HARD, DIRECTORY = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE

KINDS = {
    "dotdot": [entry("../" * 3 + "victim")],
    "through-symlink": [entry("link", LINK, "../../.."), entry("link/victim")],
    "through-absolute": [entry("link", LINK, "@HERE@"), entry("link/victim")],
    "hard-link": [entry("link", HARD, "../../../victim"), entry("link")],
    "hard-link-through-symlink": [entry("d", LINK, "../../.."), entry("link", HARD, "d/victim"), entry("link")],
    "whiteout": [entry("../../../.wh.victim", data=b"")],
    "whiteout-through-symlink": [entry("link", LINK, "../../.."), entry("link/.wh.absent", data=b"")],
    "nul": [entry("x", DIRECTORY, records={"mtime": "-1.5", "path": "..\0x"})],
    "opaque": [entry("link", LINK, "@HERE@"), entry("link/.wh..wh..opq", data=b"")],
    "good-then-bad": [entry("good"), entry("../victim")],
}


def make_tar(kind):
    """The archive's bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, data in KINDS[kind]:
            info.linkname = info.linkname.replace("@HERE@", os.getcwd())
            tar.addfile(info, io.BytesIO(data) if info.size else None)
    return buffer.getvalue()


def make_layout(layout, tar):
    """Writes the layout, with the tag latest."""
    os.makedirs(os.path.join(layout, "blobs/sha256"))

    def blob(data, media_type):
        name = hashlib.sha256(data).hexdigest()
        with open(os.path.join(layout, "blobs/sha256", name), "wb") as file:
            file.write(data)
        return {"mediaType": "application/vnd.oci.image." + media_type, "digest": "sha256:" + name, "size": len(data)}

    layer = blob(gzip.compress(tar, mtime=0), "layer.v1.tar+gzip")
    config = blob(json.dumps({
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(tar).hexdigest()]},
    }).encode(), "config.v1+json")
    manifest = blob(json.dumps({"schemaVersion": 2, "config": config, "layers": [layer]}).encode(), "manifest.v1+json")
    manifest["annotations"] = {"org.opencontainers.image.ref.name": "latest"}
    for name, content in (
            ("index.json", {"schemaVersion": 2, "manifests": [manifest]}),
            ("oci-layout", {"imageLayoutVersion": "1.0.0"})):
        with open(os.path.join(layout, name), "w", encoding="utf-8") as file:
            json.dump(content, file)


if sys.argv[1] == "tar":
    with open(sys.argv[2], "wb") as output:
        output.write(make_tar(sys.argv[3]))
else:
    make_layout(sys.argv[2], make_tar(sys.argv[3]))

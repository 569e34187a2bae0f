#!/usr/bin/env python3
"""Makes hostile tars, and OCI layouts with such a tar, or a squashfs or erofs, as the image's only layer.

make-hostile-image.py tar FILE KIND
make-hostile-image.py oci DIR KIND
make-hostile-image.py image DIR FILE KIND

KIND is a key of KINDS below, or entries-COUNT: so many empty files; for an image FILE, one of damage(). Digests and
sizes are right: what is wrong is inside.
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


def make_entries(count):
    """An archive of empty files, a thousand in each directory: by hand, since tarfile takes a minute for a million."""
    header = bytearray(tarfile.TarInfo("").tobuf(tarfile.USTAR_FORMAT))
    header[148:156] = b" " * 8
    total = sum(header)
    archive = bytearray()
    for number in range(count):
        name = f"{number // 1000}/{number}".encode()
        header[:100] = name.ljust(100, b"\0")
        header[148:156] = b"%06o\0 " % (total + sum(name))
        archive += header
    return archive + bytes(1024)


def make_tar(kind):
    """The archive's bytes."""
    if kind.startswith("entries-"):
        return make_entries(int(kind.removeprefix("entries-")))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, data in KINDS[kind]:
            info.linkname = info.linkname.replace("@HERE@", os.getcwd())
            tar.addfile(info, io.BytesIO(data) if info.size else None)
    return buffer.getvalue()


def damage(image, kind):
    """What becomes of a squashfs whose metadata are not compressed, or of an erofs."""
    image = bytearray(image)
    is_squashfs = image[:4] == b"hsqs"
    if kind == "truncated":
        # A squashfs says its length, after which there is padding.
        used = int.from_bytes(image[40:48], "little") if is_squashfs else len(image)
        return bytes(image[:used // 2])
    if not is_squashfs:
        # Its superblock need not have a checksum: what comes after it is what is to be refused.
        image[1032] &= 0xfe
    if kind == "inodes":
        # Squashfs: the first of the table, behind the block's header. Erofs: the root's, by its number of 32 bytes.
        start = (int.from_bytes(image[64:72], "little") + 2 if is_squashfs
                 else int.from_bytes(image[1038:1040], "little") * 32)
        image[start:start + 2] = bytes(byte ^ 0xff for byte in image[start:start + 2])
    if kind in ("dotdot", "slash"):
        # Same length and same place in the order of names.
        old, new = {"dotdot": (b"QQ", b".."), "slash": (b"zz", b"z/")}[kind]
        assert image.count(old) == 1, f"{old} is there {image.count(old)} times"
        image = image.replace(old, new)
    return bytes(image)


def make_layout(layout, layer, media_type, diff_id):
    """Writes the layout, with the tag latest."""
    os.makedirs(os.path.join(layout, "blobs/sha256"))

    def blob(data, media_type):
        name = hashlib.sha256(data).hexdigest()
        with open(os.path.join(layout, "blobs/sha256", name), "wb") as file:
            file.write(data)
        return {"mediaType": "application/vnd." + media_type, "digest": "sha256:" + name, "size": len(data)}

    layer = blob(layer, media_type)
    config = blob(json.dumps({
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + diff_id]},
    }).encode(), "oci.image.config.v1+json")
    manifest = blob(
        json.dumps({"schemaVersion": 2, "config": config, "layers": [layer]}).encode(), "oci.image.manifest.v1+json")
    manifest["annotations"] = {"org.opencontainers.image.ref.name": "latest"}
    for name, content in (
            ("index.json", {"schemaVersion": 2, "manifests": [manifest]}),
            ("oci-layout", {"imageLayoutVersion": "1.0.0"})):
        with open(os.path.join(layout, name), "w", encoding="utf-8") as file:
            json.dump(content, file)


def main(form, target, *rest):
    if form == "tar":
        with open(target, "wb") as output:
            output.write(make_tar(*rest))
    elif form == "oci":
        tar = make_tar(*rest)
        make_layout(
            target, gzip.compress(tar, 1, mtime=0), "oci.image.layer.v1.tar+gzip", hashlib.sha256(tar).hexdigest())
    else:
        with open(rest[0], "rb") as file:
            image = damage(file.read(), rest[1])
        suffix = "squashfs" if image[:4] == b"hsqs" else "erofs+lz4hc"
        make_layout(target, image, "stacker.image.layer." + suffix, hashlib.sha256(image).hexdigest())


main(*sys.argv[1:])

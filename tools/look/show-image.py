#!/usr/bin/env -S python3 -IS
"""Looks into an OCI layout: one program for what takes several calls of jq, each of which reads its own library first.

    tools/look/show-image.py manifest|config LAYOUT TAG   prints the blob
    tools/look/show-image.py layer LAYOUT TAG N           prints a layer's digest; 0 is the lowest, -1 the top one
    tools/look/show-image.py count LAYOUT TAG             prints how many layers there are
    tools/look/show-image.py check LAYOUT                 says what is not whole: what is named and is not there, and
                                                          blobs with another content than their names say

TAG is the annotation org.opencontainers.image.ref.name of one entry of index.json.
"""

import hashlib
import json
import os
import sys


def blob(layout: str, digest: str) -> str:
    """The path of a blob."""
    return f"{layout}/blobs/{digest.replace(':', '/', 1)}"


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def manifest_digest(layout: str, tag: str) -> str:
    entries = json.loads(read(f"{layout}/index.json"))["manifests"]
    tags = [(entry.get("annotations") or {}).get("org.opencontainers.image.ref.name") for entry in entries]
    if tags.count(tag) != 1:
        sys.exit(f"{layout}: {tags.count(tag)} images have the tag {tag}; the tags are {tags}")
    return entries[tags.index(tag)]["digest"]


def complaints(layout: str) -> list[str]:
    """What is not whole. A layout that is not there is."""
    if not os.path.exists(f"{layout}/oci-layout") and not os.path.exists(f"{layout}/index.json"):
        return []
    found = []
    if "imageLayoutVersion" not in json.loads(read(f"{layout}/oci-layout")):
        found.append(f"{layout}/oci-layout has no imageLayoutVersion")
    for entry in json.loads(read(f"{layout}/index.json"))["manifests"]:
        manifest = json.loads(read(blob(layout, entry["digest"])))
        for descriptor in [manifest.get("config"), *(manifest.get("layers") or [])]:
            if descriptor and not os.path.exists(blob(layout, descriptor["digest"])):
                found.append(f"{entry['digest']} names {descriptor['digest']}, which is not there")
    directory = f"{layout}/blobs/sha256"
    for name in sorted(os.listdir(directory) if os.path.isdir(directory) else []):
        # What has a dot in front is nobody's blob.
        if not name.startswith(".") and hashlib.sha256(read(f"{directory}/{name}")).hexdigest() != name:
            found.append(f"{directory}/{name} has another content than its name says")
    return found


def main(verb: str, layout: str, tag: str = "", number: str = "0") -> None:
    if verb == "check":
        found = complaints(layout)
        sys.exit("\n".join(found) if found else 0)
    content = read(blob(layout, manifest_digest(layout, tag)))
    if verb == "manifest":
        sys.stdout.buffer.write(content)
        return
    manifest = json.loads(content)
    if verb == "config":
        sys.stdout.buffer.write(read(blob(layout, manifest["config"]["digest"])))
    elif verb == "layer":
        print(manifest["layers"][int(number)]["digest"])
    elif verb == "count":
        print(len(manifest["layers"]))
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])

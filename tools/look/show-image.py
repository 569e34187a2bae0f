#!/usr/bin/env -S python3 -IS
"""Looks into an OCI layout: one program for what takes several calls of jq, each of which reads its own library first.

    tools/look/show-image.py manifest|config LAYOUT TAG   prints the blob
    tools/look/show-image.py layer LAYOUT TAG N           prints a layer's digest; 0 is the lowest, -1 the top one
    tools/look/show-image.py count LAYOUT TAG             prints how many layers there are
    tools/look/show-image.py check LAYOUT                 says what is not whole: what is named and is not there, and
                                                          blobs with another content than their names say

TAG is the annotation org.opencontainers.image.ref.name of one entry of index.json.
"""

import os
import sys

# json's own scanner, without what that module brings: a test looks into layouts several times, and most of the time went there.
from _json import make_scanner


class Dialect:
    """How JSON is read: as json.loads does."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


def blob(layout: str, digest: str) -> str:
    """The path of a blob."""
    return f"{layout}/blobs/{digest.replace(':', '/', 1)}"


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def read_json(path: str) -> dict:
    text = read(path).decode().strip()
    try:
        value, end = make_scanner(Dialect)(text, 0)
    except (StopIteration, SystemError):
        value, end = None, 0
    if end != len(text) or not isinstance(value, dict):
        sys.exit(f"{path} is no JSON object: {text}")
    return value


def manifest_digest(layout: str, tag: str) -> str:
    entries = read_json(f"{layout}/index.json")["manifests"]
    tags = [(entry.get("annotations") or {}).get("org.opencontainers.image.ref.name") for entry in entries]
    if tags.count(tag) != 1:
        sys.exit(f"{layout}: {tags.count(tag)} images have the tag {tag}; the tags are {tags}")
    return entries[tags.index(tag)]["digest"]


def complaints(layout: str) -> list[str]:
    """What is not whole. A layout that is not there is."""
    if not os.path.exists(f"{layout}/oci-layout") and not os.path.exists(f"{layout}/index.json"):
        return []
    # It takes its time to load, and is rarely asked for.
    import hashlib

    found = []
    if "imageLayoutVersion" not in read_json(f"{layout}/oci-layout"):
        found.append(f"{layout}/oci-layout has no imageLayoutVersion")
    entries = list(read_json(f"{layout}/index.json")["manifests"])
    seen = {entry["digest"] for entry in entries}
    for entry in entries:
        manifest = read_json(blob(layout, entry["digest"]))
        members = manifest.get("manifests") or []
        for descriptor in [manifest.get("config"), *(manifest.get("layers") or []), *members]:
            if descriptor and not os.path.exists(blob(layout, descriptor["digest"])):
                found.append(f"{entry['digest']} names {descriptor['digest']}, which is not there")
        # What an index names is an entry like others.
        new = {member["digest"]: member for member in members if member["digest"] not in seen}
        entries += [member for digest, member in new.items() if os.path.exists(blob(layout, digest))]
        seen |= new.keys()
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
    path = blob(layout, manifest_digest(layout, tag))
    if verb == "manifest":
        sys.stdout.buffer.write(read(path))
    elif verb == "config":
        sys.stdout.buffer.write(read(blob(layout, read_json(path)["config"]["digest"])))
    elif verb == "layer":
        print(read_json(path)["layers"][int(number)]["digest"])
    elif verb == "count":
        print(len(read_json(path)["layers"]))
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])

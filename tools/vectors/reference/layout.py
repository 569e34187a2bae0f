"""An image of an OCI layout as the tars of its layers, each checked against its descriptor and its diff ID."""

import base64
import hashlib
import json
import pathlib

from reference.decompression import decompress
from reference.verdicts import Refused, Unspecified

INDEXES = {
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
}
MANIFESTS = {
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
}
LAYERS = {
    "application/vnd.oci.image.layer.v1.tar": "none",
    "application/vnd.oci.image.layer.v1.tar+gzip": "gzip",
    "application/vnd.oci.image.layer.v1.tar+zstd": "zstd",
    "application/vnd.oci.image.layer.nondistributable.v1.tar": "none",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip": "gzip",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd": "zstd",
    "application/vnd.docker.image.rootfs.diff.tar": "none",
    "application/vnd.docker.image.rootfs.diff.tar.gzip": "gzip",
    "application/vnd.docker.image.rootfs.foreign.diff.tar": "none",
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip": "gzip",
}
# Of all that the encoder writes.
PLATFORM = {"architecture": "amd64", "os": "linux"}
TAG_KEY = "org.opencontainers.image.ref.name"


def read_layers(layout: pathlib.Path, tag: str) -> list[bytes]:
    """Lowest first."""
    manifest = read_manifest(layout, tag)
    config = read_document(layout, member(manifest, "config", dict))
    rootfs = member(config, "rootfs", dict)
    if rootfs.get("type") != "layers":
        raise Refused(f"rootfs.type is {rootfs.get('type')}")
    diff_ids = member(rootfs, "diff_ids", list)
    descriptors = member(manifest, "layers", list)
    if len(diff_ids) != len(descriptors):
        raise Refused(f"{len(diff_ids)} diff IDs for {len(descriptors)} layers")
    return [read_layer(layout, *pair) for pair in zip(descriptors, diff_ids)]


def read_layer(layout: pathlib.Path, descriptor: dict, diff_id: str) -> bytes:
    kind = member(descriptor, "mediaType", str)
    if kind not in LAYERS:
        raise Unspecified(f"what to do with a layer of the media type {kind}")
    tar = decompress(LAYERS[kind], read_blob(layout, descriptor))
    check_digest(diff_id, tar, "diff ID")
    return tar


def read_manifest(layout: pathlib.Path, tag: str) -> dict:
    index = parse((layout / "index.json").read_bytes(), "index.json")
    named = [
        entry for entry in member(index, "manifests", list) if (entry.get("annotations") or {}).get(TAG_KEY) == tag]
    if len(named) != 1:
        raise Refused(f"{len(named)} entries of index.json are named {tag}")
    return follow(layout, named[0])


def follow(layout: pathlib.Path, descriptor: dict) -> dict:
    kind = descriptor.get("mediaType")
    document = read_document(layout, descriptor)
    if document.get("mediaType", kind) != kind:
        raise Refused(f"the descriptor says {kind}, and the document {document['mediaType']}")
    if "manifests" in document and ("layers" in document or "config" in document):
        raise Refused("a document is an index and a manifest in one")
    if kind in MANIFESTS:
        return document
    if kind not in INDEXES:
        raise Unspecified(f"what to do with an entry of the media type {kind}")
    fitting = [entry for entry in member(document, "manifests", list) if is_ours(entry)]
    if not fitting:
        raise Refused("no entry of the index is for a platform that is known")
    return follow(layout, fitting[0])


def is_ours(entry: dict) -> bool:
    platform = entry.get("platform") or PLATFORM
    return all(platform.get(key) == value for key, value in PLATFORM.items())


def read_document(layout: pathlib.Path, descriptor: dict) -> dict:
    return parse(read_blob(layout, descriptor), str(descriptor.get("digest")))


def parse(data: bytes, what: str) -> dict:
    try:
        document = json.loads(data)
    except ValueError as error:
        raise Refused(f"{what} is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise Refused(f"{what} is no object")
    return document


def member(document: dict, key: str, kind: type):
    value = document.get(key)
    if not isinstance(value, kind):
        raise Refused(f"{key} is {json.dumps(value)[:60]}")
    return value


def read_blob(layout: pathlib.Path, descriptor: dict) -> bytes:
    digest = member(descriptor, "digest", str)
    algorithm, _, name = digest.partition(":")
    if algorithm not in ("sha256", "sha512") or len(name) not in (64, 128) or not name.isalnum():
        raise Refused(f"no digest: {digest}")
    file = layout / "blobs" / algorithm / name
    if file.is_file():
        data = file.read_bytes()
    elif "data" in descriptor:
        data = base64.b64decode(descriptor["data"])
    else:
        raise Refused(f"there is no blob {digest}")
    if len(data) != descriptor.get("size"):
        raise Refused(f"{digest} has {len(data)} bytes, and its descriptor says {descriptor.get('size')}")
    check_digest(digest, data, "digest")
    return data


def check_digest(digest: object, data: bytes, what: str) -> None:
    algorithm, _, wanted = str(digest).partition(":")
    if algorithm not in ("sha256", "sha512"):
        raise Refused(f"no {what}: {digest}")
    if hashlib.new(algorithm, data).hexdigest() != wanted:
        raise Refused(f"the {what} {digest} is not that of the bytes")

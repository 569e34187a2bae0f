"""Reads the layout that a builder wrote, by nothing of any builder's: tar layers by the reference reader, images of file
systems by the kernel."""

import dataclasses
import os
import pathlib
import subprocess
from typing import Any

from reference import layout
from reference.archive import Entry, read_entries
from reference.changes import OPAQUE, WHITEOUT, apply_layers
from reference.verdicts import Refused, Unspecified
from trees.disk import read_tree
from trees.tree import ROOT, Node, Tree

FILE_SYSTEMS = ("squashfs", "erofs")
OPAQUE_ATTRIBUTE = b"trusted.overlay.opaque"
OVERLAY_ATTRIBUTES = (b"trusted.overlay.", b"user.overlay.")


class Unreadable(Exception):
    """What came out can't be read: the fault of whoever wrote it."""


def read_layout(image: str, below: int, place: pathlib.Path) -> tuple[Tree, list[list[Entry]]]:
    """The merged tree, and the entries of the layers above the lowest ones."""
    directory, _, tag = image.rpartition(":")
    try:
        described = described_layers(pathlib.Path(directory), tag)
        layers = [
            read_layer(pathlib.Path(directory), *pair, place / str(number)) for number, pair in enumerate(described)
        ]
        # In a tar, a device 0:0 is a device.
        tars = [as_in_tar(layer) if file_system_of(each) else layer for (each, _), layer in zip(described, layers)]
        return apply_layers(tars), layers[below:]
    except (Refused, Unspecified, OSError) as error:
        raise Unreadable(f"the layout can't be read: {error}") from error


def described_layers(directory: pathlib.Path, tag: str) -> list[tuple[dict[str, Any], str]]:
    """Descriptors and diff IDs."""
    manifest = layout.read_manifest(directory, tag)
    diff_ids = layout.read_document(directory, manifest["config"])["rootfs"]["diff_ids"]
    if len(manifest["layers"]) != len(diff_ids):
        raise Refused(f"{len(diff_ids)} diff IDs for {len(manifest['layers'])} layers")
    return list(zip(manifest["layers"], diff_ids))


def file_system_of(descriptor: dict[str, Any]) -> str | None:
    """None if the layer is a tar."""
    return next((kind for kind in FILE_SYSTEMS if kind in descriptor["mediaType"]), None)


def read_layer(directory: pathlib.Path, descriptor: dict[str, Any], diff_id: str, place: pathlib.Path) -> list[Entry]:
    kind = file_system_of(descriptor)
    if kind is None:
        return read_entries(layout.read_layer(directory, descriptor, diff_id))
    layout.check_digest(diff_id, layout.read_blob(directory, descriptor), "diff ID")
    place.mkdir(parents=True)
    blob = directory / "blobs" / descriptor["digest"].replace(":", "/")
    subprocess.run(["mount", "-t", kind, "-o", "loop,ro", blob, place], check=True)
    try:
        return [entry_of(path, node, place) for path, node in sorted(read_tree(place).items())]
    finally:
        subprocess.run(["umount", place], check=True)


def entry_of(path: bytes, node: Node, place: pathlib.Path) -> Entry:
    is_link = node.linked not in (None, path)
    return Entry(
        type="hardlink" if is_link else node.type,
        name=path,
        target=(node.linked if is_link else node.target) or b"",
        mode=node.mode or 0,
        uid=node.uid or 0,
        gid=node.gid or 0,
        mtime=node.mtime or 0,
        content=content_of(path, node, place) if node.type == "file" and not is_link else b"",
        device=node.device or (0, 0),
        xattrs=node.xattrs or {},
    )


def content_of(path: bytes, node: Node, place: pathlib.Path) -> bytes:
    """A small one is known, however long the path is."""
    return node.content if node.content is not None else (place / os.fsdecode(path)).read_bytes()


def as_in_tar(layer: list[Entry]) -> list[Entry]:
    """With whiteouts in place of overlayfs's own marks."""
    entries = []
    for entry in layer:
        parent, _, name = entry.name.rpartition(b"/")
        if entry.type == "char" and entry.device == (0, 0):
            entries.append(mark(os.path.join(parent, WHITEOUT + name)))
            continue
        xattrs = {key: value for key, value in entry.xattrs.items() if not key.startswith(OVERLAY_ATTRIBUTES)}
        entries.append(dataclasses.replace(entry, xattrs=xattrs))
        if entry.xattrs.get(OPAQUE_ATTRIBUTE) == b"y":
            entries.append(mark(os.path.join(b"" if entry.name == ROOT else entry.name, OPAQUE)))
    return entries


def mark(name: bytes) -> Entry:
    return Entry("file", name, b"", 0, 0, 0, 0, b"", (0, 0), {})

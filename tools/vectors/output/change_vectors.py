"""A change vector: the layout of its base, and the truth of its script."""

import functools
import pathlib
from typing import Any

from changes.outcomes import outcomes
from changes.sandbox import ScriptFailed, enter_mount_namespace
from changes.shell import shell_layer
from changes.truth import Truth, compute
from encode.layout import TAG, write_layout
from output.description import describe
from reference.archive import Entry, read_entries
from reference.layout import read_layers, read_manifest
from reference.verdicts import Refused, Unspecified
from text.model import Vector, VectorError
from trees.entries_json import name_members, to_json

lowest_blobs: dict[str, pathlib.Path] = {}  # by digest, the first that was written


def prepare() -> str | None:
    """For all of them, in this process; or why they can't be written here."""
    try:
        enter_mount_namespace()
    except PermissionError:
        return "their truth is what scripts do as root"
    return None


def write(vector: Vector, directory: pathlib.Path) -> dict[str, Any]:
    """Returns what vectors.json has of it."""
    layers = [shell_layer(vector.base.is_bare), *vector.base.layers]
    layout = directory / vector.name
    manifest = write_layout(layout, layers, vector.image)
    share_lowest_layer(layout)
    truth = find_truth(vector, layout)
    vector.outcomes = outcomes(vector, truth)
    return describe(vector, manifest) | {
        "script": vector.script,
        "base": to_json(truth.before),
        "layers": len(layers),
        "looks-at": [name_members("path", path) for path in vector.looks_at],
    }


def share_lowest_layer(layout: pathlib.Path) -> None:
    """The shell's is one file for all layouts: it is by far the largest."""
    algorithm, _, name = read_manifest(layout, TAG)["layers"][0]["digest"].partition(":")
    blob = layout / "blobs" / algorithm / name
    first = lowest_blobs.setdefault(name, blob)
    if first != blob:
        blob.unlink()
        blob.hardlink_to(first)


def find_truth(vector: Vector, layout: pathlib.Path) -> Truth:
    try:
        return compute([read_once(tar) for tar in read_layers(layout, TAG)], vector.script, vector.looks_at)
    except (Refused, Unspecified) as reason:
        raise VectorError(vector.place, f"no specification says what this base is: {reason}", "mend the base") from reason
    except ScriptFailed as failure:
        raise VectorError(vector.place, str(failure), "mend the script; it has busybox, and no network") from failure


@functools.lru_cache(maxsize=8)
def read_once(tar: bytes) -> list[Entry]:
    """Most bases begin with one and the same layer."""
    return read_entries(tar)

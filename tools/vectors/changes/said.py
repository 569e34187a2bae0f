"""What layers say, in one form: entries, whiteouts and opaque directories, whether a tar says them or an overlay's tree."""

import dataclasses
from collections.abc import Collection, Iterator

from changes.scope import is_left_out
from reference.archive import Entry
from reference.changes import OPAQUE, WHITEOUT, split
from trees.tree import ROOT, Tree

OVERLAY_OPAQUE = (b"trusted.overlay.opaque", b"user.overlay.opaque")


@dataclasses.dataclass(slots=True)
class Said:
    """By clean paths. What is said several times, by several layers, is there as often but for the entries."""

    entries: dict[bytes, Entry] = dataclasses.field(default_factory=dict)  # of each path the last one
    whiteouts: list[bytes] = dataclasses.field(default_factory=list)
    opaque: list[bytes] = dataclasses.field(default_factory=list)
    wrong: list[tuple[bytes, str]] = dataclasses.field(default_factory=list)  # what no layer may say, by its path


def hear(layers: list[list[Entry]], after: Tree, looks_at: Collection[bytes]) -> Said:
    said = Said()
    for layer in layers:
        names: set[bytes] = set()
        for entry in layer:
            path = clean(entry.name)
            if path in names:
                said.wrong.append((path, "is there twice in one layer"))
            names.add(path)
            if not is_left_out(hidden(path), looks_at):
                said.wrong += wrong_whiteout(path, entry)
                hear_entry(said, path, entry, after)
    return said


def clean(name: bytes) -> bytes:
    return b"/".join(split(name)) or ROOT


def hear_entry(said: Said, path: bytes, entry: Entry, after: Tree) -> None:
    parent, name = parent_of(path), path.rpartition(b"/")[2]
    if name == OPAQUE:
        said.opaque.append(parent)
    elif name.startswith(WHITEOUT):
        said.whiteouts.append(hidden(path))
    elif is_overlay_whiteout(entry) and not is_device(after, path):
        said.whiteouts.append(path)
    else:
        said.entries[path] = entry
        if any(entry.xattrs.get(key) == b"y" for key in OVERLAY_OPAQUE):
            said.opaque.append(path)


def hidden(path: bytes) -> bytes:
    """What an entry of this name hides if it is a whiteout; else itself."""
    parent, name = parent_of(path), path.rpartition(b"/")[2]
    return path if name == OPAQUE else below(parent, name.removeprefix(WHITEOUT))


def wrong_whiteout(path: bytes, entry: Entry) -> Iterator[tuple[bytes, str]]:
    name = path.rpartition(b"/")[2]
    if not name.startswith(WHITEOUT):
        return
    if entry.type != "file" or entry.content:
        yield path, "is a whiteout by its name, and no empty file"
    if name != OPAQUE and name.removeprefix(WHITEOUT).startswith(WHITEOUT):
        yield path, "has a name that only the storage of a union file system knows"


def is_overlay_whiteout(entry: Entry) -> bool:
    return entry.type == "char" and entry.device == (0, 0)


def is_device(after: Tree, path: bytes) -> bool:
    return path in after and after[path].type == "char"


def parent_of(path: bytes) -> bytes:
    return path.rpartition(b"/")[0] or ROOT


def below(directory: bytes, name: bytes) -> bytes:
    return name if directory == ROOT else directory + b"/" + name


def ancestors(path: bytes) -> Iterator[bytes]:
    """The directories above it, the nearest first, the root last."""
    while path != ROOT:
        path = parent_of(path)
        yield path

"""What the image specification recommends for tars, and does not demand."""

from collections.abc import Iterator

from changes.said import clean, parent_of
from reference.archive import Entry
from reference.changes import OPAQUE, WHITEOUT
from trees.tree import Tree


def not_as_recommended(layers: list[list[Entry]], before: Tree) -> Iterator[tuple[bytes, str]]:
    for layer in layers:
        yield from late_whiteouts(layer)
        for entry in layer:
            path = clean(entry.name)
            if path.rpartition(b"/")[2] == OPAQUE:
                yield parent_of(path), opaque_mark(parent_of(path), before)
            if entry.is_sparse:
                yield path, "is stored as a sparse file"


def late_whiteouts(layer: list[Entry]) -> Iterator[tuple[bytes, str]]:
    """Those behind the entry of a directory beside them."""
    with_directories: set[bytes] = set()
    for entry in layer:
        path = clean(entry.name)
        if path.rpartition(b"/")[2].startswith(WHITEOUT) and parent_of(path) in with_directories:
            yield path, "stands behind the entry of a directory beside it"
        elif entry.type == "dir":
            with_directories.add(parent_of(path))


def opaque_mark(directory: bytes, before: Tree) -> str:
    if any(path.startswith(directory + b"/") for path in before):
        return "is marked opaque: explicit whiteouts are recommended"
    return "is marked opaque, and there is nothing to hide"

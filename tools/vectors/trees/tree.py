"""A directory tree as values: what a vector wants, what the reference makes of a layer, what is on the disk."""

import dataclasses
import hashlib

TYPES = ("file", "dir", "symlink", "char", "block", "fifo")
ROOT = b"."


@dataclasses.dataclass(slots=True)
class Node:
    """What a name stands for. None: nobody says, and in a wanted tree it is not looked at."""

    type: str
    mode: int | None = None  # a symlink has none
    uid: int | None = None
    gid: int | None = None
    mtime: int | None = None  # in nanoseconds
    size: int | None = None
    sha256: str | None = None
    content: bytes | None = None  # of small files, to be shown
    target: bytes | None = None
    device: tuple[int, int] | None = None
    xattrs: dict[bytes, bytes] | None = None
    # The first of the file's names, if it has several: this one too, for that name itself.
    linked: bytes | None = None


# By clean paths: relative, nothing twice, no slash at the end. The root is ".", and need not be there.
Tree = dict[bytes, Node]

SHOWN_CONTENT = 1024


def set_content(node: Node, content: bytes) -> None:
    node.size = len(content)
    node.sha256 = hashlib.sha256(content).hexdigest()
    node.content = content if len(content) <= SHOWN_CONTENT else None


def link_together(tree: Tree, groups: list[list[bytes]]) -> None:
    """Says of each name which is the first of its file's: the lowest, byte by byte."""
    for names in groups:
        first = min(names) if len(names) > 1 else None
        for name in names:
            tree[name].linked = first


def groups_of(tree: Tree) -> dict[bytes, list[bytes]]:
    """The names of each file that has several, sorted, by the first."""
    groups: dict[bytes, list[bytes]] = {}
    for path in sorted(tree):
        if (first := tree[path].linked) is not None:
            groups.setdefault(first, []).append(path)
    return groups

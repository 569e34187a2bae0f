"""What a script makes of a base: the truth that builders are judged by, found by running it on a plain file system."""

import dataclasses
import hashlib
import pathlib
from collections.abc import Collection

from changes import sandbox
from changes.materialize import write_tree
from changes.scope import has_any_time, is_left_out
from reference.archive import Entry
from reference.changes import apply_layers
from trees.compare import OF_THE_MACHINE
from trees.disk import read_tree
from trees.tree import ROOT, Node, Tree

NULL = b"dev/null"


@dataclasses.dataclass(frozen=True, slots=True)
class Truth:
    before: Tree
    after: Tree


def compute(layers: list[list[Entry]], script: str, looks_at: Collection[bytes] = ()) -> Truth:
    """`layers` are those of the base, lowest first. ScriptFailed says that there is no truth."""
    base = apply_layers(layers)
    contents = {hashlib.sha256(entry.content).hexdigest(): entry.content for layer in layers for entry in layer}
    with sandbox.plain_file_system() as directory:
        root = directory / "root"
        root.mkdir()
        write_tree(with_null(base), contents, bytes(root))
        before = read_tree(str(root))
        begin = clock_of(directory)
        sandbox.run_script(root, script)
        after, end = read_tree(str(root)), clock_of(directory)
    forget_times(after, begin, end, looks_at)
    if base[ROOT].mtime is None and after[ROOT].mtime == before[ROOT].mtime:
        after[ROOT].mtime = None
    return compared(before, after, looks_at)


def with_null(base: Tree) -> Tree:
    """A shell opens it for what it starts in the background."""
    if b"dev" not in base:
        return base
    return base | {NULL: Node("char", mode=0o666, device=(1, 3))}


def clock_of(directory: pathlib.Path) -> int:
    """What the file system calls now, whose clock goes in larger steps than the system's."""
    stamp = directory / "clock"
    stamp.unlink(missing_ok=True)
    stamp.touch()
    return stamp.stat().st_mtime_ns


def forget_times(tree: Tree, begin: int, end: int, looks_at: Collection[bytes]) -> None:
    """Those of the run: another one has others."""
    for path, node in tree.items():
        if begin <= node.mtime <= end or has_any_time(path, looks_at):
            node.mtime = None


def compared(before: Tree, after: Tree, looks_at: Collection[bytes]) -> Truth:
    """What counts of both: no sockets, for which a tar has no type, and the root only where the script changed it."""
    remove_attributes_of_the_machine(before)
    remove_attributes_of_the_machine(after)
    is_root_changed = dataclasses.replace(after[ROOT], mtime=after[ROOT].mtime or before[ROOT].mtime) != before[ROOT]

    def counts(path: bytes, type: str) -> bool:
        return path != NULL and not is_left_out(path, looks_at) and type != "socket" and (path != ROOT or is_root_changed)

    return Truth(
        {path: node for path, node in before.items() if counts(path, node.type)},
        {path: node for path, node in after.items() if counts(path, node.type)})


def remove_attributes_of_the_machine(tree: Tree) -> None:
    """No vector has one of these in its base."""
    for node in tree.values():
        node.xattrs = {name: value for name, value in node.xattrs.items() if not name.startswith(OF_THE_MACHINE)}

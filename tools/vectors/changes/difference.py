"""What differs between the trees before and after a script, in the terms of a layer."""

import dataclasses
from collections.abc import Iterator

from changes.said import ancestors, parent_of
from trees.tree import ROOT, Node, Tree, groups_of


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    changed: set[bytes]  # added or modified: a layer has an entry for each
    touched: set[bytes]  # directories that differ in a time of the run only: it may have one
    deleted: set[bytes]  # a layer says each: what is below a deleted or a replaced directory is not said


def differ(before: Tree, after: Tree) -> Difference:
    touched = {path for path in after if path in before and is_touched(before[path], after[path])}
    changed = {path for path in after if path not in touched and is_changed(before.get(path), after[path])}
    deleted = {path for path in before if path not in after and is_directory(after, parent_of(path))}
    return Difference(changed, touched, deleted)


def is_touched(before: Node, after: Node) -> bool:
    is_both = before.type == after.type == "dir"
    return is_both and after.mtime is None and not is_changed(before, dataclasses.replace(after, mtime=before.mtime))


def is_changed(before: Node | None, after: Node) -> bool:
    """Names that came or went are no change of the file."""
    return before is None or dataclasses.replace(before, linked=None) != dataclasses.replace(after, linked=None)


def is_directory(tree: Tree, path: bytes) -> bool:
    return path == ROOT or path in tree and tree[path].type == "dir"


def with_ancestors(paths: set[bytes]) -> set[bytes]:
    return paths.union(*map(ancestors, paths))


def other_names(after: Tree, changed: set[bytes]) -> Iterator[bytes]:
    """Of files of which one name is new or changed: a layer can say a link by having both only."""
    for names in groups_of(after).values():
        if changed.intersection(names):
            yield from names

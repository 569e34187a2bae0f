"""What may stand in the layers that a builder put on a base, what has to, and what is said in a wrong way.

The rule is in "Representing Changes" of the image specification's layer.md: additions and modifications in their
entirety, removals as whiteouts, and nothing else. What it merely recommends is looked at in vectors that say `should`.
"""

from collections.abc import Collection, Iterator

from changes.difference import Difference, differ, is_directory, other_names, with_ancestors
from changes.recommended import not_as_recommended
from changes.said import Said, ancestors, hear
from reference.archive import Entry
from reference.changes import make_node
from text.words import quote
from trees.compare import node_differences
from trees.tree import ROOT, Tree, groups_of

Complaint = tuple[bytes, str]


def complaints(
    before: Tree, after: Tree, layers: list[list[Entry]], verdict: str,
    looks_at: Collection[bytes] = (), again: Collection[bytes] = (),
) -> list[str]:
    """By path; none if the layers are as they should be. `again`: paths that may stand although nothing changed."""
    said = hear(layers, after, looks_at)
    difference = differ(before, after)
    found = [
        *said.wrong,
        *wrong_entries(said, difference, before, after, set(again)),
        *missing_entries(said, difference, after),
        *wrong_deletions(said, difference, before, after),
        *(not_as_recommended(layers, before) if verdict == "should" else []),
    ]
    return [f"{quote(path)}: {complaint}" for path, complaint in sorted(found)]


def wrong_entries(
    said: Said, difference: Difference, before: Tree, after: Tree, again: set[bytes]
) -> Iterator[Complaint]:
    changed = difference.changed | set(other_names(after, difference.changed))
    allowed = with_ancestors(changed | difference.touched | difference.deleted | again) | {ROOT}
    for path, entry in said.entries.items():
        if path not in after:
            if path != ROOT:
                yield path, f"stands in the layer, a {entry.type}, and should not be there"
        elif path in allowed or is_hidden(said, path):
            for wrong in wrong_attributes(entry, path, after):
                yield path, wrong
        else:
            yield path, "stands in the layer, and nothing of it changed"


def is_hidden(said: Said, path: bytes) -> bool:
    """Whether what the base has there is hidden, so that the layer has to have it once more."""
    hiding = {*said.opaque, *said.whiteouts}
    return any(directory in hiding for directory in ancestors(path))


def wrong_attributes(entry: Entry, path: bytes, after: Tree) -> Iterator[str]:
    if entry.type != "hardlink":
        yield from (f"in the layer: {difference}" for difference in node_differences(after[path], make_node(entry)))
    elif entry.target.strip(b"/").removeprefix(b"./") not in groups_of(after).get(after[path].linked, []):
        yield f"in the layer: is a link to {quote(entry.target)}, which is another file"


def missing_entries(said: Said, difference: Difference, after: Tree) -> Iterator[Complaint]:
    for path in after:
        if path in said.entries:
            continue
        if path in difference.changed:
            yield path, "changed, and is not in the layer"
        elif is_hidden(said, path):
            yield path, "is hidden with the rest of its directory, and not in the layer again"


def wrong_deletions(said: Said, difference: Difference, before: Tree, after: Tree) -> Iterator[Complaint]:
    hiding = [*said.opaque, *(path for path in said.whiteouts if is_replaced(path, before, after))]
    for path in difference.deleted:
        above = set(ancestors(path))
        count = said.whiteouts.count(path) + sum(directory in above for directory in hiding)
        if count != 1:
            yield path, f"its deletion is said {count} times" if count else "its deletion is not said"
    for path in set(said.whiteouts) - difference.deleted:
        if wrong := wrong_whiteout(path, before, after):
            yield path, wrong
    for path in set(said.opaque):
        if not is_directory(after, path):
            yield path, "is marked opaque, and should be no directory"


def is_replaced(path: bytes, before: Tree, after: Tree) -> bool:
    """A whiteout beside an entry: as an opaque mark, where both are directories."""
    return path in before and path in after and before[path].type == after[path].type == "dir"


def wrong_whiteout(path: bytes, before: Tree, after: Tree) -> str | None:
    if path not in before:
        return "is deleted, and the base does not have it"
    if path not in after:
        return "is deleted, which goes without saying: the directory above it is no more"
    return None if is_replaced(path, before, after) else "is deleted and made again: the entry alone would say it"

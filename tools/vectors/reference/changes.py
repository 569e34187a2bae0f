"""Layers, one applied upon the other, as the image specification says it ("Applying Changesets")."""

import dataclasses

from reference.archive import Entry
from reference.limits import check_limits
from reference.verdicts import Refused, Unspecified
from text.words import quote
from trees.tree import ROOT, Node, Tree, link_together, set_content

WHITEOUT = b".wh."
OPAQUE = b".wh..wh..opq"

Paths = frozenset[tuple[bytes, ...]]


@dataclasses.dataclass(slots=True)
class Directory:
    """Of the tree that becomes; a file that has several names is one Node in several places."""

    node: Node
    children: dict[bytes, "Directory | Node"] = dataclasses.field(default_factory=dict)


def apply_layers(layers: list[list[Entry]]) -> Tree:
    root = Directory(Node("dir"))
    for entries in layers:
        apply_layer(root, entries)
    return flatten(root)


def apply_layer(root: Directory, entries: list[Entry]) -> None:
    """Whiteouts first: they hide what is in lower layers, and never what is in their own, wherever they stand."""
    parts = [(split(entry.name), entry) for entry in entries]
    own = frozenset(tuple(path) for path, _ in parts)
    for path, entry in parts:
        if is_whiteout(path):
            check_whiteout(path, entry)
            apply_whiteout(root, path, own)
    for path, entry in parts:
        if not is_whiteout(path):
            check_limits(path, entry)
            apply_entry(root, path, entry)


def split(name: bytes) -> list[bytes]:
    """The names of a path, without what says nothing: the root has none."""
    if not name:
        raise Unspecified("what an entry without a name is")
    path = [part for part in name.split(b"/") if part not in (b"", b".")]
    if b".." in path:
        raise Unspecified(f"what .. in {quote(name)} means")
    return path


def is_whiteout(path: list[bytes]) -> bool:
    return bool(path) and path[-1].startswith(WHITEOUT)


def check_whiteout(path: list[bytes], entry: Entry) -> None:
    hidden = path[-1].removeprefix(WHITEOUT)
    is_reserved = hidden.startswith(WHITEOUT) and path[-1] != OPAQUE
    if entry.type != "file" or entry.content or hidden in (b"", b".", b"..") or is_reserved:
        raise Unspecified(f"what the {entry.type} {quote(entry.name)} hides")


def apply_whiteout(root: Directory, path: list[bytes], own: Paths) -> None:
    """What isn't there needs no hiding. `own` are the paths of the layer, which take the place of lower ones."""
    directory = find_directory(root, path[:-1], own)
    if directory is None:
        return
    if path[-1] == OPAQUE:
        directory.children.clear()
    else:
        directory.children.pop(path[-1].removeprefix(WHITEOUT), None)


def find_directory(root: Directory, path: list[bytes], own: Paths = frozenset()) -> Directory | None:
    directory = root
    for depth, name in enumerate(path, 1):
        child = directory.children.get(name)
        if isinstance(child, Node) and child.type == "symlink" and tuple(path[:depth]) not in own:
            raise Unspecified(f"what is meant behind the symlink {quote(name)}")
        if not isinstance(child, Directory):
            return None
        directory = child
    return directory


def apply_entry(root: Directory, path: list[bytes], entry: Entry) -> None:
    if not path:
        if entry.type != "dir":
            raise Unspecified(f"what a {entry.type} in place of the root is")
        root.node = make_node(entry)
        return
    parent = make_parents(root, path[:-1])
    old = parent.children.get(path[-1])
    if entry.type == "hardlink":
        # Not a copy: what its entry says of the file's attributes is the first one's to say.
        linked = find_file(root, entry)
        parent.children.pop(path[-1], None)
        parent.children[path[-1]] = linked
    elif entry.type != "dir":
        parent.children[path[-1]] = make_node(entry)
    elif isinstance(old, Directory):
        old.node = make_node(entry)
    else:
        parent.children[path[-1]] = Directory(make_node(entry))


def make_parents(root: Directory, path: list[bytes]) -> Directory:
    """Those that are missing have an owner, and nobody says which mode and time."""
    directory = root
    for name in path:
        child = directory.children.get(name)
        if isinstance(child, Node):
            raise Unspecified(f"what an entry below {quote(name)} means, which is a {child.type}")
        if child is None:
            child = directory.children[name] = Directory(Node("dir", uid=0, gid=0, xattrs={}))
        directory = child
    return directory


def find_file(root: Directory, entry: Entry) -> Node:
    path = split(entry.target)
    directory = find_directory(root, path[:-1]) if path else None
    found = directory.children.get(path[-1]) if directory else None
    if found is None:
        raise Refused(f"{quote(entry.name)} is a link to {quote(entry.target)}, which is not there")
    if isinstance(found, Directory):
        raise Refused(f"{quote(entry.name)} is a hard link to a directory")
    return found


def make_node(entry: Entry) -> Node:
    node = Node(
        entry.type, entry.mode, entry.uid, entry.gid, entry.mtime, xattrs=entry.xattrs,
        device=entry.device if entry.type in ("char", "block") else None)
    if entry.type == "file":
        set_content(node, entry.content)
    elif entry.type == "symlink":
        node.mode = None
        node.target = entry.target
    return node


def flatten(root: Directory) -> Tree:
    tree: Tree = {ROOT: root.node}
    names: dict[int, list[bytes]] = {}  # of what is no directory, by the object that it is
    pending = [(b"", root)]
    while pending:
        below, directory = pending.pop()
        for name, child in directory.children.items():
            path = below + name
            if isinstance(child, Directory):
                tree[path] = child.node
                pending.append((path + b"/", child))
            else:
                # A copy for each name: each says which is the first.
                names.setdefault(id(child), []).append(path)
                tree[path] = dataclasses.replace(child)
    link_together(tree, list(names.values()))
    return tree

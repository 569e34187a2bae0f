"""A tree as the list of entries that vectors.json has, and back."""

import base64
from typing import Any

from trees.times import read_time, show_time
from trees.tree import Node, Tree, link_together


def to_json(tree: Tree) -> list[dict[str, Any]]:
    return [node_to_json(path, tree[path]) for path in sorted(tree)]


def node_to_json(path: bytes, node: Node) -> dict[str, Any]:
    """What isn't looked at is left out."""
    members = {
        **name_members("path", path),
        "type": node.type,
        "mode": None if node.mode is None else f"{node.mode:04o}",
        "uid": node.uid,
        "gid": node.gid,
        "mtime": None if node.mtime is None else show_time(node.mtime),
        "size": node.size,
        "sha256": node.sha256,
        "content": None if node.content is None else to_base64(node.content),
        **({} if node.target is None else name_members("target", node.target)),
        **({} if node.linked in (None, path) else name_members("linked", node.linked)),
    }
    if node.device is not None:
        members["major"], members["minor"] = node.device
    if node.xattrs is not None:
        members |= xattr_members(node.xattrs)
    return {key: value for key, value in members.items() if value is not None}


def xattr_members(xattrs: dict[bytes, bytes]) -> dict[str, dict[str, str]]:
    """Those whose names are no text are apart."""
    members: dict[str, dict[str, str]] = {"xattrs": {}}
    for name, value in sorted(xattrs.items()):
        try:
            members["xattrs"][name.decode()] = to_base64(value)
        except UnicodeDecodeError:
            members.setdefault("xattrs-base64", {})[to_base64(name)] = to_base64(value)
    return members


def name_members(key: str, name: bytes) -> dict[str, str]:
    """Under another key where it is no text."""
    try:
        return {key: name.decode()}
    except UnicodeDecodeError:
        return {f"{key}-base64": to_base64(name)}


def to_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def from_json(entries: list[dict[str, Any]]) -> Tree:
    tree: Tree = {}
    groups: dict[bytes, list[bytes]] = {}
    for entry in entries:
        path = name_of(entry, "path")
        tree[path] = node_from_json(entry)
        if (first := name_of(entry, "linked")) is not None:
            groups.setdefault(first, [first]).append(path)
    link_together(tree, list(groups.values()))
    return tree


def node_from_json(entry: dict[str, Any]) -> Node:
    return Node(
        entry["type"],
        mode=int(entry["mode"], 8) if "mode" in entry else None,
        uid=entry.get("uid"),
        gid=entry.get("gid"),
        mtime=read_time(entry["mtime"]) if "mtime" in entry else None,
        size=entry.get("size"),
        sha256=entry.get("sha256"),
        content=base64.b64decode(entry["content"]) if "content" in entry else None,
        target=name_of(entry, "target"),
        device=(entry["major"], entry["minor"]) if "major" in entry else None,
        xattrs=xattrs_of(entry),
    )


def xattrs_of(entry: dict[str, Any]) -> dict[bytes, bytes] | None:
    if "xattrs" not in entry:
        return None
    xattrs = {name.encode(): value for name, value in entry["xattrs"].items()}
    xattrs |= {base64.b64decode(name): value for name, value in entry.get("xattrs-base64", {}).items()}
    return {name: base64.b64decode(value) for name, value in xattrs.items()}


def name_of(entry: dict[str, Any], key: str) -> bytes | None:
    if key in entry:
        return entry[key].encode()
    encoded = entry.get(f"{key}-base64")
    return None if encoded is None else base64.b64decode(encoded)

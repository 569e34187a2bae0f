"""A `tree` section: lines of entries become the tree that is wanted."""

import re

from text.entry_lines import NAMED, SIMPLE, add_named, begin_entry, repeat
from text.lines import Words
from text.model import Entry
from text.sections import Line
from trees.tree import ROOT, Node, Tree, link_together, set_content

UNCLEAN = re.compile(rb"(^|/)(\.\.?)?(/|$)")
ANY = ("mode", "uid", "gid", "mtime", "content", "xattrs")


def read_tree(lines: list[Line]) -> Tree:
    builder = TreeBuilder()
    for line in lines:
        for each in repeat(line):
            builder.add(Words(each))
    return builder.finish()


class TreeBuilder:
    """The tree so far."""

    def __init__(self) -> None:
        self.tree: Tree = {}
        self.links: dict[bytes, bytes] = {}  # to the names that the lines say

    def add(self, words: Words) -> None:
        kind = words.take("the type of the entry").decode(errors="replace")
        entry = begin_entry(words, kind)
        self.check_name(words, entry.name)
        if kind == "hardlink":
            self.add_link(words, entry)
            return
        node = Node(kind)
        if kind == "file":
            entry.content = words.take("content") if words.has_plain() else b""
        unseen = read_options(words, entry)
        fill(node, entry, unseen)
        self.tree[entry.name] = node

    def check_name(self, words: Words, name: bytes) -> None:
        if name != ROOT and (not name or UNCLEAN.search(name)):
            raise words.fail("the path is not clean", "write it relative, without ./ and without a slash at its end")
        if name in self.tree:
            raise words.fail("the path is there twice", "a tree has each path once")

    def add_link(self, words: Words, entry: Entry) -> None:
        words.end()
        if entry.target not in self.tree or self.tree[entry.target].type == "dir":
            raise words.fail("no file before this line has the target's name", "put the first name above its links")
        self.tree[entry.name] = copy_node(self.tree[entry.target])
        self.links[entry.name] = self.links.get(entry.target, entry.target)

    def finish(self) -> Tree:
        groups: dict[bytes, list[bytes]] = {}
        for name, first in self.links.items():
            groups.setdefault(first, [first]).append(name)
        link_together(self.tree, list(groups.values()))
        return self.tree


def copy_node(node: Node) -> Node:
    return Node(**{field: getattr(node, field) for field in Node.__slots__})


def read_options(words: Words, entry: Entry) -> set[str]:
    """Into the entry; the result are those that are not looked at."""
    unseen = set()
    for key, name, value in words.take_options():
        if key in ANY and value == b"any" and not name:
            unseen.add(key)
        elif key == "mode" and entry.type == "symlink":
            raise words.fail("a symlink has no mode on Linux", "take mode= away")
        elif key in SIMPLE and not name:
            setattr(entry, key, words.read(key, SIMPLE[key], value))
        elif key in NAMED and name:
            add_named(words, entry, key, name, value)
        else:
            raise words.unknown(key, [*SIMPLE, *(f"{key}=any" for key in ANY), "xattr:NAME"])
    return unseen


def fill(node: Node, entry: Entry, unseen: set[str]) -> None:
    for key in ("mode", "uid", "gid", "mtime", "xattrs"):
        if key not in unseen:
            setattr(node, key, getattr(entry, key))
    if node.type == "symlink":
        node.mode = None
        node.target = entry.target
    elif node.type in ("char", "block"):
        node.device = entry.device
    elif node.type == "file" and "content" not in unseen:
        set_content(node, entry.content)

"""A tree of the model becomes one on the disk."""

import os
import stat
from collections.abc import Mapping

from trees.tree import ROOT, Node, Tree

# Of directories that no entry makes.
UNSAID_MODE, UNSAID_TIME = 0o755, 10**18


def write_tree(tree: Tree, contents: Mapping[str, bytes], root: bytes) -> None:
    """Into the empty directory `root`; the contents of files are found by their SHA-256."""
    for path in sorted(tree):
        if path != ROOT:
            make(tree, path, contents, root)
    # The deepest first, directories too: what is made in a directory changes its time.
    for path in sorted(tree, key=depth, reverse=True):
        set_attributes(tree[path], place(root, path))


def make(tree: Tree, path: bytes, contents: Mapping[str, bytes], root: bytes) -> None:
    node, name = tree[path], place(root, path)
    if node.linked not in (None, path):
        os.link(place(root, node.linked), name, follow_symlinks=False)
    elif node.type == "dir":
        os.mkdir(name)
    elif node.type == "file":
        with open(name, "xb") as file:
            file.write(contents[node.sha256])
    elif node.type == "symlink":
        os.symlink(node.target, name)
    else:
        kinds = {"char": stat.S_IFCHR, "block": stat.S_IFBLK, "fifo": stat.S_IFIFO}
        os.mknod(name, kinds[node.type] | 0o600, os.makedev(*(node.device or (0, 0))))


def set_attributes(node: Node, name: bytes) -> None:
    """The owner first: the kernel takes setuid bits and capabilities away from a file that gets another one."""
    os.chown(name, node.uid or 0, node.gid or 0, follow_symlinks=False)
    if node.type != "symlink":
        os.chmod(name, UNSAID_MODE if node.mode is None else node.mode)
    for attribute, value in (node.xattrs or {}).items():
        os.setxattr(name, attribute, value, follow_symlinks=False)
    time = UNSAID_TIME if node.mtime is None else node.mtime
    os.utime(name, ns=(time, time), follow_symlinks=False)


def place(root: bytes, path: bytes) -> bytes:
    return root if path == ROOT else root + b"/" + path


def depth(path: bytes) -> int:
    return -1 if path == ROOT else path.count(b"/")

"""A directory of the disk as a tree."""

import errno
import hashlib
import os
import stat

from trees.tree import ROOT, SHOWN_CONTENT, Node, Tree, link_together

TYPES = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "dir",
    stat.S_IFLNK: "symlink",
    stat.S_IFCHR: "char",
    stat.S_IFBLK: "block",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
}


# Of a larger file only the size is said: a hole of a terabyte is made at once, and read in hours.
LARGEST_CONTENT = 4 << 30

# What the kernel takes in one call, with room for the zero at its end.
PATH_BYTES = 4000


def read_tree(root: str | bytes) -> Tree:
    """All that is below the directory, and itself."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return Reader(descriptor).read()
    finally:
        os.close(descriptor)


class Reader:
    """The tree so far."""

    def __init__(self, root: int) -> None:
        self.root = root
        self.tree: Tree = {}
        self.names: dict[tuple[int, int], list[bytes]] = {}  # of what is no directory, by its inode
        self.pending: list[bytes] = []  # directories

    def read(self) -> Tree:
        self.tree[ROOT] = node_of(os.fstat(self.root))
        self.tree[ROOT].xattrs = xattrs_of(b"/proc/self/fd/%d" % self.root, follow=True)
        self.add_children(self.root, b"")
        # One directory at a time, and the one before it: there may be more of them than descriptors.
        last, last_path = os.dup(self.root), b""
        try:
            while self.pending:
                path = self.pending.pop()
                parent, _, name = path.rpartition(b"/")
                # In a deep chain each is the parent of the next, and from the root it is a long way.
                start = (last, name) if parent == last_path else (self.root, path)
                directory = open_directory(*start)
                os.close(last)
                last, last_path = directory, path
                self.add_children(directory, path + b"/")
        finally:
            os.close(last)
        link_together(self.tree, list(self.names.values()))
        return self.tree

    def add_children(self, parent: int, below: bytes) -> None:
        for name in map(os.fsencode, os.listdir(parent)):
            status = os.stat(name, dir_fd=parent, follow_symlinks=False)
            node = self.tree[below + name] = node_of(status)
            node.xattrs = xattrs_of(b"/proc/self/fd/%d/%s" % (parent, name), follow=False)
            if node.type == "dir":
                self.pending.append(below + name)
                continue
            self.names.setdefault((status.st_dev, status.st_ino), []).append(below + name)
            if node.type == "symlink":
                node.target = os.readlink(name, dir_fd=parent)
            elif node.type == "file" and status.st_size > LARGEST_CONTENT:
                node.size = status.st_size
            elif node.type == "file":
                read_content(parent, name, node)


def open_directory(root: int, path: bytes) -> int:
    """In pieces, where the path is longer than one call takes; through no symlink at an end of a piece."""
    if len(path) <= PATH_BYTES:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=root)
    piece = path[: path.rindex(b"/", 0, PATH_BYTES)]
    directory = open_directory(root, piece)
    try:
        return open_directory(directory, path[len(piece) + 1 :])
    finally:
        os.close(directory)


def node_of(status: os.stat_result) -> Node:
    """What lstat says."""
    node = Node(TYPES[stat.S_IFMT(status.st_mode)], uid=status.st_uid, gid=status.st_gid, mtime=status.st_mtime_ns)
    if node.type != "symlink":
        node.mode = stat.S_IMODE(status.st_mode)
    if node.type in ("char", "block"):
        node.device = (os.major(status.st_rdev), os.minor(status.st_rdev))
    return node


def xattrs_of(path: bytes, follow: bool) -> dict[bytes, bytes]:
    try:
        names = os.listxattr(path, follow_symlinks=follow)
    except OSError as error:
        # Some file systems say that they have no such thing.
        if error.errno != errno.ENOTSUP:
            raise
        return {}
    return {os.fsencode(name): os.getxattr(path, name, follow_symlinks=follow) for name in names}


def read_content(parent: int, name: bytes, node: Node) -> None:
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=parent)
    with open(descriptor, "rb") as file:
        # What lstat says of the size and what can be read are to be the same: a sparse file ends in a hole.
        node.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        node.size = file.tell()
        file.seek(0)
        node.content = file.read() if node.size <= SHOWN_CONTENT else None

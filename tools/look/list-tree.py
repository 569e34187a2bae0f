#!/usr/bin/env python3
"""Prints what an image keeps of a directory tree, a line for each name, so that two trees can be compared by diff:

    tools/look/list-tree.py DIR

Type and mode, owner, time in seconds, size and digest of the content, link target, device, extended attributes, and
the first name of a file that has several. The directory itself is left out, and so are overlayfs's own attributes.
"""

import errno
import hashlib
import os
import stat
import sys


def attributes_of(path: bytes) -> list[str]:
    found = []
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError as error:
        # A squashfs without any attributes says that it has no such thing.
        if error.errno != errno.ENOTSUP:
            raise
        names = []
    for name in sorted(names):
        if not name.startswith(("user.overlay.", "trusted.overlay.", "security.selinux")):
            found.append(f"{name}={os.getxattr(path, name, follow_symlinks=False)!r}")
    return found


def digest_of(path: bytes) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def describe(path: bytes, name: bytes, firsts: dict[tuple[int, int], bytes]) -> str:
    status = os.lstat(path)
    # An overlay of several file systems has their inode numbers.
    file = (status.st_dev, status.st_ino)
    owner = f"{status.st_uid}:{status.st_gid}"
    line = [repr(name), stat.filemode(status.st_mode), owner, f"@{status.st_mtime_ns // 10**9}"]
    if not stat.S_ISDIR(status.st_mode) and (first := firsts.setdefault(file, name)) != name:
        return " ".join(line + [f"is {first!r}"])
    if stat.S_ISREG(status.st_mode):
        line += [str(status.st_size), digest_of(path)]
    elif stat.S_ISLNK(status.st_mode):
        line.append(f"-> {os.readlink(path)!r}")
    elif stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
        line.append(f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}")
    return " ".join(line + attributes_of(path))


def list_tree(root: bytes, below: bytes, firsts: dict[tuple[int, int], bytes]) -> None:
    for entry in sorted(os.listdir(os.path.join(root, below))):
        name = os.path.join(below, entry)
        print(describe(os.path.join(root, name), name, firsts))
        if stat.S_ISDIR(os.lstat(os.path.join(root, name)).st_mode):
            list_tree(root, name, firsts)


list_tree(os.fsencode(sys.argv[1]), b"", {})

"""What a machine has left in the directory that it can write to. Who is root in there may have made anything of it."""

import os
import pathlib
import stat
from collections.abc import Iterable

# Of all that a run leaves, more than its reports ever are, in bytes; and of a file with a number or two.
MOST, FEW = 64 << 20, 100


def take(source: pathlib.Path, patterns: Iterable[str], target: pathlib.Path) -> list[str]:
    """Copies the files of these names, as long as there is room for them, and what is in them, nothing else. Whatever else has
    such a name, or is too large: its names."""
    refused = []
    room = MOST
    for path in sorted({path for pattern in patterns for path in source.glob(pattern)}):
        content = read(path, room) if path.name.isprintable() else None
        if content is None:
            refused.append(path.name)
            continue
        room -= len(content)
        (target / path.name).write_bytes(content)
    return refused


def numbers(path: pathlib.Path) -> list[int]:
    """Those that are in a file."""
    found = [int(word) for word in (read(path, FEW) or b"").split()]
    if any(number < 0 for number in found):
        raise ValueError(f"{path.name} has a number below 0")
    return found


def read(path: pathlib.Path, most: int) -> bytes | None:
    """What is in a file of the directory; nothing of a link, a pipe or a device, or if it is more than that."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    # It is no file for Python if it is a directory.
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    with open(descriptor, "rb") as file:
        content = file.read(most + 1)
    return content if len(content) <= most else None

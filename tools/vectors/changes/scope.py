"""What of a tree is compared: not what runtimes mount or write by themselves, unless a vector is about just that."""

from collections.abc import Collection

MOUNTED_BELOW = (b"dev", b"proc", b"sys")
OF_THE_RUNTIME = (
    b".dockerenv", b"etc/hostname", b"etc/hosts", b"etc/resolv.conf", b"run/.containerenv", b"run/secrets")
# Directories whose times tell of what was mounted in them.
OF_ANY_TIME = (b"dev", b"etc", b"proc", b"run", b"sys")


def is_left_out(path: bytes, looks_at: Collection[bytes] = ()) -> bool:
    """Of /dev, /proc and /sys only what is below them is. `looks_at` are paths that count, with all below them."""
    if any(is_at_or_below(path, looked_at) for looked_at in looks_at):
        return False
    return path in OF_THE_RUNTIME or any(path.startswith(place + b"/") for place in MOUNTED_BELOW)


def has_any_time(path: bytes, looks_at: Collection[bytes] = ()) -> bool:
    return path in OF_ANY_TIME and not any(is_at_or_below(path, looked_at) for looked_at in looks_at)


def is_at_or_below(path: bytes, top: bytes) -> bool:
    return path == top or path.startswith(top + b"/")

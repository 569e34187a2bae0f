"""System calls that Python 3.11 has no names for. A room is made a thousand times in a run: programs that make the same calls
would cost more than what is judged."""

import ctypes
import fcntl
import os
import pathlib
import socket
import struct

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x10000000, 0x20000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
PR_SET_PDEATHSIG = 1
SIOCSIFFLAGS, IFF_UP = 0x8914, 1

libc = ctypes.CDLL(None, use_errno=True)


def check(status: int, what: str) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    check(libc.unshare(flags), "unshare")


def setns(descriptor: int, flags: int) -> None:
    check(libc.setns(descriptor, flags), "setns")


def die_with_parent(signal_number: int) -> None:
    check(libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0), "prctl")


def mount(source: str, target: pathlib.Path | str, kind: str | None, flags: int = 0, options: str = "") -> None:
    words = [source.encode(), str(target).encode(), kind.encode() if kind else None]
    check(libc.mount(*words, ctypes.c_ulong(flags), options.encode()), f"mount on {target}")


def bind(source: pathlib.Path, target: pathlib.Path) -> None:
    mount(str(source), target, None, MS_BIND)


def raise_loopback() -> None:
    """Of this network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))

"""Where a script runs: a chroot on a plain file system, in namespaces of its own, for a bounded time."""

import contextlib
import ctypes
import os
import pathlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS = 0x20000
MS_REC_PRIVATE = 0x44000

SIZE = "1g"
SECONDS = 60
UMASK = 0o022


class ScriptFailed(Exception):
    """A script of which there is no truth, since it does not end as it should."""


def enter_mount_namespace() -> None:
    """For this process: what it mounts from now on goes with it, whatever ends it."""
    check(LIBC.unshare(CLONE_NEWNS), "make a mount namespace")
    mount(b"none", b"/", None, MS_REC_PRIVATE, b"")


@contextlib.contextmanager
def plain_file_system() -> Iterator[pathlib.Path]:
    """A tmpfs, for as long as the block lasts: the same on every machine, whatever its directories are on."""
    with tempfile.TemporaryDirectory(prefix="vector-") as directory:
        mount(b"tmpfs", os.fsencode(directory), b"tmpfs", 0, f"mode=0755,size={SIZE}".encode())
        try:
            yield pathlib.Path(directory)
        finally:
            check(LIBC.umount2(os.fsencode(directory), 0), f"unmount {directory}")


def mount(source: bytes, target: bytes, kind: bytes | None, flags: int, options: bytes) -> None:
    check(LIBC.mount(source, target, kind, ctypes.c_ulong(flags), options), f"mount on {os.fsdecode(target)}")


def check(status: int, what: str) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"couldn't {what}: {os.strerror(number)}")


def run_script(root: pathlib.Path, script: str) -> None:
    """By the shell of the tree. No process of it is left afterwards: its pid namespace ends with its first one."""
    command = [
        shutil.which("unshare") or "unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child",
        f"--root={root}", "--wd=/", "/bin/sh", "-euc", script]
    try:
        ended = subprocess.run(
            command, env={"PATH": "/bin"}, umask=UMASK, timeout=SECONDS, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    except subprocess.TimeoutExpired as error:
        raise ScriptFailed(f"the script did not end within {SECONDS} seconds") from error
    if ended.returncode != 0:
        said = ended.stderr.decode(errors="backslashreplace").strip()
        raise ScriptFailed(f"the script ended with status {ended.returncode}: {said}")

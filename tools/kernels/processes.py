"""Processes and mounts that end with us."""

import ctypes
import os
import shutil
import signal
import subprocess

from trouble import Trouble

PR_SET_PDEATHSIG = 1
CLONE_NEWNS = 0x00020000


def program(name: str) -> str:
    found = shutil.which(name)
    if not found:
        raise Trouble(f"there is no {name}", "make check-kernel installs what it needs")
    return found


def start(command: list[object], **options: object) -> subprocess.Popen[bytes]:
    """A process that ends with us, whatever ends us."""
    libc = ctypes.CDLL(None)
    return subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
        **options,
    )


def keep_mounts() -> None:
    """Has what we mount from now on seen by us and our children alone, and gone with the last of us."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), f"can't have mounts of one's own: {os.strerror(ctypes.get_errno())}")
    subprocess.run(["mount", "--make-rslave", "/"], check=True)


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()

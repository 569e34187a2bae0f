"""Processes that end with us."""

import ctypes
import shutil
import signal
import subprocess

from trouble import Trouble

PR_SET_PDEATHSIG = 1


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


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()

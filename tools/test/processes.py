"""The processes of a machine, as /proc has them: whose they are, what they do, and their end."""

import ctypes
import os
import pathlib
import signal

PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Makes this process the parent of each one below it whose own parent ends: none gets out of sight."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl PR_SET_CHILD_SUBREAPER")


def reap_orphans(but: int) -> None:
    """Takes the status of children that have ended, so that they are gone; not of the one that somebody waits for."""
    try:
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and ended.si_pid != but:
            os.waitpid(ended.si_pid, os.WNOHANG)
    except ChildProcessError:
        pass


def children() -> dict[int, list[int]]:
    """The ids of all processes, by their parent."""
    found: dict[int, list[int]] = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        fields = read(path).rpartition(")")[2].split()
        # One that is dead and only waits for its parent to ask is none.
        if fields and fields[0] != "Z":
            found.setdefault(int(fields[1]), []).append(int(path.parent.name))
    return found


def below(*pids: int) -> list[int]:
    """All processes that these have started, and those have, and so on: a parent before its children."""
    family = children()
    found: list[int] = []
    pending = list(pids)
    while pending:
        begun = family.get(pending.pop(), [])
        found += begun
        pending += begun
    return found


def command(pid: int) -> str:
    """Its command line, or its name in brackets if it has none."""
    words = read(pathlib.Path(f"/proc/{pid}/cmdline")).replace("\0", " ").strip()
    return words or f"[{read(pathlib.Path(f'/proc/{pid}/comm')).strip()}]"


def describe(pid: int) -> str:
    """What it is, and where in the kernel it waits."""
    status = read(pathlib.Path(f"/proc/{pid}/status"))
    state = next((line.split(maxsplit=1)[1] for line in status.splitlines() if line.startswith("State:")), "gone")
    wchan = read(pathlib.Path(f"/proc/{pid}/wchan")).strip("0")
    place = f", in {wchan}" if wchan else ""
    return f"process {pid}: {command(pid)[:300]} ({state}{place})"


def kill(number: signal.Signals, pids: list[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def read(path: pathlib.Path) -> str:
    """A file of a process; nothing if that has ended, or is not ours to look at."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""

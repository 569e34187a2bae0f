"""One command within bounds, run by the first process of a PID namespace: all others there are the command's."""

import os
import pathlib
import resource
import select
import signal
import subprocess
import time

from judging.jobs import Bounds, Run

INTERVAL = 0.03  # seconds between two looks at how much memory is used
OUTPUT_KEPT = 4000  # characters, from the end


def run(command: list[str], directory: str, environment: dict[str, str], user: int | None, bounds: Bounds) -> Run:
    """Runs the command, and leaves alone what it has started beside it: a program behind a mount may be needed."""
    log = os.memfd_create("output")
    ran = Run(began=time.time())
    begin = time.monotonic()
    process = subprocess.Popen(
        command, cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=user, group=user,
        extra_groups=None if user is None else [],
    )  # fmt: skip
    watch(process, log, begin + bounds.seconds, bounds.memory, ran)
    if ran.is_hung or ran.is_too_large:
        end_all_others()
    ran.status = process.wait()
    ran.seconds = time.monotonic() - begin
    # The largest process may have come and gone between two looks.
    ran.memory = max(ran.memory, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
    ran.output = text_of(log)
    return ran


def watch(process: subprocess.Popen, log: int, deadline: float, most: int, ran: Run) -> None:
    """Until it ends, or is past a bound."""
    descriptor = os.pidfd_open(process.pid)
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while not poll.poll(INTERVAL * 1000):
        ran.memory = max(ran.memory, memory_of_others() + os.fstat(log).st_size)
        ran.is_too_large = ran.memory > most
        ran.is_hung = time.monotonic() > deadline
        if ran.is_too_large or ran.is_hung:
            break
    os.close(descriptor)


def memory_of_others() -> int:
    """Bytes that belong to one process each, so that what they share does not count twice."""
    pages = 0
    for directory in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            numbers = (directory / "statm").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
        if directory.name != str(os.getpid()):
            pages += int(numbers[1]) - int(numbers[2])
    return pages * resource.getpagesize()


def end_all_others() -> None:
    """All of this PID namespace: the kernel spares whoever asks."""
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        pass  # nobody was left


def text_of(log: int) -> str:
    size = os.fstat(log).st_size
    start = max(0, size - OUTPUT_KEPT)
    text = os.pread(log, OUTPUT_KEPT, start).decode(errors="replace")
    os.close(log)
    return text

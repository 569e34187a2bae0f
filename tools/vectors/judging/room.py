"""Where one vector goes through one adapter: in namespaces of its own, so that what is mounted or started there goes with the
first process, and who reaches for the network finds nobody but itself."""

import os
import pathlib
import pickle
import select
import signal
import socket
import traceback
from typing import IO, Any

from judging import inside, kernel
from judging.jobs import Job
from judging.outcomes import Outcome, outcome_of

GRACE = 60  # seconds to make the room, and to read what came out


class RoomError(Exception):
    """The judge's own failure: nothing is said of the adapter."""


class Doorkeeper:
    """A process that makes rooms, one after the other. It is forked while there is a single thread; afterwards any thread may
    ask, one at a time."""

    def __init__(self, place: pathlib.Path):
        here, there = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            here.close()
            keep_door(there.makefile("rwb"), place)
        there.close()
        self.door = here.makefile("rwb")
        self.socket = here

    def run(self, job: Job) -> tuple[Outcome, float]:
        """What came out, and after how many seconds."""
        send(self.door, job)
        if not select.select([self.socket], [], [], job.bounds.seconds + GRACE)[0]:
            raise RoomError(f"{job.adapter} of {job.image}: what came out could not be read within {GRACE} s")
        try:
            answer = pickle.load(self.door)
        except EOFError:
            raise RoomError(f"{job.adapter} of {job.image}: the process that makes rooms has ended") from None
        if isinstance(answer, str):
            raise RoomError(f"{job.adapter} of {job.image}: {answer}")
        return answer

    def leave(self) -> None:
        """With the room that is in use, if there is one."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.socket.close()


def send(file: IO[bytes], message: Any) -> None:
    pickle.dump(message, file)
    file.flush()


def keep_door(door: IO[bytes], place: pathlib.Path) -> None:
    """Until nobody can ask any more. It never comes back: what the caller has to take down is the caller's."""
    try:
        kernel.die_with_parent(signal.SIGKILL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks is interrupted, and ends this
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        while door.peek(1):
            send(door, in_namespaces(pickle.load(door), place))
    finally:
        os._exit(0)


def in_namespaces(job: Job, place: pathlib.Path) -> Any:
    """A PID namespace begins with a process's next child, so there is one in between."""
    answers, reply = os.pipe()
    between = os.fork()
    if between == 0:
        be_between(job, place, reply)
    os.close(reply)
    with os.fdopen(answers, "rb") as file:
        answer = file.read()
    os.waitpid(between, 0)
    return pickle.loads(answer) if answer else "the first process of the room was ended"


def be_between(job: Job, place: pathlib.Path, reply: int) -> None:
    try:
        kernel.die_with_parent(signal.SIGKILL)
        kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | kernel.CLONE_NEWNET)
        first = os.fork()
        if first == 0:
            be_first(job, place, reply)
        os.close(reply)
        os.waitpid(first, 0)
    finally:
        os._exit(0)


def be_first(job: Job, place: pathlib.Path, reply: int) -> None:
    """The answer is an outcome and its time, or what failed."""
    try:
        kernel.die_with_parent(signal.SIGKILL)
        kernel.mount("", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
        kernel.mount("proc", "/proc", "proc")
        kernel.raise_loopback()
        ran = inside.judge(place, job)
        answer: Any = (outcome_of(job.vector, ran), ran.seconds)
    except BaseException:
        answer = traceback.format_exc()
    try:
        with os.fdopen(reply, "wb") as file:
            send(file, answer)
    finally:
        os._exit(0)

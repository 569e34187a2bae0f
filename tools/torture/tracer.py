"""Runs a program with all that it starts, and stops before each call that changes something.

Each such call is a point with a name that is the same in the next run: the process's role, the call, the paths that it is about
with what differs from run to run taken out, and which occurrence of all that it is.
"""

import errno
import os
import pathlib
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import calls
import ptrace

# A build takes tenths of a second.
PATIENCE = 60


_OF_FAULTS = {signal.SIGILL, signal.SIGTRAP, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGABRT}


@dataclass
class Process:
    """One that is traced: all threads of it share this."""

    role: str
    # Whether it runs another program, as newuidmap, or one of the script's, in the container's root: what that does is not stacker's.
    foreign: bool = False


@dataclass
class Outcome:
    status: int
    seconds: float
    # It had to be ended.
    hung: bool = False
    # The signal of a fault that one of the processes committed.
    crashed: str = ""
    points: list[str] = field(default_factory=list)
    # What was done, if the point was reached.
    hit: str = ""
    # Processes that were still there some time after the first one had ended.
    left: list[str] = field(default_factory=list)


class Alarm(Exception):
    pass


class Tracer:
    def __init__(
        self, work: pathlib.Path, wanted: Callable[[str], bool] = lambda point: False, fault: str = "", reading: bool = False,
        asking: bool = False
    ):
        self.work, self.wanted, self.fault, self.reading, self.asking = str(work), wanted, fault, reading, asking
        self.processes: dict[int, Process] = {}
        # Have stopped for the first time before their parent said that it made them.
        self.orphans: list[int] = []
        self.occurrences: Counter[str] = Counter()
        # Signals of faults, by process.
        self.faults: Counter[int] = Counter()
        self.outcome = Outcome(0, 0)
        # Where what it says goes.
        self.said = ""
        self.own_root = os.stat("/").st_ino, os.stat("/").st_dev

    def run(self, command: list[str], environment: dict[str, str], output: pathlib.Path, user: tuple[int, int] | None) -> Outcome:
        started = time.monotonic()
        first = self._start(command, environment, output, user)
        self.processes[first] = Process(os.path.basename(command[0]))
        self.said = str(output)
        try:
            self._arm(PATIENCE)
            try:
                self._follow(first)
            except Alarm:
                self.outcome.hung = True
                self._describe_rest()
                self._end_all()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        self.outcome.seconds = time.monotonic() - started
        return self.outcome

    def _start(self, command: list[str], environment: dict[str, str], output: pathlib.Path, user: tuple[int, int] | None) -> int:
        numbers = calls.numbers(self.reading, self.asking)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            # Until it is traced: without a tracer a call that is stopped at fails.
            os.close(writer)
            os.read(reader, 1)
            try:
                log = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
                nothing = os.open("/dev/null", os.O_RDONLY)
                os.dup2(nothing, 0), os.dup2(log, 1), os.dup2(log, 2)
                os.closerange(3, 256)
                os.chdir(self.work)
                os.setpgid(0, 0)
                if user:
                    os.initgroups(environment["USER"], user[1])
                    os.setgid(user[1])
                ptrace.stop_at(numbers)
                if user:
                    os.setuid(user[0])
                os.execvpe(command[0], command, environment)
            finally:
                os._exit(126)
        os.close(reader)
        ptrace.request(ptrace.SEIZE, child, 0, ptrace.OPTIONS)
        os.close(writer)
        return child

    def _arm(self, seconds: float) -> None:
        def ring(number: int, frame: object) -> None:
            raise Alarm

        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def _follow(self, first: int) -> None:
        """Until the last process has ended. Others, as servers, are this process's children, too."""
        while self.processes or self.orphans:
            pid, status = os.waitpid(-1, ptrace.WALL)
            if os.WIFEXITED(status) or os.WIFSIGNALED(status):
                self._forget(pid)
                if pid == first:
                    self.outcome.status = os.waitstatus_to_exitcode(status)
                    # What it has started has to end by itself.
                    self._arm(PATIENCE / 2)
                continue
            try:
                self._go_on(pid, status)
            except ptrace.Gone:
                pass

    def _forget(self, pid: int) -> None:
        self.processes.pop(pid, None)
        # Their parent may have been this one.
        for orphan in self.orphans:
            self._adopt(orphan, Process("?"))
            try:
                ptrace.request(ptrace.CONT, orphan)
            except ptrace.Gone:
                pass
        self.orphans = []

    def _go_on(self, pid: int, status: int) -> None:
        number, event = os.WSTOPSIG(status), status >> 16
        if event in (ptrace.EVENT_FORK, ptrace.EVENT_VFORK, ptrace.EVENT_CLONE):
            self._meet(pid, ptrace.event_message(pid))
        elif event == ptrace.EVENT_EXEC:
            self._rename(pid)
        elif event == ptrace.EVENT_SECCOMP:
            self._stand_before(pid)
        elif pid not in self.processes:
            self.orphans.append(pid)
            return
        elif event == ptrace.EVENT_STOP and number != signal.SIGTRAP:
            ptrace.request(ptrace.LISTEN, pid)
            return
        elif event == 0:
            self._deliver(pid, number)
            return
        ptrace.request(ptrace.CONT, pid)

    def _deliver(self, pid: int, number: int) -> None:
        """A signal. One of the process's own fault ends no first process of a pid namespace as long as that is traced, and comes
        again for ever."""
        if number in _OF_FAULTS and not self.processes[pid].foreign:
            self.outcome.crashed = signal.Signals(number).name
            self.faults[pid] += 1
        if self.faults[pid] > 3:
            os.kill(pid, signal.SIGKILL)
        ptrace.request(ptrace.CONT, pid, 0, number)

    def _meet(self, parent: int, pid: int) -> None:
        known = self.processes[parent]
        is_thread = os.path.exists(f"/proc/{parent}/task/{pid}")
        self._adopt(pid, known if is_thread else Process(f"{known.role}>", known.foreign))
        if pid in self.orphans:
            self.orphans.remove(pid)
            ptrace.request(ptrace.CONT, pid)

    def _adopt(self, pid: int, process: Process) -> None:
        self.processes[pid] = process

    def _rename(self, pid: int) -> None:
        """It runs another program."""
        # A thread that does so becomes its process.
        process = self.processes.get(pid) or self.processes.setdefault(pid, Process("?"))
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        name = os.path.basename(os.fsdecode(words[0]))
        process.foreign = name != "stacker" or self._is_elsewhere(pid)
        process.role = process.role[: process.role.rfind(">") + 1] + name

    def _is_elsewhere(self, pid: int) -> bool:
        """Whether its root is another one, as in a container."""
        try:
            root = os.stat(f"/proc/{pid}/root")
        except OSError:
            return True
        return (root.st_ino, root.st_dev) != self.own_root

    def _stand_before(self, pid: int) -> None:
        process = self.processes.get(pid)
        if process is None or process.foreign:
            return
        call = calls.Call(pid)
        if self.said in call.paths or not (call.changes or (self.reading or self.asking) and call.reads(self.work)):
            return
        name = self._name(process.role, call)
        self.occurrences[name] += 1
        point = f"{name} #{self.occurrences[name]}"
        self.outcome.points.append(point)
        if not self.outcome.hit and self.wanted(point):
            self._do(call)

    def _name(self, role: str, call: calls.Call) -> str:
        name = " ".join([role, call.name, *(normalise(path, self.work) for path in call.paths)])
        return name if call.changes or not call.name.startswith("open") else f"{name} to read"

    def _do(self, call: calls.Call) -> None:
        if self.fault == "KILL":
            os.kill(call.pid, signal.SIGKILL)
        elif self.fault == "short":
            if not call.shorten():
                return
        else:
            call.registers.answer(-getattr(errno, self.fault))
        self.outcome.hit = self.fault

    def _describe_rest(self) -> None:
        for pid in list(self.processes):
            try:
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                call = pathlib.Path(f"/proc/{pid}/syscall").read_text().split()[0]
                state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0]
                self.outcome.left.append(f"{pid} {state} {self.processes[pid].role}: {words.strip()[-100:]} in call {call}")
            except OSError:
                pass

    def _end_all(self) -> None:
        for pid in list(self.processes):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        while self.processes:
            pid, status = os.waitpid(-1, ptrace.WALL)
            if not os.WIFSTOPPED(status):
                self.processes.pop(pid, None)
                continue
            # One that has just begun, and is not among them.
            try:
                os.kill(pid, signal.SIGKILL)
                ptrace.request(ptrace.CONT, pid)
            except (ptrace.Gone, ProcessLookupError):
                pass


# Containers; ids; digests, cut short, which may begin with digits only; random numbers.
_OTHERWISE = [
    (r"\bstacker-\d+-\w+", "stacker-*"), (r"(?<![0-9a-z])\d{2,}(?![0-9a-z])", "N"),
    (r"(?<![0-9a-f])([0-9a-f]{6})[0-9a-f]{58}(?![0-9a-f])", r"\1"), (r"(?<![0-9a-f])[0-9a-f]{12,32}(?![0-9a-f])", "*")]


def normalise(path: str, work: str) -> str:
    """The path without what another run has otherwise: the directory, ids, random names. Digests are cut short."""
    path = re.sub(r"/{2,}", "/", path)
    path = path.replace(f"{work}/", "").replace(work.lstrip("/"), "WORK")
    for pattern, name in _OTHERWISE:
        path = re.sub(pattern, name, path)
    return path

#!/usr/bin/env python3
"""Runs one bats file, and ends what does not end by itself.

    tools/test/run-file.py LEVEL REPORT FILE

LEVEL is priv or unpriv: tests of the other one are left out. Lines of TAP are printed as they come, and REPORT gets
JUnit XML. The status is 0 if all tests passed, or were skipped, 1 if some failed, and 2 if anything else went wrong. What
fails on a kernel where its header says so (`# fails-where:`) has not failed, and what passes there has.

A test may take 120 seconds, or what its file asks for in the comment at its top, `# bound: 300 s`. One that takes
longer fails, with what was there of its processes and what they did; these are killed, and its teardown has its turn.
Whatever else the file has started and is there when bats has ended is killed, too, and fails the file. Nothing gets out
of sight by losing its parent: this process adopts it.
"""

import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "report"))
import behaviours
import conditions
import processes
import reports
import tap

# What a machine that is slow, since it is emulated, has of each wait: so many times as much.
SLOWNESS = float(os.environ.get("SLOWNESS") or 1)
# How many seconds a test's teardown may take after its bound, and bats and what else is there after the last test.
GRACE = float(os.environ.get("GRACE", 20)) * SLOWNESS
GROUP = os.environ.get("GROUP")
OTHER_LEVEL = {"priv": "unpriv", "unpriv": "priv"}


def bound_of(file: pathlib.Path) -> float:
    """How many seconds each test of a file may take."""
    asked = [re.fullmatch(r"bound: (\d+) s\b.*", line) for line in behaviours.top_comment(file)]
    return SLOWNESS * next((float(match[1]) for match in asked if match), 120)


def known_failures(file: pathlib.Path, level: str) -> dict[str, str]:
    """Why tests of a file are known to fail on this kernel, by name."""
    # Most files have none, and needn't be asked.
    if "\n# fails-where: " not in file.read_text(encoding="utf-8"):
        return {}
    here = conditions.here(level)
    tests = behaviours.read([file])
    return {test.name: f"{words}: {why}" for test in tests for words, why in test.fails_where.items() if here.fit(words)}


class FileRun:
    """bats at work on one file."""

    def __init__(self, file: pathlib.Path, level: str):
        self.file = file
        self.bound = bound_of(file)
        self.stream = tap.Stream(file.name, known_failures(file, level))
        self.complaints: list[str] = []
        # Of several filters one has to fit.
        groups = [f",group:{tag}" for tag in behaviours.tags(GROUP, level)] if GROUP else [""]
        filters = [word for each in groups for word in ("--filter-tags", f"!level:{OTHER_LEVEL[level]}{each}")]
        # In a session of its own, and without input: nobody can be asked for anything.
        self.bats = subprocess.Popen(
            ["bats", "--formatter", "cat", *filters, file],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.output = self.bats.stdout.fileno()
        self.rest = b""
        self.deadline = time.monotonic() + self.bound
        # At once: a test may wait until a process is gone.
        signal.signal(signal.SIGCHLD, self.reap)

    def reap(self, *_: object) -> None:
        processes.reap_orphans(but=self.bats.pid)

    def run(self) -> None:
        """Until bats has ended, and all that it has started."""
        try:
            while self.read_output(0.5) and self.bats.poll() is None:
                if time.monotonic() > self.deadline:
                    self.end_what_hangs()
                self.reap()
            while self.read_output(0):
                pass
            self.wait_for_others()
        finally:
            processes.kill(signal.SIGKILL, processes.below(os.getpid()))
        for line in self.stream.end():
            print(line)

    def read_output(self, seconds: float) -> bool:
        """Passes on what bats says, if it says something for so long; false if there is no more to come."""
        if not select.select([self.output], [], [], seconds)[0]:
            return seconds > 0
        data = os.read(self.output, 1 << 16)
        *lines, self.rest = (self.rest + data).split(b"\n")
        if not data and self.rest:
            lines, self.rest = [self.rest], b""
        for line in lines:
            before = self.stream.running
            for shown in self.stream.take(line.decode(errors="replace")):
                print(shown, flush=True)
            if self.stream.running is None or self.stream.running != before:
                self.deadline = time.monotonic() + (self.bound if self.stream.is_going_on else GRACE)
        return bool(data)

    def end_what_hangs(self) -> None:
        """Ends the test that runs, or bats itself, which waits for somebody who holds on to what it reads from."""
        self.deadline = time.monotonic() + GRACE
        orphans = [pid for pid in processes.children().get(os.getpid(), []) if pid != self.bats.pid]
        astray = [*orphans, *processes.below(*orphans)]
        if self.stream.running is not None:
            self.end_test(astray)
            return
        found = astray or processes.below(self.bats.pid)
        self.complaints += [f"bats does not end; there is {processes.describe(pid)}" for pid in found]
        processes.kill(signal.SIGKILL, found)

    def end_test(self, astray: list[int]) -> None:
        """Ends what the test has started, and tells its shell to end; if that is there later, it has its end, too."""
        shells = [pid for pid in processes.below(self.bats.pid) if "/bats-exec-test" in processes.command(pid)]
        started = [*processes.below(*shells[:1]), *astray]
        if self.stream.verdict:
            processes.kill(signal.SIGKILL, [*started, *shells])
            return
        # Its own shells say little.
        found = [pid for pid in started if pid not in shells] or started or shells
        self.stream.verdict = [f"over its bound of {self.bound:g} s; there was"]
        self.stream.verdict += [f"  {processes.describe(pid)}" for pid in found]
        # Its traps run when it is told to end, and teardown with them.
        processes.kill(signal.SIGTERM, shells[:1])
        processes.kill(signal.SIGKILL, started)

    def wait_for_others(self) -> None:
        """What a test has started may end a moment after it; what doesn't is a mistake, also if no test has seen it."""
        end = time.monotonic() + GRACE
        while (others := processes.below(os.getpid())) and time.monotonic() < end:
            self.reap()
            time.sleep(0.05)
        self.complaints += [f"left behind by {self.file}: {processes.describe(pid)}" for pid in others]

    def judge(self) -> int:
        """The status, as it is said above."""
        if self.stream.planned is None or self.stream.is_going_on:
            self.complaints.append(f"{self.file}: not every test of it ran")
        results = {each.result for each in self.stream.outcomes}
        has_failed = "failed" in results
        if self.bats.wait() != 0 and not results & {"failed", "known"}:
            self.complaints.append(f"{self.file}: bats ended with status {self.bats.returncode}, and no test failed")
        for complaint in self.complaints:
            print(f"error: {complaint}")
        return 2 if self.complaints else int(has_failed)


def end(number: int, _frame: object) -> None:
    """Leaves by way of all `finally`."""
    sys.exit(128 + number)


def main(level: str, report: str, file: str) -> int:
    # What tests print is none of the locale's business.
    sys.stdout.reconfigure(encoding="utf-8")
    signal.signal(signal.SIGTERM, end)
    processes.adopt_orphans()
    run = FileRun(pathlib.Path(file), level)
    try:
        run.run()
    finally:
        reports.write(pathlib.Path(report), run.stream.outcomes)
    return run.judge()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

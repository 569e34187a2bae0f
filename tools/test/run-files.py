#!/usr/bin/env python3
"""Runs bats files side by side, at one or both levels, and leaves a JUnit report of each level.

    tools/test/run-files.py [--named] [--level=LEVEL]… REPORT-DIR FILE-SYSTEM FILE…

As many files run at a time as JOBS says, or half as many again as there are processors, since tests wait for a third of
their time: for servers, for what is tried again, for mounts. The largest begin, so that none of them is left for the end. A
file that says `# runs: alone` in the comment at its top has the machine for itself, when the others are through, and one that
says `# runs: in a machine of its own` is left out, unless MACHINE=own says that this is one, as tools/kernels does. What a file
prints comes in one piece, when it is through.

With SECOND_TRY=true, as in continuous integration, what failed is run once more by itself when all others are through, if it
was at most five files: a machine that others load now and then delays a test beyond what it waits for. The second try
counts, and the file is named in second-tries beside the reports, with what the first one printed: a test that needs it is a
fault of the suite's.

The report of a level is bats-LEVEL.FILE-SYSTEM.xml in the directory. The status is 0 if all went well, 1 if tests
failed and 2 if anything else went wrong. Among that is that no test ran, since a gate that runs nothing would pass
whatever is broken. With --named, a test of each file must have run.
"""

import argparse
import collections
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tools/report"))
import behaviours
import conditions
import processes
import reports
from reports import Outcome

# More failures than that are no accident.
MOST_SECOND_TRIES = 5
# What run-bats says of the ordinary user is for the level unpriv only.
USER_VARIABLES = ("STACKER_TEST_USER", "STACKER_BINARY", "STACKER_IS_OURS")
# The mounts of one file are no other's business: a namespace that begins elsewhere would have a copy of each, and so
# keep its loop device. And what a file has started ends with it. Among the namespaces that begin in the file's own,
# mounts are shared, as on most hosts: what stacker mounts without keeping it to itself is seen. (Not in a chroot, where
# / is no mount.)
MOUNTS_APART = "unshare --mount --propagation slave".split()
PROCESSES_APART = "--pid --fork --kill-child --mount-proc".split()
SHARE = ["sh", "-c", 'mount --make-rshared / 2>/dev/null; exec "$@"', "sh"]


def choose_apart() -> list[str]:
    """What sets a file apart here; who is not root may do without."""
    for command in ([*MOUNTS_APART, *PROCESSES_APART, *SHARE], [*MOUNTS_APART, *SHARE]):
        if subprocess.run([*command, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return command
    return []


class Piece:
    """One file at one level."""

    def __init__(self, file: pathlib.Path, level: str, directory: pathlib.Path, apart: list[str]):
        self.file = file
        self.level = level
        self.apart = apart
        self.report = directory / "report.xml"
        self.printed = directory / "printed.tap"
        self.process: subprocess.Popen[bytes] | None = None
        self.status = 0

    def start(self) -> None:
        environment = dict(os.environ)
        if self.level == "priv":
            for name in USER_VARIABLES:
                environment.pop(name, None)
        command = [*self.apart, TOP / "tools/test/run-file.py", self.level, self.report, self.file]
        # What a level has is the same for all files.
        capabilities = self.report.parents[1] / f"capabilities-{self.level}"
        capabilities.mkdir(exist_ok=True)
        environment["CAPABILITIES"] = str(capabilities)
        with self.printed.open("wb") as output:
            self.process = subprocess.Popen(command, env=environment, stdout=output)

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def show(self) -> int:
        """Prints what it has printed, if there was something to run. Its status, as run-file.py has it."""
        printed = self.printed.read_bytes()
        if printed != b"1..0\n":
            print(f"== {self.file} ({self.level})", flush=True)
            sys.stdout.buffer.write(printed)
            sys.stdout.flush()
        status = self.process.wait() if self.process else 2
        # It may have got no further than to say why on stderr.
        self.status = status if status in (0, 1) and self.report.exists() else 2
        return self.status

    def stop(self) -> None:
        """Ends it, with all that it has started."""
        if self.process is None or self.has_ended():
            return
        processes.kill(signal.SIGTERM, [self.process.pid, *processes.children().get(self.process.pid, [])])
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def outcomes(self) -> list[Outcome]:
        return reports.read(self.report)


def runs_alone(file: pathlib.Path) -> bool:
    """What is the whole machine's is so at both levels, and to all files."""
    return behaviours.needs_a_machine(file) or any(line.startswith("runs: alone") for line in behaviours.top_comment(file))


def has_work(files: list[pathlib.Path], levels: list[str]) -> set[tuple[str, str]]:
    """Which files have a test for which level, in the group if one is asked for. On a machine that is slow bats takes seconds to
    find that there is none."""
    group = os.environ.get("GROUP")
    if not group:
        return {(file.name, level) for file in files for level in levels}
    tests = behaviours.read(files)
    return {(test.file, level) for test in tests for level in levels if test.is_in(group, level)}


def run(pieces: list[Piece], jobs: int) -> int:
    """Runs so many at a time, and prints what each says; the worst status."""
    pending, running = collections.deque(pieces), list[Piece]()
    status = 0
    try:
        while pending or running:
            while pending and len(running) < jobs:
                running.append(pending.popleft())
                running[-1].start()
            for piece in [piece for piece in running if piece.has_ended()]:
                running.remove(piece)
                status = max(status, piece.show())
            time.sleep(0.02)
    finally:
        for piece in running:
            piece.stop()
    return status


def try_again(pieces: list[Piece], directory: pathlib.Path) -> int:
    """Runs what failed once more, one by one, unless it was too much; the worst status that there is then."""
    failed = [piece for piece in pieces if piece.status != 0]
    if len(failed) > MOST_SECOND_TRIES:
        return max(piece.status for piece in failed)
    for piece in failed:
        first = piece.printed.read_text(encoding="utf-8", errors="replace")
        print(f"== {piece.file} ({piece.level}) failed, and has a second try", flush=True)
        piece.report.unlink(missing_ok=True)
        if run([piece], 1) == 0:
            with (directory / "second-tries").open("a", encoding="utf-8") as list_of_them:
                list_of_them.write(f"{piece.file.name} ({piece.level}) passed at its second try; at the first:\n")
                list_of_them.write("".join(f"    {line}\n" for line in telling_lines(first)))
    return max((piece.status for piece in failed), default=0)


def telling_lines(printed: str) -> list[str]:
    """Of what a file printed, the tests that failed, and what they said."""
    lines = printed.splitlines()
    return [line for line in lines if line.startswith(("not ok", "#", "error"))] or lines[-10:]


def complain_of_nothing(file: pathlib.Path, outcomes: list[Outcome], levels: list[str]) -> None:
    """Says why no test of a file ran."""
    reasons = collections.Counter(each.text or "no reason" for each in outcomes)
    print(f"error: no test of {file} ran, at the level {' or '.join(levels)}")
    for reason, count in reasons.most_common():
        print(f"  {count} skipped: {reason}")
    if not reasons:
        print("  none of its tests is for that level" if behaviours.read([file]) else "  there is none in it")
    print("help: what runs nothing can't be a gate: name a file with a test that applies to this program and level")


def surroundings(level: str, file_system: str) -> dict[str, str]:
    """Where tests ran, for their report; of a machine of its own also how to have it again, which who booted it knows."""
    here = conditions.here(level)
    found = {"level": level, "file-system": file_system, "kernel": here.kernel, "cgroups": here.cgroups, "lsm": ",".join(here.modules)}
    if os.environ.get("MACHINE") == "own":
        found |= {"machine": "own", "asked": os.environ.get("KERNEL", ""), "cmdline": os.environ.get("CMDLINE", "")}
    return found


def end(number: int, _frame: object) -> None:
    """Leaves by way of all `finally`."""
    sys.exit(128 + number)


def main() -> int:
    sys.stdout.reconfigure(encoding="utf-8")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--named", action="store_true")
    parser.add_argument("--level", action="append", default=[], choices=["priv", "unpriv"])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("file_system")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, end)

    jobs = max(1, int(os.environ.get("JOBS") or len(os.sched_getaffinity(0)) * 3 // 2))
    files = list(dict.fromkeys(options.files))
    if os.environ.get("MACHINE") != "own":
        left_out = [file for file in files if behaviours.needs_a_machine(file)]
        files = [file for file in files if file not in left_out]
        if left_out and (options.named or not files):
            print("error: what it does is the whole machine's:", *left_out)
            names = " ".join(file.name for file in left_out)
            print(f"help: make check-kernel TEST={shlex.quote(names)}")
            return 2
    with tempfile.TemporaryDirectory() as scratch:
        largest_first = sorted(files, key=lambda file: -file.stat().st_size)
        apart = choose_apart()
        work = has_work(files, options.level)
        pieces = [
            Piece(file, level, pathlib.Path(tempfile.mkdtemp(dir=scratch)), apart)
            for file in largest_first
            for level in options.level
            if (file.name, level) in work
        ]
        status = run([piece for piece in pieces if not runs_alone(piece.file)], jobs)
        status = max(status, run([piece for piece in pieces if runs_alone(piece.file)], 1))
        if os.environ.get("SECOND_TRY"):
            status = try_again(pieces, options.directory)
        outcomes = {(piece.file, piece.level): piece.outcomes() for piece in pieces}
    for level in options.level:
        of_level = [each for file in files for each in outcomes.get((file, level), [])]
        path = options.directory / f"bats-{level}.{options.file_system}.xml"
        reports.write(path, of_level, surroundings(level, options.file_system))
    of_file = {file: [each for level in options.level for each in outcomes.get((file, level), [])] for file in files}
    idle = [file for file in files if all(each.result == "skipped" for each in of_file[file])]
    if idle and (options.named or len(idle) == len(files)):
        for file in idle:
            complain_of_nothing(file, of_file[file], options.level)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main())

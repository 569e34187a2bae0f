"""The tests that mutants are tried with, and which mutants each comes to.

A suite of Swift Testing is one test here, if it is quick; of one that isn't each function is, and of a bats file each test.
"""

import collections
import concurrent.futures
import dataclasses
import json
import pathlib
import re
import subprocess
import sys

import running
from copied import COPY, TOP, WORK, fingerprint
from running import BUNDLE, REACHED

sys.path.insert(0, str(TOP / "tools/report"))
import behaviours

RECORDED = WORK / "recorded"
# Which files say which number a mutant has.
NUMBERED = ("Sources", "tools/mutants/Sources")
# `ok 3 what it says in 1394ms`, as bats has it; what was skipped has shown nothing.
BATS_LINE = re.compile(r"^(ok|not ok) (\d+) (.*) in (\d+)ms( # skip.*)?$", re.MULTILINE)
# How many seconds it is waited for a file before it counts as one that hangs.
LONGEST_FILE = 900
# A suite that takes more is taken apart: what of it comes to a mutant may be quick.
QUICK = 10
# A function that takes more is too slow to be tried with, and a suite is taken apart by then.
LONGEST_FUNCTION = 60


@dataclasses.dataclass
class Test:
    """What is tried by itself, and what came of it without a mutant."""

    name: str
    seconds: float
    passed: bool
    # Of a test of bats: its file, below the tree, and its number and name in there.
    file: str = ""
    number: int = 0
    title: str = ""

    def reached(self) -> bytes:
        """A byte for each mutant, 1 if it came to it."""
        parts = [REACHED / self.name] if not self.file else [REACHED / f"{pathlib.Path(self.file).name}:{n}" for n in (0, self.number)]
        found = [path.read_bytes().rstrip(b"\0") for path in parts if path.exists()]
        return max(found, key=len, default=b"") if len(found) < 2 else either(*found)


def either(one: bytes, other: bytes) -> bytes:
    long, short = sorted((one, other), key=len, reverse=True)
    return (int.from_bytes(long, "little") | int.from_bytes(short, "little")).to_bytes(len(long), "little")


@dataclasses.dataclass
class Group:
    """What is recorded together: a suite of Swift Testing, or a bats file."""

    name: str
    file: str
    # Of its own files, and of those that mutants have their numbers by.
    stamp: str
    # Of a suite, its functions.
    functions: list[str] = dataclasses.field(default_factory=list)


def find_swift() -> list[Group]:
    listed = subprocess.run(
        [BUNDLE, "--testing-library", "swift-testing", "--list-tests"], cwd=COPY, capture_output=True, text=True
    ).stdout
    swift: dict[str, list[str]] = collections.defaultdict(list)
    for line in sorted(listed.splitlines()):
        if re.match(r"^\w+\.", line):
            suite, _, function = line.rpartition("/")
            swift[suite].append(function)
    files: dict[str, list[pathlib.Path]] = collections.defaultdict(list)
    for path in sorted(TOP.glob("Tests/**/*.swift")):
        for name in set(re.findall(r"\b(?:struct|class|enum|actor|extension) (\w+)", path.read_text())):
            files[name].append(path)
    stamp = fingerprint(*NUMBERED, "Tests/Fixtures")
    return [Group(name, "", stamp + fingerprint(*files[name.split(".")[1]]), functions) for name, functions in swift.items()]


def find_bats() -> list[Group]:
    """All but those that need a machine, or have it for themselves: beside others they fail without a mutant."""
    stamp = fingerprint(*NUMBERED)
    paths = [path for path in sorted(TOP.glob("bats/**/*.bats")) if not needs_more_than_others(path)]
    return [Group(path.name, str(path.relative_to(TOP)), stamp + fingerprint(path)) for path in paths]


def needs_more_than_others(path: pathlib.Path) -> bool:
    return any(line.startswith("runs: ") for line in behaviours.top_comment(path))


def record(groups: list[Group], jobs: int) -> list[Test]:
    """Runs each group that is not recorded yet once, without a mutant, to learn what its tests reach."""
    unknown = [each for each in groups if read_known(each) is None]
    # Tests of bats wait for a third of their time.
    with concurrent.futures.ThreadPoolExecutor(jobs + 1) as pool:
        for number, tests in enumerate(pool.map(record_one, unknown), 1):
            for test in tests:
                if not test.passed:
                    print(f"without a mutant this fails, or takes too long, and isn't used: {test.name}", flush=True)
            if number % 25 == 0:
                print(f"{number}/{len(unknown)} suites and files are recorded", flush=True)
    return [test for group in groups for test in read_known(group) or []]


def read_known(group: Group) -> list[Test] | None:
    """Its tests, if it has been recorded as it is."""
    path = RECORDED / group.name
    known = json.loads(path.read_text()) if path.exists() else {}
    return [Test(**each) for each in known["tests"]] if known.get("stamp") == group.stamp else None


def record_one(group: Group) -> list[Test]:
    tests = run_once(group)
    RECORDED.mkdir(exist_ok=True)
    (RECORDED / group.name).write_text(json.dumps({"stamp": group.stamp, "tests": [dataclasses.asdict(each) for each in tests]}, indent=1))
    return tests


def run_once(group: Group) -> list[Test]:
    for path in [REACHED / group.name, *REACHED.glob(f"{group.name}[:,]*")]:
        path.unlink(missing_ok=True)
    return run_file(group) if group.file else run_suite(group)


def run_suite(suite: Group) -> list[Test]:
    whole = run_swift(suite.name)
    if whole.seconds <= QUICK or len(suite.functions) < 2:
        return [whole]
    return [run_swift(f"{suite.name},{function}") for function in suite.functions]


def run_swift(name: str) -> Test:
    outcome = running.run(running.swift([name]), {"MUTANTS_REACHED": str(REACHED), "MUTANTS_TEST": name}, LONGEST_FUNCTION, until_failure=False)
    return Test(name, outcome.seconds, not outcome.why)


def run_file(file: Group) -> list[Test]:
    outcome = running.run(running.bats([file.file], ""), {"MUTANTS_REACHED": str(REACHED)}, LONGEST_FILE, until_failure=False)
    found = find_verdicts(outcome)
    if outcome.why and not found:
        print(f"no test of {file.name} ran: {outcome.why}", flush=True)
    return [
        Test(f"{file.name}: {title}", int(milliseconds) / 1000, verdict == "ok", file.file, int(number), title)
        for verdict, number, title, milliseconds, skipped in found
        if not skipped
    ]


def find_verdicts(outcome: running.Outcome) -> list[tuple[str, ...]]:
    """What bats says of each test: ok or not, its number, its title, milliseconds, and whether it was skipped."""
    return BATS_LINE.findall(outcome.output.decode(errors="replace"))

"""Groups of tests: a suite of Swift Testing, a bats file. Each says which mutants it reaches."""

import collections
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time

from copied import COPY, HERE, TOP, WORK, fingerprint

REACHED = WORK / "reached"
KNOWN = WORK / "suites.json"
BUNDLE = COPY / ".build/debug/stackerPackageTests.xctest"
# Which files say which number a mutant has.
NUMBERED = ("Sources", "tools/mutants/Sources")
# What a run says first when a test of it has failed: there is no need to wait for the others.
HAS_FAILED = re.compile("^(\x1b\\[\\d+m)?(not ok |✘)".encode(), re.MULTILINE)
# How long a run may take, if it takes a second without a fault: a machine that others load is slow.
SECONDS, TIMES = 20, 8


@dataclasses.dataclass
class Suite:
    """What is run together, and what came of it without a mutant."""

    name: str
    is_bats: bool
    # Of its own files, and of those that mutants have their numbers by.
    stamp: str
    seconds: float = 0
    passed: bool = False

    def reached(self) -> bytes:
        path = REACHED / self.name
        return path.read_bytes() if path.exists() else b""


@dataclasses.dataclass
class Outcome:
    failed: bool
    seconds: float
    why: str


def find_swift() -> list[Suite]:
    listed = subprocess.run(
        [BUNDLE, "--testing-library", "swift-testing", "--list-tests"], cwd=COPY, capture_output=True, text=True
    ).stdout
    swift = sorted({line.split("/")[0] for line in listed.splitlines() if re.match(r"^\w+\.", line)})
    files: dict[str, list[pathlib.Path]] = collections.defaultdict(list)
    for path in sorted(TOP.glob("Tests/**/*.swift")):
        for name in set(re.findall(r"\b(?:struct|class|enum|actor|extension) (\w+)", path.read_text())):
            files[name].append(path)
    stamp = fingerprint(*NUMBERED, "Tests/Fixtures")
    return [Suite(name, False, stamp + fingerprint(*files[name.split(".")[1]])) for name in swift]


def find_bats() -> list[Suite]:
    paths = sorted(COPY.glob("bats/**/*.bats"))
    stamp = fingerprint(*NUMBERED)
    return [Suite(path.name, True, stamp + fingerprint(path.relative_to(COPY))) for path in paths]


def command(suites: list[Suite]) -> list[str]:
    """What runs suites of one kind."""
    if suites[0].is_bats:
        return ["tools/test/run-bats", *(suite.name for suite in suites)]
    filters = [part for suite in suites for part in ("--filter", "^" + re.escape(suite.name) + "(/|$)")]
    return [str(BUNDLE), "--testing-library", "swift-testing", *filters]


def run(suites: list[Suite], environment: dict[str, str], bound: float) -> Outcome:
    """Runs them until one fails, or the time is over."""
    begin = time.monotonic()
    WORK.mkdir(parents=True, exist_ok=True)
    REACHED.mkdir(exist_ok=True)
    REACHED.chmod(0o777)
    scratch = tempfile.TemporaryDirectory(dir=WORK, ignore_cleanup_errors=True)
    process = subprocess.Popen(
        [HERE / "run-apart", REACHED, scratch.name, *command(suites)],
        cwd=COPY,
        env={**os.environ, "CI": "true", "PRIVILEGE_LEVEL": "priv", "REPORT": "/tmp/report", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output = b""
    why = ""
    try:
        os.set_blocking(process.stdout.fileno(), False)
        while process.poll() is None and not why:
            time.sleep(0.02)
            output += process.stdout.read() or b""
            if time.monotonic() - begin > bound:
                why = f"over its bound of {bound:.0f} s"
            elif HAS_FAILED.search(output):
                why = "failed"
    finally:
        # With its first process its namespace ends, and all that is in it.
        process.kill()
        process.wait()
        scratch.cleanup()
    output += process.stdout.read() or b""
    if not why and process.returncode != 0:
        why = f"status {process.returncode}"
    if why == "failed" or why.startswith("status"):
        lines = output.decode(errors="replace").splitlines()
        blame = [line for line in lines if HAS_FAILED.search(line.encode())] or lines[-1:]
        why += ": " + " ".join(blame[:1])[:160]
    (WORK / "last-output").write_bytes(output)
    return Outcome(bool(why), time.monotonic() - begin, why)


def record(suites: list[Suite], jobs: int) -> list[Suite]:
    """Runs each suite that is not recorded yet once, without a mutant, to learn which it reaches."""
    known = read_known()
    unknown = [each for each in suites if each.name not in known or known[each.name].stamp != each.stamp]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for suite in pool.map(record_one, unknown):
            known = read_known() | {suite.name: suite}
            KNOWN.write_text(json.dumps([dataclasses.asdict(each) for each in known.values()], indent=1))
    return [known[suite.name] for suite in suites]


def read_known() -> dict[str, Suite]:
    return {each["name"]: Suite(**each) for each in json.loads(KNOWN.read_text())} if KNOWN.exists() else {}


def record_one(suite: Suite) -> Suite:
    environment = {"MUTANTS_REACHED": str(REACHED)} | ({} if suite.is_bats else {"MUTANTS_TEST": suite.name})
    (REACHED / suite.name).unlink(missing_ok=True)
    outcome = run([suite], environment, 600)
    if outcome.failed:
        print(f"without a mutant, {suite.name} fails, and isn't used: {outcome.why}", flush=True)
    return dataclasses.replace(suite, seconds=outcome.seconds, passed=not outcome.failed)

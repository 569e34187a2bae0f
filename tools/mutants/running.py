"""Runs tests where a mutant can do no harm, until one of them fails."""

import dataclasses
import os
import re
import subprocess
import tempfile
import time

from copied import COPY, HERE, WORK

REACHED = WORK / "reached"
BUNDLE = COPY / ".build/debug/stackerPackageTests.xctest"
# What a run says first when a test of it has failed: there is no need to wait for the others.
HAS_FAILED = re.compile("^(\x1b\\[\\d+m)?(not ok |✘)".encode(), re.MULTILINE)
SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclasses.dataclass
class Outcome:
    # Empty if all was well.
    why: str
    seconds: float
    output: bytes


def swift(names: list[str]) -> list[str]:
    """Suites, and functions: `Unit.A`, `Unit.A,works()`."""
    filters = [part for name in names for part in ("--filter", "^" + re.escape(name.replace(",", "/", 1)) + "(/|$)")]
    return [str(BUNDLE), "--testing-library", "swift-testing", *filters]


def bats(files: list[str], titles: str) -> list[str]:
    """Without run-bats: it would look for its files and report on them, for seconds in each trial, and a namespace there is."""
    named = ["--filter", titles] if titles else []
    return ["bats", "--timing", "--formatter", "cat", "--filter-tags", "!level:unpriv", *named, *files]


def run(command: list[str], environment: dict[str, str], bound: float, until_failure: bool = True) -> Outcome:
    """Runs it until a test fails, or the time is over."""
    begin = time.monotonic()
    capabilities = REACHED / "capabilities"
    capabilities.mkdir(parents=True, exist_ok=True)
    for directory in (REACHED, capabilities):
        directory.chmod(0o777)
    known = {"CI": "true", "STACKER_IS_OURS": "true", "CAPABILITIES": str(capabilities), "PATH": f"{SEARCHED}:{os.environ['PATH']}"}
    output = b""
    why = ""
    with tempfile.TemporaryDirectory(dir=WORK, ignore_cleanup_errors=True) as scratch:
        process = subprocess.Popen(
            [HERE / "run-apart", REACHED, scratch, *command],
            cwd=COPY,
            env={**os.environ, **known, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            os.set_blocking(process.stdout.fileno(), False)
            while process.poll() is None and not why:
                time.sleep(0.02)
                output += process.stdout.read() or b""
                if time.monotonic() - begin > bound:
                    why = f"over its bound of {bound:.0f} s"
                elif until_failure and HAS_FAILED.search(output):
                    why = "failed"
        finally:
            # With its first process its namespace ends, and all that is in it.
            process.kill()
            process.wait()
        output += process.stdout.read() or b""
    if not why and process.returncode != 0:
        why = f"status {process.returncode}"
    if why == "failed" or why.startswith("status"):
        lines = output.decode(errors="replace").splitlines()
        blame = [line for line in lines if HAS_FAILED.search(line.encode())] or lines[-1:]
        why += ": " + " ".join(blame[:1])[:160]
    return Outcome(why, time.monotonic() - begin, output)

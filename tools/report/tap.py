"""Reads what bats says of the tests of one file while they run: TAP, and a line "begin" before each test."""

import re
import time

from reports import Outcome

PLAN = re.compile(r"1\.\.(\d+)$")
BEGIN = re.compile(r"begin \d+ (.*)$")
END = re.compile(r"(not )?ok (\d+) ")
# What stands behind a test's name.
DETAILS = re.compile(r"(?: # (?P<skip>skip)?(?P<text>.*))?$")


class Stream:
    """The lines of one file's run."""

    def __init__(self, group: str, known: dict[str, str] | None = None):
        self.group = group
        self.known = known or {}  # why tests fail here, by name
        self.planned: int | None = None  # how many tests there are
        self.running: str | None = None  # the test that has begun and not ended
        self.begin = 0.0  # when it has; bats would start programs to tell the time
        self.outcomes: list[Outcome] = []
        self.verdict: list[str] = []  # why the test that runs fails, whatever it says itself

    @property
    def is_going_on(self) -> bool:
        """Whether a test runs, or more are to come."""
        return self.running is not None or len(self.outcomes) < (self.planned or 0)

    def take(self, line: str) -> list[str]:
        """The lines to show for one of bats'."""
        if match := BEGIN.match(line):
            lost = self.end()
            self.running, self.begin = match[1], time.monotonic()
            return lost
        if line.startswith("suite "):
            return []
        if match := PLAN.match(line):
            self.planned = int(match[1])
        match = END.match(line)
        if match and self.running is not None and line.startswith(self.running, match.end()):
            return self.take_end(bool(match[1]), DETAILS.match(line, match.end() + len(self.running)))
        if line.startswith("# ") and self.outcomes and self.outcomes[-1].result in ("failed", "known"):
            self.outcomes[-1].text += line[2:] + "\n"
        return [line]

    def end(self) -> list[str]:
        """No more is to come of the test that runs: it is gone without a word."""
        if self.running is None:
            return []
        self.verdict = self.verdict or ["it ended without a word"]
        return self.take_end(True, None)

    def take_end(self, failed: bool, details: re.Match[str] | None) -> list[str]:
        seconds = time.monotonic() - self.begin
        skipped = details is not None and details["skip"] is not None and not self.verdict
        result = "failed" if failed or self.verdict else "skipped" if skipped else "passed"
        known = self.known.get(self.running or "", "")
        if known and result == "passed":
            result = "failed"
            self.verdict = [f"passes where it is known to fail: {known}", "take that out of its header, or say there where it is so"]
        elif known and result == "failed":
            result = "known"
        said = "".join(f"{line}\n" for line in ([known] if result == "known" else []) + self.verdict)
        text = details["text"].strip() if skipped else said
        self.outcomes.append(Outcome(self.group, self.running or "", result, seconds, text))
        word = "not ok" if result in ("failed", "known") else "ok"
        # What TAP calls a failure that was expected.
        comment = f"skip {text}" if skipped else f"TODO {known}" if result == "known" else f"in {seconds * 1000:.0f} ms"
        shown = [f"{word} {len(self.outcomes)} {self.running} # {comment}", *(f"# {line}" for line in self.verdict)]
        self.running, self.verdict = None, []
        return shown

#!/usr/bin/env python3
"""Prints a table of behaviours and file systems, in Markdown:

    tools/tabulate-file-systems.py DIR FILE-SYSTEM…

DIR has the headers of the tests, as tools/check-headers --list prints them, and FILE-SYSTEM.xml, the JUnit report of the
tests on it. The status is 1 if something is not as the headers say: a failure that none of them tells of, a test that
passes where it is said to fail, one that did not run.
"""

import os
import pathlib
import sys

import reports


class Test:
    def __init__(self, line: str):
        self.file, self.name, _, self.behaviour, _, self.level, _, fails = line.split("\t")
        # What is said of each file system where it is known to fail.
        self.reasons: dict[str, str] = {}
        for entry in filter(None, fails.split(" // ")):
            names, reason = entry.split(": ", 1)
            for name in names.split():
                self.reasons[name] = reason


def outcomes(path: pathlib.Path) -> dict[tuple[str, str], str]:
    """Whether each test passed, failed or was skipped, by file and name."""
    found = {}
    if not path.exists():
        return found
    for case in reports.read(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            outcome = "failed"
        elif case.find("skipped") is not None:
            outcome = "skipped"
        else:
            outcome = "passed"
        found[pathlib.Path(case.get("classname", "")).name, case.get("name", "")] = outcome
    return found


class Table:
    def __init__(self, names: list[str]):
        self.names = names
        self.notes: list[str] = []
        self.surprises: list[str] = []

    def note(self, text: str) -> int:
        if text not in self.notes:
            self.notes.append(text)
        return self.notes.index(text) + 1

    def cell(self, test: Test, name: str, outcome: str | None) -> str:
        reason = test.reasons.get(name)
        if outcome == "passed" and reason is None:
            return "yes"
        if outcome == "failed" and reason is not None:
            return f"no ({self.note(reason)})"
        # What a header does not tell.
        text = {"passed": "passes, should fail", "failed": "FAILS"}.get(outcome or "", "not run")
        command = f"make check FS={name} TEST={pathlib.Path(test.file).name}"
        self.surprises.append(f'{name}: "{test.name}": {text}: {command}')
        return text

    def print(self, tests: list[Test], results: dict[str, dict[tuple[str, str], str]]) -> None:
        print("| behaviour | " + " | ".join(self.names) + " |")
        print("|---" * (len(self.names) + 1) + "|")
        for test in tests:
            key = pathlib.Path(test.file).name, test.name
            cells = [self.cell(test, name, results[name].get(key)) for name in self.names]
            print("| " + " | ".join([test.behaviour.replace("|", "\\|")] + cells) + " |")
        print()
        for number, text in enumerate(self.notes, 1):
            print(f"{number}. {text}")


def main(arguments: list[str]) -> int:
    directory, names = pathlib.Path(arguments[0]), arguments[1:]
    level = os.environ["PRIVILEGE_LEVEL"]
    tests = [Test(line) for line in (directory / "headers").read_text().splitlines()]
    tests = [test for test in tests if test.level in ("", level)]
    table = Table(names)
    table.print(tests, {name: outcomes(directory / f"{name}.xml") for name in names})
    for line in table.surprises:
        print(line, file=sys.stderr)
    return 1 if table.surprises or not tests else 0


sys.exit(main(sys.argv[1:]))

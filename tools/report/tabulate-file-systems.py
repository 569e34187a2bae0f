#!/usr/bin/env python3
"""Prints a table of behaviours and file systems, in Markdown:

    tools/report/tabulate-file-systems.py DIR "FILE-SYSTEM…" FILE.bats…

DIR has bats-LEVEL.FILE-SYSTEM.xml, the JUnit report of the tests on each of them; LEVEL is PRIVILEGE_LEVEL. The status is
1 if something is not as the headers of the bats files say: a failure that none of them tells of, a test that passes where
it is said to fail, one that did not run.
"""

import os
import pathlib
import sys

import behaviours
import reports
from behaviours import Behaviour
from reports import Outcome


class Table:
    def __init__(self, names: list[str]):
        self.names = names
        self.notes: list[str] = []
        self.surprises: list[str] = []

    def note(self, text: str) -> int:
        if text not in self.notes:
            self.notes.append(text)
        return self.notes.index(text) + 1

    def cell(self, test: Behaviour, name: str, result: str | None) -> str:
        reason = test.fails.get(name)
        if result == "passed" and reason is None:
            return "yes"
        if result == "failed" and reason is not None:
            return f"no ({self.note(reason)})"
        if result == "excused":
            return f"no ({self.note(test.excuse)})"
        if result == "known":
            return f"no ({self.note('; '.join(f'{where}: {why}' for where, why in test.fails_where.items()))})"
        # What a header does not tell.
        text = {"passed": "passes, should fail", "failed": "FAILS"}.get(result or "", "not run")
        self.surprises.append(f'{name}: "{test.name}": {text}: make check FS={name} TEST={test.file}')
        return text

    def print(self, tests: list[Behaviour], outcomes: dict[str, dict[tuple[str, str], Outcome]]) -> None:
        print("| behaviour | " + " | ".join(self.names) + " |")
        print("|---" * (len(self.names) + 1) + "|")
        for test in tests:
            cells = [self.cell(test, name, judged(test, outcomes[name].get(test.key))) for name in self.names]
            print("| " + " | ".join([test.text.replace("|", "\\|")] + cells) + " |")
        print()
        for number, text in enumerate(self.notes, 1):
            print(f"{number}. {text}")


def judged(test: Behaviour, outcome: Outcome | None) -> str | None:
    """The result; of a test that another stacker failed as the original does, that it is excused."""
    if outcome and test.original and outcome.result == "skipped" and outcome.text.startswith(test.excuse):
        return "excused"
    return outcome and outcome.result


def main(arguments: list[str]) -> int:
    directory, names = pathlib.Path(arguments[0]), arguments[1].split()
    level = os.environ["PRIVILEGE_LEVEL"]
    tests = behaviours.read([pathlib.Path(file) for file in arguments[2:]])
    tests = [test for test in tests if test.level in ("", level)]
    outcomes = {
        name: {(each.group, each.name): each for each in reports.read(directory / f"bats-{level}.{name}.xml")}
        for name in names
    }
    table = Table(names)
    table.print(tests, outcomes)
    for line in table.surprises:
        print(line, file=sys.stderr)
    return 1 if table.surprises or not tests else 0


sys.exit(main(sys.argv[1:]))

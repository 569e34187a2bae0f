#!/usr/bin/env python3
"""Writes index.html beside JUnit reports, for people to read: failures first, then a matrix of behaviours, privilege
levels and file systems with times, and the Swift tests.

    tools/report/write-report.py [DIR]     .build/report unless given; it has bats-LEVEL.FILE-SYSTEM.xml and swift*.xml
"""

import collections
import dataclasses
import pathlib
import sys

import behaviours
import reports
from behaviours import TOP, Behaviour
from page import document, quote
from reports import Outcome


@dataclasses.dataclass(frozen=True, order=True)
class Column:
    """Where a test ran."""

    level: str
    file_system: str

    def __str__(self) -> str:
        return f"{'root' if self.level == 'priv' else 'user'}, {self.file_system}"


@dataclasses.dataclass
class Cell:
    """How a behaviour came out in a column, beside what its header says of that."""

    outcome: Outcome | None
    applies: bool
    known: str | None  # why it is known to fail there

    @property
    def is_failure(self) -> bool:
        return self.outcome is not None and self.outcome.result == ("passed" if self.known else "failed")

    def html(self) -> str:
        if self.outcome is None:
            return '<td class="cell none">' + ("not run" if self.applies else "not at this level") + "</td>"
        time = f"{self.outcome.seconds:.1f} s"
        if self.outcome.result == "skipped":
            return f'<td class="cell skipped" title="{quote(self.outcome.text)}">skipped</td>'
        if self.is_failure:
            text = "passes, should fail" if self.known else "fails"
            return f'<td class="cell failed">{text} <small>{time}</small></td>'
        if self.known:
            return f'<td class="cell passed" title="{quote(self.known)}">fails, as known <small>{time}</small></td>'
        return f'<td class="cell passed">yes <small>{time}</small></td>'


class Matrix:
    """The outcomes of the bats files by behaviour and column."""

    def __init__(self, directory: pathlib.Path):
        self.outcomes: dict[Column, dict[tuple[str, str], Outcome]] = {}
        for path in sorted(directory.rglob("bats-*.xml")):
            level, file_system = path.stem.removeprefix("bats-").split(".", 1)
            found = self.outcomes.setdefault(Column(level, file_system), {})
            found |= {(each.group, each.name): each for each in reports.read(path)}
        ran = {key for found in self.outcomes.values() for key in found}
        self.columns = sorted(self.outcomes)
        self.tests = [test for test in behaviours.read(behaviours.all_files()) if test.key in ran]

    def cell(self, test: Behaviour, column: Column) -> Cell:
        return Cell(
            outcome=self.outcomes[column].get(test.key),
            applies=test.level in ("", column.level),
            known=test.fails.get(column.file_system),
        )

    def failures(self) -> list[tuple[Behaviour, Column, Outcome]]:
        cells = [(test, column, self.cell(test, column)) for test in self.tests for column in self.columns]
        return [(test, column, cell.outcome) for test, column, cell in cells if cell.is_failure]

    def html(self) -> str:
        by_file = collections.defaultdict(list)
        for test in self.tests:
            by_file[test.file].append(test)
        failing = {test.file for test, _, _ in self.failures()}
        files = sorted(by_file, key=lambda file: (file not in failing, by_file[file][0].path))
        return "\n".join(self.section(by_file[file]) for file in files)

    def section(self, tests: list[Behaviour]) -> str:
        """The tests of one file."""
        file = tests[0].path
        failing = {test.key for test, _, _ in self.failures()}
        tests = sorted(tests, key=lambda test: test.key not in failing)
        keys = {test.key for test in tests}
        columns = [column for column in self.columns if keys & self.outcomes[column].keys()]
        heads = "".join(f"<th>{quote(str(column))}</th>" for column in columns)
        rows = [
            f'<tr><td>{quote(test.text)}<br><small>{quote("; ".join(test.documented))}</small></td><td>{test.status}</td>'
            + "".join(self.cell(test, column).html() for column in columns)
            + "</tr>"
            for test in tests
        ]
        return (
            f"<h3>{quote(file.name)} <small>{quote(file.parent.name)}</small></h3>"
            f"<p>{quote(behaviours.introduction(file))}</p>"
            f"<table><tr><th>behaviour</th><th>status</th>{heads}</tr>\n" + "\n".join(rows) + "</table>"
        )

    def failure_html(self) -> list[str]:
        found = []
        for test, column, outcome in self.failures():
            options = f"PRIVILEGE_LEVEL={column.level} TEST={test.file}"
            said = outcome.text or test.fails.get(column.file_system, "")
            found.append(
                f"<h3>{quote(test.text)}</h3><p>{quote(str(column))}: <code>make check {quote(options)}</code></p>"
                f"<pre>{quote(said)}</pre>"
            )
        return found


class SwiftTests:
    def __init__(self, directory: pathlib.Path):
        self.tests = [test for path in sorted(directory.glob("swift*.xml")) for test in reports.read(path)]

    def failures(self) -> list[Outcome]:
        return [test for test in self.tests if test.result == "failed"]

    def failure_html(self) -> list[str]:
        return [
            f"<h3>{quote(test.group)} {quote(test.name)}</h3><pre>{quote(test.text)}</pre>" for test in self.failures()
        ]

    def html(self) -> str:
        suites = collections.defaultdict(list)
        for test in self.tests:
            suites[test.group].append(test)
        rows = []
        for suite in sorted(suites, key=lambda name: (all(t.result != "failed" for t in suites[name]), name)):
            count = collections.Counter(test.result for test in suites[suite])
            worst = "failed" if count["failed"] else "passed"
            rows.append(
                f'<tr><td>{quote(suite)}</td><td class="cell {worst}">{count["passed"]} of {count.total()}</td>'
                f'<td class="cell">{sum(test.seconds for test in suites[suite]):.1f} s</td></tr>'
            )
        return "<table><tr><th>suite</th><th>passed</th><th>time</th></tr>\n" + "\n".join(rows) + "</table>"


def page(matrix: Matrix, swift: SwiftTests, others: list[str]) -> str:
    outcomes = [each for found in matrix.outcomes.values() for each in found.values()]
    ran = collections.Counter(each.result for each in outcomes)
    failures = matrix.failure_html() + swift.failure_html()
    parts = [
        f'<p class="{"failed" if failures else "passed"}">{len(failures)} failures</p>'
        f"<p>{len(matrix.tests)} behaviours in {len(outcomes)} runs, of which {ran['skipped']} were skipped, and "
        f"{len(swift.tests)} Swift tests.</p>",
    ]
    if failures:
        parts += ["<h2>Failures</h2>", *failures]
    if matrix.tests:
        parts += ["<h2>Behaviours by level and file system</h2>", matrix.html()]
    if swift.tests:
        parts += ["<h2>Swift tests</h2>", swift.html()]
    return document("stacker: behaviours", parts + others)


def link_judge(directory: pathlib.Path) -> list[str]:
    """The table of `make judge`, if there is one."""
    if not (directory / "judge.html").exists():
        return []
    return ['<h2>Vectors</h2><p><a href="judge.html">What implementations make of the vectors</a></p>']


def main(arguments: list[str]) -> None:
    directory = pathlib.Path(arguments[0] if arguments else TOP / ".build/report")
    report = directory / "index.html"
    report.write_text(page(Matrix(directory), SwiftTests(directory), link_judge(directory)))
    print(f"{report} shows it for people to read")


main(sys.argv[1:])

#!/usr/bin/env python3
"""Judges a run of the bats suite against another stacker than ours, by its JUnit report:

    tools/report/known-failures.py DIR/bats-LEVEL.FILE-SYSTEM.xml FILE.bats…

A test may say what the original does instead of what is documented ("# original:" in its header). If such a test failed, it
becomes a skipped one with that reason in the report, as pytest writes a failure that was expected; that it passes is no
failure either, since another stacker may do better than the original. Both are listed. What is known to fail on the file
system stays as it is. The status is 1 if anything else failed, or if a test of the files has no outcome.
"""

import pathlib
import sys
from xml.etree import ElementTree

import behaviours
import reports
from behaviours import Behaviour


class Verdict:
    """What the outcomes come to, beside what the headers say."""

    def __init__(self, tests: list[Behaviour], file_system: str):
        self.file_system = file_system
        self.missing = {test.key: test for test in tests}
        self.known: list[Behaviour] = []  # failed, as the original does
        self.better: list[Behaviour] = []  # passed, where the original fails
        self.wrong: list[str] = []  # what no header excuses

    def add(self, case: ElementTree.Element) -> None:
        outcome = reports.outcome(case)
        test = self.missing.pop((outcome.group, outcome.name), None)
        is_known = test is not None and bool(test.original)
        if outcome.result == "passed" and is_known:
            self.better.append(test)
        elif outcome.result == "failed" and is_known:
            self.known.append(test)
            excuse(case, test)
        elif outcome.result == "failed" and (test is None or self.file_system not in test.fails):
            self.wrong.append(f'{outcome.group}: "{outcome.name}" failed')

    def lines(self) -> list[str]:
        wrong = self.wrong + [f'{file}: "{name}" has no outcome' for file, name in self.missing]
        return [
            *listing("known to fail, as the original does", [told(test) for test in self.known]),
            *listing("passed, where the original fails", [told(test) for test in self.better]),
            *listing("that no header excuses", wrong),
        ]


def excuse(case: ElementTree.Element, test: Behaviour) -> None:
    """Makes a failure a skipped test; what was said of it stays."""
    failures = [element for element in case if element.tag in ("failure", "error")]
    skipped = ElementTree.SubElement(case, "skipped", type="known", message=test.excuse)
    skipped.text = "\n".join([test.excuse, *(element.text or "" for element in failures)])
    for element in failures:
        case.remove(element)


def count(suite: ElementTree.Element) -> None:
    """Has the numbers in a suite's attributes be right again."""
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        if name in suite.attrib:
            suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))


def told(test: Behaviour) -> str:
    return f'{test.file}: "{test.name}"\n    {test.excuse}'


def listing(what: str, entries: list[str]) -> list[str]:
    return ["", f"{len(entries)} {what}:", *(f"  {entry}" for entry in entries)] if entries else []


def main(report: pathlib.Path, files: list[pathlib.Path]) -> int:
    level, file_system = report.stem.removeprefix("bats-").split(".", 1)
    verdict = Verdict([test for test in behaviours.read(files) if test.level in ("", level)], file_system)
    suites = reports.parse(report)
    for case in suites.iter("testcase"):
        verdict.add(case)
    for suite in suites.iter("testsuite"):
        count(suite)
    ElementTree.ElementTree(suites).write(report, encoding="utf-8", xml_declaration=True)
    print(*verdict.lines(), sep="\n")
    return 1 if verdict.wrong or verdict.missing else 0


sys.exit(main(pathlib.Path(sys.argv[1]), [pathlib.Path(each) for each in sys.argv[2:]]))

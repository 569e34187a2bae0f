#!/usr/bin/env python3
"""Writes index.html beside JUnit reports, for people to read: failures first, what is different from an earlier run, the
slowest tests, then a matrix of behaviours, privilege levels, file systems and kernels with times, and the Swift tests.

    tools/report/write-report.py [--before EARLIER] [DIR]     .build/report unless given

DIR, and EARLIER, have bats-LEVEL.FILE-SYSTEM.xml and swift*.xml; those of other kernels are in kernels/, one directory for
each. What differs is for people to judge: the status is 0.
"""

import argparse
import pathlib
import sys

from behaviours import TOP
from comparison import Comparison
from report_page import Report, section
from runs import Run


def link_tables(directory: pathlib.Path) -> list[str]:
    """What `make judge` and `make check-fs` have written beside it, if they have."""
    tables = {
        "judge.html": "What implementations make of the vectors",
        "file-systems.md": "Behaviours by file system, with the reasons for what does not work there",
    }
    there = [f'<p><a href="{name}">{words}</a></p>' for name, words in tables.items() if (directory / name).exists()]
    return [section("tables", "Other tables", there)] if there else []


def read_earlier(directory: pathlib.Path, now: pathlib.Path) -> Run:
    """A run to compare with, which has to be one, and another one."""
    if directory.is_dir() and directory.samefile(now):
        sys.exit(f"error: {directory} is the report itself\nhelp: copy it before the next run, and name the copy")
    run = Run(directory)
    if not run.cells:
        sys.exit(
            f"error: {directory} has no reports: no bats-LEVEL.FILE-SYSTEM.xml, no swift*.xml\n"
            "help: name a copy of an earlier .build/report"
        )
    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path, nargs="?", default=TOP / ".build/report", metavar="DIR")
    parser.add_argument("--before", type=pathlib.Path, metavar="EARLIER")
    options = parser.parse_args()
    run = Run(options.directory)
    comparison = Comparison(run, read_earlier(options.before, options.directory)) if options.before else None
    report = options.directory / "index.html"
    report.write_text(Report(run, comparison).html(link_tables(options.directory)), encoding="utf-8")
    print(f"{report} shows it for people to read")


main()

#!/usr/bin/env python3
"""Adds up JUnit XML files.

tools/report/sum-reports.py FILE…               prints "N passed, N failed"
tools/report/sum-reports.py --bats-line FILE…   prints "N tests, N failures, N skipped", as bats does
"""
import collections
import pathlib
import sys

import reports


def main(arguments: list[str]) -> None:
    bats_line = arguments[:1] == ["--bats-line"]
    paths = arguments[1:] if bats_line else arguments
    count = collections.Counter(test.result for path in paths for test in reports.read(pathlib.Path(path)))
    if bats_line:
        print(f"{count.total()} tests, {count['failed']} failures, {count['skipped']} skipped")
    else:
        print(f"{count['passed']} passed, {count['failed']} failed")


main(sys.argv[1:])

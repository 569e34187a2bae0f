#!/usr/bin/env python3
"""Adds up JUnit XML files.

tools/report/sum-reports.py FILE…               prints "N passed, N failed"
tools/report/sum-reports.py --closing FILE…     prints what failed, and "N tests, N failures, N skipped", as bats does
"""
import collections
import pathlib
import sys

import reports


def main(arguments: list[str]) -> None:
    is_closing = arguments[:1] == ["--closing"]
    paths = arguments[1:] if is_closing else arguments
    tests = [test for path in paths for test in reports.read(pathlib.Path(path))]
    count = collections.Counter(test.result for test in tests)
    if is_closing:
        for test in tests:
            if test.result == "failed":
                print(f"failed: {test.group}: {test.name}")
        print(f"{count.total()} tests, {count['failed']} failures, {count['skipped']} skipped")
    else:
        print(f"{count['passed']} passed, {count['failed']} failed")


main(sys.argv[1:])

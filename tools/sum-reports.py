#!/usr/bin/env python3
"""Adds up JUnit XML files.

tools/sum-reports.py FILE…               prints "N passed, N failed"
tools/sum-reports.py --bats-line FILE…   prints "N tests, N failures, N skipped", as bats does
"""
import sys

import reports


def count(path):
    """The numbers of test cases that passed, failed and were skipped."""
    passed = failed = skipped = 0
    for case in reports.read(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def main(arguments):
    bats_line = arguments[:1] == ["--bats-line"]
    paths = arguments[1:] if bats_line else arguments
    totals = [sum(column) for column in zip((0, 0, 0), *map(count, paths))]
    passed, failed, skipped = totals
    if bats_line:
        print(f"{sum(totals)} tests, {failed} failures, {skipped} skipped")
    else:
        print(f"{passed} passed, {failed} failed")


main(sys.argv[1:])

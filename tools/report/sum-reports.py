#!/usr/bin/env python3
"""Adds up JUnit XML files.

tools/report/sum-reports.py FILE…               prints "N passed, N failed"
tools/report/sum-reports.py --closing FILE…     prints what failed, and "N tests, N failures, N skipped", as bats does
tools/report/sum-reports.py --failed FILE…      prints what failed, each with the beginning of what was said of it
tools/report/sum-reports.py --names FILE…       prints what failed, as `swift test --filter` takes it
"""
import collections
import pathlib
import re
import sys
import textwrap

import reports


# Of what was said of a failure: enough to know it by, where the output of the run is far above.
LINES = 12


def main(arguments: list[str]) -> None:
    mode = arguments[0] if arguments[:1] in (["--closing"], ["--failed"], ["--names"]) else ""
    paths = arguments[1:] if mode else arguments
    tests = [test for path in paths for test in reports.read(pathlib.Path(path))]
    count = collections.Counter(test.result for test in tests)
    for test in tests if mode else []:
        if test.result == "failed" and mode == "--names":
            print("^" + re.escape(f"{test.group}/{test.name}"))
        elif test.result == "failed":
            print(f"failed: {test.group}: {test.name}")
            if mode == "--failed":
                print(textwrap.indent("\n".join(test.text.splitlines()[:LINES]), "    "))
    if mode == "--closing":
        known = f", {count['known']} failed as known" if count["known"] else ""
        print(f"{count.total()} tests, {count['failed']} failures, {count['skipped']} skipped{known}")
    elif not mode:
        print(f"{count['passed']} passed, {count['failed']} failed")


main(sys.argv[1:])

#!/usr/bin/env python3
"""Writes docs/bugs.md, the public bugs that vectors and the museum's tests show, and where they are seen today:

    tools/vectors/write-bugs.py [--top=DIR]           writes it
    tools/vectors/write-bugs.py [--top=DIR] --check   says whether it is current, and whether vectors/bugs lists each bug
                                                      that is named, and each one that it lists is shown

DIR has vectors, bats/museum and docs; this project's top is the default.
"""

import argparse
import pathlib
import sys

from bugs import checks, listed, reproducers
from bugs.listed import ListError
from bugs.page import page
from judging import pages
from judging.judged import read_judged, read_vectors
from judging.known import KnownError
from text.model import VectorError

TOP = pathlib.Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--top", type=pathlib.Path, default=TOP)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    vectors = options.top / "vectors"
    programs, bugs = listed.read(vectors / "bugs")
    shown = reproducers.read(read_vectors(vectors), options.top / "bats/museum")
    text = page(programs, bugs, shown, read_judged(vectors / "known"))
    file = options.top / "docs/bugs.md"
    if not options.check:
        file.write_text(text)
        print(f"{file} has {len(bugs)} bugs")
        return 0
    complaints = checks.complaints(programs, bugs, shown, vectors / "judges")
    complaints += pages.complaints(file, "docs/bugs.md", text)
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ListError, KnownError, VectorError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)

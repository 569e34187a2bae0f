#!/usr/bin/env python3
"""Puts the outcomes of a second try in place of those of the first.

    tools/report/merge-reports.py FIRST SECOND     JUnit XML both; FIRST is written anew
"""

import pathlib
import sys

import reports

first, second = (pathlib.Path(argument) for argument in sys.argv[1:])
tried = {(each.group, each.name): each for each in reports.read(second)}
reports.write(first, [tried.get((each.group, each.name), each) for each in reports.read(first)])

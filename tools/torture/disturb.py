#!/usr/bin/env python3
"""Runs a command with one system call of it disturbed: for reproducers of what torture.py has found.

    tools/torture/disturb.py FAULT POINT COMMAND…

FAULT is KILL, the name of an error that the call returns without being made, or "short". POINT is a regular expression: the first
point whose name it is found in is the one. What the command says goes to stderr, and its status is this one's, 128 and the
number of the signal that ended it; 125 if the point was not reached, or if something of it was still running half a minute after its end. Needs
root.
"""

import os
import pathlib
import re
import sys
import tempfile

import calls
import tracer


def main(fault: str, pattern: str, *command: str) -> int:
    looked_for = re.compile(pattern)
    # There are many of those that ask.
    asking = any(name in pattern for name in calls.ASKING)
    seen = tracer.Tracer(
        pathlib.Path.cwd(), lambda point: looked_for.search(point) is not None, fault, reading=True, asking=asking)
    with tempfile.TemporaryDirectory() as scratch:
        output = pathlib.Path(scratch, "output")
        outcome = seen.run(list(command), dict(os.environ), output, None)
        sys.stderr.write(output.read_text(errors="replace"))
    if not outcome.hit:
        print(f"no call like {pattern}; there were:", *outcome.points, sep="\n", file=sys.stderr)
    if outcome.hung:
        print("left running:", *outcome.left, sep="\n", file=sys.stderr)
    if outcome.hung or not outcome.hit:
        return 125
    if outcome.crashed:
        print(f"a process ended with {outcome.crashed}", file=sys.stderr)
        return 134
    return outcome.status if outcome.status >= 0 else 128 - outcome.status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

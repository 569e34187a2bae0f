#!/usr/bin/env python3
"""Prints how many commands SwiftPM runs to build stacker from nothing, by the plan that its last build has left.

    tools/report/count-steps.py [MANIFEST]        MANIFEST is .build/release.yaml
"""

import json
import re
import sys

COMMAND = re.compile(r'^  "(?P<name>.+)":\n(?P<body>(?:    .*\n)+)', re.MULTILINE)
FIELD = re.compile(r"^    (?P<key>tool|inputs|outputs): (?P<value>.*)$", re.MULTILINE)
# What takes no process: names for a list of files, and small files that SwiftPM writes by itself.
FREE = {"phony", "write-auxiliary-file", "package-structure-tool"}


def read_commands(text):
    """The fields of each command, by what it makes."""
    makers = {}
    for match in COMMAND.finditer(text[text.index("\ncommands:") :]):
        fields = {field["key"]: field["value"] for field in FIELD.finditer(match["body"])}
        for output in json.loads(fields.get("outputs", "[]")):
            makers[output] = (match["name"], fields)
    return makers


def count_steps(makers, goal):
    """How many commands it takes to make `goal`."""
    steps, pending, seen = set(), [goal], set()
    while pending:
        node = pending.pop()
        if node in seen or node not in makers:
            continue
        seen.add(node)
        name, fields = makers[node]
        if fields["tool"] not in FREE:
            steps.add(name)
        pending += json.loads(fields.get("inputs", "[]"))
    return len(steps)


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else ".build/release.yaml"
    with open(path, encoding="utf-8") as file:
        makers = read_commands(file.read())
    goals = [name for name in makers if re.fullmatch(r"<stacker-.*\.exe>", name)]
    if len(goals) != 1:
        sys.exit(f"error: {path} doesn't say how stacker is built\nhelp: make, then count again")
    print(count_steps(makers, goals[0]))


if __name__ == "__main__":
    main()

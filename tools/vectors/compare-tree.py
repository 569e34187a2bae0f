#!/usr/bin/env python3
"""Says how a directory differs from what a vector wants, all of it, or is silent.

    tools/vectors/compare-tree.py VECTORS NAME DIR            VECTORS is what `make vectors` has written

Of a vector with several outcomes it prints the name of the one that the directory is, or what it differs in from each.
"""

import json
import pathlib
import sys

from trees.compare import differences
from trees.disk import read_tree
from trees.entries_json import from_json


def main(directory: str, name: str, root: str) -> int:
    document = json.loads((pathlib.Path(directory) / "vectors.json").read_bytes())
    vector = next((each for each in document["vectors"] if each["name"] == name), None)
    if vector is None:
        print(f"error: {directory} has no vector {name}\nhelp: `jq -r '.vectors[].name'` lists them", file=sys.stderr)
        return 2
    actual = read_tree(root)
    lines: list[str] = []
    for outcome in vector["outcomes"]:
        prefix = f"{outcome['name']}: " if "name" in outcome else ""
        found = list(differences(from_json(outcome["tree"]), actual)) if "tree" in outcome else ["is to be refused"]
        if not found:
            print(prefix.removesuffix(": "), end="\n" if prefix else "")
            return 0
        lines += [prefix + line for line in found]
    print(*lines, sep="\n")
    return 1


if len(sys.argv) != 4:
    sys.exit(__doc__)
sys.exit(main(*sys.argv[1:]))

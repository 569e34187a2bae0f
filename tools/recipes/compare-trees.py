#!/usr/bin/env python3
"""Compares what a YAML parser that isn't stacker's makes of the files of two directories.

    .build/python/bin/python3 tools/recipes/compare-trees.py DIRECTORY OTHER

Prints the names of files that are not the same to it, and how many it could read; ends with 1 if there are any.
"""

import pathlib
import sys

from ruamel.yaml import YAML, YAMLError


def tree(path: pathlib.Path) -> object:
    try:
        return YAML(typ="safe", pure=True).load(path.read_text())
    except YAMLError:
        return YAMLError


def main() -> int:
    left, right = map(pathlib.Path, sys.argv[1:3])
    trees = [(path.name, tree(path), tree(right / path.name)) for path in sorted(left.iterdir())]
    different = [name for name, before, after in trees if before != after]
    print(*different, f"{sum(before is not YAMLError for _, before, _ in trees)} files, {len(different)} differ", sep="\n")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())

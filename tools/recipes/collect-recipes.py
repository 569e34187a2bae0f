#!/usr/bin/env python3
"""Writes the stacker files that stand in this tree into a directory, each named after its place.

    tools/recipes/collect-recipes.py DIRECTORY

They are those of examples/, the blocks of YAML in pages, and what bats files write with cat: as it stands there, whatever a
shell would make of it. Not all of it is a recipe, and not all recipes are right: who uses them asks stacker which are.
"""

import pathlib
import re
import sys
import textwrap

TREE = pathlib.Path(__file__).resolve().parents[2]

BLOCK = re.compile(r"^( *)```ya?ml\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
DOCUMENT = re.compile(r"^ *cat >\S*\.yaml\S* <<-?(['\"]?)(\w+)\1\n(.*?)^\s*\2$", re.MULTILINE | re.DOTALL)


def texts() -> list[tuple[str, str]]:
    """Pairs of a place and a text."""
    found = [(str(path.relative_to(TREE)), path.read_text()) for path in sorted(TREE.glob("examples/*/*.yaml"))]
    for page in [*sorted(TREE.glob("*.md")), *sorted(TREE.glob("docs/*.md"))]:
        for match in BLOCK.finditer(text := page.read_text()):
            found.append((place(page, text, match.start(2)), textwrap.dedent(match[2])))
    for test in sorted(TREE.glob("bats/*/*.ba*s*")):
        for match in DOCUMENT.finditer(text := test.read_text()):
            found.append((place(test, text, match.start(3)), match[3]))
    return found


def place(path: pathlib.Path, text: str, offset: int) -> str:
    return f"{path.relative_to(TREE)}:{text.count(chr(10), 0, offset) + 1}"


def main() -> None:
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True)
    for where, text in texts():
        # A colon has a meaning in messages.
        (directory / f"{where.replace('/', '-').replace(':', '-')}.yaml").write_text(text)


if __name__ == "__main__":
    main()

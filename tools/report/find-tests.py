#!/usr/bin/env python3
"""Prints the paths of bats files, a line each: those that are named, or all of them.

    tools/report/find-tests.py [--chapter=NAME]… [NAME…]   GROUP=quick: of these, the files with tests of that group
    tools/report/find-tests.py --list-chapters             the chapters instead, each with the first line of its page

A chapter is a folder of bats/ with a README.md. No two of them have a file of one name, so a NAME needs neither chapter nor
suffix: squashfs, squashfs.bats, layers/squashfs.bats and bats/layers/squashfs.bats are the same. The path of a file that
is elsewhere stays as it is.
"""

import argparse
import difflib
import os
import pathlib
import sys

import behaviours
from behaviours import TOP


class NotFound(Exception):
    """Says what is not there, and what is near."""

    def __init__(self, what: str, near: str):
        super().__init__(f"error: there is no {what}\nhelp: {near}")


def path(file: pathlib.Path) -> str:
    return str(file.relative_to(TOP))


def of_chapters(names: list[str]) -> list[pathlib.Path]:
    """The files of these chapters, or of all."""
    for name in names:
        if name not in chapter_names():
            raise NotFound(f"chapter {name} in bats/", f"one of: {', '.join(chapter_names())}")
    return [file for file in behaviours.all_files() if not names or file.parent.name in names]


def chapter_names() -> list[str]:
    return [chapter.name for chapter in behaviours.chapters()]


def is_named(file: pathlib.Path, name: str) -> bool:
    """Whether the name is the file's, and the chapter too, if there is one in front."""
    wanted = pathlib.PurePath(name)
    return wanted.name.removesuffix(".bats") == file.stem and wanted.parent.name in ("", "bats", file.parent.name)


def near(name: str) -> str:
    """The tests that somebody who wrote the name may have meant."""
    wanted = pathlib.PurePath(name).name.removesuffix(".bats")
    files = {file.stem: file for file in behaviours.all_files()}
    found = [stem for stem in files if wanted in stem][:8] or difflib.get_close_matches(wanted, files, n=4)
    if found:
        return "near are: " + ", ".join(path(files[stem]) for stem in found)
    return f"`make check CHAPTER=…` runs all of a chapter: {', '.join(chapter_names())}"


def find(name: str, files: list[pathlib.Path], where: str) -> list[str]:
    if not where and pathlib.Path(name).is_file():
        return [name]
    found = [path(file) for file in files if is_named(file, name)]
    if not found:
        raise NotFound(f"test {name}{where}", near(name))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chapter", action="append", default=[])
    parser.add_argument("--list-chapters", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if options.list_chapters:
        width = max(map(len, chapter_names()))
        print(*(f"{each.name:{width}}  {behaviours.pinned_in(each)}" for each in behaviours.chapters()), sep="\n")
        return
    files = of_chapters(options.chapter)
    where = f" in {' and '.join(options.chapter)}" if options.chapter else ""
    found = [each for name in options.names for each in find(name, files, where)]
    chosen = found if options.names else list(map(path, files))
    if group := os.environ.get("GROUP"):
        of_group = {
            each.path
            for each in behaviours.read([TOP / name for name in chosen])
            if any(each.is_in(group, level) for level in ("priv", "unpriv"))
        }
        chosen = [name for name in chosen if (TOP / name).resolve() in of_group]
        if not chosen:
            raise NotFound(f"test of the group {group}{where}", "the only group is quick")
    print(*chosen, sep="\n")


try:
    main()
except NotFound as error:
    sys.exit(str(error))

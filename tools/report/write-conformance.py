#!/usr/bin/env python3
"""Writes docs/conformance.md, the map of behaviours, from the headers of the bats files:

    tools/report/write-conformance.py           writes it
    tools/report/write-conformance.py --check   says whether it is current, whether each heading of docs/ has a test, and whether
                                         the pages of chapters name tests that there are

A heading of docs/ that no test names says why in a comment below it: <!-- untested: why -->.
"""

import collections
import difflib
import itertools
import pathlib
import re
import sys

import behaviours
from behaviours import TOP, Behaviour

PAGE = TOP / "docs/conformance.md"

BEGINNING = """\
<!-- Written by `make conformance` from the headers in bats/: change those. -->

# The map of behaviours

Each line is a behaviour and the one test that pins it. A `documented` one holds for every stacker: the original's own \
pages promise it, the guide that it is hacked by, or a specification. A `beyond` one is a promise of this builder alone, and \
the page that is named says so. Where the original breaks a promise, the status says what it does instead. Tests run at two levels, with stacker as root and as an ordinary user. What depends on the file system runs on \
several with `make check-fs`, and [one page](file-systems.md#behaviour-by-file-system) has the outcome. On other kernels than the machine's they run with \
`make check-kernel`, and [another page](kernels.md) says what came of it: `quick` ones in a few minutes, each time that \
continuous integration runs; `its own` is what needs a machine of its own in any case. Where a test is known to fail, it says so.

`make check TEST=name.bats` runs one file, `make check CHAPTER=layers` [one chapter](../bats/README.md). \
[CONTRIBUTING.md](../CONTRIBUTING.md#a-reproducer-from-a-bug-to-a-test) says how to add a test.
"""


def anchor(heading: str) -> str:
    """As the usual Markdown renderers make it of a heading."""
    return re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")


def link(place: str) -> str:
    page = place.removeprefix("docs/")
    return f"[{page.replace('.md#', ', ')}]({page})" if page != place else place


def cell(text: str) -> str:
    """Text within a table: what Markdown would take for markup stays text."""
    return re.sub(r"([|\\<>*_`\[\]])", r"\\\1", text)


def levels(test: Behaviour) -> str:
    name = {"priv": "root", "unpriv": "user"}.get(test.level)
    return f"{name} only: {cell(test.why)}" if name else "both"


def status(test: Behaviour) -> str:
    return f"{test.status}; the original: {cell(test.original)}" if test.original else test.status


def file_systems(test: Behaviour, sensitive: bool) -> str:
    if not sensitive:
        return "any"
    reasons = collections.defaultdict(list)
    for name, reason in test.fails.items():
        reasons[reason].append(name)
    return "; ".join(["each", *(f"fails on {', '.join(names)}: {cell(why)}" for why, names in reasons.items())])


def kernels(test: Behaviour, has_machine: bool) -> str:
    """Where it is known to fail, and what of it is booted, in the words that the page's beginning explains."""
    found = ["its own" if has_machine else "any"]
    found += [test.group] if test.group else []
    return "; ".join([*found, *(f"fails where {cell(where)}: {cell(why)}" for where, why in test.fails_where.items())])


def section(file: pathlib.Path, tests: list[Behaviour]) -> str:
    sensitive = behaviours.is_sensitive(file)
    has_machine = behaviours.needs_a_machine(file)
    rows = [
        f"| {cell(test.text)} | {'; '.join(map(link, test.documented))} | {status(test)} | {levels(test)} "
        f"| {file_systems(test, sensitive)} | {kernels(test, has_machine)} |"
        for test in tests
    ]
    return "\n".join(
        [
            f"#### [{file.name}](../bats/{file.parent.name}/{file.name})",
            "",
            cell(behaviours.introduction(file)),
            "",
            "| behaviour | documented in | status | level | file systems | kernels |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def places(tests: list[Behaviour]) -> dict[str, list[Behaviour]]:
    """The tests by where the behaviour is documented: our own pages first, then documents of others."""
    found = collections.defaultdict(list)
    for test in tests:
        for place in test.documented:
            found[place].append(test)
    order = {place: number for number, (place, _, _) in enumerate(headings())}
    return dict(sorted(found.items(), key=lambda item: (order.get(item[0], len(order)), item[0])))


def index(tests: list[Behaviour]) -> str:
    rows = ["| documented in | tests | in |", "|---|---|---|"]
    for place, pinned in places(tests).items():
        files = sorted({test.file for test in pinned})
        rows.append(f"| {link(place)} | {len(pinned)} | {', '.join(f'[{file}](#{anchor(file)})' for file in files)} |")
    return "\n".join(rows) + "\n"


def summary(tests: list[Behaviour]) -> str:
    count = collections.Counter(test.status for test in tests)
    broken = sum(1 for test in tests if test.original)
    return (
        f"{len(tests)} behaviours: {count['documented']} documented, of which the original is known to break {broken}, "
        f"and {count['beyond']} beyond.\n"
    )


def page() -> str:
    tests = behaviours.read(behaviours.all_files())
    by_file = collections.defaultdict(list)
    for test in tests:
        by_file[test.file].append(test)
    sections = []
    for chapter, files in itertools.groupby(behaviours.all_files(), key=lambda file: file.parent):
        sections.append(f"### [{chapter.name}](../bats/{chapter.name}/README.md)\n\n{behaviours.pinned_in(chapter)}\n")
        sections += [section(file, by_file[file.name]) for file in files]
    parts = [BEGINNING, summary(tests), "## By page\n", index(tests), "## By chapter\n", *sections]
    return "\n".join(parts)


def headings() -> list[tuple[str, int, str]]:
    """The headings of docs/: where, how deep, and why there is no test where that is said."""
    found = []
    for path in sorted((TOP / "docs").glob("*.md")):
        if path == PAGE:
            continue
        fenced = False
        for line in path.read_text().splitlines():
            if line.startswith("```"):
                fenced = not fenced
            elif not fenced and (match := re.match(r"(#+) (.*)", line)):
                found.append((f"docs/{path.name}#{anchor(match[2])}", len(match[1]), ""))
            elif match := re.fullmatch(r"<!-- untested: (.+) -->", line):
                place, depth, _ = found[-1]
                found[-1] = place, depth, match[1]
    return found


def wrong_pages(tests: list[Behaviour]) -> list[str]:
    """What is wrong with the pages in bats/: they name tests that are to be read first, and the map has each chapter."""
    overview = (TOP / "bats/README.md").read_text()
    keys = {test.key for test in tests}
    found = []
    for chapter in behaviours.chapters():
        page = f"bats/{chapter.name}/README.md"
        row = f"| [{chapter.name}]({chapter.name}/README.md) | {behaviours.pinned_in(chapter)} |"
        if row not in overview.splitlines():
            found.append(f"bats/README.md: has no row with the first line of {page}: {row}")
        for file, name in re.findall(r'^[0-9]+\. \[(.+?)\]\(.+?\), "(.+?)": ', (TOP / page).read_text(), re.MULTILINE):
            if (file, name) not in keys or not (chapter / file).exists():
                found.append(f'{page}: names a test that is not in the chapter: {file}, "{name}"')
    return found


def complaints() -> list[str]:
    tests = behaviours.read(behaviours.all_files())
    pinned = places(tests)
    found = wrong_pages(tests)
    for place, depth, reason in headings():
        if depth > 1 and not reason and place not in pinned:
            found.append(f"{place}: no test names it; write one, or say below the heading: <!-- untested: why -->")
        if reason and place in pinned:
            found.append(f"{place}: is said to be untested, and {pinned[place][0].file} has a test")
    written = PAGE.read_text() if PAGE.exists() else ""
    if written != (current := page()):
        lines = difflib.unified_diff(written.splitlines(), current.splitlines(), lineterm="", n=0)
        changed = [line for line in lines if line.startswith(("+|", "-|"))][:5]
        found.append("\n".join(["docs/conformance.md is not what the headers say; `make conformance` writes it", *changed]))
    return found


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        found = complaints()
        for line in found:
            print(f"error: {line}", file=sys.stderr)
        return 1 if found else 0
    PAGE.write_text(page())
    return 0


sys.exit(main(sys.argv[1:]))

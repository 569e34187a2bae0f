#!/usr/bin/env python3
"""Writes docs/judges.md, who does what with the vectors, from vectors/known:

    tools/vectors/write-judges.py           writes it
    tools/vectors/write-judges.py --check   says whether it is current, and whether vectors/known has a reason for each line
                                            and names vectors that there are
"""

import collections
import itertools
import pathlib
import sys

from judging import known, pages
from judging.judged import Described, Judged, read_judged, read_vectors
from judging.known import KnownError, KnownFile
from judging.markdown import cell, head, link, row

TOP = pathlib.Path(__file__).resolve().parents[2]
VECTORS = TOP / "vectors"
PAGE = TOP / "docs/judges.md"

BEGINNING = """\
<!-- Written by `make judges` from vectors/known: change what is there. -->

# Who does what

What implementations make of the [vectors](../vectors/README.md): images, byte for byte, and scripts that change one. Each \
was measured by `make judge WITH=…`, as root, with its usual storage and no option that would help or hinder it; \
[how](../vectors/judges/README.md) is said there, and each [adapter](../vectors/judges) says what it does. A line here is \
no verdict on a project: many of these vectors are about bytes that nobody writes on purpose.
"""

UNTESTED = "<!-- untested: this is what make judge has measured -->"

COUNTS = f"""\
## Counts
{UNTESTED}

How many of the vectors that have a right outcome (`must`, `should` and `hostile`) come out right.
"""

DIFFERENCES = f"""\
## Where somebody differs
{UNTESTED}

The vectors with a right outcome that not all of them have. An empty cell is a pass, `-` is what the implementation does \
not do at all. The numbers lead to the reasons below each table; in what way it is wrong stands in \
[vectors/known](../vectors/known).
"""

OPEN = f"""\
## What nobody decides
{UNTESTED}

Here no document says what has to come out. Each outcome that was seen has a name, which the vector explains. What stacker \
does is a decision, and has its reason beside it.
"""

# Whose reasons are shown where nobody decides.
OURS = "stacker"


def choice(vector: Described, judged: Judged) -> str:
    """Of an open vector; what has no name is explained."""
    line = judged.file.lines.get(vector.name)
    explained = line is not None and line.outcome.kind == "other"
    return f"**other** ({cell(line.why)})" if explained else f"**{judged.outcome(vector)}**"


# --- The page ---------------------------------------------------------------------------------------


def page(vectors: list[Described], judged: list[Judged]) -> str:
    decided = [vector for vector in vectors if vector.verdict != "open"]
    undecided = [vector for vector in vectors if vector.verdict == "open"]
    parts = [BEGINNING, COUNTS, counts(decided, judged), DIFFERENCES]
    parts += [differences(chapter, found, judged) for chapter, found in by_chapter(decided)]
    parts += [OPEN, *(choices(chapter, found, judged) for chapter, found in by_chapter(undecided))]
    return "\n".join(filter(None, parts))


def by_chapter(vectors: list[Described]) -> list[tuple[str, list[Described]]]:
    return [(chapter, list(found)) for chapter, found in itertools.groupby(vectors, lambda vector: vector.chapter)]


def counts(vectors: list[Described], judged: list[Judged]) -> str:
    text = head(["chapter", "vectors", *map(str, judged)])
    for chapter, found in [("all", vectors), *by_chapter(vectors)]:
        text += row([chapter, str(len(found)), *(count(found, each) for each in judged)])
    return text


def count(vectors: list[Described], judged: Judged) -> str:
    outcomes = collections.Counter(judged.outcome(vector) for vector in vectors)
    ran = len(vectors) - outcomes["-"]
    return "-" if not ran else str(outcomes["pass"]) if ran == len(vectors) else f"{outcomes['pass']} of {ran}"


def differences(chapter: str, vectors: list[Described], judged: list[Judged]) -> str:
    differing = [vector for vector in vectors if any(vector.name in each.file.lines for each in judged)]
    if not differing:
        return ""
    notes: list[str] = []
    text = f"### {chapter}\n{UNTESTED}\n\n" + head(["vector", "verdict", *map(str, judged)])
    for vector in differing:
        cells = [noted(vector, each, notes) for each in judged]
        text += row([said(vector), vector.verdict, *cells])
    return text + "\n" + "".join(f"{number}. {note}\n" for number, note in enumerate(notes, 1))


def said(vector: Described) -> str:
    name = vector.name.rpartition("/")[2]
    return f"{link(vector, name)}: {cell(vector.behaviour)}"


def noted(vector: Described, judged: Judged, notes: list[str]) -> str:
    """The outcome, and the number of its reason below the table."""
    outcome = judged.outcome(vector)
    if outcome in ("pass", "-"):
        return "" if outcome == "pass" else outcome
    note = cell(judged.file.lines[vector.name].why)
    if note not in notes:
        notes.append(note)
    return f"{outcome} ({notes.index(note) + 1})"


def choices(chapter: str, vectors: list[Described], judged: list[Judged]) -> str:
    text = f"### {chapter}, undecided\n{UNTESTED}\n\n" + head(["vector", "what comes out", f"why {OURS} does that"])
    for vector in vectors:
        text += row([said(vector), who_does_what(vector, judged), our_reason(vector, judged)])
    return text


def who_does_what(vector: Described, judged: list[Judged]) -> str:
    """The most usual outcome first."""
    names = collections.defaultdict(list)
    for each in judged:
        if each.runs(vector):
            names[choice(vector, each)].append(str(each))
    outcomes = sorted(names.items(), key=lambda item: (-len(item[1]), item[0]))
    return "<br>".join(f"{outcome}: {', '.join(who)}" for outcome, who in outcomes)


def our_reason(vector: Described, judged: list[Judged]) -> str:
    lines = [each.file.lines.get(vector.name) for each in judged if each.name == OURS]
    return cell("; ".join(line.why for line in lines if line is not None))


# --- Checks -----------------------------------------------------------------------------------------


def check(vectors: list[Described], text: str) -> int:
    complaints = [
        *unknown_vectors({vector.name for vector in vectors}),
        *missing_reasons(),
        *pages.complaints(PAGE, "docs/judges.md", text),
    ]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


def all_files() -> list[tuple[str, KnownFile]]:
    """Those for users as well."""
    files = sorted((VECTORS / "known").glob("*-*"))
    return [(str(file.relative_to(TOP)), found) for file in files if (found := known.read(file)) is not None]


def unknown_vectors(names: set[str]) -> list[str]:
    lines = [(file, name) for file, found in all_files() for name in found.lines]
    return [f"{file} names {name}, and there is no such vector" for file, name in lines if name not in names]


def missing_reasons() -> list[str]:
    return [f"{file} gives no reason for {name}" for file, found in all_files() for name in found.unwritten]


def main(arguments: list[str]) -> int:
    vectors, judged = read_vectors(VECTORS), read_judged(VECTORS / "known")
    text = page(vectors, judged)
    if arguments == ["--check"]:
        return check(vectors, text)
    PAGE.write_text(text)
    print(f"{PAGE} has {len(vectors)} vectors and {len(judged)} implementations")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KnownError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)

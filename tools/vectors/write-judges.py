#!/usr/bin/env python3
"""Writes docs/judges.md, who does what with the vectors, from vectors/known:

    tools/vectors/write-judges.py           writes it
    tools/vectors/write-judges.py --check   says whether it is current, and whether vectors/known has a reason for each line
                                            and names vectors that there are
"""

import collections
import dataclasses
import difflib
import itertools
import pathlib
import re
import sys

from judging import known
from judging.known import KnownError, KnownFile
from text.sections import read_file

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


@dataclasses.dataclass(frozen=True)
class Vector:
    name: str
    verdict: str
    behaviour: str
    needs: frozenset[str]

    @property
    def chapter(self) -> str:
        return self.name.rpartition("/")[0]


@dataclasses.dataclass(frozen=True)
class Judged:
    """An implementation of some version."""

    name: str
    version: str
    file: KnownFile

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    def runs(self, vector: Vector) -> bool:
        is_its_kind = vector.name.partition("/")[0] in self.file.runs
        return is_its_kind and not vector.needs.intersection(self.file.lacks)

    def outcome(self, vector: Vector) -> str:
        if not self.runs(vector):
            return "-"
        line = self.file.lines.get(vector.name)
        return line.outcome.kind if line else "not measured" if vector.verdict == "open" else "pass"

    def choice(self, vector: Vector) -> str:
        """Of an open vector; what has no name is explained."""
        line = self.file.lines.get(vector.name)
        explained = line is not None and line.outcome.kind == "other"
        return f"**other** ({cell(line.why)})" if explained else f"**{self.outcome(vector)}**"


def read_vectors() -> list[Vector]:
    found = []
    for file in sorted(VECTORS.glob("*/*/*.vector")):
        header, _ = read_file(file, str(file.relative_to(TOP)))
        name = str(file.relative_to(VECTORS).with_suffix(""))
        needs = header["needs"].text.replace(",", " ").split() if "needs" in header else []
        found.append(Vector(name, header["verdict"].text, header["behaviour"].text, frozenset(needs)))
    return found


def read_judged() -> list[Judged]:
    """As root: what a user's level has of its own is in the files for users."""
    files = [file for file in sorted((VECTORS / "known").glob("*-*")) if not file.name.endswith("-user")]
    names = [file.name.rpartition("-") for file in files]
    found = [known.read(file) for file in files]
    return [Judged(name, version, each) for (name, _, version), each in zip(names, found) if each is not None]


# --- The page ---------------------------------------------------------------------------------------


def page(vectors: list[Vector], judged: list[Judged]) -> str:
    decided = [vector for vector in vectors if vector.verdict != "open"]
    undecided = [vector for vector in vectors if vector.verdict == "open"]
    parts = [BEGINNING, COUNTS, counts(decided, judged), DIFFERENCES]
    parts += [differences(chapter, found, judged) for chapter, found in by_chapter(decided)]
    parts += [OPEN, *(choices(chapter, found, judged) for chapter, found in by_chapter(undecided))]
    return "\n".join(filter(None, parts))


def by_chapter(vectors: list[Vector]) -> list[tuple[str, list[Vector]]]:
    return [(chapter, list(found)) for chapter, found in itertools.groupby(vectors, lambda vector: vector.chapter)]


def row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def head(cells: list[str]) -> str:
    return row(cells) + "|---" * len(cells) + "|\n"


def counts(vectors: list[Vector], judged: list[Judged]) -> str:
    text = head(["chapter", "vectors", *map(str, judged)])
    for chapter, found in [("all", vectors), *by_chapter(vectors)]:
        text += row([chapter, str(len(found)), *(count(found, each) for each in judged)])
    return text


def count(vectors: list[Vector], judged: Judged) -> str:
    outcomes = collections.Counter(judged.outcome(vector) for vector in vectors)
    ran = len(vectors) - outcomes["-"]
    return "-" if not ran else str(outcomes["pass"]) if ran == len(vectors) else f"{outcomes['pass']} of {ran}"


def differences(chapter: str, vectors: list[Vector], judged: list[Judged]) -> str:
    differing = [vector for vector in vectors if any(vector.name in each.file.lines for each in judged)]
    if not differing:
        return ""
    notes: list[str] = []
    text = f"### {chapter}\n{UNTESTED}\n\n" + head(["vector", "verdict", *map(str, judged)])
    for vector in differing:
        cells = [noted(vector, each, notes) for each in judged]
        text += row([said(vector), vector.verdict, *cells])
    return text + "\n" + "".join(f"{number}. {note}\n" for number, note in enumerate(notes, 1))


def said(vector: Vector) -> str:
    name = vector.name.rpartition("/")[2]
    return f"[{name}](../vectors/{vector.name}.vector): {cell(vector.behaviour)}"


def noted(vector: Vector, judged: Judged, notes: list[str]) -> str:
    """The outcome, and the number of its reason below the table."""
    outcome = judged.outcome(vector)
    if outcome in ("pass", "-"):
        return "" if outcome == "pass" else outcome
    note = cell(judged.file.lines[vector.name].why)
    if note not in notes:
        notes.append(note)
    return f"{outcome} ({notes.index(note) + 1})"


def choices(chapter: str, vectors: list[Vector], judged: list[Judged]) -> str:
    text = f"### {chapter}, undecided\n{UNTESTED}\n\n" + head(["vector", "what comes out", f"why {OURS} does that"])
    for vector in vectors:
        text += row([said(vector), who_does_what(vector, judged), our_reason(vector, judged)])
    return text


def who_does_what(vector: Vector, judged: list[Judged]) -> str:
    """The most usual outcome first."""
    names = collections.defaultdict(list)
    for each in judged:
        if each.runs(vector):
            names[each.choice(vector)].append(str(each))
    outcomes = sorted(names.items(), key=lambda item: (-len(item[1]), item[0]))
    return "<br>".join(f"{outcome}: {', '.join(who)}" for outcome, who in outcomes)


def our_reason(vector: Vector, judged: list[Judged]) -> str:
    lines = [each.file.lines.get(vector.name) for each in judged if each.name == OURS]
    return cell("; ".join(line.why for line in lines if line is not None))


def cell(text: str) -> str:
    """Text within a table: what Markdown would take for markup stays text."""
    return re.sub(r"([|\\<>*_`\[\]])", r"\\\1", text)


# --- Checks -----------------------------------------------------------------------------------------


def check(vectors: list[Vector], text: str) -> int:
    complaints = [
        *unknown_vectors({vector.name for vector in vectors}),
        *missing_reasons(),
    ]
    current = PAGE.read_text() if PAGE.exists() else ""
    if current != text:
        difference = difflib.unified_diff(current.splitlines(), text.splitlines(), "docs/judges.md", "as it should be")
        complaints.append("docs/judges.md is not current: make judges\n" + "\n".join(itertools.islice(difference, 20)))
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
    vectors, judged = read_vectors(), read_judged()
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

"""What came of a run of the suite: its reports, beside what the headers of the bats files say of each test."""

import dataclasses
import functools
import itertools
import pathlib
import re
import shlex
import textwrap

import behaviours
import reports
from behaviours import Behaviour
from reports import Outcome

# How a test came out, the worst first: what each is called on a page. What means nothing at a level is "elsewhere" there.
STATES = {
    "failed": "failed",
    "skipped": "skipped",
    "known": "fails as known",
    "passed": "passed",
    "none": "not run",
}


@dataclasses.dataclass(frozen=True, order=True)
class Column:
    """Where a test ran."""

    level: str
    file_system: str
    kernel: str = ""  # one that was booted for it, with the words of its command line; none is the machine's own
    again: str = dataclasses.field(default="make check", compare=False)  # what runs it there

    def __str__(self) -> str:
        if not self.level:
            return self.file_system
        return ", ".join(filter(None, ["root" if self.level == "priv" else "user", self.file_system, self.kernel]))


# Where Swift tests run: in no column of the matrix.
SWIFT = Column("", "Swift")


@dataclasses.dataclass
class Cell:
    """How a test came out in a column, beside what its header says of that."""

    outcome: Outcome | None
    applies: bool = True  # whether it means anything at that level
    known: str | None = None  # why it is known to fail there

    @property
    def state(self) -> str:
        if self.outcome is None:
            return "none" if self.applies else "elsewhere"
        if self.outcome.result in ("skipped", "known"):
            return self.outcome.result
        if self.known is None:
            return self.outcome.result
        # What is known to fail and doesn't is a header that is wrong.
        return "known" if self.outcome.result == "failed" else "failed"

    @property
    def seconds(self) -> float:
        return self.outcome.seconds if self.outcome else 0


@dataclasses.dataclass(frozen=True, order=True)
class Key:
    """One test in one column: what two runs are compared by."""

    group: str  # the bats file, or the suite
    name: str
    column: Column


class Run:
    """The reports of a directory."""

    def __init__(self, directory: pathlib.Path):
        self.directory = directory
        outcomes: dict[Column, dict[tuple[str, str], Outcome]] = {}
        self.surroundings: dict[Column, dict[str, str]] = {}
        for path in sorted(directory.rglob("bats-*.xml")):
            column = column_of(path)
            self.surroundings[column] = reports.read_surroundings(path)
            found = outcomes.setdefault(column, {})
            found |= {(each.group, each.name): each for each in reports.read(path)}
        self.outcomes = outcomes
        self.columns = sorted(outcomes, key=lambda column: (column.kernel, column))
        self.tests = [*self.listed(), *self.unlisted()]
        self.swift = [each for path in sorted(directory.glob("swift*.xml")) for each in reports.read(path)]

    @functools.cached_property
    def links(self) -> dict[tuple[str, str], str]:
        """Where a page has each test: those of names that differ in signs only are numbered."""
        found: dict[str, list[tuple[str, str]]] = {}
        for key in sorted({*self.ran, *((each.group, each.name) for each in self.swift)}):
            found.setdefault(link(*key), []).append(key)
        numbered = {}
        for place, keys in found.items():
            for key in keys:
                numbered[key] = place if len(numbered.keys() & keys) == 0 else free(place, {*found, *numbered.values()})
        return numbered

    def link(self, group: str, name: str) -> str:
        return self.links.get((group, name)) or link(group, name)

    @functools.cached_property
    def ran(self) -> dict[tuple[str, str], Outcome]:
        """The tests that have an outcome anywhere."""
        return {key: outcome for found in self.outcomes.values() for key, outcome in found.items()}

    def listed(self) -> list[Behaviour]:
        """Those with a header, in the order of the files."""
        return [test for test in headers() if test.key in self.ran]

    def unlisted(self) -> list[Behaviour]:
        """Those without: what a report has of a test that was renamed or has no header is not lost."""
        known = {test.key for test in headers()}
        return [
            Behaviour("", file, name, "", name, [], "", "", {}, "") for file, name in sorted(self.ran) if (file, name) not in known
        ]

    def cell(self, test: Behaviour, column: Column) -> Cell:
        return Cell(
            outcome=self.outcomes[column].get(test.key),
            applies=test.level in ("", column.level),
            known=test.fails.get(column.file_system),
        )

    def failures(self) -> list[tuple[Behaviour, Column, Cell]]:
        cells = [(test, column, self.cell(test, column)) for test in self.tests for column in self.columns]
        return [(test, column, cell) for test, column, cell in cells if cell.state == "failed"]

    def second_tries(self) -> list[tuple[str, str]]:
        """What failed, and passed when it was run once more, with what it said at first."""
        path = self.directory / "second-tries"
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        # What was said is indented.
        tries = re.findall(r"^(\S.*)\n((?:    .*\n)*)", reports.UNFIT.sub("", text), flags=re.MULTILINE)
        return [(title, textwrap.dedent(said)) for title, said in tries]

    @functools.cached_property
    def cells(self) -> dict[Key, Cell]:
        """All that ran."""
        found = {Key(*test.key, column): self.cell(test, column) for test in self.tests for column in self.columns}
        found |= {Key(each.group, each.name, SWIFT): Cell(each) for each in self.swift}
        return {key: cell for key, cell in found.items() if cell.outcome is not None}


def column_of(path: pathlib.Path) -> Column:
    """Where the tests of a report ran: its name says so, and what it says of its kernel."""
    level, _, file_system = path.stem.removeprefix("bats-").partition(".")
    about = reports.read_surroundings(path)
    if about.get("machine") != "own":
        return Column(level, file_system)
    words = about.get("cmdline", "")
    again = f"make check-kernel KERNEL={shlex.quote(about.get('asked', ''))}{f' CMDLINE={shlex.quote(words)}' if words else ''}"
    return Column(level, file_system, f"Linux {about.get('kernel', '')} {words}".strip(), again)


@functools.cache
def headers() -> list[Behaviour]:
    return behaviours.read(behaviours.all_files())


def link(group: str, name: str) -> str:
    """Where a page has a test, for addresses that stay: by its file and its name there, whatever else the page shows. It is made
    of letters, digits, "-", "." and "_", and one "/"."""
    words = re.findall("[a-z0-9]+", name.lower())
    return f"{link_group(group.removesuffix('.bats'))}/{'-'.join(words)}"


def free(place: str, taken: set[str]) -> str:
    """The place with the first number that no other has."""
    return next(each for each in (f"{place}-{number}" for number in itertools.count(2)) if each not in taken)


def link_group(group: str) -> str:
    """The same for a file, or a suite, without the "/"."""
    return re.sub("[^A-Za-z0-9._-]+", "-", group)

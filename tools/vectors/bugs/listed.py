"""The list of public bugs, vectors/bugs, which says at its top what its lines mean."""

import dataclasses
import pathlib
import re
import typing

# How a bug is named, in vectors and in the headers of bats files.
REFERENCE = re.compile(r"(?P<project>[\w.-]+/[\w.-]+) (?P<kind>issue|pull request) (?P<number>\d+)|CVE-\d+-\d+")
SEPARATOR = " | "
NO_ADAPTER = "-"
UNCONFIRMED = "unconfirmed"
WRITES = "writes"
OPEN = "open "
OTHERWISE = "otherwise "


class ListError(Exception):
    """A line that says nothing, or not in the right form, and what to do."""

    def __init__(self, place: str, what: str, help_text: str):
        super().__init__(f"error: {place}: {what}\nhelp: {help_text}")


@dataclasses.dataclass(frozen=True)
class Program:
    name: str
    adapters: list[str]  # that judge it
    why: str  # there are none, or others than its own


@dataclasses.dataclass(frozen=True)
class Bug:
    reference: str
    place: str  # the file and the line
    had: list[str]  # programs, with their versions as far as they are known
    programs: list[Program]
    what: str
    outcomes: list[str]  # of open vectors, that are the bug
    otherwise: list[str]  # adapters of which a vector fails, but not of the bug
    is_writers: bool  # whether it is in what was written: who had it need not read it in a wrong way
    is_confirmed: bool  # whether its record was found again when it was listed

    @property
    def url(self) -> str:
        match = REFERENCE.fullmatch(self.reference)
        if match is None or match["project"] is None:
            return f"https://nvd.nist.gov/vuln/detail/{self.reference}"
        folder = "issues" if match["kind"] == "issue" else "pull"
        return f"https://github.com/{match['project']}/{folder}/{match['number']}"


Line = typing.TypeVar("Line", Program, Bug)


def read(file: pathlib.Path) -> tuple[list[Program], list[Bug]]:
    programs: dict[str, Program] = {}
    bugs: dict[str, Bug] = {}
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        place = f"{file.name}:{number}"
        fields = [field.strip() for field in line.split(SEPARATOR)]
        if line.startswith("program "):
            program = read_program(fields, place)
            add(programs, program.name, program, place)
        else:
            bug = read_bug(fields, list(programs.values()), place)
            add(bugs, bug.reference, bug, place)
    return list(programs.values()), list(bugs.values())


def add(values: dict[str, Line], key: str, value: Line, place: str) -> None:
    if key in values:
        raise ListError(place, f"{key} is there twice", "say in one line what is to be said of it")
    values[key] = value


def read_program(fields: list[str], place: str) -> Program:
    adapters = [] if fields[1:2] == [NO_ADAPTER] else " ".join(fields[1:2]).split()
    why = fields[2] if len(fields) == 3 else ""
    if len(fields) not in (2, 3) or not adapters and not why:
        raise ListError(place, "is no program", f"write `program NAME | ADAPTER…`, or `program NAME | {NO_ADAPTER} | WHY`")
    return Program(fields[0].removeprefix("program "), adapters, why)


def read_bug(fields: list[str], programs: list[Program], place: str) -> Bug:
    if len(fields) < 3 or not all(fields):
        raise ListError(place, "is no bug", "write `WHERE | WHO | WHAT`")
    reference, had, what, *further = fields
    if not REFERENCE.fullmatch(reference):
        raise ListError(
            place, f"this names no bug: {reference}", "write OWNER/NAME issue N, OWNER/NAME pull request N, or CVE-YEAR-N")
    outcomes: list[str] = []
    otherwise: list[str] = []
    for field in further:
        if field.startswith(OPEN):
            outcomes += field.removeprefix(OPEN).split()
        elif field.startswith(OTHERWISE):
            otherwise += field.removeprefix(OTHERWISE).split()
        elif field not in (WRITES, UNCONFIRMED):
            raise ListError(
                place, f"nobody knows what this means: {field}",
                f"write `{OPEN}OUTCOME…`, `{OTHERWISE}ADAPTER…`, `{WRITES}` or `{UNCONFIRMED}`")
    owners = had.split(", ")
    named = [program_of(owner, programs, place) for owner in owners]
    return Bug(reference, place, owners, named, what, outcomes, otherwise, WRITES in further, UNCONFIRMED not in further)


def program_of(owner: str, programs: list[Program], place: str) -> Program:
    """The one that a name with a version begins with: the longest, since a name may begin as another one does."""
    found = [program for program in programs if f"{owner} ".startswith(f"{program.name} ")]
    if not found:
        raise ListError(place, f"no program of this name is listed: {owner}", "add a line `program NAME | …` above")
    return max(found, key=lambda program: len(program.name))

"""What vectors/known says of implementations, for pages: which vectors there are, and what each one makes of them."""

import dataclasses
import pathlib

from judging import known
from judging.known import KnownFile
from text.sections import read_file


@dataclasses.dataclass(frozen=True)
class Described:
    """What a vector's file says of it."""

    name: str
    verdict: str
    behaviour: str
    needs: frozenset[str]  # what not every reader has
    bugs: list[str]  # public ones that it comes from
    outcomes: list[str]  # names of what may come out

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

    def runs(self, vector: Described) -> bool:
        is_its_kind = vector.name.partition("/")[0] in self.file.runs
        return is_its_kind and not vector.needs.intersection(self.file.lacks)

    def outcome(self, vector: Described) -> str:
        """Its kind: `-` where it doesn't run such vectors."""
        if not self.runs(vector):
            return "-"
        line = self.file.lines.get(vector.name)
        return line.outcome.kind if line else "not measured" if vector.verdict == "open" else "pass"


def read_vectors(directory: pathlib.Path) -> list[Described]:
    """All of vectors/, in the order of their names."""
    return [describe(directory, file) for file in sorted(directory.glob("*/*/*.vector"))]


def describe(directory: pathlib.Path, file: pathlib.Path) -> Described:
    path = file.relative_to(directory)
    header, sections = read_file(file, f"{directory.name}/{path}")
    needs = frozenset(header["needs"].text.replace(",", " ").split()) if "needs" in header else frozenset()
    bugs = header["bug"].text.split("; ") if "bug" in header else []
    named = [section.head.text.split() for section in sections if section.word in ("tree", "differs", "refused")]
    outcomes = [words[1] for words in named if len(words) == 2]
    name = str(path.with_suffix(""))
    return Described(name, header["verdict"].text, header["behaviour"].text, needs, bugs, outcomes)


def read_judged(directory: pathlib.Path) -> list[Judged]:
    """Those of vectors/known, as root: what a user's level has of its own is in the files for users."""
    files = [file for file in sorted(directory.glob("*-*")) if not file.name.endswith("-user")]
    names = [file.name.rpartition("-") for file in files]
    found = [known.read(file) for file in files]
    return [Judged(name, version, each) for (name, _, version), each in zip(names, found) if each is not None]

"""What shows a public bug: the vectors that name it, and the tests of the museum."""

import dataclasses
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "report"))
import behaviours
from behaviours import Behaviour
from bugs.listed import REFERENCE
from judging.judged import Described


@dataclasses.dataclass(frozen=True)
class Reproducers:
    vectors: list[Described]
    tests: list[Behaviour]

    def vectors_of(self, reference: str) -> list[Described]:
        return [vector for vector in self.vectors if reference in vector.bugs]

    def tests_of(self, reference: str) -> list[Behaviour]:
        return [test for test in self.tests if reference in bugs_of(test)]

    def named(self) -> dict[str, list[str]]:
        """Each bug that is named, with who does."""
        found: dict[str, list[str]] = {}
        for vector in self.vectors:
            for reference in vector.bugs:
                found.setdefault(reference, []).append(f"{vector.name}.vector")
        for test in self.tests:
            for reference in bugs_of(test):
                found.setdefault(reference, []).append(test.file)
        return found


def bugs_of(test: Behaviour) -> list[str]:
    """Those at the beginning of a place that documents it; a title may follow."""
    return [match[0] for place in test.documented if (match := REFERENCE.match(place))]


def read(vectors: list[Described], museum: pathlib.Path) -> Reproducers:
    return Reproducers(vectors, behaviours.read(sorted(museum.glob("*.bats"))))

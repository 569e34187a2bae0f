"""What became of a public bug: whether it is seen in what can be run of the programs that had it."""

import dataclasses

from bugs.listed import Bug
from judging.judged import Described, Judged

RIGHT = "pass"


@dataclasses.dataclass(frozen=True)
class Today:
    """What was measured of a bug's vectors."""

    seen: list[tuple[Judged, list[tuple[Described, str]]]]  # in programs that had it: the vectors, and their outcomes
    right: list[Judged]  # of these programs, those in which nothing of it is seen
    others: list[Judged]  # whose outcomes are the bug's, though it isn't known as theirs


def today(bug: Bug, vectors: list[Described], judged: list[Judged]) -> Today:
    adapters = {adapter for program in bug.programs for adapter in program.adapters}
    seen: list[tuple[Judged, list[tuple[Described, str]]]] = []
    right: list[Judged] = []
    others: list[Judged] = []
    for each in judged:
        if each.name in bug.otherwise:
            continue
        had_it = each.name in adapters
        outcomes = [(vector, each.outcome(vector)) for vector in vectors if not had_it or tries(bug, vector)]
        ran = [(vector, outcome) for vector, outcome in outcomes if outcome not in ("-", "not measured")]
        shown = [(vector, outcome) for vector, outcome in ran if is_bug(bug, vector, outcome)]
        if had_it and shown:
            seen.append((each, shown))
        elif had_it and ran:
            right.append(each)
        elif shown:
            others.append(each)
    return Today(seen, right, others)


def tries(bug: Bug, vector: Described) -> bool:
    """Whether the vector tries who had the bug: layers that are wrongly written say nothing of their writer as a reader."""
    return not bug.is_writers or vector.name.startswith("changes/")


def is_bug(bug: Bug, vector: Described, outcome: str) -> bool:
    """Nobody says what is right of an open vector: the list says which of its outcomes are the bug."""
    return outcome in bug.outcomes if vector.verdict == "open" else outcome != RIGHT

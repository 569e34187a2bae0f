"""What is wrong between vectors/bugs and what it lists."""

import pathlib

from bugs.listed import Bug, Program
from bugs.reproducers import Reproducers


def complaints(programs: list[Program], bugs: list[Bug], reproducers: Reproducers, judges: pathlib.Path) -> list[str]:
    return [
        *unlisted(bugs, reproducers),
        *unshown(bugs, reproducers),
        *without_outcome(bugs, reproducers),
        *without_adapter(programs, judges),
        *without_bug(programs, bugs),
    ]


def unlisted(bugs: list[Bug], reproducers: Reproducers) -> list[str]:
    listed = {bug.reference for bug in bugs}
    return [
        f"{', '.join(by)}: names {reference}, which vectors/bugs doesn't list"
        for reference, by in reproducers.named().items() if reference not in listed]


def unshown(bugs: list[Bug], reproducers: Reproducers) -> list[str]:
    named = reproducers.named()
    return [
        f"{bug.place}: no vector and no test of bats/museum names {bug.reference}"
        for bug in bugs if bug.reference not in named]


def without_outcome(bugs: list[Bug], reproducers: Reproducers) -> list[str]:
    """An outcome that none of a bug's open vectors has would never be found."""
    found = []
    for bug in bugs:
        vectors = [vector for vector in reproducers.vectors_of(bug.reference) if vector.verdict == "open"]
        # Any vector can come to these.
        possible = {"crashes", "hangs", "outside", "memory", *(name for vector in vectors for name in vector.outcomes)}
        found += [
            f"{bug.place}: no open vector of {bug.reference} has an outcome {outcome}"
            for outcome in bug.outcomes if not vectors or outcome not in possible]
    return found


def without_adapter(programs: list[Program], judges: pathlib.Path) -> list[str]:
    return [
        f"vectors/bugs: {program.name} is judged by {adapter}, and there is no {judges.name}/{adapter}"
        for program in programs for adapter in program.adapters if not (judges / adapter).is_file()]


def without_bug(programs: list[Program], bugs: list[Bug]) -> list[str]:
    owners = {program.name for bug in bugs for program in bug.programs}
    return [f"vectors/bugs: no bug is {program.name}'s" for program in programs if program.name not in owners]

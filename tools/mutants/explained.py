"""Mutants that no test can catch, and why: tools/mutants/survivors.

A line for each: FILE: TEXT OF THE LINE: WAS -> NOW: WHY. Empty lines and those that begin with # are for readers.
"""

import catalogue
from copied import HERE


def name(mutant: catalogue.Mutant) -> str:
    """How the list names it."""
    file = mutant.file.rsplit("/", 1)[1]
    return f"{file}: {mutant.text}: {mutant.was} -> {mutant.now}"


def read() -> dict[str, str]:
    """The reason of each mutant that has one."""
    reasons = {}
    for line in (HERE / "survivors").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            mutant, _, why = line.rpartition(": ")
            reasons[mutant] = why
    return reasons

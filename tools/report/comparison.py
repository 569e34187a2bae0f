"""What differs between two runs of the suite."""

import collections
import dataclasses
import statistics

from runs import Cell, Column, Key, Run

# What a difference is called, the worst first, and what it means.
CHANGES = {
    "newly failing": "failed, and did not before",
    "no longer run": "skipped, and was run before",
    "gone": "not there any more, in a file or suite that both ran",
    "much slower": "",  # depends on the two runs
    "mended": "failed before, and passes",
    "new": "not there before, in a file or suite that both ran",
}
# How much slower than the run as a whole a test has to be.
TIMES, SECONDS = 2, 1
# What takes less tells nothing of how fast a machine was.
SHORTEST = 0.2


@dataclasses.dataclass
class Change:
    key: Key
    before: Cell | None
    now: Cell | None


def tell(part: collections.Counter[tuple[Column, str]], other: collections.Counter[tuple[Column, str]]) -> list[str]:
    """What one run has and the other has not, in words: whole columns, or files and suites."""
    there = {column for column, _ in other}
    columns = sorted({column for column, _ in part} - there)
    files = sorted((column, group) for column, group in part.keys() - other.keys() if column in there)
    return [str(column) for column in columns] + [f"{group} ({column}, {part[column, group]})" for column, group in files]


class Comparison:
    """Of a run with an earlier one, test by test in what both ran: files and suites, in columns. What one of them ran alone is no
    change of a test: it may be of a part only."""

    def __init__(self, now: Run, before: Run):
        self.before = before
        parts = [collections.Counter((key.column, key.group) for key in run.cells) for run in (now, before)]
        both = parts[0].keys() & parts[1].keys()
        self.only_now, self.only_before = (tell(part, other) for part, other in (parts, reversed(parts)))
        self.pairs = [
            Change(key, before.cells.get(key), now.cells.get(key))
            for key in sorted(now.cells.keys() | before.cells.keys())
            if (key.column, key.group) in both
        ]
        self.pace = {column: self.pace_of(column) for column in {column for column, _ in both}}
        self.changes: dict[str, list[Change]] = {name: [] for name in CHANGES}
        for pair in self.pairs:
            if name := self.name(pair):
                self.changes[name].append(pair)
        self.changes["much slower"].sort(key=lambda change: change.before.seconds - change.now.seconds)

    def pace_of(self, column: Column) -> float:
        """How many times longer than before a test of the column took in the middle, since another machine, or another load,
        makes all of them slower."""
        ratios = [
            pair.now.seconds / pair.before.seconds
            for pair in self.pairs
            if pair.key.column == column and pair.now and pair.before and min(pair.now.seconds, pair.before.seconds) >= SHORTEST
        ]
        return statistics.median(ratios) if ratios else 1

    def name(self, pair: Change) -> str | None:
        """Which of the changes it is."""
        if pair.now is None:
            return "gone"
        if pair.before is None:
            return "newly failing" if pair.now.state == "failed" else "new"
        states = pair.before.state, pair.now.state
        if states[0] == states[1]:
            return "much slower" if self.is_much_slower(pair) else None
        if states[1] == "failed":
            return "newly failing"
        if states[1] == "skipped":
            return "no longer run"
        return "mended" if states[0] == "failed" else None

    def is_much_slower(self, pair: Change) -> bool:
        expected = pair.before.seconds * self.pace[pair.key.column]
        return pair.now.state == "passed" and pair.now.seconds > max(TIMES * expected, expected + SECONDS)

    def by_key(self) -> dict[Key, str]:
        """The change of each test that has one."""
        return {change.key: name for name, changes in self.changes.items() for change in changes}

    def meaning(self, name: str) -> str:
        if name != "much slower":
            return CHANGES[name]
        paces = "; ".join(f"{column}: {pace:.2g} times" for column, pace in sorted(self.pace.items()))
        return (
            f"took more than {TIMES} times, and {SECONDS} s longer than, what the run as a whole lets expect, whose tests took in "
            f"the middle, compared with before: {paces}"
        )

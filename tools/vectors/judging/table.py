"""Vectors by implementations: what came out, beside what is known."""

import collections
import dataclasses

from judging.adapters import Adapter
from judging.known import Known, KnownFile
from judging.outcomes import Outcome
from judging.vectors import Vector


@dataclasses.dataclass(frozen=True)
class Cell:
    vector: Vector
    outcome: Outcome
    seconds: float
    known: Known | None
    change: str | None  # why it is red

    @property
    def is_worth_knowing(self) -> bool:
        """Whether a file of known outcomes has a line for it."""
        return self.outcome.kind not in ("pass", "-")

    @property
    def look(self) -> str:
        """How it is shown: red, known, good or none."""
        if self.change:
            return "red"
        if self.outcome.kind == "-":
            return "none"
        return "good" if self.outcome.kind == "pass" else "known"


@dataclasses.dataclass
class Column:
    """An implementation at one level."""

    adapter: Adapter
    as_user: bool
    known: KnownFile | None
    cells: dict[str, Cell] = dataclasses.field(default_factory=dict)  # by vectors

    @property
    def title(self) -> str:
        return f"{self.adapter}, {'user' if self.as_user else 'root'}"

    def add(self, vector: Vector, outcome: Outcome, seconds: float) -> Cell:
        known = self.known.lines.get(vector.name) if self.known else None
        change = self.change(vector, outcome, known)
        self.cells[vector.name] = Cell(vector, outcome, seconds, known, change)
        return self.cells[vector.name]

    def change(self, vector: Vector, outcome: Outcome, known: Known | None) -> str | None:
        """In what way it is not as known."""
        if outcome.kind == "-" and outcome.detail:
            return None  # it does not apply at this level
        if known is not None:
            return None if outcome.kind == known.outcome.kind else f"is {outcome}, and was known as {known.outcome}"
        if outcome.is_good or (vector.verdict == "open" and self.known is None):
            return None
        return f"is {outcome}, and nothing is known of that"

    @property
    def counts(self) -> collections.Counter[str]:
        return collections.Counter(cell.outcome.kind for cell in self.cells.values())

    @property
    def red(self) -> list[Cell]:
        return [cell for _, cell in sorted(self.cells.items()) if cell.change]

    @property
    def has_run(self) -> bool:
        return bool(self.kinds)

    @property
    def kinds(self) -> set[str]:
        """Of vectors, that something came out of."""
        return {name.partition("/")[0] for name, cell in self.cells.items() if cell.outcome.kind != "-"}


@dataclasses.dataclass
class Table:
    vectors: list[Vector]
    columns: list[Column]

    def leave_out_levels(self) -> None:
        """Of an adapter that did something as root and nothing as a user, or the other way round, one column is enough."""
        ran = {column.adapter.name for column in self.columns if column.has_run}
        self.columns = [column for column in self.columns if column.has_run or column.adapter.name not in ran]

    @property
    def is_red(self) -> bool:
        return any(column.red or not column.has_run for column in self.columns)

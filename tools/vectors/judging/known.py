"""What is known of implementations: vectors/known/NAME-VERSION, and NAME-VERSION-user as an ordinary user.

A line for each vector that is no pass, and for each open one: `VECTOR | OUTCOME | WHY`. Of the outcome, what stands before
the first colon is compared; the rest is for people. Lines that begin with # are comments, but for two: `# runs: layers
changes` says which kinds of vector the adapter runs at all, and `# lacks: acl` what it says that it lacks.
"""

import dataclasses
import pathlib

from judging.adapters import Adapter
from judging.outcomes import Outcome

SEPARATOR = " | "
UNWRITTEN = "?"  # in place of a reason
RUNS = "# runs:"
LACKS = "# lacks:"


@dataclasses.dataclass(frozen=True)
class Known:
    outcome: Outcome
    why: str


@dataclasses.dataclass(frozen=True)
class KnownFile:
    runs: list[str]  # kinds of vector: layers, changes
    lines: dict[str, Known]  # by vectors
    lacks: list[str] = dataclasses.field(default_factory=list)

    @property
    def unwritten(self) -> list[str]:
        """The vectors whose reasons a person has yet to find."""
        return [vector for vector, each in self.lines.items() if each.why in ("", UNWRITTEN)]


class KnownError(Exception):
    """A file that says nothing, or not in the right form."""


def file_of(directory: pathlib.Path, adapter: Adapter, as_user: bool) -> pathlib.Path:
    """The one for users, if there is one: most do the same at both levels."""
    file = directory / f"{adapter.name}-{adapter.version}"
    of_users = file.with_name(f"{file.name}-user")
    return of_users if as_user and of_users.exists() else file


def read(file: pathlib.Path) -> KnownFile | None:
    """None if nothing is written of that version yet."""
    if not file.exists():
        return None
    runs: list[str] = []
    lacks: list[str] = []
    found: dict[str, Known] = {}
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if line.startswith(RUNS):
            runs = line.removeprefix(RUNS).split()
        elif line.startswith(LACKS):
            lacks = line.removeprefix(LACKS).split()
        elif line and not line.startswith("#"):
            vector, known = parse(line, f"{file}:{number}")
            if vector in found:
                raise KnownError(f"{file}:{number}: {vector} stands there twice")
            found[vector] = known
    return KnownFile(runs, found, lacks)


def parse(line: str, place: str) -> tuple[str, Known]:
    parts = [part.strip() for part in line.split(SEPARATOR)]
    if len(parts) != 3:
        raise KnownError(f"{place}: this is not `VECTOR | OUTCOME | WHY`: {line}")
    kind, _, detail = parts[1].partition(": ")
    return parts[0], Known(Outcome(kind, detail), parts[2])


def write(file: pathlib.Path, known: KnownFile) -> None:
    """Keeps what a person has written at the file's beginning."""
    comments = []
    for line in file.read_text().splitlines() if file.exists() else []:
        if not line.startswith("#"):
            break
        if not line.startswith((RUNS, LACKS)):
            comments.append(line)
    comments.append(f"{RUNS} {' '.join(known.runs)}")
    if known.lacks:
        comments.append(f"{LACKS} {' '.join(known.lacks)}")
    lines = [SEPARATOR.join((vector, str(each.outcome), each.why)) for vector, each in sorted(known.lines.items())]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{line}\n" for line in [*comments, *lines]))

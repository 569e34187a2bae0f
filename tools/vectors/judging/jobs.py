"""What the judge asks of a room, and what a run was like."""

import dataclasses

from judging.vectors import Vector
from reference.archive import Entry
from trees.tree import Tree

UNKNOWN_VERB = 64  # the exit status of an adapter that has no such verb


@dataclasses.dataclass(frozen=True)
class Bounds:
    """What a run may take."""

    seconds: float = 60
    memory: int = 1 << 30  # bytes resident, of all its processes together
    files: int = 1 << 30  # bytes of the file system that it works on


@dataclasses.dataclass(frozen=True)
class Job:
    """One vector for one adapter."""

    vector: Vector
    adapter: str  # where it is, seen from inside
    image: str  # LAYOUT:TAG
    as_user: bool
    environment: dict[str, str]
    bounds: Bounds


@dataclasses.dataclass
class Run:
    """What became of it."""

    began: float = 0  # seconds since 1970
    status: int = 0  # negative: the signal that ended it
    seconds: float = 0
    memory: int = 0  # the most that was seen
    output: str = ""  # the end of what was said
    is_hung: bool = False
    is_too_large: bool = False
    outside: bytes | None = None  # what was written where nothing may be
    unreadable: str | None = None  # why what came out could not be read
    tree: Tree | None = None  # what came out
    layers: list[list[Entry]] = dataclasses.field(default_factory=list)  # that a build has put on the base

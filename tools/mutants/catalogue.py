"""The mutants that were compiled in, what is known of each, and which are to be tried."""

import dataclasses
import hashlib
import json
import pathlib
import re

# What `TARGET` names: directories of faults.
ROOMS = {
    "OCI": ["Sources/OCI"],
    "Recipes": ["Sources/Recipes"],
    "Layers": ["Sources/Layers"],
    "Roots": ["Sources/Roots"],
    "Cache": ["Sources/Stacker/Cache", "Sources/Stacker/Shared"],
    "Registry": ["Sources/Registry"],
    "Containers": ["Sources/Containers"],
    "LXCWrapper": ["Sources/LXCWrapper"],
}

# What changes nothing that anybody could see, and is not tried: the kind, how the code begins or ends, and why.
HARMLESS = [
    ("unseen error", r"try \w+\.encode(IfPresent|Nil)?\(", "JSON is encoded in memory, from values that it can hold"),
    ("dropped", r".*\.deallocate\(\)", "memory that is not given back, once"),
    ("dropped", r".*\.reserveCapacity\(", "an array that grows later"),
]


@dataclasses.dataclass(frozen=True)
class Mutant:
    number: int
    # What stays when other lines of its file change.
    key: str
    file: str
    line: int
    text: str
    kind: str
    was: str
    now: str
    # Where it is in the copy, in bytes, and the declaration that it is in.
    place: tuple[int, int]
    scope: tuple[int, int]

    @property
    def target(self) -> str:
        return next(name for name, rooms in ROOMS.items() if any(self.file.startswith(room + "/") for room in rooms))

    @property
    def is_harmless(self) -> bool:
        return any(kind == self.kind and re.match(begin, self.was) for kind, begin, _ in HARMLESS)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.kind}: {self.was}  ->  {self.now}"


def read(listing: pathlib.Path) -> list[Mutant]:
    lines = map(json.loads, listing.read_text().splitlines())
    return [Mutant(**{**line, "place": tuple(line["place"]), "scope": tuple(line["scope"])}) for line in lines]


def choose(mutants: list[Mutant], targets: list[str], sample: int | None, seed: str) -> list[Mutant]:
    """Those of the targets, or so many of them: the same for the same seed, and spread over all."""
    chosen = [mutant for mutant in mutants if mutant.target in targets and not mutant.is_harmless]
    if sample is None:
        return chosen
    return sorted(chosen, key=lambda each: hashlib.sha256(f"{seed} {each.key}".encode()).digest())[:sample]

"""A directory that is prepared, a command there, and what has to come of it."""

import pathlib
from collections.abc import Callable
from dataclasses import dataclass, field

# One layer at a time: the calls are the same, in the same order, each time.
BUILD = ["build", "--jobs", "1", "--compression-level", "1"]

# Runs stacker with these arguments.
Run = Callable[..., None]


@dataclass
class Scenario:
    name: str
    # Fills the directory, which is empty but for what servers keep there. "{registry}" and "{files}" in recipes and commands
    # are their addresses.
    prepare: Callable[[pathlib.Path, Run], None]
    # Stacker's arguments.
    command: list[str]
    # What makes it good again afterwards; the same command, unless it says otherwise.
    repair: list[list[str]] = field(default_factory=list)
    # Another stacker that works at the same time.
    beside: list[str] = field(default_factory=list)
    layouts: list[str] = field(default_factory=lambda: ["oci"])
    # Files of which the content is a result.
    results: list[str] = field(default_factory=list)
    # Whether the tags in the registry are a result. Entries of a shared cache have the time in their names.
    publishes: bool = False
    # What it needs: "registry", "files".
    servers: list[str] = field(default_factory=list)
    levels: tuple[str, ...] = ("priv", "unpriv")
    # Whether the machine's /etc is another afterwards; it is a copy. What the place has in "etc" is put there each time.
    changes_etc: bool = False
    # Whether two would see each other: loop devices are the machine's.
    alone: bool = False
    # Whether it can't be done again once it is done.
    once: bool = False
    # Names that what makes it good may leave, as a regular expression.
    may_stay: str = "(?!)"
    # Whether another stacker's images come into the layout, too.
    shares: bool = False
    # Whether `gc` follows what makes it good.
    collects: bool = True

    @property
    def repairs(self) -> list[list[str]]:
        return self.repair or [self.command]

"""The vectors that vectors.json describes."""

import dataclasses
import json
import pathlib
from typing import Any

from trees.entries_json import from_json, name_of
from trees.tree import Tree


@dataclasses.dataclass(frozen=True)
class Wanted:
    """One of the outcomes that a vector names."""

    name: str | None
    tree: Tree | None  # None: refused
    again: list[bytes]  # what may stand in a layer although nothing of it changed


@dataclasses.dataclass(frozen=True)
class Vector:
    name: str
    verdict: str  # must, should, open or hostile
    behaviour: str
    documented: list[str]
    bugs: list[str]
    needs: list[str]
    layout: str
    tag: str
    wanted: list[Wanted]
    outside: list[bytes]
    script: str | None  # of a change vector; what follows is for these too
    base: Tree
    layers: int  # of the base
    looks_at: list[bytes]  # what counts although it is left out by default

    @property
    def chapter(self) -> str:
        return self.name.rpartition("/")[0]


def read(directory: pathlib.Path, selection: list[str]) -> list[Vector]:
    """Those below one of the selected names, or all."""
    file = directory / "vectors.json"
    if not file.exists():
        raise SystemExit(f"error: there is no {file}\nhelp: make vectors writes it")
    document = json.loads(file.read_text())
    if document["version"] != 1:
        raise SystemExit(f"error: {file} has version {document['version']}, and this judge reads version 1")
    vectors = [vector_of(members) for members in document["vectors"]]
    for part in selection:
        if not any(is_below(vector.name, part) for vector in vectors):
            raise SystemExit(f"error: no vector is called {part}, or is below it\nhelp: {file} has the names")
    return [each for each in vectors if not selection or any(is_below(each.name, part) for part in selection)]


def is_below(name: str, part: str) -> bool:
    return f"{name}/".startswith(f"{part.rstrip('/')}/")


def vector_of(members: dict[str, Any]) -> Vector:
    return Vector(
        name=members["name"],
        verdict=members["verdict"],
        behaviour=members["behaviour"],
        documented=members["documented"],
        bugs=members.get("bugs", []),
        needs=members.get("needs", []),
        layout=members["layout"],
        tag=members["tag"],
        wanted=[wanted_of(each) for each in members.get("outcomes", [])],
        outside=names(members.get("outside", [])),
        script=members.get("script"),
        base=from_json(members.get("base", [])),
        layers=members.get("layers", 0),
        looks_at=names(members.get("looks-at", [])),
    )


def wanted_of(members: dict[str, Any]) -> Wanted:
    return Wanted(
        name=members.get("name"),
        tree=None if members.get("refused") else from_json(members["tree"]),
        again=names(members.get("again", [])),
    )


def names(described: list[dict[str, str]]) -> list[bytes]:
    return [name for each in described if (name := name_of(each, "path")) is not None]

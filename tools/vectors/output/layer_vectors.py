"""A layer vector: its layout, and a check that what it says of the bytes is so."""

import dataclasses
import pathlib
from typing import Any

from encode.layout import TAG, write_layout
from output.description import describe
from reference.unpack import unpack
from reference.verdicts import Refused, Unspecified
from text.model import Outcome, Vector, VectorError
from trees.compare import first_difference
from trees.tree import Node, Tree


def write(vector: Vector, directory: pathlib.Path) -> dict[str, Any]:
    """Returns what vectors.json has of it."""
    manifest = write_layout(directory / vector.name, vector.layers, vector.image)
    if vector.verdict in ("must", "should"):
        check(vector, directory / vector.name)
    return describe(vector, manifest)


def check(vector: Vector, layout: pathlib.Path) -> None:
    """One of the outcomes is what the reference makes of it: a vector can't contradict itself.

    What a vector says that should be may go beyond the specifications, but not against them.
    """
    try:
        made, reason = ask_reference(layout)
    except Unspecified as silence:
        if vector.verdict == "should":
            return
        raise VectorError(
            vector.place, f"is {vector.verdict}, and no specification says {silence}",
            "the verdict is should or open, or the layers do without it") from silence
    differences = [difference(outcome, made, reason, vector.verdict) for outcome in vector.outcomes]
    if None not in differences:
        raise VectorError(
            vector.outcomes[0].place, f"by the reference, {differences[0]}",
            "mend the outcome, or the layers; or show that tools/vectors/reference reads a specification wrongly")


def ask_reference(layout: pathlib.Path) -> tuple[Tree | None, str]:
    """The tree, or why there is none."""
    try:
        return unpack(layout, TAG), ""
    except Refused as refusal:
        return None, str(refusal)


def difference(outcome: Outcome, made: Tree | None, reason: str, verdict: str) -> str | None:
    if outcome.tree is None:
        return None if made is None else "a tree comes out"
    if made is None:
        return f"it is refused: {reason}"
    if verdict == "should":
        made = {path: complete(node, outcome.tree.get(path)) for path, node in made.items()}
    return first_difference(outcome.tree, made)


def complete(node: Node, wanted: Node | None) -> Node:
    """With what the vector says where nobody else says anything."""
    if wanted is None or wanted.type != node.type:
        return node
    unsaid = {key: getattr(wanted, key) for key in Node.__slots__ if getattr(node, key) is None and key != "linked"}
    return dataclasses.replace(node, **unsaid)

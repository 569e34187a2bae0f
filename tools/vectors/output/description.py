"""What vectors.json says of every vector, whatever its kind."""

from typing import Any

from encode.layout import TAG
from text.model import Outcome, Vector
from trees.entries_json import name_members, to_json

VERSION = 1


def describe(vector: Vector, manifest: str) -> dict[str, Any]:
    """`manifest` is the digest that the tag stands for."""
    description = {
        "name": vector.name,
        "kind": vector.kind,
        "behaviour": vector.behaviour,
        "documented": vector.documented,
        "verdict": vector.verdict,
        "bugs": vector.bugs,
        "needs": vector.needs,
        "layout": vector.name,
        "tag": TAG,
        "manifest": manifest,
        "outcomes": [describe_outcome(outcome) for outcome in vector.outcomes],
        "outside": [name_members("path", path) for path in vector.outside],
    }
    return description | ({"why": vector.why} if vector.why else {})


def describe_outcome(outcome: Outcome) -> dict[str, Any]:
    members = {"name": outcome.name} if outcome.name else {}
    members |= {"refused": True} if outcome.tree is None else {"tree": to_json(outcome.tree)}
    return members | ({"again": [name_members("path", path) for path in outcome.again]} if outcome.again else {})

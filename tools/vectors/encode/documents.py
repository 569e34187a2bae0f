"""Members of a JSON document, set and removed by paths with dots; and the document as bytes."""

import json

from text.model import Edit, Replacement, VectorError
from text.words import quote


def encode(document: object) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def replace(replacements: list[Replacement], name: str, data: bytes) -> bytes:
    """Each in the first place that has it."""
    for replacement in replacements:
        if replacement.document != name:
            continue
        if replacement.old not in data:
            raise VectorError(
                replacement.place, f"the {name} has no {quote(replacement.old)}: {quote(data)}",
                "write it as the document does: compact, its members sorted")
        data = data.replace(replacement.old, replacement.new, 1)
    return data


def apply(edits: list[Edit], name: str, document: dict) -> None:
    """Those that are for the document of this name."""
    for edit in edits:
        if edit.document == name:
            apply_one(edit, document)


def apply_one(edit: Edit, document: object) -> None:
    """A number in the path is an index of an array; what isn't there on the way is made an object."""
    *parents, last = edit.path.split(".")
    for key in parents:
        document = step(edit, document, key)
    if isinstance(document, list):
        change_item(edit, document, last)
    elif edit.is_insertion:
        raise fail(edit, f"what {last} is to be put into is no array")
    elif not isinstance(document, dict):
        raise fail(edit, f"what {last} is to be in has no members")
    elif not edit.is_removal:
        document[last] = edit.value
    elif last in document:
        del document[last]
    else:
        raise fail(edit, "is not there")


def step(edit: Edit, document: object, key: str) -> object:
    if isinstance(document, list):
        return document[index(edit, document, key)]
    if not isinstance(document, dict):
        raise fail(edit, f"what {key} is to be in has no members")
    return document.setdefault(key, {})


def change_item(edit: Edit, items: list, key: str) -> None:
    if edit.is_removal:
        del items[index(edit, items, key)]
    elif key == str(len(items)):
        items.append(edit.value)
    elif edit.is_insertion:
        items.insert(index(edit, items, key), edit.value)
    else:
        items[index(edit, items, key)] = edit.value


def index(edit: Edit, items: list, key: str) -> int:
    if not key.isdigit() or int(key) >= len(items):
        raise fail(edit, f"the array has {len(items)} items, and none at {key}")
    return int(key)


def fail(edit: Edit, what: str) -> VectorError:
    return VectorError(
        edit.place, f"{edit.document} {edit.path}: {what}", "a path has dots between its members: layers.0.size")

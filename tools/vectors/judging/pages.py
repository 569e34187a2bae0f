"""Pages that are made of what else is in the tree: whether the one that is there is the one that would be made."""

import difflib
import itertools
import pathlib

LINES = 20  # of a difference that are shown


def complaints(page: pathlib.Path, name: str, text: str) -> list[str]:
    """None, or one with the beginning of the difference."""
    current = page.read_text() if page.exists() else ""
    if current == text:
        return []
    difference = difflib.unified_diff(current.splitlines(), text.splitlines(), name, "as it should be")
    return [f"{name} is not current: make judges\n" + "\n".join(itertools.islice(difference, LINES))]

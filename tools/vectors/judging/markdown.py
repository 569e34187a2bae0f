"""Tables of the pages in docs/ that are written of vectors."""

import re

from judging.judged import Described


def head(cells: list[str]) -> str:
    return row(cells) + "|---" * len(cells) + "|\n"


def row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def cell(text: str) -> str:
    """Text within a table: what Markdown would take for markup stays text."""
    return re.sub(r"([|\\<>*_`\[\]])", r"\\\1", text)


def link(vector: Described, text: str) -> str:
    """From a page in docs/."""
    return f"[{text}](../vectors/{vector.name}.vector)"

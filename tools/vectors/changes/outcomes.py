"""What can come out of a change vector: the truth, and what an open one says of other outcomes."""

import dataclasses

from changes.truth import Truth
from text.model import Difference, Outcome, Vector, VectorError
from trees.tree import Tree, groups_of, link_together

PLAIN = "plain"


def outcomes(vector: Vector, truth: Truth) -> list[Outcome]:
    if vector.verdict != "open":
        return [Outcome(vector.place, None, truth.after)]
    return [
        Outcome(vector.place, PLAIN, truth.after),
        *(Outcome(each.place, each.name, replaced(truth.after, each), each.again) for each in vector.differences),
        *vector.outcomes,
    ]


def replaced(after: Tree, difference: Difference) -> Tree:
    """The truth with other entries, and without some. A file whose entry is replaced leaves the names that it had."""
    for path in difference.gone + difference.again:
        if path not in after:
            raise VectorError(difference.place, f"{path!r} is not there after the script", "mend the path")
    apart = difference.tree.keys() | set(difference.gone)
    tree = {path: dataclasses.replace(node) for path, node in after.items() if path not in difference.gone}
    tree |= difference.tree
    rest = [[name for name in names if name not in apart] for names in groups_of(after).values()]
    link_together(tree, [*filter(None, rest), *groups_of(difference.tree).values()])
    return tree

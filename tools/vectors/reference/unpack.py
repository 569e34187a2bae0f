"""The reference: what the specifications make of an image's bytes. No file is made, and no root is needed."""

import pathlib

from reference.archive import read_entries
from reference.changes import apply_layers
from reference.layout import read_layers
from trees.tree import Tree


def unpack(layout: pathlib.Path, tag: str) -> Tree:
    """Refused and Unspecified say why there is no tree."""
    return apply_layers([read_entries(tar) for tar in read_layers(layout, tag)])

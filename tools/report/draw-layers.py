#!/usr/bin/env python3
"""Draws the layers of an image as they lie upon each other, from one or more layouts beside each other:

    tools/report/draw-layers.py STACKER TAG LAYOUT=WORDS… >docs/collapsed.svg

Which layers there are, how large, and what made each is what `stacker inspect --json` says. What is in a layer is read from its
blob, a tar: of that, what the image still shows. WORDS stand above the layers of a layout.
"""

import dataclasses
import json
import pathlib
import subprocess
import sys
import tarfile

from picture import box, size_of, picture, text

# Pixels: of a column, of the boxes in it, and of a megabyte.
COLUMN, GAP, TOP, LOWEST, SCALE = 344, 24, 62, 46, 26
MADE_BY_STACKER = ("stacker build of ", "stacker overlay dir for ")


@dataclasses.dataclass
class Layer:
    made_by: str
    size: int  # of its blob
    files: dict[str, int]  # what it brings, with the size of each content
    deleted: list[str]  # what it hides of the layers below
    opaque: list[str]  # directories that hide all of them

    def hides(self, path: str) -> bool:
        above = [path, *(str(parent) for parent in pathlib.PurePosixPath(path).parents)]
        return path in self.files or bool(set(above) & set(self.deleted)) or bool(set(above[1:]) & set(self.opaque))

    @property
    def is_own(self) -> bool:
        """Whether stacker made it, and not who made the base."""
        return self.made_by.startswith(MADE_BY_STACKER)

    def about(self, hidden: int) -> list[str]:
        """What there is to say of it: what it brings, if that is most of it, and what it hides."""
        if not self.is_own:
            return []
        whole = sum(self.files.values())
        brought = [f"/{path}" for path, size in self.files.items() if size * 20 > whole]
        lines = [f"{', '.join(brought)}{', hidden' if hidden * 2 > whole else ''}"] if brought else []
        return lines + ([f"deletes {', '.join(f'/{path}' for path in sorted(self.deleted))}"] if self.deleted else [])


def read_layers(stacker: str, tag: str, layout: str) -> list[Layer]:
    """From the lowest to the topmost."""
    command = [stacker, "--oci-dir", layout, "inspect", tag, "--json"]
    image = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)[0]
    history = [entry["created_by"] for entry in image["config"]["history"] if not entry.get("empty_layer")]
    descriptors = image["manifest"]["layers"]
    if len(history) != len(descriptors):
        sys.exit(f"error: {tag} in {layout} has {len(descriptors)} layers, and its history tells of {len(history)}")
    return [read_layer(pathlib.Path(layout), made_by, about) for made_by, about in zip(history, descriptors)]


def read_layer(layout: pathlib.Path, made_by: str, descriptor: dict) -> Layer:
    layer = Layer(made_by, descriptor["size"], {}, [], [])
    with tarfile.open(layout / "blobs" / descriptor["digest"].replace(":", "/"), "r:*") as archive:
        for entry in archive:
            path = pathlib.PurePosixPath(entry.name)
            if path.name == ".wh..wh..opq":
                layer.opaque.append(str(path.parent))
            elif path.name.startswith(".wh."):
                layer.deleted.append(str(path.with_name(path.name.removeprefix(".wh."))))
            elif entry.isfile():
                layer.files[str(path)] = entry.size
    return layer


def hidden_bytes(layers: list[Layer], number: int) -> int:
    """Of what a layer brings, what those above it hide."""
    above = layers[number + 1 :]
    return sum(size for path, size in layers[number].files.items() if any(layer.hides(path) for layer in above))


def draw_column(layers: list[Layer], words: str, left: float, bottom: float) -> list[str]:
    """The lowest layer stands at the bottom."""
    total = sum(layer.size for layer in layers)
    parts = [text(left, 28, words, "name"), text(left, 48, f"{len(layers)} layers, {size_of(total)}", "dull")]
    for number, layer in enumerate(layers):
        hidden = hidden_bytes(layers, number)
        lines = layer.about(hidden)
        height = height_of(layer)
        bottom -= height
        share = hidden / max(1, sum(layer.files.values()))
        parts += [
            '<g class="layer">',
            box(left, bottom, COLUMN, height, "seen"),
            box(left, bottom + height * (1 - share), COLUMN, height * share, "hidden") if share else "",
            box(left, bottom, COLUMN, height, "box", ' fill="none"' + (' stroke-dasharray="5 4"' if share > 0.5 else "")),
            text(left + 12, bottom + 20, layer.made_by, "name"),
            text(left + COLUMN - 12, bottom + 20, size_of(layer.size), "size", "end"),
            *(text(left + 12, bottom + 39 + 18 * line, words, "dull about") for line, words in enumerate(lines)),
            "</g>",
        ]
    return [part for part in parts if part]


def height_of(layer: Layer) -> float:
    return round(max(LOWEST if not layer.deleted else LOWEST + 18, layer.size / 1e6 * SCALE))


def describe(layers: list[Layer], words: str) -> str:
    told = [
        ", ".join([f"{layer.made_by}: {size_of(layer.size)}", *layer.about(hidden_bytes(layers, number))])
        for number, layer in enumerate(layers)
    ]
    return f"{words}, from below: {'; '.join(told)}."


def main(stacker: str, tag: str, *columns: str) -> None:
    stacks = [(words, read_layers(stacker, tag, layout)) for layout, _, words in (each.partition("=") for each in columns)]
    bottom = TOP + max(sum(height_of(layer) for layer in layers) for _, layers in stacks)
    width = GAP + len(stacks) * (COLUMN + GAP)
    parts = []
    for number, (words, layers) in enumerate(stacks):
        parts += draw_column(layers, words, GAP + number * (COLUMN + GAP), bottom)
    legend = "a box is as high as its layer is large, packed; dashed: in the layer, and not in the image"
    parts.append(text(GAP, bottom + 26, legend, "dull"))
    told = " ".join(describe(layers, words) for words, layers in stacks)
    print(picture(width, int(bottom) + 42, f"The layers of {tag}", told, parts), end="")


if len(sys.argv) < 4:
    sys.exit(__doc__)
main(*sys.argv[1:])

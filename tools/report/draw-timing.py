#!/usr/bin/env python3
"""Draws what a build did when, of the trace that `stacker build --timing` writes:

    tools/report/draw-timing.py TRACE >docs/timing.svg

A bar is a layer, with its steps in it. The chain of layers that takes longest is marked: no build is faster than that.
"""

import dataclasses
import functools
import json
import sys

from page import quote
from picture import FILLS, box, picture, text

# Pixels.
LEFT, RIGHT, TOP, ROW, BAR, WIDTH = 16, 24, 20, 62, 30, 688
# What is narrower has no place for a word.
NARROWEST = 52


@dataclasses.dataclass
class Layer:
    name: str
    begin: float
    seconds: float
    needs: list[str]
    steps: list[tuple[str, float, float]]

    @property
    def end(self) -> float:
        return self.begin + self.seconds


def read(path: str) -> list[Layer]:
    """The layers in the order in which they were begun."""
    with open(path, encoding="utf-8") as file:
        events = [event for event in json.load(file)["traceEvents"] if event["ph"] == "X"]
    layers = {
        event["name"]: Layer(event["name"], event["ts"] / 1e6, event["dur"] / 1e6, event["args"]["needs"], [])
        for event in events
        if event["cat"] == "layer"
    }
    for event in events:
        if event["cat"] != "layer" and (layer := layers.get(event["args"].get("layer", ""))):
            layer.steps.append((event["cat"], event["ts"] / 1e6, event["dur"] / 1e6))
    return sorted(layers.values(), key=lambda layer: layer.begin)


def critical_path(layers: list[Layer]) -> list[str]:
    """The layers, each of which needs the one before it, that took longest together."""
    named = {layer.name: layer for layer in layers}

    @functools.cache
    def longest(name: str) -> tuple[float, tuple[str, ...]]:
        seconds, path = max((longest(need) for need in named[name].needs if need in named), default=(0, ()))
        return seconds + named[name].seconds, (*path, name)

    return list(max(longest(layer.name) for layer in layers)[1]) if layers else []


def tick(end: float) -> float:
    """A distance of marks that leaves ten of them at most."""
    return next((step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 600, 3600) if end / step <= 10), end)


def draw(layers: list[Layer]) -> str:
    end = max(layer.end for layer in layers)
    scale = (WIDTH - LEFT - RIGHT) / end
    critical = critical_path(layers)
    floor = TOP + ROW * len(layers)
    parts = []
    step = tick(end)
    for number in range(int(end / step) + 1):
        x = LEFT + number * step * scale
        parts.append(f'<path class="line" d="M{x:g} {TOP}V{floor}"/>')
        parts.append(text(x, floor + 18, f"{number * step:g} s", "dull", "middle" if number else "start"))
    for row, layer in enumerate(layers):
        parts += draw_layer(layer, LEFT, TOP + row * ROW, scale, layer.name in critical)
    drawn = {kind_of(cat) for layer in layers for cat, *_ in layer.steps} | {"other"}
    kinds = [kind for kind in FILLS if kind in drawn]
    x = LEFT
    for kind in kinds:
        parts += [box(x, floor + 32, 16, 16, f"{kind} box"), text(x + 22, floor + 45, kind, "dull")]
        x += 46 + 8 * len(kind)
    parts += [box(x, floor + 32, 16, 16, "mark", ' stroke-width="2"'), text(x + 22, floor + 45, "critical path", "dull")]
    told = "; ".join(describe(layer) for layer in layers)
    title = "What a build did when, layer by layer"
    return picture(WIDTH, floor + 62, title, f"{told}. The critical path is {' -> '.join(critical)}.", parts)


def draw_layer(layer: Layer, left: float, top: float, scale: float, is_critical: bool) -> list[str]:
    x, width = left + layer.begin * scale, layer.seconds * scale
    # What begins late has no place right of its beginning.
    place, anchor = (x, "start") if x < WIDTH * 0.7 else (x + width, "end")
    words = f'<tspan class="name">{quote(layer.name)}</tspan><tspan class="dull" dx="8">{layer.seconds:.1f} s</tspan>'
    parts = ['<g class="layer">', f'<text x="{place:g}" y="{top + 16:g}" text-anchor="{anchor}">{words}</text>']
    parts.append(box(x, top + 22, width, BAR, "other"))
    for cat, begin, seconds in layer.steps:
        kind = kind_of(cat)
        parts.append(box(left + begin * scale, top + 22, seconds * scale, BAR, kind))
        if seconds * scale >= NARROWEST:
            parts.append(text(left + (begin + seconds / 2) * scale, top + 42, kind, "dull", "middle"))
    kind, thickness = ("mark", 2) if is_critical else ("box", 1)
    parts.append(box(x, top + 22, width, BAR, kind, f' fill="none" stroke-width="{thickness}"'))
    return [*parts, "</g>"]


def describe(layer: Layer) -> str:
    needs = f", needs {', '.join(layer.needs)}" if layer.needs else ""
    return f"{layer.name} from {layer.begin:.1f} s for {layer.seconds:.1f} s{needs}"


def kind_of(cat: str) -> str:
    """A step that takes next to nothing here has no colour of its own."""
    return cat if cat in FILLS else "other"


if len(sys.argv) != 2:
    sys.exit(__doc__)
print(draw(read(sys.argv[1])), end="")

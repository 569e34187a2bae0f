#!/usr/bin/env python3
"""Draws what each level of compression costs, of the table that `bench/run.sh levels` writes:

    tools/report/draw-levels.py bench/levels.tsv >docs/levels.svg

A point is a level: how long it took, and how large the layer became. Full ones are ours, hollow ones the peer's.
The colours can be read on white and on black.
"""

import collections
import math
import sys

WIDTH, HEIGHT = 880, 440
PANEL, LEFT, TOP, BOTTOM = 360, 64, 44, 56
PANELS = [["tar.gz", "tar.zst"], ["squashfs", "erofs"]]
COLOURS = {"tar.gz": "#d97706", "tar.zst": "#2f81f7", "squashfs": "#1a9850", "erofs": "#c2418f"}
STANDARD = {"tar.gz": 5, "tar.zst": 3, "squashfs": 14, "erofs": 9}
SECONDS = [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]

Level = collections.namedtuple("Level", "number seconds megabytes peer_seconds peer_megabytes")


def read(path: str) -> dict[str, list[Level]]:
    """The levels of each type, in the order of the table."""
    types: dict[str, list[Level]] = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(("#", "type")):
                continue
            name, number, seconds, size, _, peer_seconds, peer_size = line.rstrip("\n").split("\t")
            has_peer = peer_seconds != "-"
            level = Level(
                int(number), float(seconds), int(size) / 1e6,
                float(peer_seconds) if has_peer else None, int(peer_size) / 1e6 if has_peer else None)
            types.setdefault(name, []).append(level)
    return types


class Panel:
    """From seconds and megabytes to places in the picture; seconds on a logarithmic scale."""

    def __init__(self, number: int, types: dict[str, list[Level]]):
        levels = [level for group in types.values() for level in group]
        seconds = [s for level in levels for s in (level.seconds, level.peer_seconds) if s]
        sizes = [s for level in levels for s in (level.megabytes, level.peer_megabytes) if s]
        self.left = LEFT + number * (PANEL + LEFT)
        self.seconds = math.log(min(seconds) * 0.85), math.log(max(seconds) * 1.2)
        self.sizes = math.floor(min(sizes) / 10) * 10, math.ceil(max(sizes) / 10) * 10

    def x(self, seconds: float) -> float:
        first, last = self.seconds
        return round(self.left + (math.log(seconds) - first) / (last - first) * PANEL, 1)

    def y(self, megabytes: float) -> float:
        first, last = self.sizes
        return round(HEIGHT - BOTTOM - (megabytes - first) / (last - first) * (HEIGHT - TOP - BOTTOM), 1)

    def draw(self):
        right = self.left + PANEL
        for seconds in SECONDS:
            if self.seconds[0] <= math.log(seconds) <= self.seconds[1]:
                x = self.x(seconds)
                yield f'<path class="grid" d="M{x} {TOP}V{HEIGHT - BOTTOM}"/>'
                yield f'<text x="{x}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{seconds:g} s</text>'
        for size in range(self.sizes[0], self.sizes[1] + 1, 10):
            y = self.y(size)
            yield f'<path class="grid" d="M{self.left} {y}H{right}"/>'
            yield f'<text x="{self.left - 8}" y="{y + 4}" text-anchor="end">{size} MB</text>'


def draw_type(name: str, levels: list[Level], panel: Panel):
    """The line of our levels with their numbers, and the peer's."""
    colour = COLOURS[name]
    peers = [(panel.x(level.peer_seconds), panel.y(level.peer_megabytes)) for level in levels if level.peer_seconds]
    line = " ".join(f"{x},{y}" for x, y in peers)
    yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-dasharray="2 4" opacity="0.7"/>'
    for x, y in peers:
        yield f'<circle cx="{x}" cy="{y}" r="3" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    points = [(panel.x(level.seconds), panel.y(level.megabytes)) for level in levels]
    line = " ".join(f"{x},{y}" for x, y in points)
    yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
    labelled = -math.inf
    for level, (x, y) in zip(levels, points):
        is_standard = level.number == STANDARD[name]
        yield f'<circle cx="{x}" cy="{y}" r="{6 if is_standard else 4}" fill="{colour}"/>'
        # Below where the one before has the place above.
        above = x - labelled > 16
        labelled = x if above else labelled
        place = y - 10 if above else y + 19
        yield f'<text x="{x}" y="{place}" text-anchor="middle" fill="{colour}">{level.number}</text>'
    x, y = points[-1]
    yield f'<text x="{x + 6}" y="{y - 28}" text-anchor="end" class="name" fill="{colour}">{name}</text>'


def draw(types: dict[str, list[Level]]):
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    yield "<title>Time and size of a Debian base at each level of compression</title>"
    yield "<style>"
    yield "text { font: 12px system-ui, sans-serif } text:not([fill]) { fill: #768390 } .name { font-size: 15px }"
    yield ".grid { stroke: #8b949e; stroke-opacity: 0.3 }"
    yield "</style>"
    yield f'<text x="{LEFT}" y="22">size of the layer; a number is a level, the large point is the standard one</text>'
    yield (
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 12}" text-anchor="middle">time on two cores; '
        "hollow: pigz, zstd, mksquashfs, and mkfs.erofs, which uses one</text>")
    for number, names in enumerate(PANELS):
        group = {name: types[name] for name in names}
        panel = Panel(number, group)
        yield from panel.draw()
        for name, levels in group.items():
            yield from draw_type(name, levels, panel)
    yield "</svg>"


if len(sys.argv) != 2:
    sys.exit(__doc__)
print("\n".join(draw(read(sys.argv[1]))))

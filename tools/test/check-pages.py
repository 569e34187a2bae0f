#!/usr/bin/env python3
"""Looks at the pages that stacker writes as a reader does, in Debian's chromium: `make check-pages`.

check-pages.py STACKER [--keep DIR]

It makes pages of a small image, of hostile names and of 200,000 files, and checks: nothing is interpreted, and nothing asked of
a network; the treemap is drawn within two seconds and can be used by keyboard alone, with a focus that is seen; light and dark
all text has the contrast that WCAG's level AA asks for; at the width of a phone nothing has to be scrolled sideways. With --keep
the pages and pictures of them stay in DIR.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from browser import FOCUSED, Browser, Page

TOP = pathlib.Path(__file__).resolve().parents[2]
# What a reader waits for at most, in seconds, and how large a page of many files may be, in bytes.
PATIENCE, SIZE = 2, 2_000_000

HOSTILE = [
    [
        {"path": "<script>window.evil=1</script>/<img src=x onerror=window.evil=2>", "size": 5000},
        {"path": "</script><script>window.evil=3</script>", "size": 4000},
        {"path": "gpj.\u202eexe", "size": 3000},
        {"path": "x" * 200, "size": 2500},
        {"path": "a\nb\u2028c", "size": 2000},
        {"path": "/".join("d" * 40 for _ in range(30)), "size": 1000},
    ],
    [{"path": "gpj.\u202eexe", "text": "other"}, {"path": ".wh." + "x" * 200}],
]

# What has the focus: whether it is of the treemap, what it is called, and what is told of it.
TILE = """(() => {
    const tile = document.activeElement;
    return {isTile: tile.classList.contains("tile"), name: tile.getAttribute("aria-label") ?? tile.textContent};
})()"""
# Whether the treemap is there, with something in it.
DRAWN = "document.querySelectorAll('.tile').length > 0"
# Goes from directory to directory as far as they lead; the seconds that it took.
ALL_THE_WAY_DOWN = """(() => {
    const begin = performance.now();
    for (let tile; (tile = document.querySelector(".tile.directory"));) tile.click();
    return (performance.now() - begin) / 1000;
})()"""


class Checks:
    """The checks of one page after the other, and how many have failed."""

    def __init__(self, browser: Browser, keep: pathlib.Path) -> None:
        self.browser = browser
        self.keep = keep
        self.failures = 0

    def expect(self, holds: object, what: str) -> None:
        print(f"{'ok' if holds else 'not ok'} {what}", flush=True)
        self.failures += not holds

    def show(self, path: pathlib.Path, name: str, **window: object) -> tuple[Page, float]:
        """A tab with the page, and the seconds until its treemap was there."""
        page = self.browser.page(**window)
        seconds = page.open(path)
        self.expect(page.evaluate(DRAWN), f"{name}: the treemap is there")
        return page, seconds

    def page(self, path: pathlib.Path, name: str) -> None:
        for scheme in ("light", "dark"):
            page, seconds = self.show(path, f"{name}, {scheme}", width=1200, dark=scheme == "dark")
            self.expect(seconds < PATIENCE, f"{name}, {scheme}: drawn after {seconds:.2f} s")
            page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
            pale = page.contrasts()
            self.expect(not pale, f"{name}, {scheme}: no text is too pale {pale[:3]}")
            page.screenshot(self.keep / f"{name}-{scheme}.png", whole=True)
            self.nothing_happened(page, f"{name}, {scheme}")
        page, _ = self.show(path, f"{name}, 390 pixels wide", width=390, height=844)
        wide = page.overflow()
        self.expect(wide <= 0, f"{name}, 390 pixels wide: {wide} pixels to scroll sideways {page.sticking_out()[:3]}")
        page.screenshot(self.keep / f"{name}-phone.png", whole=True)
        self.nothing_happened(page, f"{name}, 390 pixels wide")

    def nothing_happened(self, page: Page, name: str) -> None:
        evil = page.evaluate("window.evil === undefined ? null : window.evil")
        self.expect(evil is None, f"{name}: nothing in a name is run")
        self.expect(not page.requests, f"{name}: nothing is asked of a network {page.requests}")
        self.expect(not page.complaints, f"{name}: the browser has nothing to say {page.complaints}")

    def keyboard(self, path: pathlib.Path, name: str) -> None:
        page, _ = self.show(path, f"{name}, by keyboard", width=1200)

        def tile() -> str:
            """What the tile with the focus is called; nothing if something else has it."""
            focused = page.evaluate(TILE)
            return focused["name"] if focused["isTile"] else ""

        def way() -> object:
            return page.evaluate("document.querySelector('.way').textContent")

        for _ in range(20):
            page.press("Tab")
            if tile():
                break
        first = tile()
        self.expect(first, f"{name}: Tab comes to the treemap: {first!r}")
        stop = page.evaluate(FOCUSED)
        self.expect(stop and stop["marked"] and stop["seen"], f"{name}: the focus is seen: {stop}")
        page.press("End")
        self.expect(tile() not in ("", first), f"{name}: End goes to the last: {tile()!r}")
        page.press("Home")
        self.expect(tile() == first, f"{name}: Home goes to the first")
        moved = set()
        for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
            page.press(key)
            moved.add(tile())
        self.expect(len(moved - {""}) > 1, f"{name}: arrows go about: {sorted(moved)[:4]}")
        page.press("Home")
        before = way()
        page.press("Enter")
        inside = way()
        self.expect(inside != before and tile(), f"{name}: Enter opens {inside!r}")
        page.press("Escape")
        self.expect(way() == before and tile() == first, f"{name}: Escape comes back to it")
        told = page.evaluate("document.querySelector('.told').textContent")
        self.expect(", layer " in told, f"{name}: what has the focus is told: {told!r}")
        self.nothing_happened(page, f"{name}, by keyboard")

    def many(self, path: pathlib.Path) -> None:
        size = path.stat().st_size
        self.expect(size < SIZE, f"many: the page has {size / 1e6:.2f} MB")
        page, _ = self.show(path, "many", width=1200)
        seconds = page.evaluate(ALL_THE_WAY_DOWN)
        self.expect(seconds < PATIENCE, f"many: all the way down in {seconds:.2f} s")


def write_pages(stacker: pathlib.Path, scratch: pathlib.Path) -> dict[str, pathlib.Path]:
    make = TOP / "tools/fixtures/make-stacked-image.py"
    pages = {}
    for name, arguments, layers in (("hostile", [], HOSTILE), ("many", ["--files", "200000"], None)):
        subprocess.run(
            [make, scratch / f"{name}-image", *arguments], check=True, text=True,
            input=json.dumps(layers) if layers else "")
        pages[name] = scratch / f"{name}.html"
        begin = time.monotonic()
        image = f"oci:{scratch}/{name}-image:latest"
        subprocess.run([stacker, "explain", image, "--html", pages[name]], check=True, cwd=scratch)
        print(f"# {name}: a page of {pages[name].stat().st_size} bytes in {time.monotonic() - begin:.1f} s", flush=True)
        subprocess.run([TOP / "tools/test/read-page.py", pages[name]], check=True)
    return pages


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("stacker", type=pathlib.Path)
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        scratch = pathlib.Path(directory)
        keep = arguments.keep or scratch
        keep.mkdir(parents=True, exist_ok=True)
        pages = write_pages(arguments.stacker.resolve(), scratch)
        with Browser() as browser:
            checks = Checks(browser, keep)
            for name, page in pages.items():
                checks.page(page, name)
                checks.keyboard(page, name)
            checks.many(pages["many"])
        if arguments.keep:
            for page in pages.values():
                shutil.copy(page, keep)
    print(f"{checks.failures} failures")
    sys.exit(checks.failures > 0)


main()

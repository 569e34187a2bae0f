#!/usr/bin/env python3
"""Tries the suite's own report in a browser: by keyboard, in the dark, as narrow as a phone, without scripts, with thousands of
results, and with outputs that mean harm.

    tools/test/check-report.py [--screenshots DIR]

Each line says what holds, or what does not; the status is 1 if something does not.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
from typing import Callable

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "report"))
import behaviours
import reports
from browser import Browser, Page
from reports import Outcome
from runs import link

TOP = pathlib.Path(__file__).resolve().parents[2]
# What a reader waits for at most, in seconds, and how large the page may be, in bytes.
PATIENCE, SIZE = 2, 4_000_000
# Where the tests of the report ran, and how many Swift tests there are: 5,800 results.
COLUMNS = ["priv.tmpfs", "unpriv.tmpfs", "priv.ext4", "unpriv.ext4"]
SWIFT_TESTS = 400
HOSTILE = (
    '<script>alert("it ran")</script>\n</pre></details><img src="x" onerror="alert(1)">\n"\' onclick=alert(2)\n'
    "a \u202egnol\u202c \u2066name\u2069\n]]> --> &amp; &#60;b&#62;\n<style>body{display:none}</style>\n"
)
# Whether each result that is seen, of whatever kind, has a word.
OTHERS = """[...document.querySelectorAll('[data-status]')].filter(each => each.checkVisibility())
    .every(each => (each.textContent + each.closest('section').textContent).toLowerCase().includes('{}'))"""
FAILING = ("hello.bats", "rm in run: leaves a whiteout")


def write_runs(now: pathlib.Path, before: pathlib.Path) -> int:
    """Reports of two runs of all tests: many results, each of which is of some use to look at. How many there are."""
    tests = behaviours.read(behaviours.all_files())
    count = SWIFT_TESTS
    for column in COLUMNS:
        level = column.partition(".")[0]
        found = [outcome(test.key, number) for number, test in enumerate(tests) if test.level in ("", level)]
        count += len(found)
        reports.write(now / f"bats-{column}.xml", found)
        reports.write(before / f"bats-{column}.xml", [earlier(each, number) for number, each in enumerate(found)])
    swift = [outcome((f"Unit.Suite{number % 40}Tests", f"test{number}(_:)"), number) for number in range(SWIFT_TESTS)]
    swift.append(Outcome("Unit.<b>Hostile</b>", '"><img src=x onerror=alert(3)>\u202e()', "failed", 1, HOSTILE))
    reports.write(now / "swift.xml", swift)
    gone = Outcome("Unit.Suite1Tests", "gone()", "passed", 1, "")
    reports.write(before / "swift.xml", [*swift[: SWIFT_TESTS // 2], gone])
    return count


def outcome(key: tuple[str, str], number: int) -> Outcome:
    if key == FAILING or number % 97 == 5:
        return Outcome(*key, "failed", 3.2, HOSTILE * (1 + number % 20))
    if number % 61 == 7:
        return Outcome(*key, "skipped", 0.1, "requires loop: <b>no</b> loop devices\u202e")
    return Outcome(*key, "passed", 0.2 + number % 37 / 10, "")


def earlier(now: Outcome, number: int) -> Outcome:
    result = "passed" if number % 3 == 0 else "failed" if number % 83 == 0 else now.result
    return Outcome(now.group, now.name, result, now.seconds / (6 if number % 89 == 0 else 1), "")


class Check:
    """The checks, and what they have found."""

    def __init__(self, browser: Browser, page: pathlib.Path, results: int, screenshots: pathlib.Path | None):
        self.browser = browser
        self.path = page
        self.results = results
        self.screenshots = screenshots
        self.failed = False

    def say(self, holds: object, statement: str, found: object = "") -> None:
        self.failed |= not holds
        print(f"{'ok' if holds else 'NOT OK'}: {statement}{f': {found}' if found or not holds else ''}", flush=True)

    def take(self, page: Page, name: str) -> None:
        if self.screenshots:
            page.screenshot(self.screenshots / f"{name}.png")

    def is_innocent(self, page: Page, where: str) -> None:
        """Nothing of what tests printed became a part of the page, and it asked for nothing."""
        strange = page.evaluate("document.querySelectorAll('img, iframe, object, pre *, [onerror], [onclick], body style').length")
        self.say(strange == 0 and not page.requests and not page.complaints,
                 f"{where}, outputs are text, and nothing is asked for", [strange, page.requests, page.complaints])

    # --- Size and time ---------------------------------------------------------------------------

    def large(self) -> None:
        size = self.path.stat().st_size
        self.say(size <= SIZE, f"{self.results} results in {size / 1e6:.2f} MB")
        self.say(min(self.seconds() for _ in range(3)) <= PATIENCE, f"loaded, filtered and drawn in {PATIENCE} s", self.last)

    def seconds(self) -> float:
        page = self.browser.page()
        load = page.open(self.path)
        page.evaluate("document.getElementById('words').focus()")
        filtered = page.measure(lambda: page.type("s"))
        self.last = f"the last time {load:.2f} s + {filtered:.2f} s"
        return load + filtered

    # --- Keys --------------------------------------------------------------------------------------

    def keys(self) -> None:
        page = self.browser.page()
        page.open(self.path)
        stops = page.tab_stops(25)
        self.say(all(stop["seen"] and stop["marked"] for stop in stops), "each stop of Tab is seen, and marked as one",
                 [stop for stop in stops if not (stop["seen"] and stop["marked"])])
        page.evaluate(f"[...document.getElementById({link(*FAILING)!r}).querySelectorAll('a')].at(-1).focus()")
        stops = page.tab_stops(40, "Shift+Tab")
        self.say(len(stops) == 40 and all(stop["seen"] for stop in stops), "and so is each on the way back, with nothing over it",
                 [stop for stop in stops if not stop["seen"]])
        page.press("Escape")
        self.say(focus(page) == "words", "Escape leads to the words", focus(page))
        all_rows = seen(page)
        page.type("whiteout hello")
        few = seen(page)
        self.say(page.evaluate(OTHERS.format("hello")), "and nothing else", page.evaluate("document.body.innerText.length"))
        self.say(0 < few < 20 < all_rows, "typed words leave the results that have them", f"{few} of {all_rows}")
        self.say(fragment(page) == "#words=whiteout+hello", "the address has the words", fragment(page))
        page.press("Tab", "Space")
        self.say(fragment(page) == "#words=whiteout+hello&status=failed", "Space asks for a status, which the address has",
                 fragment(page))
        # In a page of its own: what somebody sees who gets the address.
        other = self.browser.page()
        other.open(f"{self.path}{fragment(page)}")
        self.say(seen(other) == seen(page) > 0, "who gets the address sees the same", f"{seen(other)}, {seen(page)}")
        self.take(other, "filtered")
        other.open(f"{self.path}#status=unheard-of")
        self.say(seen(other) == 0, "an address that asks for what nothing is shows nothing", seen(other))
        page.press("Escape", "Escape")
        self.say(seen(page) == all_rows and fragment(page) == "", "Escape, and once more, shows all", [seen(page), fragment(page)])

    def folds(self) -> None:
        page = self.browser.page()
        page.open(self.path)
        opened = "document.querySelectorAll('details[open]').length"
        page.evaluate("document.querySelector('summary').focus()")
        before = page.evaluate(opened)
        page.press("Enter")
        self.say((before, page.evaluate(opened)) == (0, 1), "Enter unfolds an output", [before, page.evaluate(opened)])
        kinds = ("[...document.querySelectorAll('#comparison h3')].filter(each => each.checkVisibility())"
                 ".map(each => each.textContent)")
        self.say(len(page.evaluate(kinds)) == 6, "what is different is there, of each kind", page.evaluate(kinds))
        self.say(page.evaluate("document.querySelector('details[open] pre').innerText.includes('\\\\u{202e}gnol')"),
                 "marks of direction are seen")
        self.take(page, "failures")

    # --- Links -------------------------------------------------------------------------------------

    def links(self) -> None:
        place = link(*FAILING)
        page = self.browser.page()
        page.open(f"{self.path}#{place}")
        row = f"document.getElementById({place!r})"
        box = page.evaluate(
            f"(() => {{ const box = {row}.getBoundingClientRect(); return [box.top, box.bottom, innerHeight]; }})()")
        self.say(0 <= box[0] < box[1] <= box[2], "a link leads to its result", box)
        free = page.evaluate(
            f"(() => {{ const box = {row}.getBoundingClientRect();"
            f" return {row}.contains(document.elementFromPoint(box.left + 20, box.top + 4)); }})()")
        self.say(free, "nothing lies over it")
        colours = page.evaluate(
            f"[{row}, {row}.nextElementSibling].map(each => getComputedStyle(each.cells[0]).backgroundColor)")
        self.say(colours[0] != colours[1], "and is marked there", colours)
        right = f"[...document.querySelectorAll('details')].every(each => each.open === (each.dataset.of === {place!r}))"
        self.say(page.evaluate(right), "its outputs are unfolded, and no others")
        self.take(page, "link")
        page.evaluate("document.getElementById('words').focus()")
        page.type("nothing has such words")
        self.say(seen(page) == 0, "a filter that nothing passes leaves nothing")
        page.evaluate(f"location.hash = {place!r}")
        page.wait_for_drawing()
        self.say(page.evaluate(f"{row}.checkVisibility()"), "a link takes back the filter that hides its result")
        twice = page.evaluate("(() => { const ids = [...document.querySelectorAll('[id]')].map(each => each.id);"
                              " return ids.filter((id, n) => ids.indexOf(id) !== n); })()")
        self.say(not twice, "each link is the only one of its name", twice)
        lost = page.evaluate("[...document.querySelectorAll('a[href^=\"#\"]')].map(each => each.getAttribute('href').slice(1))"
                             ".filter(id => !document.getElementById(id))")
        self.say(not lost, "each link leads somewhere", lost)

    # --- Looks ---------------------------------------------------------------------------------------

    def looks(self) -> None:
        for dark in (False, True):
            for width in (1280, 390):
                where = f"{'dark' if dark else 'light'}, {width} pixels wide"
                page = self.browser.page(width=width, dark=dark)
                page.open(f"{self.path}#{link(*FAILING)}")
                page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
                pale = page.contrasts()
                self.say(not pale, f"{where}, all texts have the contrast of AA", pale[:5])
                self.say(page.overflow() == 0 and not page.sticking_out(), f"{where}, nothing sticks out",
                         [page.overflow(), page.sticking_out()])
                self.is_innocent(page, where)
                self.take(page, f"{'dark' if dark else 'light'}-{width}")
                page.evaluate("scrollTo(0, 0)")
                page.wait_for_drawing()
                self.take(page, f"{'dark' if dark else 'light'}-{width}-top")

    def fingers(self) -> None:
        """What is to be hit in a narrow window is as large as WCAG's "Target Size (Minimum)" wants: 24 pixels."""
        page = self.browser.page(width=390, height=844)
        page.open(self.path)
        small = page.evaluate(
            "[...document.querySelectorAll('#filter :is(label, button), #filter input[type=search], summary')]"
            ".map(each => [each.textContent, each.getBoundingClientRect()])"
            ".filter(([, box]) => box.height < 24 || box.width < 24).map(([text]) => text)")
        self.say(not small, "what a finger has to hit is large enough", small)

    def pictures(self) -> None:
        """Those of the documentation, as a page shows them."""
        for picture in ("collapsed", "timing"):
            frame = self.path.with_name(f"{picture}.html")
            frame.write_text('<!doctype html><meta charset="utf-8">' + (TOP / f"docs/{picture}.svg").read_text())
            for dark in (False, True):
                page = self.browser.page(width=760, height=560, dark=dark)
                page.open(frame)
                pale = page.contrasts()
                self.say(not pale, f"docs/{picture}.svg, {'dark' if dark else 'light'}, has the contrast of AA", pale[:5])
                self.take(page, f"{picture}-{'dark' if dark else 'light'}")

    def without_scripts(self) -> None:
        page = self.browser.page(scripts=False)
        page.open(f"{self.path}#status=failed")
        hidden = page.evaluate(
            "[...document.querySelectorAll('tr, section, details')].filter(each => !each.checkVisibility()).length")
        self.say(hidden == 0, "without scripts all is shown", hidden)
        self.say(not page.evaluate("document.getElementById('filter').checkVisibility()"), "and no filter that does nothing")
        page.open(f"{self.path}#{link(*FAILING)}")
        top = page.evaluate(f"document.getElementById({link(*FAILING)!r}).getBoundingClientRect().top")
        self.say(0 <= top < 900, "links lead to results also then", top)
        self.is_innocent(page, "without scripts")


def seen(page: Page) -> int:
    """How many rows of results there are to see."""
    return page.evaluate("[...document.querySelectorAll('tr[id]')].filter(each => each.checkVisibility()).length")


def focus(page: Page) -> str:
    return page.evaluate("document.activeElement.id")


def fragment(page: Page) -> str:
    return page.evaluate("location.hash")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--screenshots", type=pathlib.Path, metavar="DIR")
    options = parser.parse_args()
    if options.screenshots:
        options.screenshots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, Browser() as browser:
        now, before = pathlib.Path(directory, "now"), pathlib.Path(directory, "before")
        now.mkdir()
        before.mkdir()
        results = write_runs(now, before)
        subprocess.run([TOP / "tools/report/write-report.py", "--before", before, now], check=True, stdout=subprocess.DEVNULL)
        check = Check(browser, now / "index.html", results, options.screenshots)
        steps: list[Callable[[], None]] = [
            check.large, check.keys, check.folds, check.links, check.looks, check.fingers, check.without_scripts,
            check.pictures,
        ]
        for step in steps:
            step()
    return int(check.failed)


sys.exit(main())

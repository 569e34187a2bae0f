"""Reads JUnit XML as bats and Swift Testing write it."""

import dataclasses
import pathlib
import re
from xml.etree import ElementTree


@dataclasses.dataclass
class Outcome:
    """How one test ended."""

    group: str  # the bats file, or the suite
    name: str
    result: str  # passed, failed or skipped
    seconds: float
    text: str  # what was said of a failure or a skip


def read(path: pathlib.Path) -> list[Outcome]:
    """The tests of one report. A report that is not there has none."""
    if not path.exists():
        return []
    return [outcome(case) for case in parse(path).iter("testcase")]


def parse(path: pathlib.Path) -> ElementTree.Element:
    """bats passes on what tests printed, and XML can't hold all of it: control characters are left out."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return ElementTree.fromstring("".join(c for c in text if c >= " " or c in "\t\n"))


def outcome(case: ElementTree.Element) -> Outcome:
    result, text = "passed", ""
    for tag, meaning in (("skipped", "skipped"), ("failure", "failed"), ("error", "failed")):
        for element in case.findall(tag):
            result = meaning
            text += (element.text or "") or element.get("message", "")
    return Outcome(
        group=pathlib.PurePath(case.get("classname", "")).name,
        name=case.get("name", ""),
        result=result,
        seconds=float(case.get("time") or 0),
        text=re.sub("\x1b\\[[0-9;]*m", "", text).strip(),
    )

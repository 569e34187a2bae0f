"""Reads JUnit XML as bats and Swift Testing write it, and writes it."""

import dataclasses
import math
import pathlib
import re
from xml.etree import ElementTree

# What XML can't hold, neither as it is nor by its number, which bats writes: control characters and the like.
UNFIT = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
BY_NUMBER = re.compile(r"&#(?:x([0-9a-fA-F]+)|([0-9]+));")
# Of such a number, more digits than any has.
DIGITS = 20
# What says of a skipped test that it failed, and is known to on such a kernel.
KNOWN = "known-on-kernel"
# Of a failure's text, more than anybody reads; the output of the run has all of it.
MOST = 1 << 16


@dataclasses.dataclass
class Outcome:
    """How one test ended."""

    group: str  # the bats file, or the suite
    name: str
    result: str  # passed, failed, skipped, or known: failed, as it is known to on such a kernel
    seconds: float
    text: str  # what was said of a failure or a skip


def read(path: pathlib.Path) -> list[Outcome]:
    """The tests of one report. A report that is not there has none; that one can't be read is a failure of its own."""
    if not path.exists():
        return []
    try:
        return [outcome(case) for case in parse(path).iter("testcase")]
    except (OSError, ElementTree.ParseError) as error:
        return [Outcome(path.name, f"couldn't read {path.name}", "failed", 0, f"{type(error).__name__}: {error}")]


def parse(path: pathlib.Path) -> ElementTree.Element:
    """Tests print whatever they like, and who wrote the report may have passed it on."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return ElementTree.fromstring(UNFIT.sub("", BY_NUMBER.sub(fit_number, text)))


def fit_number(match: re.Match[str]) -> str:
    """A reference to a character by its number, or nothing where XML can't hold that."""
    digits = (match[1] or match[2]).lstrip("0") or "0"
    if len(digits) > DIGITS:
        return ""
    number = int(digits, 16 if match[1] else 10)
    return match[0] if number <= 0x10FFFF and not UNFIT.match(chr(number)) else ""


def outcome(case: ElementTree.Element) -> Outcome:
    result, text = "passed", ""
    for tag, meaning in (("skipped", "skipped"), ("failure", "failed"), ("error", "failed")):
        for element in case.findall(tag):
            result = "known" if element.get("type") == KNOWN else meaning
            text += (element.text or "") or element.get("message", "")
    return Outcome(
        group=pathlib.PurePath(case.get("classname", "")).name,
        name=case.get("name", ""),
        result=result,
        seconds=seconds(case.get("time", "")),
        text=readable(text),
    )


def seconds(text: str) -> float:
    """How long a test took; 0 where that is no time."""
    try:
        number = float(text)
    except ValueError:
        return 0
    return number if math.isfinite(number) and number >= 0 else 0


def read_surroundings(path: pathlib.Path) -> dict[str, str]:
    """Where the tests of one report ran, as far as it says."""
    try:
        return {each.get("name", ""): each.get("value", "") for each in parse(path).iter("property")}
    except (OSError, ElementTree.ParseError):
        return {}


def write(path: pathlib.Path, outcomes: list[Outcome], surroundings: dict[str, str] | None = None) -> None:
    """Writes a report, with a suite for each group, which says where it ran."""
    root = ElementTree.Element("testsuites")
    suites: dict[str, ElementTree.Element] = {}
    for each in outcomes:
        suite = suites.setdefault(each.group, ElementTree.Element("testsuite", name=each.group))
        about = {"classname": each.group, "name": readable(each.name), "time": f"{each.seconds:.3f}"}
        case = ElementTree.SubElement(suite, "testcase", about)
        if each.result != "passed":
            tag = "failure" if each.result == "failed" else "skipped"
            more = {"type": KNOWN} if each.result == "known" else {}
            ElementTree.SubElement(case, tag, more).text = readable(each.text)
    for suite in suites.values():
        if surroundings:
            properties = ElementTree.Element("properties")
            for name, value in surroundings.items():
                ElementTree.SubElement(properties, "property", name=name, value=readable(value))
            suite.insert(0, properties)
        for name, tag in (("tests", "testcase"), ("failures", "testcase/failure"), ("skipped", "testcase/skipped")):
            suite.set(name, str(len(suite.findall(tag))))
        root.append(suite)
    ElementTree.indent(root)
    path.write_bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def readable(text: str, most: int = MOST) -> str:
    """Without colours and what XML can't hold, and without the middle if it is too long."""
    text = UNFIT.sub("", re.sub("\x1b\\[[0-9;]*m", "", text)).strip()
    if len(text) > most:
        left_out = f"\n… {len(text) - most} characters are left out here …\n"
        text = text[: most // 2] + left_out + text[-most // 2 :]
    return text

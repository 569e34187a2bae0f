"""The behaviours that the suite pins, as the headers of the bats files tell them."""

import dataclasses
import pathlib
import re
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass
class Behaviour:
    """One test."""

    chapter: str  # the folder of bats/ that it is in
    file: str  # its name, the only one in all chapters
    name: str
    status: str  # documented or beyond
    text: str
    documented: list[str]  # places: docs/page.md#anchor, or a document's name and chapter
    level: str  # priv or unpriv if it is for one of them, else empty
    why: str
    fails: dict[str, str]  # by file system: why it is known to fail there
    original: str  # what the original does instead, if it is known to fail the test, and why that is its fault
    fails_where: dict[str, str] = dataclasses.field(default_factory=dict)  # by conditions.py's words: why it is known to fail
    group: str = ""  # quick if it is one of the few that show a machine in minutes; quick-LEVEL if at that level alone

    @property
    def key(self) -> tuple[str, str]:
        return self.file, self.name

    def is_in(self, group: str, level: str) -> bool:
        """Whether it belongs to a group at that level."""
        return self.level in ("", level) and self.group in tags(group, level)

    @property
    def excuse(self) -> str:
        """How the outcome begins of a test that another stacker failed as the original does."""
        return f"the original: {self.original}"

    @property
    def path(self) -> pathlib.Path:
        return TOP / "bats" / self.chapter / self.file


def read(files: list[pathlib.Path]) -> list[Behaviour]:
    """Those of the given bats files, in their order."""
    command = [TOP / "tools/report/check-headers", "--list", *(file.resolve() for file in files)]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [parse(line) for line in listing.splitlines()]


def parse(line: str) -> Behaviour:
    file, name, status, text, documented, level, why, fails, original, group, where = line.split("\t")
    reasons = {name: reason for names, reason in entries(fails) for name in names.split()}
    path = pathlib.Path(file)
    places = documented.split("; ")
    return Behaviour(path.parent.name, path.name, name, status, text, places, level, why, reasons, original, dict(entries(where)), group)


def entries(text: str) -> list[tuple[str, str]]:
    """What is known to fail, and why: "NAME…: why" with " // " in between."""
    return [(names, why) for names, _, why in (entry.partition(": ") for entry in text.split(" // ") if entry)]


def tags(group: str, level: str) -> list[str]:
    """What tests of a group may be called: those that are in it anyway, and those that are at that level alone."""
    return [group, f"{group}-{level}"]


def all_files() -> list[pathlib.Path]:
    """By chapter, and then by name."""
    return sorted((TOP / "bats").glob("*/*.bats"))


def chapters() -> list[pathlib.Path]:
    """The folders of bats/ that have a page."""
    return [page.parent for page in sorted((TOP / "bats").glob("*/README.md"))]


def pinned_in(chapter: pathlib.Path) -> str:
    """What it pins: the first line below its page's heading."""
    lines = (chapter / "README.md").read_text().splitlines()
    return next(filter(None, lines[1:]), "")


def top_comment(file: pathlib.Path) -> list[str]:
    """The comment lines at a file's top, below the line that names its interpreter."""
    lines = []
    for line in file.read_text().splitlines()[1:]:
        if not line.startswith("#"):
            break
        lines.append(line[1:].strip())
    return lines


def is_sensitive(file: pathlib.Path) -> bool:
    """Whether what its tests show depends on the file system that they work on."""
    return "file-systems: all" in top_comment(file)


def needs_a_machine(file: pathlib.Path) -> bool:
    """Whether what its tests do is the whole machine's."""
    return any(line.startswith("runs: in a machine of its own") for line in top_comment(file))


def introduction(file: pathlib.Path) -> str:
    return " ".join(line for line in top_comment(file) if not re.match(r"(file-systems|runs|bound|bats file_tags|why|shellcheck)\b", line))

"""A vector file, read and checked for what every vector needs."""

import pathlib
import re

from text.image_lines import read_image
from text.layer_lines import read_layer
from text.lines import Words
from text.model import VERDICTS, Difference, Image, Outcome, Vector, VectorError
from text.sections import Line, Section, read_file
from text.tree_lines import read_tree

REQUIRED = ("behaviour", "documented", "verdict")
KEYS = (*REQUIRED, "why", "bug", "needs", "looks-at")
NAME = re.compile(r"(layers|changes)(/[a-z0-9]+(-[a-z0-9]+)*){2}")


def read_vector(top: pathlib.Path, file: pathlib.Path) -> Vector:
    """`top` is the folder that names are below: vectors/."""
    name = str(file.relative_to(top).with_suffix(""))
    shown = f"{top.name}/{file.relative_to(top)}"
    if not NAME.fullmatch(name):
        raise VectorError(
            shown, "is no name of a vector",
            "layers/CHAPTER/NAME.vector or changes/CHAPTER/NAME.vector, of lower case letters, digits and hyphens")
    header, sections = read_file(file, shown)
    vector = read_keys(name, pathlib.Path(shown), header)
    for section in sections:
        read_section(vector, section)
    check(vector)
    return vector


def read_keys(name: str, shown: pathlib.Path, header: dict[str, Line]) -> Vector:
    for key, line in header.items():
        if key not in KEYS:
            raise VectorError(line.place, f"there is no key {key}", f"there are {', '.join(KEYS)}")
        if not line.text:
            raise VectorError(line.place, f"{key}: is empty", "say it, or take the line away")
    for key in REQUIRED:
        if key not in header:
            raise VectorError(f"{shown}:1", f"has no {key}:", f"the header wants {', '.join(REQUIRED)}")
    value = {key: line.text for key, line in header.items()}
    if value["verdict"] not in VERDICTS:
        raise VectorError(
            header["verdict"].place, f"no such verdict: {value['verdict']}", f"there are {', '.join(VERDICTS)}")
    return Vector(
        name, shown, value["behaviour"], split(value["documented"], "; "), value["verdict"], value.get("why"),
        split(value.get("bug", ""), "; "), value.get("needs", "").replace(",", " ").split(),
        looks_at=[path.encode() for path in value.get("looks-at", "").split()])


def split(text: str, separator: str) -> list[str]:
    return [part.strip() for part in text.split(separator) if part.strip()]


def read_section(vector: Vector, section: Section) -> None:
    readers = {
        "layer": lambda: vector.layers.append(read_layer(section)),
        "image": lambda: read_into_image(vector, section),
        "tree": lambda: vector.outcomes.append(
            Outcome(section.head.place, optional_name(section), read_tree(section.lines))),
        "refused": lambda: vector.outcomes.append(Outcome(section.head.place, empty_name(section), None)),
        "outside": lambda: vector.outside.append(outside_path(section)),
        "base": lambda: read_base(vector, section),
        "script": lambda: read_script(vector, section),
        "differs": lambda: vector.differences.append(read_difference(section)),
    }
    if section.word not in readers:
        raise VectorError(section.head.place, f"no such section: {section.word}", f"there are {', '.join(readers)}")
    readers[section.word]()


def optional_name(section: Section) -> str | None:
    words = section.head.text.split()
    if len(words) > 2:
        raise VectorError(section.head.place, "has more than one name", f"write `{words[0]} NAME`, joined by hyphens")
    return words[1] if len(words) == 2 else None


def empty_name(section: Section) -> str | None:
    if section.lines:
        raise VectorError(section.lines[0].place, f"{section.word} has no lines", "take them away")
    return optional_name(section)


def outside_path(section: Section) -> bytes:
    words = Words(section.head)
    words.take("outside")
    path = words.take("the path")
    words.end()
    if section.lines:
        raise VectorError(section.lines[0].place, "outside has no lines", "one path for each `outside`")
    return path


def read_into_image(vector: Vector, section: Section) -> None:
    if vector.image != Image():
        raise VectorError(section.head.place, "a second image", "one section says all of the image")
    vector.image = read_image(section)


def read_base(vector: Vector, section: Section) -> None:
    words = section.head.text.split()
    if "shell=bare" in words:
        vector.base.is_bare = True
        words.remove("shell=bare")
    head = Line(section.head.place, " ".join(words))
    vector.base.layers.append(read_layer(Section(head, section.lines), "base"))


def read_script(vector: Vector, section: Section) -> None:
    if vector.script is not None:
        raise VectorError(section.head.place, "a second script", "a vector has one")
    lines = [line.text for line in section.lines]
    vector.script = "\n".join(lines).rstrip("\n") + "\n"


def read_difference(section: Section) -> Difference:
    name = optional_name(section)
    if name is None:
        raise VectorError(section.head.place, "has no name", "write `differs NAME`")
    rest = [line for line in section.lines if line.text.split()[0] not in ("gone", "again")]
    return Difference(
        section.head.place, name, read_tree(rest), paths_of("gone", section.lines), paths_of("again", section.lines))


def paths_of(word: str, lines: list[Line]) -> list[bytes]:
    """Of the lines that begin with the word."""
    return [only_path(line) for line in lines if line.text.split()[0] == word]


def only_path(line: Line) -> bytes:
    words = Words(line)
    words.take("the word of the line")
    path = words.take("the path")
    words.end()
    return path


def check(vector: Vector) -> None:
    """What depends on several sections."""
    if vector.name.startswith("changes/") != (vector.script is not None):
        raise VectorError(vector.place, "a script belongs to a vector of changes/, and each of them has one",
                          "move the file, or write the section script")
    check_outcomes(vector)
    if vector.kind == "layer":
        check_layers(vector)
    else:
        check_changes(vector)


def check_layers(vector: Vector) -> None:
    if vector.verdict != "hostile" and not vector.outcomes:
        raise VectorError(vector.place, f"{vector.verdict}, and nothing comes out", "write tree or refused")
    if vector.base.layers or vector.differences or vector.looks_at:
        raise VectorError(vector.place, "base, differs and looks-at are for vectors of changes/", "write layer and tree")


def check_changes(vector: Vector) -> None:
    if vector.layers or any(outcome.tree is not None for outcome in vector.outcomes):
        raise VectorError(vector.place, "layer and tree are for vectors of layers/",
                          "write base; the truth is what the script makes of it")
    if vector.verdict == "hostile" or vector.outside:
        raise VectorError(vector.place, "a script can't be hostile: nothing of it is read", "the verdict is open")
    if vector.verdict != "open" and (vector.differences or vector.outcomes):
        raise VectorError(vector.place, f"is {vector.verdict}, and has more than one outcome", "the verdict is open")
    names = ["plain", *(difference.name for difference in vector.differences)]
    if len(set(names)) < len(names):
        raise VectorError(vector.place, "two differs have one name, or the truth's, plain", "give them different names")


def check_outcomes(vector: Vector) -> None:
    names = [outcome.name for outcome in vector.outcomes]
    for outcome in vector.outcomes:
        if vector.verdict == "open" and outcome.name is None:
            raise VectorError(outcome.place, "an outcome of an open vector has a name", "write `tree NAME`")
        if outcome.name is not None and names.count(outcome.name) > 1:
            raise VectorError(outcome.place, f"two outcomes are named {outcome.name}", "give them different names")

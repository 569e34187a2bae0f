"""The outermost form of a vector file: a header of keys, then sections with indented lines."""

import dataclasses
import pathlib

from text.model import Place, VectorError

INDENT = " " * 4
FURTHER_INDENT = " " * 8  # goes on with the line before, but in a script


@dataclasses.dataclass(slots=True)
class Line:
    place: Place
    text: str


@dataclasses.dataclass(slots=True)
class Section:
    head: Line
    lines: list[Line]

    @property
    def word(self) -> str:
        return self.head.text.split()[0]


def read_file(file: pathlib.Path, shown: str) -> tuple[dict[str, Line], list[Section]]:
    try:
        text = file.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise VectorError(shown, f"is not UTF-8: {error}", r"write bytes of names as \xNN, in quotes") from error
    lines = [Line(Place(shown, number), line) for number, line in enumerate(text.removesuffix("\n").split("\n"), 1)]
    blank = next((index for index, line in enumerate(lines) if not line.text.strip()), len(lines))
    return read_header(lines[:blank]), read_sections(lines[blank:])


def read_header(lines: list[Line]) -> dict[str, Line]:
    keys: dict[str, Line] = {}
    current = None
    for line in lines:
        if is_comment(line):
            continue
        if line.text[0].isspace():
            if current is None:
                raise VectorError(line.place, "a value goes on, and none has begun", "begin with `behaviour: …`")
            current.text += " " + line.text.strip()
            continue
        key, colon, value = line.text.partition(":")
        if not colon:
            raise VectorError(line.place, f"is no `key: value`: {line.text}", "end the header with a blank line")
        if key in keys:
            raise VectorError(line.place, f"{key}: is there twice", f"say it once; the first is at {keys[key].place}")
        current = keys[key] = Line(line.place, value.strip())
    return keys


def read_sections(lines: list[Line]) -> list[Section]:
    sections: list[Section] = []
    for line in lines:
        is_script = bool(sections) and sections[-1].word == "script"
        if not line.text.strip() or is_comment(line) and not (is_script and line.text.startswith(INDENT)):
            if is_script:
                sections[-1].lines.append(Line(line.place, ""))
        elif not line.text[0].isspace():
            sections.append(Section(line, []))
        elif not line.text.startswith(INDENT):
            raise VectorError(
                line.place, "is indented by less than four spaces", "indent the lines of a section by four")
        elif not sections:
            raise VectorError(line.place, "belongs to no section", "begin one, for example `layer`, at a line's start")
        elif line.text.startswith(FURTHER_INDENT) and not is_script:
            (sections[-1].lines or [sections[-1].head])[-1].text += " " + line.text.strip()
        else:
            sections[-1].lines.append(Line(line.place, line.text.removeprefix(INDENT)))
    return sections


def is_comment(line: Line) -> bool:
    return line.text.lstrip().startswith("#")

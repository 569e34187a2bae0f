#!/usr/bin/env python3
"""Writes the man pages of a program, in mdoc, from what it says of its own commands and options.

    tools/package/write-man-pages.py PROGRAM DIRECTORY      stacker.1, stacker-build.1, … into DIRECTORY

PROGRAM --experimental-dump-help prints that as JSON. The date on the pages is SOURCE_DATE_EPOCH's, or today's. A
command has a page if --help shows it; an alias of it is a symlink to that.
"""

import datetime
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
from typing import Any, Iterator

Declaration = dict[str, Any]

# What no declaration has, and every page ends with: files of the program, not of a command.
FILES = (
    ("stacker.yaml", "The recipe."),
    (".stacker", "Caches, imports and logs."),
    ("oci", "The OCI layout with the images."),
    ("roots", "Root file systems of the layers."),
    ("~/.config/stacker/conf.yaml", "Defaults for these directories."),
    ("/etc/subuid , /etc/subgid", "The ids that an ordinary user has for builds."),
)
GLOBAL = "sectionTitle"


def escape(text: str) -> str:
    """Text as roff shows it: no character of it is a request, an escape or a hyphenation point."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return re.sub(r"^([.])", r"\\&\1", text, flags=re.MULTILINE)


def word(text: str) -> str:
    """One argument of a macro: names of macros, and punctuation that mdoc would set apart, are nothing but text."""
    escaped = escape(text).replace('"', "\\(dq")
    if re.fullmatch(r"[A-Z][a-z]|[.,:;()\[\]?!|]", text):
        escaped = "\\&" + escaped
    return f'"{escaped}"' if re.search(r"\s|^$", escaped) else escaped


def sentences(line: str) -> list[str]:
    """Each has a line of its own in mdoc, which then spaces them."""
    return re.split(r"(?<=[a-z0-9)]\.) +(?=[A-Z])", line)


def paragraphs(text: str) -> Iterator[str]:
    """Lines of mdoc for a text. What is indented, as an example, is shown as it stands."""
    is_first = True
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        lines = block.split("\n")
        if not is_first:
            yield ".Pp"
        is_first = False
        is_literal = False
        for line in lines:
            if line.startswith("  ") != is_literal:
                yield ".Ed" if is_literal else ".Bd -literal -offset indent -compact"
                is_literal = not is_literal
            yield escape(line[2:]) if is_literal else "\n".join(escape(sentence) for sentence in sentences(line))
        if is_literal:
            yield ".Ed"


def flag_words(name: dict[str, str]) -> str:
    """Fl's argument: it writes one hyphen itself."""
    return word(name["name"] if name["kind"] == "short" else "-" + name["name"])


def item(argument: Declaration) -> str:
    """How an option or a positional is called, as the tag of its description."""
    value = word(argument["valueName"])
    if argument["kind"] == "positional":
        return f"Ar {value}"
    # A letter comes before its word.
    shortest_first = sorted(argument["names"], key=lambda one: one["kind"] != "short")
    names = " , ".join(f"Fl {flag_words(name)}" for name in shortest_first)
    return f"{names} Ar {value}" if argument["kind"] == "option" else names


def description(argument: Declaration) -> str:
    """The declaration's own sentence, with the values and the default that it has."""
    more = []
    if argument.get("allValues"):
        more.append("values: " + ", ".join(argument["allValues"]))
    if argument.get("defaultValue"):
        more.append("default: " + argument["defaultValue"])
    return argument.get("abstract", "") + (f" ({'; '.join(more)})" if more else "")


def usage(arguments: list[Declaration]) -> Iterator[str]:
    """The lines of the synopsis behind the command's name."""
    if any(argument["kind"] != "positional" for argument in arguments):
        yield ".Op Ar options"
    for argument in arguments:
        if argument["kind"] == "positional":
            more = " ..." if argument["isRepeating"] else ""
            yield f".{'Op ' if argument['isOptional'] else ''}Ar {word(argument['valueName'])}{more}"


def listing(arguments: list[Declaration]) -> Iterator[str]:
    """The list of options. A pair such as --progress and --no-progress has one description."""
    yield ".Bl -tag -width Ds"
    for text, same in itertools.groupby(arguments, description):
        tags = [item(argument) for argument in same]
        if not text:
            raise SystemExit(f"error: nothing describes {tags}\nhelp: give it a help text where it is declared")
        yield ".It " + " , ".join(tags)
        yield from paragraphs(text)
    yield ".El"


def shown(declarations: list[Declaration] | None) -> list[Declaration]:
    return [one for one in declarations or [] if one["shouldDisplay"]]


def parts(command: Declaration) -> list[Declaration]:
    """The commands below a command. `help` is the parser's own: every page says the same."""
    return [one for one in shown(command.get("subcommands")) if one["commandName"] != "help"]


class Manual:
    """All pages of a program."""

    def __init__(self, root: Declaration, date: datetime.date):
        self.root = root
        self.name = root["commandName"]
        self.date = f"{date:%B} {date.day}, {date.year}"
        self.commands = parts(root)

    def write(self, directory: pathlib.Path) -> None:
        """All pages, in place of those that were there."""
        directory.mkdir(parents=True, exist_ok=True)
        for old in directory.glob(f"{self.name}*.1"):
            old.unlink()
        self.write_page(directory / f"{self.name}.1", self.root_page())
        for command in self.commands:
            page = directory / f"{self.name}-{command['commandName']}.1"
            self.write_page(page, self.command_page(command))
            for alias in command.get("aliases", []):
                (directory / f"{self.name}-{alias}.1").symlink_to(page.name)
            for part in parts(command):
                path = directory / f"{page.stem}-{part['commandName']}.1"
                self.write_page(path, self.command_page(part, below=command))

    def write_page(self, path: pathlib.Path, lines: Iterator[str]) -> None:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def head(self, title: str, abstract: str) -> Iterator[str]:
        yield '.\\" Made from the declarations of the commands.'
        yield f".Dd {self.date}"
        yield f".Dt {title.upper()} 1"
        yield f".Os {self.name}"
        yield ".Sh NAME"
        yield f".Nm {title}"
        # Of a sentence, since it follows "stacker - ".
        yield f".Nd {escape(abstract.removesuffix('.'))}"

    def root_page(self) -> Iterator[str]:
        yield from self.head(self.name, self.root["abstract"])
        yield ".Sh SYNOPSIS"
        yield f".Nm {self.name}\n.Op Ar options\n.Ar command\n.Op Ar arguments"
        yield ".Sh DESCRIPTION"
        yield "Each command has a page of its own."
        yield ".Bl -tag -width Ds"
        for command in self.commands:
            yield f".It Xr {self.name}-{command['commandName']} 1"
            yield from paragraphs(command["abstract"])
        yield ".El"
        arguments = shown(self.root["arguments"])
        yield ".Sh GLOBAL OPTIONS"
        yield "They stand before the command or after it."
        yield from listing([one for one in arguments if GLOBAL in one])
        yield ".Sh OPTIONS"
        yield from listing([one for one in arguments if GLOBAL not in one])
        yield from self.foot([f"{self.name}-{command['commandName']}" for command in self.commands])

    def command_page(self, command: Declaration, below: Declaration | None = None) -> Iterator[str]:
        """The page of a command, or of one that stands below another."""
        front = [below["commandName"]] if below else []
        parent = "-".join([self.name, *front])
        title = f"{parent}-{command['commandName']}"
        arguments = shown(command["arguments"])
        yield from self.head(title, command["abstract"])
        yield ".Sh SYNOPSIS"
        for name in [command["commandName"], *command.get("aliases", [])]:
            yield f".Nm {self.name}\n.Cm {' '.join([*front, name])}"
            yield from usage(arguments)
            if parts(command):
                yield ".Ar command\n.Op Ar arguments"
        yield ".Sh DESCRIPTION"
        yield from paragraphs(command["abstract"] + "\n\n" + command.get("discussion", ""))
        if parts(command):
            yield ".Sh COMMANDS"
            yield ".Bl -tag -width Ds"
            for part in parts(command):
                yield f".It Xr {title}-{part['commandName']} 1"
                yield from paragraphs(part["abstract"])
            yield ".El"
        yield ".Sh OPTIONS"
        yield f"Beside those that\n.Xr {self.name} 1\nhas for every command:"
        yield from listing(arguments)
        yield from self.foot([self.name, *([parent] if below else [])])

    def foot(self, others: list[str]) -> Iterator[str]:
        yield ".Sh FILES"
        yield ".Bl -tag -width Ds"
        for path, meaning in FILES:
            yield f".It Pa {path}\n{meaning}"
        yield ".El"
        yield ".Sh EXIT STATUS"
        yield "0 for what succeeded, the status of a script or command that failed, 1 for any other error."
        yield ".Sh SEE ALSO"
        for other in sorted(others):
            yield f".Xr {other} 1 ,"
        yield f".Pa /usr/share/doc/{self.name}"


def main() -> None:
    if len(sys.argv) != 3:
        raise SystemExit("usage: tools/package/write-man-pages.py PROGRAM DIRECTORY")
    program, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    try:
        said = subprocess.run([program, "--experimental-dump-help"], check=True, stdout=subprocess.PIPE, timeout=60)
        root = json.loads(said.stdout)["command"]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        raise SystemExit(f"error: {program} does not say which commands it has: {error}") from None
    date = datetime.datetime.now(datetime.timezone.utc)
    if "SOURCE_DATE_EPOCH" in os.environ:
        date = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    Manual(root, date.date()).write(directory)


if __name__ == "__main__":
    main()

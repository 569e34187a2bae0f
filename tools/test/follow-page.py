#!/usr/bin/env python3
"""Does what a page of documentation says, in the working directory, and compares what it shows with what comes of it.

    tools/test/follow-page.py [--without-sudo] PAGE

A block below a line `<!-- file: NAME -->` is written to the file NAME. In a block of the language `console` a line that
begins with `$ ` is a command for bash, lines that begin with `> ` go on with it, and the others are its output, what goes
to stderr among it. Each command has to end with status 0. Blocks of other languages count for nothing.

In an output `…` stands for any text within a line, and a line of nothing else for one line or more.

With --without-sudo blocks in which a command begins with `sudo ` are left out. Without it, `sudo` runs what follows it.
"""

import argparse
import dataclasses
import difflib
import pathlib
import re
import subprocess
import sys

# Seconds for one command.
PATIENCE = 60
MARK = "…"
FENCE = re.compile(r"^```(\w*)$")
FILE = re.compile(r"^<!-- file: (\S+) -->$")


@dataclasses.dataclass
class Block:
    """What is between two fences: its language, the number of its first line, its lines, the file that it is."""

    language: str
    number: int
    lines: list[str]
    file: str | None


@dataclasses.dataclass
class Command:
    """A command, the number of its line, and the output that the page shows."""

    text: str
    number: int
    output: list[str]


def read_blocks(lines: list[str]) -> list[Block]:
    blocks: list[Block] = []
    block: Block | None = None
    for number, line in enumerate(lines, 1):
        if block is not None:
            if line == "```":
                block = None
            else:
                block.lines.append(line)
        elif match := FENCE.match(line):
            name = FILE.match(lines[number - 2]) if number > 1 else None
            block = Block(match[1], number + 1, [], name[1] if name else None)
            blocks.append(block)
    if block is not None:
        raise ValueError(f"the block of line {block.number} has no end")
    return blocks


def read_commands(block: Block) -> list[Command]:
    commands: list[Command] = []
    for number, line in enumerate(block.lines, block.number):
        if line.startswith("$ "):
            commands.append(Command(line[2:], number, []))
        elif not commands:
            raise ValueError(f"line {number} shows an output without a command")
        elif line.startswith("> ") and not commands[-1].output:
            commands[-1].text += "\n" + line[2:]
        else:
            commands[-1].output.append(line)
    return commands


def fits(shown: list[str], actual: str) -> bool:
    pattern = "".join(
        r"(?:.*\n)+?" if line == MARK else ".*".join(map(re.escape, line.split(MARK))) + "\n" for line in shown
    )
    return re.fullmatch(pattern, actual) is not None


def objection(command: Command) -> str | None:
    """Runs a command; what is wrong with what comes of it."""
    try:
        ended = subprocess.run(
            ["bash", "-c", f'sudo() {{ "$@"; }}\n{command.text}'],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"has not ended after {PATIENCE} seconds"
    if ended.returncode != 0:
        return f"ended with exit status {ended.returncode}\n{ended.stdout}"
    if fits(command.output, ended.stdout):
        return None
    actual = ended.stdout.splitlines()
    difference = difflib.unified_diff(command.output, actual, "shown", "actual", lineterm="")
    return "\n".join(["has another output", *difference])


def follow(page: pathlib.Path, without_sudo: bool) -> str | None:
    """Does what a page says, up to the first thing that is not as it says: that is returned."""
    run = 0
    for block in read_blocks(page.read_text(encoding="utf-8").splitlines()):
        if block.file is not None:
            pathlib.Path(block.file).write_text("\n".join(block.lines) + "\n", encoding="utf-8")
        elif block.language == "console":
            commands = read_commands(block)
            if without_sudo and any(command.text.startswith("sudo ") for command in commands):
                continue
            for command in commands:
                if (wrong := objection(command)) is not None:
                    return f"line {command.number}: {command.text}: {wrong}"
                run += 1
    print(f"{page}: {run} commands")
    return None if run else "there is no command in it"


def main() -> int:
    parser = argparse.ArgumentParser(description="Does what a page says, and compares.")
    parser.add_argument("--without-sudo", action="store_true")
    parser.add_argument("page", type=pathlib.Path)
    arguments = parser.parse_args()
    try:
        wrong = follow(arguments.page, arguments.without_sudo)
    except (OSError, ValueError) as error:
        wrong = str(error)
    if wrong is not None:
        print(f"{arguments.page}: {wrong}", file=sys.stderr)
    return 1 if wrong is not None else 0


if __name__ == "__main__":
    sys.exit(main())

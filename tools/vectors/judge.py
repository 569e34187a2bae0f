#!/usr/bin/env python3
"""Runs vectors through implementations, side by side, and says what each makes of them:

    tools/vectors/judge.py [OPTION…] ADAPTER…

ADAPTER is the name of one in vectors/judges, or the path of another. The status is 1 if an outcome is not as known, and 2
if something can't be judged. `make judge WITH="ADAPTER…"` calls this; vectors/judges/README.md has all of it.
"""

import argparse
import os
import pathlib
import signal
import subprocess
import sys

from judging import adapters, known, report, vectors
from judging.house import enter_own_mounts, make_house
from judging.jobs import Bounds
from judging.room import RoomError
from judging.runs import Runs, keeping_doors, serving
from judging.servers import ServerError
from judging.table import Cell, Column, Table

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
LEVELS = {"priv": [False], "unpriv": [True], "both": [False, True]}


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run vectors through implementations, side by side.")
    parser.add_argument("adapters", nargs="+", metavar="ADAPTER")
    parser.add_argument("--vectors", type=pathlib.Path, default=TOP / ".build/vectors", help="what `make vectors` wrote")
    parser.add_argument("--only", default="", help="names of vectors, or of folders above them")
    parser.add_argument("--level", choices=LEVELS, default="priv", help="as root, as an ordinary user, or both")
    parser.add_argument("--report", type=pathlib.Path, default=TOP / ".build/report")
    parser.add_argument("--known", type=pathlib.Path, default=TOP / "vectors/known")
    parser.add_argument("--write", action="store_true", help="make what comes out the known; reasons are a person's")
    parser.add_argument("--install", action="store_true", help="install the packages that the adapters need")
    parser.add_argument("--seconds", type=float, default=Bounds.seconds, help="how long a run may take")
    parser.add_argument("--memory", type=int, default=Bounds.memory >> 20, help="how many MiB a run may take")
    return parser.parse_args(arguments)


def find_adapters(options: argparse.Namespace) -> list[adapters.Adapter]:
    paths = [adapters.find(name, TOP / "vectors/judges") for name in options.adapters]
    if options.install:
        needed = {package for path in paths for package in adapters.needed_packages(path)}
        command = [TOP / "tools/build/install-packages", "--only", " ".join(sorted(needed)), "test", "judge"]
        subprocess.run(command, check=True)
    return [adapters.describe(path) for path in paths]


def columns_for(found: list[adapters.Adapter], options: argparse.Namespace) -> list[Column]:
    columns = []
    for as_user in LEVELS[options.level]:
        for adapter in found:
            file = known.file_of(options.known, adapter, as_user)
            columns.append(Column(adapter, as_user, known.read(file)))
    return columns


def tell(column: Column, cell: Cell) -> None:
    # What can't be done without root is said once, by the column.
    if cell.change and not (column.as_user and cell.outcome.kind == "-"):
        print(f"{column.title}: {cell.vector.name} {cell.change}", flush=True)


def write_known(column: Column, directory: pathlib.Path) -> None:
    """What was known of vectors that were not run stays."""
    file = known.file_of(directory, column.adapter, column.as_user)
    before = column.known or known.KnownFile([], {})
    lines = {name: each for name, each in before.lines.items() if name not in column.cells}
    for name, cell in column.cells.items():
        if cell.is_worth_knowing:
            why = cell.known.why if cell.known and not cell.change else known.UNWRITTEN
            lines[name] = known.Known(cell.outcome, why)
    after = known.KnownFile(sorted(column.kinds.union(before.runs)), lines, sorted(column.adapter.lacks))
    known.write(file, after)
    print(f"{file}: {len(after.unwritten)} reasons are yours to write")


def summarize(table: Table) -> None:
    for column in table.columns:
        counts = ", ".join(f"{count} {kind}" for kind, count in column.counts.most_common())
        print(f"{column.title}: {counts}; {len(column.red)} not as known")
        if not column.has_run:
            print(f"error: nothing was run by {column.title}: its adapter has no verb for these vectors", file=sys.stderr)


def main(options: argparse.Namespace) -> int:
    found = find_adapters(options)
    bounds = Bounds(seconds=options.seconds, memory=options.memory << 20)
    with (
        make_house(TOP, options.vectors) as house,
        # They fork a lot, and so begin before there are vectors to be copied with each.
        keeping_doors(house / "room", os.cpu_count() or 1) as doors,
        serving(found, house / "servers") as servers,
    ):
        table = Table(vectors.read(options.vectors, options.only.split()), columns_for(found, options))
        Runs(house, TOP, doors, servers, bounds).fill(table, tell)
    table.leave_out_levels()
    report.write(table, options.report)
    summarize(table)
    if options.write:
        for column in table.columns:
            write_known(column, options.known)
    return 1 if table.is_red else 0


if __name__ == "__main__":
    enter_own_mounts()
    # As an interrupt: what was started and mounted is taken down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(parse(sys.argv[1:])))
    except (adapters.AdapterError, known.KnownError, RoomError, ServerError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit("error: interrupted")

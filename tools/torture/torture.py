#!/usr/bin/env python3
"""Disturbs stacker at each step: kills it there, or has the system call fail.

    tools/torture/torture.py [--scenario NAME]… [--level priv|unpriv]… [--user NAME] [--fault NAME]… [--only PATTERN] [--sample N]
                             [--workers N] [--results DIR] [--harm] [--words] [--asking] [--point POINT] [--keep DIR] STACKER

Each scenario is played once in a trace, which lists its points: the calls of stacker's own processes that change something.
Then it is played once more for each point and each fault, and the same command again, which nothing disturbs. What has to hold
is in aftermath.py. Faults are KILL and the errors that a call may return; "short" is a call that moves fewer bytes than it was asked
to. Without --fault it is all of them, and calls that only read fail, too.

Results are kept in DIR (.build/torture), and what was done with the same program is not done again. --point repeats one, and
says all of it; --keep leaves the directory to be looked at. --only takes points in whose names a regular expression is found,
--sample takes N of all, at equal distances. --words asks only how the command ended and what it said, which takes a third of the
time. With --asking calls like stat(2) are points, too: there are many, and each run takes longer. The status is 1 if anything was
found, with --harm if more than names that the next command removes was. It needs root: user builds need a tracer that is root, which
leaves newuidmap its set-user-ID bit. --user is the ordinary user; without it one is made for the time of the run.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import pathlib
import re
import shutil
import sys
import tempfile

import aftermath
import calls
import place as places
import user
from ending import judge_end
from scenarios import SCENARIOS
from summary import print_summary

TOP = pathlib.Path(__file__).resolve().parents[2]


def fault_list(point: str, wanted: list[str]) -> list[str]:
    call = point.split()[1]
    changes = call not in calls.READING | calls.ASKING and " to read #" not in point
    possible = [*(["KILL"] if changes else []), *calls.faults(call, changes)]
    return [fault for fault in possible if not wanted or fault in wanted]


def work(arguments: argparse.Namespace, scenario: str, level: str, turn: tuple[int, int], results: pathlib.Path) -> None:
    """One of the workers, which takes each so-and-so-many-th of what there is to do."""
    places.die_with_parent()
    memory = pathlib.Path(arguments.memory)
    places.mount_memory(memory)
    place = places.Place(arguments.program, SCENARIOS[scenario], memory, arguments.user if level == "unpriv" else "")
    try:
        place.prepare()
        reference = None if arguments.words else aftermath.make_reference(place)
        place.reset()
        runs = choose_runs(arguments, place)
        done = {(line["point"], line["fault"]) for line in read_results(results)} if not arguments.point else set()
        number, workers = turn
        if number == 0:
            print(f"{scenario} ({level}): {len(runs)} runs, {len(done & set(runs))} of them done", flush=True)
        mine = [run for index, run in enumerate(runs) if index % workers == number and run not in done]
        play_all(arguments, place, reference, f"{scenario} ({level})", mine, results)
    finally:
        place.servers.stop()


def choose_runs(arguments: argparse.Namespace, place: places.Place) -> list[tuple[str, str]]:
    """Points, each with a fault."""
    if arguments.point:
        return [(arguments.point, fault) for fault in fault_list(arguments.point, arguments.fault)]
    runs = [
        (point, fault) for point in list_points(place, reads(arguments), arguments.asking) if re.search(arguments.only, point)
        for fault in fault_list(point, arguments.fault)]
    if arguments.sample and len(runs) > arguments.sample:
        runs = [runs[index * len(runs) // arguments.sample] for index in range(arguments.sample)]
    return runs


def reads(arguments: argparse.Namespace) -> bool:
    """Whether calls that only read are points."""
    return arguments.fault != ["KILL"]


def list_points(place: places.Place, reading: bool, asking: bool) -> list[str]:
    outcome = place.trace(reading=reading, asking=asking)
    if outcome.status != 0:
        raise RuntimeError(f"traced, stacker fails: {place.said()}")
    # A log is no result.
    return [point for point in outcome.points if ".stacker/lxc-" not in point or point.endswith(" #1")]


def play_all(
    arguments: argparse.Namespace, place: places.Place, reference: aftermath.Result | None, name: str, runs: list[tuple[str, str]],
    results: pathlib.Path
) -> None:
    with results.open("a") as file:
        for point, fault in runs:
            result = play(place, reference, point, fault, reads(arguments), arguments.asking)
            file.write(json.dumps(result) + "\n")
            file.flush()
            if result["found"]:
                print(f"{name}: {fault} at {point}:", *result["found"], sep="\n    ", flush=True)
            if arguments.point:
                print(f"{fault} at {point}: hit: {result['hit']}, status {result['status']}\n{place.said()}", flush=True)
            if arguments.keep:
                shutil.copytree(place.path, arguments.keep, symlinks=True, dirs_exist_ok=True)


def play(
    place: places.Place, reference: aftermath.Result | None, point: str, fault: str, reading: bool, asking: bool
) -> dict[str, object]:
    place.reset()
    outcome = place.trace(point, fault, reading, asking)
    found = []
    if outcome.hit and reference:
        found = aftermath.judge(place, outcome, point, fault, reference)
    elif outcome.hit:
        found = judge_end(outcome, fault, point, place.said())
    return {"point": point, "fault": fault, "hit": bool(outcome.hit), "status": outcome.status, "found": found}


def read_results(path: pathlib.Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scenario", action="append", choices=list(SCENARIOS), default=[])
    parser.add_argument("--level", action="append", choices=["priv", "unpriv"], default=[])
    parser.add_argument("--user")
    parser.add_argument("--fault", action="append", default=[])
    parser.add_argument("--only", default="")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--results", type=pathlib.Path, default=TOP / ".build/torture")
    parser.add_argument("--harm", action="store_true")
    parser.add_argument("--words", action="store_true")
    parser.add_argument("--asking", action="store_true")
    parser.add_argument("--point")
    parser.add_argument("--keep")
    parser.add_argument("stacker", type=lambda path: str(pathlib.Path(path).resolve()))
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("error: torture needs root")
    if arguments.user:
        return torture(arguments)
    with user.ordinary_user() as arguments.user:
        return torture(arguments)


def torture(arguments: argparse.Namespace) -> int:
    if arguments.point:
        arguments.workers = 1
    version = hashlib.sha256(pathlib.Path(arguments.stacker).read_bytes()).hexdigest()[:12]
    directory = arguments.results / version
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    with tempfile.TemporaryDirectory(prefix="torture.") as scratch:
        os.chmod(scratch, 0o755)
        arguments.program = shutil.copy(arguments.stacker, f"{scratch}/stacker")
        arguments.memory = f"{scratch}/memory"
        os.mkdir(arguments.memory)
        for scenario in arguments.scenario or SCENARIOS:
            for level in arguments.level or ["priv", "unpriv"]:
                if level not in SCENARIOS[scenario].levels:
                    continue
                results = directory / f"{scenario}.{level}{'.words' if arguments.words else ''}.jsonl"
                files.append(results)
                count = 1 if SCENARIOS[scenario].alone else arguments.workers
                workers = [
                    multiprocessing.Process(target=work, args=(arguments, scenario, level, (number, count), results))
                    for number in range(count)]
                for worker in workers:
                    worker.start()
                for worker in workers:
                    worker.join()
                if any(worker.exitcode for worker in workers):
                    sys.exit(f"error: {scenario} ({level}) couldn't be played")
    return print_summary(files, arguments.harm)


if __name__ == "__main__":
    sys.exit(main())

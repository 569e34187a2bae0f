#!/usr/bin/env python3
"""Cuts the power of a virtual machine while stacker builds in it: `make power-cuts KERNEL=debian-12`, which comes behind a plain one.

    tools/power-cuts/real-cuts.py [--fs ext4|xfs|btrfs]… [--cuts N] [--seed N] [--kernel KERNEL] [--results DIR] STACKER
    tools/power-cuts/real-cuts.py --inside play|judge STACKER

What power-cuts.py makes of a record, this has happen: a machine of tools/kernels is killed at moments drawn by lot, and started again
with the same disk, where the same has to hold. What is wanted is what power-cuts.py has noted in DIR (.build/power-cuts), so it comes
first. The second form is what runs in the machine. A cut takes three minutes where the processor is emulated.
"""

import argparse
import json
import pathlib
import random
import shlex
import sys
import tempfile
import time

import builds
import disk as disks
from judge import Judge

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.append(str(TOP / "tools/kernels"))

import kernels
import machine as machines
from processes import keep_mounts
from trouble import Trouble

# Where the machine has its disk, and its report's directory.
PLACE, REPORT = pathlib.Path("/run/scratch/place"), pathlib.Path("/run/report")
MINUTES = 30


class PowerCut(Exception):
    """It was killed, as it should be."""


class Machine(machines.Machine):
    """One with a disk that outlives it; what it has flushed, and what it has not, stays."""

    given = ("wanted", "step")
    kept = ("begun", "step", "found")

    image: pathlib.Path
    seconds_until_cut: float | None = None

    def with_disk(self, _: str) -> list[str]:
        return ["-drive", f"file={self.image},format=raw,if=virtio,cache=writeback"]

    def wait(self, process: object, results: pathlib.Path, end_at: float) -> None:
        if self.seconds_until_cut is None:
            return super().wait(process, results, end_at)
        begun = results / "begun"
        while process.poll() is None and time.monotonic() < end_at:
            if begun.exists() and time.time() > begun.stat().st_mtime + self.seconds_until_cut:
                process.kill()
                raise PowerCut
            time.sleep(0.05)
        return None


def play(stacker: builds.Stacker) -> int:
    (REPORT / "begun").touch()
    while True:
        for number, step in enumerate(builds.STEPS):
            (REPORT / "step").write_text(str(number))
            builds.put_recipe(PLACE, step.recipe)
            for command in step.commands:
                status, said = stacker.run(*command)
                if status != 0:
                    print(f"undisturbed, stacker {' '.join(command)} fails: {said}")
                    return 1


def judge(stacker: builds.Stacker) -> int:
    wanted = json.loads((REPORT / "wanted").read_text())
    step = int((REPORT / "step").read_text())
    found = Judge(stacker, builds.by_recipe(wanted)).judge(builds.recipes_after(step))
    (REPORT / "found").write_text(json.dumps(found))
    return 0


def cut(machine: Machine, stacker: str, seconds: float) -> dict[str, object]:
    def inside(what: str) -> str:
        return shlex.join(["exec", sys.executable, str(HERE / "real-cuts.py"), "--inside", what, stacker]) + "\n"

    (machine.report / "step").write_text("0")
    machine.seconds_until_cut = seconds
    try:
        machine.run(inside("play"), MINUTES * 60)
        raise RuntimeError(f"the machine ended by itself: {machine.last_words()}")
    except PowerCut:
        machine.seconds_until_cut = None
    step = int((machine.report / "step").read_text())
    if machine.run(inside("judge"), MINUTES * 60) != 0:
        raise RuntimeError(f"what is there after the cut could not be judged: {machine.last_words()}")
    return {"seconds": seconds, "step": step, "found": json.loads((machine.report / "found").read_text())}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fs", action="append", choices=list(disks.MAKERS), default=[])
    parser.add_argument("--cuts", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kernel", default="debian-12")
    parser.add_argument("--results", type=pathlib.Path, default=TOP / ".build/power-cuts")
    parser.add_argument("--inside", choices=["play", "judge"])
    parser.add_argument("stacker", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.inside:
        stacker = builds.Stacker(arguments.stacker, PLACE)
        return play(stacker) if arguments.inside == "play" else judge(stacker)
    # Before there are any.
    keep_mounts()
    directory = builds.results_of(arguments.stacker, arguments.results)
    try:
        kernel = kernels.find(arguments.kernel)
    except Trouble as trouble:
        sys.exit(str(trouble))
    chance = random.Random(arguments.seed)
    found = 0
    for kind in arguments.fs or disks.MAKERS:
        notes = directory / f"{kind}.json"
        if not notes.exists():
            sys.exit(f"error: there is no {notes}\nhelp: make power-cuts FS={kind} first")
        for number in range(arguments.cuts):
            with tempfile.TemporaryDirectory(prefix="power-cuts.") as name:
                scratch = pathlib.Path(name)
                report = scratch / "report"
                report.mkdir()
                (report / "wanted").write_text(json.dumps(json.loads(notes.read_text())["wanted"]))
                machine = Machine(kernel, report, "")
                machine.image = scratch / "image"
                mount_point = scratch / "disk"
                mount_point.mkdir()
                disk = disks.Disk(kind, scratch, mount_point)
                disk.make(machine.image)
                with disk.mounted(machine.image):
                    (mount_point / "place").mkdir()
                    builds.put_files(mount_point / "place")
                outcome = cut(machine, str(arguments.stacker.resolve()), chance.uniform(1, 180))
            found += bool(outcome["found"])
            print(f"{kind}, cut {number}: {json.dumps(outcome)}", flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

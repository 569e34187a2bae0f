#!/usr/bin/env python3
"""Cuts the power while stacker builds: `make power-cuts`.

    tools/power-cuts/power-cuts.py [--fs ext4|xfs|btrfs]… [--moments N] [--seed N] [--results DIR] [--keep DIR --moment N] STACKER

All that a disk is told while images are built on it is recorded once for each file system; then the disk is put together as it
may be after a power cut at one of N moments, drawn by lot. It is mounted, as after a start of the machine; what the layouts name
has to be there, and the same and other recipes have to give the images that they give on a disk that nothing happened to.

Recordings and results are kept in DIR (.build/power-cuts), by the program's digest, and what was done is not done again. The status is
1 if anything was found. --moment repeats one, and --keep has what is there after the cut copied to a directory, to be looked at. It
needs root, loop devices, FUSE and qemu-storage-daemon.
"""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

import builds
import disk as disks
import writes
from judge import Judge, start_machine

TOP = pathlib.Path(__file__).resolve().parents[2]
MOUNT_POINT = pathlib.Path("/run/stacker-power-cuts")


class Neighbour:
    """Somebody else who has a file on the disk, again and again: what is in the file system's journal by then comes with it."""

    def __init__(self, place: pathlib.Path):
        self.reading, self.writing = os.pipe()
        self.process = os.fork()
        if self.process:
            os.close(self.reading)
            return
        os.close(self.writing)
        os.set_blocking(self.reading, False)
        while True:
            with contextlib.suppress(BlockingIOError):
                os.read(self.reading, 1)
                os._exit(0)
            with (place / "neighbour").open("w") as file:
                file.write(str(time.time()))
                file.flush()
                os.fsync(file.fileno())
            time.sleep(0.1)

    def stop(self) -> None:
        os.close(self.writing)
        os.waitpid(self.process, 0)


class Recording:
    """The builds of one file system, as its disk was told of them."""

    def __init__(self, kind: str, directory: pathlib.Path, scratch: pathlib.Path):
        self.disk = disks.Disk(kind, scratch, MOUNT_POINT)
        self.scratch = scratch
        self.place = MOUNT_POINT / "place"
        self.image, self.log, self.notes = (directory / f"{kind}.{name}" for name in ("image", "log", "json"))

    def make(self, program: pathlib.Path) -> None:
        stacker = builds.Stacker(program, self.place)
        first, image, log = (self.scratch / name for name in ("first", "image", "log"))
        self.disk.make(first)
        with self.disk.mounted(first):
            self.place.mkdir()
            builds.put_files(self.place)
        writes.copy_sparse(first, image)
        ends = []
        with self.disk.recorded(image, log):
            neighbour = Neighbour(MOUNT_POINT)
            try:
                for step in builds.STEPS:
                    self._play(stacker, step)
                    ends.append(log.stat().st_size)
            finally:
                neighbour.stop()
        writes.copy_sparse(first, replayed := self.scratch / "replayed")
        writes.Replay(writes.Log(log), replayed).refuse_other(image)
        writes.copy_sparse(first, image)
        with self.disk.mounted(image):
            wanted = self._reference(stacker)
        writes.copy_sparse(first, self.image)
        writes.copy_sparse(log, self.log)
        self.notes.write_text(json.dumps({"ends": ends, "wanted": wanted}))

    def _play(self, stacker: builds.Stacker, step: builds.Step) -> None:
        builds.put_recipe(self.place, step.recipe)
        for command in step.commands:
            status, said = stacker.run(*command)
            if status != 0:
                raise RuntimeError(f"undisturbed, stacker {' '.join(command)} fails: {said}")
        # A moment for the journal.
        time.sleep(0.3)
        if step.settles:
            disks.settle(self.place)

    def _reference(self, stacker: builds.Stacker) -> list[dict[str, object]]:
        """What each recipe gives."""
        wanted = []
        for recipe in sorted({recipe for number in range(len(builds.STEPS)) for recipe in builds.recipes_after(number)}, key=repr):
            builds.put_recipe(self.place, recipe)
            status, said = stacker.run(*builds.BUILD)
            if status != 0:
                raise RuntimeError(f"undisturbed, stacker build fails: {said}")
            names = recipe.text()
            images = {name: digest for name, digest in stacker.images().items() if f"\n{name.removesuffix('-squashfs')}:" in names}
            wanted.append({"recipe": vars(recipe), "images": images})
        return wanted

    def wanted(self) -> dict[builds.Recipe, dict[str, list[str]]]:
        return builds.by_recipe(json.loads(self.notes.read_text())["wanted"])


def try_moments(
    arguments: argparse.Namespace, recording: Recording, results: pathlib.Path
) -> list[dict[str, object]]:
    log = writes.Log(recording.log)
    ends = [log.count_at(size) for size in json.loads(recording.notes.read_text())["ends"]]
    moments = writes.choose(ends, arguments.moments, arguments.seed)
    done = {line["seed"]: line for line in read_lines(results)}
    image, copy = (recording.scratch / name for name in ("image", "copy"))
    writes.copy_sparse(recording.image, image)
    replay = writes.Replay(log, image)
    judge = Judge(builds.Stacker(arguments.program, recording.place), recording.wanted())
    kind = recording.disk.kind
    print(f"{kind}: {len(log.entries)} writes and flushes, {len(moments)} moments, "
          f"{sum(moment.seed in done for moment in moments)} of them done", flush=True)
    with results.open("a") as file:
        for moment in moments:
            if moment.seed in done and moment.seed != arguments.moment or arguments.moment and moment.seed != arguments.moment:
                continue
            lost = replay.cut(moment, copy)
            step = next((number for number, end in enumerate(ends) if moment.count <= end), len(ends) - 1)
            with recording.disk.mounted(copy):
                if arguments.keep:
                    shutil.copytree(recording.place, arguments.keep, symlinks=True, dirs_exist_ok=True)
                start_machine(recording.place)
                found = judge.judge(builds.recipes_after(step))
            line = {"seed": moment.seed, "kind": moment.kind, "count": moment.count, "step": step, "lost": lost, "found": found}
            done[moment.seed] = line
            file.write(json.dumps(line) + "\n")
            file.flush()
            if found:
                print(f"{kind}: {moment.seed}, {moment.kind}, in step {step}, {lost}:", *found, sep="\n    ", flush=True)
    return [done[moment.seed] for moment in moments if moment.seed in done]


def read_lines(path: pathlib.Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def print_summary(outcomes: dict[str, list[dict[str, object]]]) -> int:
    print(f"\n{'':8} {'moments':>8} {'all':>6} {'some':>6} {'torn':>6} {'found':>6}")
    kinds: collections.Counter[str] = collections.Counter()
    for name, lines in outcomes.items():
        counts = collections.Counter(line["kind"] for line in lines)
        bad = [line for line in lines if line["found"]]
        print(f"{name:8} {len(lines):8} {counts['all']:6} {counts['some']:6} {counts['torn']:6} {len(bad):6}")
        kinds.update(f"{name}: {text.split(':')[0]}" for line in bad for text in line["found"])
    for text, count in kinds.most_common():
        print(f"{count:5} {text}")
    return 1 if kinds else 0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fs", action="append", choices=list(disks.MAKERS), default=[])
    parser.add_argument("--moments", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=pathlib.Path, default=TOP / ".build/power-cuts")
    parser.add_argument("--moment")
    parser.add_argument("--keep")
    parser.add_argument("stacker", type=pathlib.Path)
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("error: only root can mount file systems: sudo make power-cuts")
    directory = builds.results_of(arguments.stacker, arguments.results)
    directory.mkdir(parents=True, exist_ok=True)
    disks.own_mounts()
    MOUNT_POINT.mkdir(exist_ok=True)
    outcomes = {}
    with tempfile.TemporaryDirectory(prefix="power-cuts.") as name:
        scratch = pathlib.Path(name)
        disks.mount_memory(scratch)
        try:
            arguments.program = pathlib.Path(shutil.copy(arguments.stacker, scratch / "stacker"))
            for kind in arguments.fs or disks.MAKERS:
                recording = Recording(kind, directory, scratch)
                if not recording.notes.exists():
                    recording.make(arguments.program)
                outcomes[kind] = try_moments(arguments, recording, directory / f"{kind}.jsonl")
        finally:
            disks.unmount_memory(scratch)
    return print_summary(outcomes)


if __name__ == "__main__":
    sys.exit(main())

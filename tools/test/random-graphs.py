#!/usr/bin/env python3
"""Builds random recipes one layer at a time and several, with layers that fail and builds that are killed, and compares.

    tools/test/random-graphs.py [--first SEED] [--seeds N] [--layers N] [--jobs N,N…] [--platforms] STACKER

Each seed gives a recipe: layers on busybox, on each other, build_only ones among them, that import from each other, and
that fill directories of the host which later ones import or have as overlay dirs. It is built one layer at a time, without
a fault: what comes out is what all others have to give. For each number of jobs it is then built from nothing four times:
as it is; with layers that fail, which are drawn by lot, until the first does, or with --keep-going; until it is killed at
moments that are drawn by lot, with SIGKILL and SIGINT. After each of these the build that nothing stops has to give the
same index, byte for byte, the same blobs, and the same in build.cache. (With --keep-going the tags of what failed come
last: then it is what one at a time gives after the same failures.)

With --platforms layers say for which platforms they are, or build_platform, on bases that only claim to be for those.
Which images each tag then has, and what is in them, is worked out here, too. Where one platform is built after the
other, all together have to give the same afterwards. Such scripts are only begun where something runs them: in
tools/test/with-handlers.

After every build is looked for what it may have left: processes, mounts, files of containers, names that are temporary.
The status is 1 if anything differed or was left; what did stays in a directory that is named.
"""

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import claimed_platforms
from random_recipes import PLATFORMS, Recipe, make_recipe

TOP = pathlib.Path(__file__).resolve().parents[2]
# Longer takes no build of such a recipe.
PATIENCE = 600


class Place:
    """A directory in which a recipe is built."""

    def __init__(self, stacker: str, root: pathlib.Path, recipe: Recipe, base: pathlib.Path):
        self.stacker, self.root, self.recipe = stacker, root, recipe
        # What a build can't take away that is killed, `stacker gc` does.
        self.was_killed = False
        root.mkdir(parents=True)
        shutil.copytree(base, root / "busybox")
        (root / "stacker.yaml").write_text(recipe.text)
        for name in recipe.directories:
            (root / "shared" / name).mkdir(parents=True)

    def start(self, *arguments: str, failing: str = "") -> subprocess.Popen:
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1000000000", "FAILING": failing}
        log = (self.root / "log").open("a")
        return subprocess.Popen(
            [self.stacker, "build", *arguments], cwd=self.root, env=environment, stdout=log, stderr=log,
            stdin=subprocess.DEVNULL)

    def build(self, *arguments: str, failing: str = "") -> int:
        status = self.start(*arguments, failing=failing).wait(PATIENCE)
        self.refuse_leftovers()
        return status

    def check_images(self) -> None:
        if found := claimed_platforms.difference(self.recipe, self.root / "oci"):
            raise Difference(f"{self.root}: {found}")

    def gc(self) -> None:
        subprocess.run([self.stacker, "gc"], cwd=self.root, check=True, capture_output=True)

    def kill(self, after: float, number: int, *arguments: str) -> None:
        process = self.start(*arguments)
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
            process.wait(60)
        # The kernel takes along what a killed one has started, one process after the other.
        for _ in range(200):
            if not self.processes():
                break
            time.sleep(0.05)
        self.was_killed = self.was_killed or number == signal.SIGKILL
        self.refuse_leftovers()

    def processes(self) -> list[str]:
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if pathlib.Path(os.readlink(process / "cwd")).is_relative_to(self.root):
                    found.append(process.name)
            except OSError:
                continue
        return found

    def refuse_leftovers(self) -> None:
        left = [f"process {number}" for number in self.processes()]
        left += [line for line in pathlib.Path("/proc/mounts").read_text().splitlines() if str(self.root) in line]
        if not self.was_killed:
            for place in (self.root / ".stacker", self.root / "roots", self.root / "oci"):
                left += [str(path) for path in place.glob("*") if is_temporary(path.name)]
        if left:
            raise Difference(f"left behind: {', '.join(left)}")

    def result(self) -> dict[str, object]:
        """What a build gives, in words that don't change from build to build."""
        layers = json.loads((self.root / ".stacker/build.cache").read_text())["layers"]
        for layer in layers.values():
            # A digest may stand for one build of another layer.
            layer["inputs"] = [re.sub(r"^\w+ [\w-]+ ", "", text) for text in layer["inputs"]["inputs"]]
            del layer["identity"], layer["metadata"]
        return {
            "index": (self.root / "oci/index.json").read_text(),
            "blobs": sorted(path.name for path in (self.root / "oci/blobs/sha256").iterdir()),
            "cache": layers,
        }


def check_parts(stacker: str, root: pathlib.Path, recipe: Recipe, base: pathlib.Path, reference: Place) -> int:
    """Builds for one platform after the other, and then for all."""
    place = Place(stacker, root, recipe, base)
    reference.gc()
    named = {platform for layer in recipe.layers for platform in layer.platforms or []}
    platforms = [platform for platform in PLATFORMS if platform in named]
    for platform in platforms:
        # What is for another platform only can stand in the way; that is said before anything is built.
        place.build("--jobs", "4", "--platform", platform)
    if place.build("--jobs", "4") != 0:
        raise Difference(f"the build of {place.root} failed")
    place.check_images()
    place.gc()
    wanted, found = reference.result(), place.result()
    for result in (wanted, found):
        result["index"] = {json.dumps(entry) for entry in json.loads(result["index"])["manifests"]}
        result["blobs"] = set(result["blobs"])
        result["cache"] = {json.dumps(entry) for entry in result["cache"].items()}
    # Layers for which nobody asks any more may come back.
    missing = {part: wanted[part] - found[part] for part in wanted if not wanted[part] <= found[part]}
    if missing or wanted["index"] != found["index"]:
        raise Difference(f"{place.root}: for {platforms} one by one: without {missing}")
    shutil.rmtree(root)
    return len(platforms) + 1


def is_temporary(name: str) -> bool:
    return bool(
        name.endswith(".tmp") or name.startswith((".unpack-", ".stacker-check.")) or re.match(r"stacker-\d+-\w+$", name)
        or name in ("shared-cache", "oci-labels", "volumes"))


class Difference(Exception):
    pass


def compare(place: Place, wanted: dict[str, object], what: str) -> None:
    found = place.result()
    for part, value in wanted.items():
        if found[part] != value:
            raise Difference(f"{what}: another {part}: {json.dumps(found[part])[:2000]}\nwanted: {json.dumps(value)[:2000]}")


def run(seed: int, arguments: argparse.Namespace, work: pathlib.Path) -> int:
    """Returns how many builds there were."""
    lot = random.Random(seed)
    recipe = make_recipe(seed, arguments.layers, arguments.platforms)
    base = work / "busybox"
    reference = Place(arguments.stacker, work / f"{seed}-reference", recipe, base)
    failing = " ".join(lot.sample(recipe.parts, 3))
    start = time.monotonic()
    if reference.build("--jobs", "1") != 0:
        raise Difference(f"the build of {reference.root} failed")
    duration = time.monotonic() - start
    wanted = {False: reference.result()}
    if arguments.platforms:
        reference.check_images()
    late = Place(arguments.stacker, work / f"{seed}-late", recipe, base)
    late.build("--jobs", "1", "--keep-going", failing=failing)
    late.build("--jobs", "1")
    wanted[True] = late.result()
    if arguments.platforms:
        late.check_images()
    builds = 3
    for jobs in arguments.jobs.split(","):
        option = ("--jobs", jobs)

        def finish(place: Place, what: str, keeps_going: bool = False) -> None:
            if place.build(*option) != 0:
                raise Difference(f"{what}: the build of {place.root} failed")
            compare(place, wanted[keeps_going], what)
            shutil.rmtree(place.root)

        finish(Place(arguments.stacker, work / f"{seed}-{jobs}-plain", recipe, base), f"{jobs} at a time")
        for keeps_going in (False, True):
            place = Place(arguments.stacker, work / f"{seed}-{jobs}-failing-{keeps_going}", recipe, base)
            if place.build(*option, *(["--keep-going"] if keeps_going else []), failing=failing) != 7:
                raise Difference(f"{failing} did not fail in {place.root}")
            finish(place, f"{jobs} at a time, after {failing} failed", keeps_going)
        place = Place(arguments.stacker, work / f"{seed}-{jobs}-killed", recipe, base)
        for number in (signal.SIGKILL, signal.SIGINT):
            place.kill(lot.uniform(0.05, duration), number, *option)
        finish(place, f"{jobs} at a time, after kills")
        builds += 8
    if arguments.platforms:
        builds += check_parts(arguments.stacker, work / f"{seed}-parts", recipe, base, reference)
    for place in (reference, late):
        shutil.rmtree(place.root)
    return builds


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--layers", type=int, default=30)
    parser.add_argument("--jobs", default="1,2,4,8")
    parser.add_argument("--platforms", action="store_true")
    parser.add_argument("stacker", type=lambda path: str(pathlib.Path(path).resolve()))
    arguments = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="random-graphs."))
    subprocess.run([TOP / "tools/fixtures/make-busybox-image", work / "busybox"], check=True)
    if arguments.platforms:
        claimed_platforms.claim_platforms(work / "busybox")
    builds, failed = 0, 0
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        try:
            builds += run(seed, arguments, work)
            print(f"seed {seed}: the same at each number of jobs", flush=True)
        except (Difference, subprocess.TimeoutExpired) as difference:
            failed += 1
            print(f"seed {seed}: {difference}", flush=True)
    print(f"{builds} builds of {arguments.seeds} graphs with {arguments.layers} layers, {failed} graphs differ")
    if failed:
        print(f"see {work}")
        return 1
    shutil.rmtree(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())

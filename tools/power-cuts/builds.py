"""What is built while the power is cut: a base of a few hundred files, a build_only chain, images of two types, a copy published."""

import dataclasses
import hashlib
import json
import os
import pathlib
import random
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "torture"))

import base

PATIENCE = 180
TYPES = ("--layer-type", "tar", "--layer-type", "squashfs")
BUILD = ("--debug", "build", *TYPES)
LAYOUTS = ("oci", "published")
_TAG = "org.opencontainers.image.ref.name"
# Reads all that is below a layer: a file that lost its content, or is gone, is another image.
_SUMS = "busybox find / -xdev -path /proc -prune -o -path /stacker -prune -o -type f ! -path /etc/resolv.conf ! -path /sums -print " \
    "| busybox sort | busybox xargs busybox sha256sum > /sums"
_FILES = "for i in $(busybox seq 1 80); do busybox seq $i $(($i * 40)) > /{place}/$i; done"


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What differs from one recipe to the next."""

    base: int
    one: int
    two: int
    probe: str = ""

    def text(self) -> str:
        layers = f"""
one:
  from: {{type: oci, url: "base{self.base}:latest"}}
  imports: [files/a]
  overlay_dirs: [{{source: over, dest: /opt}}]
  cache_dirs: [/var/cache/it]
  build_only: true
  run: |
    mkdir /d /one
    echo {self.one} > /var/cache/it/one
    busybox sleep 0.7
    cat /stacker/imports/a > /d/a
    rm /etc/passwd
    {_FILES.format(place="one")}
    echo {self.one} > /d/one
two:
  from: {{type: built, tag: one}}
  run: |
    mkdir /two
    {_FILES.format(place="two")}
    echo {self.two} > /d/two
    busybox sleep 0.7
copied:
  from: {{type: oci, url: "base{self.base}:latest"}}
  imports: [{{path: tree, dest: /tree}}]
  build_only: true
three:
  from: {{type: built, tag: two}}
  imports: ["stacker://two/d/two", "stacker://one/one/7"]
  run: cat /stacker/imports/two /stacker/imports/7 > /three
"""
        if self.probe:
            for name, below in (("base", f"{{type: oci, url: \"base{self.base}:latest\"}}"), *((name, f"{{type: built, tag: {name}}}")
                                for name in ("one", "two", "three", "copied"))):
                layers += f"""
probe-{name}:
  from: {below}
  run: |
    echo {self.probe} > /probe
    {_SUMS}
"""
        return layers


@dataclasses.dataclass(frozen=True)
class Step:
    """Commands with a recipe, and what the kernel does of its own accord afterwards."""

    recipe: Recipe
    commands: tuple[tuple[str, ...], ...]
    settles: bool = False  # all is written, as after half a minute in which nobody writes


def _publish(tag: str) -> tuple[str, ...]:
    return ("publish", "--url", "oci:published", "--tag", tag, *TYPES)


# The second base is unpacked where the directories have been for long, the third one after they were emptied.
STEPS = (
    Step(Recipe(1, 1, 1), (BUILD,)),
    Step(Recipe(1, 1, 1), (BUILD, _publish("first")), settles=True),
    Step(Recipe(2, 1, 2), (BUILD, _publish("second"))),
    Step(Recipe(2, 2, 2), (BUILD,)),
    Step(Recipe(2, 1, 2), (BUILD,), settles=True),
    Step(Recipe(3, 3, 3), (BUILD, _publish("third"), ("gc",))),
    Step(Recipe(3, 3, 3), (("clean",), BUILD)),
)


def recipes_after(step: int) -> list[Recipe]:
    """What is built after a cut in a step: the same, with layers that look at what is below them, and what was built before."""
    now, before = STEPS[step].recipe, STEPS[max(step - 1, 0)].recipe
    return [dataclasses.replace(now, probe="now"), dataclasses.replace(before, probe="before")]


def by_recipe(noted: list[dict[str, object]]) -> dict[Recipe, dict[str, list[str]]]:
    """What each recipe gives, as it was noted: the parts of its images."""
    return {Recipe(**entry["recipe"]): entry["images"] for entry in noted}


def put_files(place: pathlib.Path) -> None:
    """What is there, and on the disk, before anything is built."""
    chance = random.Random(1)
    for number in (1, 2, 3):
        base.make_base(place / f"base{number}", {
            f"data/{number}": chance.randbytes(chance.randint(1, 20_000)) for number in range(200)})
    (place / "files").mkdir()
    (place / "files/a").write_text("imported\n")
    (place / "over/sub").mkdir(parents=True)
    (place / "over/sub/f").write_text("over\n")
    os.symlink("f", place / "over/sub/link")
    (place / "tree").mkdir()
    for number in range(100):
        (place / "tree" / str(number)).write_bytes(chance.randbytes(3000))
    (place / "home").mkdir()


def put_recipe(place: pathlib.Path, recipe: Recipe) -> None:
    """On the disk, as by an editor."""
    temporary = place / "stacker.yaml.new"
    with temporary.open("w") as file:
        file.write(recipe.text())
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(place / "stacker.yaml")
    descriptor = os.open(place, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def results_of(program: pathlib.Path, directory: pathlib.Path) -> pathlib.Path:
    """Where recordings and results of a program are."""
    return directory / hashlib.sha256(program.read_bytes()).hexdigest()[:12]


class Stacker:
    """The program, in the directory with the recipe."""

    def __init__(self, program: pathlib.Path, place: pathlib.Path):
        self.program = program
        self.place = place
        self.environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(place / "home"), "USER": "root",
            "SOURCE_DATE_EPOCH": "1700000000", "LC_ALL": "C.UTF-8"}

    def run(self, *arguments: str) -> tuple[int, str]:
        """Its status and what it said; -1 if it hangs."""
        with subprocess.Popen(
            [self.program, *arguments], cwd=self.place, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT) as process:
            try:
                said, _ = process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                said, _ = process.communicate()
                return -1, f"hangs: {said.decode(errors='replace')}"
        return process.returncode, said.decode(errors="replace")

    def images(self, layout: str = "oci") -> dict[str, list[str]]:
        """Of each tag what the image has: annotations have the recipe, which is another one though the layers are the same."""
        blobs = self.place / layout / "blobs/sha256"
        images = {}
        for entry in json.loads((self.place / layout / "index.json").read_text())["manifests"]:
            manifest = json.loads((blobs / entry["digest"].removeprefix("sha256:")).read_text())
            images[entry["annotations"][_TAG]] = [part["digest"] for part in [manifest["config"], *manifest["layers"]]]
        return images

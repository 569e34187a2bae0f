"""What has to hold after a power cut."""

import hashlib
import json
import os
import pathlib
import re

from builds import BUILD, LAYOUTS, Recipe, Stacker, put_recipe

_TEMPORARY = re.compile(r"^\.(.*\.tmp|unpack-.*)$")


def damaged(place: pathlib.Path) -> list[str]:
    """What is named in a layout and isn't there as it was written. Read by nobody but us."""
    found = []
    for name in LAYOUTS:
        layout = place / name
        if not (layout / "index.json").exists():
            continue
        try:
            marker = json.loads((layout / "oci-layout").read_text())
            if marker != {"imageLayoutVersion": "1.0.0"}:
                found.append(f"damaged: {name}/oci-layout: {marker}")
            entries = json.loads((layout / "index.json").read_text())["manifests"]
            for entry in entries:
                found += [f"damaged: {name}: {text}" for text in damaged_parts(layout / "blobs/sha256", entry)]
        except (OSError, ValueError) as error:
            found.append(f"damaged: {name}: {error}")
    return found


def damaged_parts(blobs: pathlib.Path, descriptor: dict[str, object]) -> list[str]:
    digest = descriptor["digest"]
    path = blobs / digest.removeprefix("sha256:")
    try:
        content = path.read_bytes()
    except OSError as error:
        return [f"{digest}: {error.strerror}"]
    if len(content) != descriptor["size"] or f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
        return [f"{digest} has {len(content)} bytes, of {descriptor['size']}, that are not what it should be"]
    if "manifest" not in descriptor["mediaType"]:
        return []
    manifest = json.loads(content)
    return [text for part in [manifest["config"], *manifest["layers"]] for text in damaged_parts(blobs, part)]


def _missed(said: str) -> str:
    lines = [line for line in said.splitlines() if "error" in line or "warn" in line]
    return " | ".join(lines or said.splitlines()[-3:])[-700:]


def start_machine(place: pathlib.Path) -> None:
    """What was made in this start of the machine was made in another one: the kernel doesn't let us say that to stacker, which
    asks it in a process namespace of its own."""
    now = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    then = "00000000-0000-4000-8000-000000000000"
    for layer in place.glob("roots/sha256_*"):
        mark = layer / "unsettled"
        if mark.is_symlink() and os.readlink(mark) == now:
            mark.unlink()
            mark.symlink_to(then)
    for cache in place.glob(".stacker/build.cache"):
        cache.write_bytes(cache.read_bytes().replace(now.encode(), then.encode()))


class Judge:
    def __init__(self, stacker: Stacker, wanted: dict[Recipe, dict[str, list[str]]]):
        self.stacker = stacker
        self.wanted = wanted

    def judge(self, recipes: list[Recipe]) -> list[str]:
        """What is wrong, if the recipes are built one after the other, and then published and collected."""
        place = self.stacker.place
        found = damaged(place)
        for recipe in recipes:
            found += self.build(recipe)
        status, said = self.stacker.run("publish", "--url", "oci:published", "--tag", "after")
        if status != 0:
            found.append(f"not published: status {status}: {_missed(said)}")
        status, said = self.stacker.run("gc")
        if status != 0:
            found.append(f"not collected: status {status}: {_missed(said)}")
        found += damaged(place)
        return found + [f"left behind: {name}" for name in left(place)]

    def build(self, recipe: Recipe) -> list[str]:
        put_recipe(self.stacker.place, recipe)
        status, said = self.stacker.run(*BUILD)
        if status == 0:
            return self.wrong(recipe, "a success that isn't one")
        found = [f"not built: status {status}: {_missed(said)}"]
        status, said = self.stacker.run("clean")
        if status != 0:
            return [*found, f"not cleaned: status {status}: {_missed(said)}"]
        status, said = self.stacker.run(*BUILD)
        if status != 0:
            return [*found, f"not built after clean: status {status}: {_missed(said)}"]
        return found + self.wrong(recipe, "wrong after clean")

    def wrong(self, recipe: Recipe, what: str) -> list[str]:
        try:
            images = self.stacker.images()
        except (OSError, ValueError) as error:
            return [f"{what}: {error}"]
        wanted = self.wanted[recipe]
        names = [name for name in wanted if images.get(name) != wanted[name]]
        return [f"{what}: {', '.join(names)}"] if names else []


def left(place: pathlib.Path) -> list[str]:
    """Temporary names, of which gc leaves none."""
    found = []
    for directory, names, files in os.walk(place):
        relative = os.path.relpath(directory, place)
        if "/overlay" in f"{relative}/":
            continue
        found += [os.path.join(relative, name) for name in names + files if _TEMPORARY.match(name)]
    return found

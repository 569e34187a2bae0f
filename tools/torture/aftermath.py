"""What has to hold after a command was disturbed, and after the next one that was not."""

import hashlib
import json
import os
import pathlib
import re
import stat
import time
from collections import Counter

import tracer
from ending import judge_end
from place import Place

_TAG = "org.opencontainers.image.ref.name"
_TEMPORARY = re.compile(
    r"(^|/)(\.[^/]*\.tmp|\.(unpack-|stacker-check\.|run-)[^/]*|stacker-\d+-\w+|oci-labels|shared-cache)$")

# Of names, these are compared otherwise, or come and go as they like: what is known of files, of
# blobs, of the disk, and what the registry keeps.
_CONTENT = re.compile(
    r"(^|/)roots/([^/]+/(overlay|overlay_dirs|rootfs|targets)/|part_|[^/]*/(blob-|unsettled$))|(^|/)\.stacker/file-digests$|^registry/")


def list_tree(top: pathlib.Path) -> dict[str, str]:
    """Kind, mode and size or target of all that is in it."""
    found = {}
    for directory, names, files in os.walk(top):
        for name in names + files:
            path = os.path.join(directory, name)
            status = os.lstat(path)
            text = f"{stat.filemode(status.st_mode)} {status.st_uid}:{status.st_gid}"
            if stat.S_ISLNK(status.st_mode):
                text += f" -> {os.readlink(path)}"
            elif stat.S_ISREG(status.st_mode):
                text += f" {status.st_size}"
            found[os.path.relpath(path, top)] = text
    return found


class Result:
    """What a command has made."""

    def __init__(self, place: Place):
        self.place = place
        layouts = place.scenario.layouts
        # Of two who share a layout, nobody knows who comes first.
        self.indices = {
            name: {entry["annotations"][_TAG]: entry["digest"] for entry in read_index(place.path / name)} for name in layouts}
        self.blobs = {name: sorted(os.listdir(place.path / name / "blobs/sha256")) for name in layouts}
        self.files = {name: (place.path / name).read_text() for name in place.scenario.results}
        self.published = published(place.path / "registry") if place.scenario.publishes else {}
        self.roots = unpacked(place.path / "roots")
        self.names = Counter(name for name in self._names() if not _CONTENT.search(name))

    def _names(self) -> list[str]:
        """All that is there, but for contents of layers, which are compared for themselves."""
        return [tracer.normalise(name, str(self.place.path)) for name in list_tree(self.place.path)]

    def wrong(self, wanted: "Result", known: dict[str, object]) -> list[str]:
        """What is another one. Of layers there may be fewer than are known: a further type of one is made again when it is asked
        for."""
        found = [
            f"wrong result: {part}: {_difference(getattr(self, part), getattr(wanted, part))}"
            for part in ("indices", "files", "published") if getattr(self, part) != getattr(wanted, part)]
        return found + [f"wrong result: {text}" for text in unlike(self.roots, known)]

    def lacks_others(self, wanted: "Result") -> bool:
        """Whether all images are right that are there, and those of another stacker are not, which comes later."""
        return self.place.scenario.shares and all(
            images.items() <= wanted.indices[name].items() for name, images in self.indices.items())

    def differences(self, wanted: "Result") -> list[str]:
        """The same once all has been collected, so that nothing else may be there."""
        found = self.wrong(wanted, wanted.roots)
        if self.blobs != wanted.blobs:
            found.append(f"wrong result: blobs: {_difference(self.blobs, wanted.blobs)}")
        if more := [name for name in self.names - wanted.names if not re.match(self.place.scenario.may_stay, name)]:
            found.append(f"left behind: {', '.join(sorted(more)[:10])}")
        return found


def unlike(roots: dict[str, object], wanted: dict[str, object]) -> list[str]:
    """Which layers are not what they are called. A name may be a directory here and a symlink to one there."""
    return [
        f"roots/{name}: {_difference(tree, wanted[name])}" if name in wanted else f"roots/{name}, of which nobody knows"
        for name, tree in roots.items()
        if name not in wanted or tree != wanted[name] and isinstance(tree, dict) and isinstance(wanted[name], dict)]


def _difference(found: object, wanted: object) -> str:
    if isinstance(found, dict) and isinstance(wanted, dict):
        keys = [key for key in {**found, **wanted} if found.get(key) != wanted.get(key)]
        return "; ".join(f"{key}: {_difference(found.get(key), wanted.get(key))}" for key in keys[:5])
    return f"{str(found)[:300]} instead of {str(wanted)[:300]}"


def read_index(layout: pathlib.Path) -> object:
    return json.loads((layout / "index.json").read_text())["manifests"]


def unpacked(roots: pathlib.Path) -> dict[str, object]:
    """What stands under names that only complete layers have. Without the marker, which `clean` takes first, builds use none."""
    if not (roots / ".stacker-roots").exists():
        return {}
    return {
        path.name: f"-> {os.readlink(path)}" if path.is_symlink() else list_tree(path / "overlay")
        for path in roots.iterdir() if path.name.startswith("sha256_")}


def published(registry: pathlib.Path) -> dict[str, str]:
    """What docker-registry keeps: each tag of each repository, and its digest."""
    return {
        str(link.relative_to(registry)): link.read_text()
        for link in registry.glob("docker/registry/v2/repositories/**/_manifests/tags/*/current/link")}


def half_written(place: Place, known: dict[str, object]) -> list[str]:
    """What has a name that only something whole may have."""
    found = []
    for name in place.scenario.layouts:
        layout = place.path / name
        blobs = layout / "blobs/sha256"
        for path in blobs.iterdir() if blobs.is_dir() else []:
            if not path.name.startswith(".") and hashlib.sha256(path.read_bytes()).hexdigest() != path.name:
                found.append(f"half-written: {name}: blob {path.name}")
        if (layout / "index.json").exists():
            try:
                found += [f"half-written: {name}: {text}" for entry in read_index(layout) for text in missing(blobs, entry["digest"])]
            except ValueError as error:
                found.append(f"half-written: {name}/index.json: {error}")
    return found + [f"half-written: {text}" for text in unlike(unpacked(place.path / "roots"), known)]


def missing(blobs: pathlib.Path, digest: str) -> list[str]:
    path = blobs / digest.removeprefix("sha256:")
    if not path.exists():
        return [f"names {digest}, which is not there"]
    manifest = json.loads(path.read_text())
    parts = [manifest["config"], *manifest["layers"]] if "layers" in manifest else []
    return [f"{digest} names {part['digest']}, which is not there" for part in parts if not (blobs / part["digest"][7:]).exists()]


def left_in_kernel(place: Place) -> list[str]:
    """Mounts and loop devices."""
    found = [f"left mounted: {mount}" for mount in place.mounts()]
    # The kernel lets a device go a moment after its last mount.
    for _ in range(100):
        if not (devices := loop_devices(place)):
            return found
        time.sleep(0.1)
    return found + [f"left attached: {device}" for device in devices]


def loop_devices(place: Place) -> list[str]:
    found = []
    for path in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            if path.read_text().startswith(f"{place.path}/"):
                found.append(path.parts[3])
        except OSError:
            continue
    return found


def is_mounted(place: Place, name: str) -> bool:
    return f"{place.path}/{name}" in place.mounts()


def left_temporary(place: Place, point: str) -> list[str]:
    """Temporary names that a command left which has come to its end. Not what the failed call was about: that may be beyond
    reach for removing it, too, and the next command sees to it."""
    names = [name for name in list_tree(place.path) if _TEMPORARY.search(name)]
    return [f"left behind at once: {name}" for name in names if f" {tracer.normalise(name, str(place.path))}" not in point]


def judge(place: Place, outcome: tracer.Outcome, point: str, fault: str, wanted: Result) -> list[str]:
    found = judge_end(outcome, fault, point, place.said())
    # What mounts is to leave a mount.
    if ["umount", "mnt"] not in place.scenario.repairs:
        found += left_in_kernel(place)
    # What was there before may be there still.
    known = {**unpacked(place.template / "roots"), **wanted.roots}
    found += half_written(place, known)
    if outcome.status == 0 and not outcome.hung and place.scenario.command != ["clean"]:
        try:
            result = Result(place)
            if result.lacks_others(wanted):
                result.indices = wanted.indices
            found += [f"a success that isn't one: {text}" for text in result.wrong(wanted, known)]
        except (OSError, ValueError) as error:
            found.append(f"a success that isn't one: {error}")
    if fault != "KILL" and not outcome.hung:
        found += left_temporary(place, point)
    if not (place.scenario.once and outcome.status == 0) and (failure := repair(place)):
        return [*found, f"not mended: {failure}"]
    found += left_in_kernel(place)
    try:
        found += Result(place).differences(wanted)
    except (OSError, ValueError) as error:
        found.append(f"not mended: {error}")
    return found


def repair(place: Place) -> str:
    """Has the command done what it is for, and what it left collected. Returns what failed."""
    for arguments in [*place.scenario.repairs, *([["gc"]] if place.scenario.collects else [])]:
        # What was mounted before the disturbance may be, or not.
        if arguments[0] == "umount" and not is_mounted(place, arguments[1]):
            continue
        status, said = place.run(arguments)
        if status != 0:
            return f"{' '.join(arguments)}: status {status}: {said[-600:]}"
    return ""


def make_reference(place: Place) -> Result:
    """What there is after the same, undisturbed."""
    place.reset()
    if failure := repair(place):
        raise RuntimeError(f"undisturbed, stacker fails: {failure}")
    return Result(place)

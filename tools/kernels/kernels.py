"""Finds a kernel by path or by name, with its modules."""

import dataclasses
import gzip
import lzma
import pathlib
import re
import subprocess
import tempfile

import debian
from trouble import Trouble

# Of an x86 image: where it says where the text of its version is.
VERSION_AT, SETUP_AT = 0x20E, 0x200


@dataclasses.dataclass(frozen=True)
class Kernel:
    """An image that boots, and what it may load."""

    name: str  # as it was asked for, fit for the name of a file
    image: pathlib.Path
    version: str  # as uname -r says
    modules: pathlib.Path | None  # lib/modules/VERSION; none if there is none

    def files_of(self, names: list[str]) -> list[pathlib.Path]:
        """The modules of these names and all that they need, in the order in which they can be loaded; what is built in needs none.

        A kernel without a directory of modules may have all of it built in.
        """
        if self.modules is None:
            return []
        needs = self.dependencies()
        by_name = {plain(path): path for path in needs}
        built_in = {plain(line) for line in (self.modules / "modules.builtin").read_text().splitlines()}
        wanted: list[str] = []
        for name in names:
            if name in built_in:
                continue
            if name not in by_name:
                raise Trouble(
                    f"the kernel {self.version} has no {name}, neither built in nor in {self.modules}",
                    "it is needed to boot with this machine's files; Debian's kernels have it, also those for clouds",
                )
            # What a module needs stands behind it, the first to load last.
            for path in [*reversed(needs[by_name[name]]), by_name[name]]:
                if path not in wanted:
                    wanted.append(path)
        return [self.modules / path for path in wanted]

    def dependencies(self) -> dict[str, list[str]]:
        if not (self.modules / "modules.dep").exists():
            self.list_dependencies()
        lines = (self.modules / "modules.dep").read_text().splitlines()
        return {path: needed.split() for path, needed in (line.split(":", 1) for line in lines)}


    def list_dependencies(self) -> None:
        """As an installed package has them listed. Where below its base depmod looks depends on its version."""
        with tempfile.TemporaryDirectory() as name:
            base = pathlib.Path(name)
            (base / "usr/lib/modules").mkdir(parents=True)
            (base / "usr/lib/modules" / self.version).symlink_to(self.modules.absolute())
            (base / "lib").symlink_to("usr/lib")
            subprocess.run(["depmod", "-b", base, self.version], check=True)


def plain(path: str) -> str:
    """The name of a module, as lsmod has it."""
    return pathlib.PurePath(path).name.split(".ko")[0].replace("-", "_")


def read_module(path: pathlib.Path) -> bytes:
    """A module as the kernel takes it, however it is compressed."""
    data = path.read_bytes()
    match path.suffix:
        case ".xz":
            return lzma.decompress(data)
        case ".gz":
            return gzip.decompress(data)
        case ".zst":
            return subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=True).stdout
    return data


def find(wanted: str) -> Kernel:
    """KERNEL=…: a path, a release of Debian's, or a package."""
    if "/" in wanted:
        return from_file(pathlib.Path(wanted).absolute())
    return from_file(debian.fetch(wanted), wanted)


def from_file(image: pathlib.Path, name: str | None = None) -> Kernel:
    version = version_of(image)
    # An unpacked package has them beside its boot/, or the image among them.
    beside = image.parent.parent
    candidates = [image.parent, *(place / "lib/modules" / version for place in (beside, beside / "usr", pathlib.Path("/")))]
    modules = next((path for path in candidates if (path / "modules.builtin").exists()), None)
    return Kernel(name or version, image, version, modules)


def version_of(image: pathlib.Path) -> str:
    """What the image of an x86 kernel says of itself."""
    try:
        with image.open("rb") as file:
            head = file.read(1 << 16)
    except OSError as error:
        raise Trouble(f"can't read {image}: {error.strerror}", "KERNEL is the path of a kernel's image") from None
    at = int.from_bytes(head[VERSION_AT : VERSION_AT + 2], "little") + SETUP_AT
    found = re.match(rb"[0-9][!-~]*", head[at : at + 128])
    if head[0x202:0x206] != b"HdrS" or not found:
        raise Trouble(f"{image} is no x86 kernel that a boot loader takes", "KERNEL is the path of a bzImage or vmlinuz")
    return found[0].decode()

"""Finds a kernel by path or by a name of Debian's, with its modules."""

import dataclasses
import gzip
import lzma
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
# Where packages are unpacked, and stay.
KEPT = TOP / ".build/kernels"
# Debian's kernels for virtual machines, by release.
NAMED = {"debian-12": "linux-image-cloud-amd64", "debian-12-backports": "linux-image-6.12-cloud-amd64"}
# Of an x86 image: where it says where the text of its version is.
VERSION_AT, SETUP_AT = 0x20E, 0x200


class Trouble(Exception):
    """What is wrong, and what to do about it."""

    def __init__(self, what: str, advice: str):
        super().__init__(f"error: {what}\nhelp: {advice}")


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
            subprocess.run(["depmod", "-b", self.modules.parents[2], self.version], check=True)
        lines = (self.modules / "modules.dep").read_text().splitlines()
        return {path: needed.split() for path, needed in (line.split(":", 1) for line in lines)}


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
    """KERNEL=…: a path, a name, or a package of Debian's."""
    if "/" in wanted:
        return from_file(pathlib.Path(wanted).absolute())
    package = NAMED.get(wanted, wanted)
    if not re.fullmatch(r"linux-image-[a-z0-9.+-]+", package):
        raise Trouble(
            f"there is no kernel {wanted}",
            f"KERNEL is the path of a vmlinuz, the name of a package linux-image-…, or one of {', '.join(NAMED)}",
        )
    if wanted in NAMED:
        refuse_another_release(wanted)
    return from_file(fetch(package), wanted)


def from_file(image: pathlib.Path, name: str | None = None) -> Kernel:
    version = version_of(image)
    # An unpacked package has them beside its boot/.
    places = [pathlib.Path("/"), image.parent.parent]
    candidates = [place / "lib/modules" / version for place in places]
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


def refuse_another_release(name: str) -> None:
    about = dict(re.findall(r'^(\w+)="?([^"\n]*)', pathlib.Path("/etc/os-release").read_text(), re.MULTILINE))
    here = f"{about.get('ID')}-{about.get('VERSION_ID')}"
    if here != name.removesuffix("-backports"):
        raise Trouble(
            f"{name} is fetched by apt, and this machine's is for {here}",
            "give KERNEL the path of a vmlinuz, with lib/modules beside its boot/",
        )


def fetch(package: str) -> pathlib.Path:
    """Unpacks a package of the mirror, or what it stands for, unless that was done before: the image in it."""
    depends = ask_apt("apt-cache", "depends", "--important", package)
    for line in depends.splitlines():
        if match := re.fullmatch(r"\s*Depends: (linux-image-\S+)", line):
            package = match[1]
    directory = KEPT / package
    if not directory.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        unpacked = pathlib.Path(tempfile.mkdtemp(prefix=f".{package}.", dir=KEPT))
        try:
            ask_apt("apt-get", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3", "download", package, cwd=unpacked)
            [archive] = unpacked.glob("*.deb")
            run("dpkg-deb", "--extract", str(archive), str(unpacked))
            archive.unlink()
            unpacked.rename(directory)
        except BaseException:
            shutil.rmtree(unpacked, ignore_errors=True)
            raise
    images = sorted((directory / "boot").glob("vmlinuz-*"))
    if not images:
        raise Trouble(f"there is no kernel in {package}", f"remove {directory}, and name another package")
    return images[0]


def ask_apt(*command: str, cwd: pathlib.Path | None = None) -> str:
    """What a program of apt's says; what it has not heard of, or is there no more, newer lists may have."""
    try:
        return run(*command, cwd=cwd)
    except Trouble:
        run("apt-get", "update")
        return run(*command, cwd=cwd)


def run(*command: str, cwd: pathlib.Path | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C"},
        check=False,
    )
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]
        raise Trouble(f"{' '.join(command)} failed: {reason[0]}", "it takes root, and a mirror of this release that can be reached")
    return done.stdout

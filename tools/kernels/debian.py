"""Debian's kernels for virtual machines, fetched by apt from lists of its own: whatever this machine is, and without a word to
what it has configured."""

import contextlib
import fcntl
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator

from trouble import Trouble

TOP = pathlib.Path(__file__).resolve().parents[2]
# Where packages are unpacked, and stay; and apt's lists.
KEPT = TOP / ".build/kernels"
MIRROR = "http://deb.debian.org/debian"
RELEASES = {"11": "bullseye", "12": "bookworm", "13": "trixie", "14": "forky", "sid": "sid"}
WITH_SECURITY = ("bullseye", "bookworm", "trixie")
NAME = re.compile(rf"debian-(?P<release>{'|'.join(RELEASES)})(?P<backports>-backports)?")
CLOUD = "linux-image-cloud-amd64"
KEYRING = pathlib.Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# What the image of a kernel may be parted into, since Linux 6.19.
PART = re.compile(r"\s*Depends: (linux-(?:image|base|binary|modules)-\d\S*)")


def fetch(wanted: str) -> pathlib.Path:
    """The image of a release's newest kernel, as debian-12 or debian-13-backports, or of a package that this machine's apt knows.

    What was fetched once is there, and nobody is asked again.
    """
    if match := NAME.fullmatch(wanted):
        return Apt(RELEASES[match["release"]] + (match["backports"] or "")).fetch(CLOUD, KEPT / wanted)
    if re.fullmatch(r"linux-image-[a-z0-9.+-]+", wanted):
        return Apt(None).fetch(wanted, KEPT / wanted)
    raise Trouble(
        f"there is no kernel {wanted}",
        "KERNEL is the path of a vmlinuz, the name of a package linux-image-…, or a release as debian-12, debian-13-backports, debian-sid",
    )


class Apt:
    """What apt knows: of one suite of Debian's, by lists that are kept here, or of this machine."""

    def __init__(self, suite: str | None):
        self.suite = suite
        self.options = ["-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3"]
        if suite:
            self.options += self.write_configuration(suite, KEPT / "apt" / suite)

    def write_configuration(self, suite: str, directory: pathlib.Path) -> list[str]:
        if not KEYRING.exists():
            raise Trouble(f"there is no {KEYRING}, by which Debian's lists are known", "install debian-archive-keyring")
        for name in ("state/lists/partial", "cache/archives/partial"):
            (directory / name).mkdir(parents=True, exist_ok=True)
        sources = [f"{os.environ.get('DEBIAN_MIRROR') or MIRROR} {suite}"]
        # Where kernels are between two of a release's points. Few other mirrors have it.
        if suite in WITH_SECURITY and not os.environ.get("DEBIAN_MIRROR"):
            sources.append(f"{MIRROR}-security {suite}-security")
        lines = [f"deb [arch=amd64 signed-by={KEYRING}] {source} main\n" for source in sources]
        (directory / "sources").write_text("".join(lines))
        settings = {
            "Dir::State": directory / "state",
            "Dir::State::status": "/dev/null",
            "Dir::Cache": directory / "cache",
            "Dir::Etc::SourceList": directory / "sources",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::Preferences": "/dev/null",
            "Dir::Etc::PreferencesParts": "/dev/null",
            "APT::Architecture": "amd64",
            # Without it, lists that can't be had are a warning.
            "APT::Update::Error-Mode": "any",
            "Acquire::Languages": "none",
        }
        return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]

    def fetch(self, package: str, directory: pathlib.Path) -> pathlib.Path:
        """Unpacks a package of a kernel and its parts, unless that was done before: the image in them."""
        with one_at_a_time():
            self.fetch_once(package, directory)
        return image_in(directory, package)

    def fetch_once(self, package: str, directory: pathlib.Path) -> None:
        if not directory.exists():
            # Of a fetch that was killed: nobody else is at it.
            for old in KEPT.glob(f".{directory.name}.*"):
                shutil.rmtree(old)
            # Lists of one's own are new with each kernel; of this machine's, what they don't know is asked for once more.
            if self.suite:
                self.run("apt-get", "update")
            packages = list(self.parts_of(package))
            unpacked = pathlib.Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=KEPT))
            try:
                self.unpack(packages, unpacked)
                image_in(unpacked, package)
                unpacked.rename(directory)
            except BaseException:
                shutil.rmtree(unpacked, ignore_errors=True)
                raise

    def unpack(self, packages: list[str], directory: pathlib.Path) -> None:
        self.run("apt-get", "download", *packages, cwd=directory)
        for archive in sorted(directory.glob("*.deb")):
            run("dpkg-deb", "--extract", str(archive), str(directory))
            archive.unlink()

    def parts_of(self, package: str) -> Iterator[str]:
        """The package, and those of the same kernel that it needs; of one that stands for the newest, that one."""
        seen = [package]
        for name in seen:
            found = [match[1] for line in self.ask_depends(name).splitlines() if (match := PART.fullmatch(line))]
            seen += [each for each in found if each not in seen]
            # One that stands for the newest has nothing in it.
            if re.match(r"linux-\w+-\d", name):
                yield name

    def ask_depends(self, package: str) -> str:
        words = ("apt-cache", "depends", "--important", package)
        try:
            return self.run(*words)
        except Trouble:
            if self.suite:
                raise
            self.run("apt-get", "update")
            return self.run(*words)

    def run(self, program: str, *words: str, cwd: pathlib.Path | None = None) -> str:
        return run(program, *self.options, *words, cwd=cwd)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Whoever else fetches a kernel to this tree goes first."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def image_in(directory: pathlib.Path, package: str) -> pathlib.Path:
    """The image of a kernel among what packages have; since Linux 6.19 it is beside its modules."""
    images = [*directory.glob("boot/vmlinuz-*"), *directory.glob("usr/lib/modules/*/vmlinuz")]
    if not images:
        raise Trouble(f"there is no kernel in {package}", "name another package")
    return images[0]


def run(program: str, *words: str, cwd: pathlib.Path | None = None) -> str:
    done = subprocess.run(
        [program, *words], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "LC_ALL": "C"}, check=False,
    )
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]
        # The options are not what is wrong.
        said = [word for word in words if "::" not in word and word != "-o"]
        raise Trouble(
            f"{' '.join([program, *said])} failed: {reason[0]}",
            "it takes root, and a mirror of Debian that can be reached; DEBIAN_MIRROR names another than deb.debian.org",
        )
    return done.stdout

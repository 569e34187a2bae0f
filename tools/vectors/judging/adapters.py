"""The scripts that stand for implementations."""

import dataclasses
import os
import pathlib
import re
import subprocess

from judging.jobs import UNKNOWN_VERB

TIMEOUT = 60  # seconds, for what is asked outside of runs


@dataclasses.dataclass(frozen=True)
class Adapter:
    path: pathlib.Path
    version: str
    lacks: frozenset[str] = frozenset()  # what vectors need and it can't have, as their `needs` say it

    @property
    def name(self) -> str:
        return self.path.name

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class AdapterError(Exception):
    """Nothing can be judged."""


def find(name: str, directory: pathlib.Path) -> pathlib.Path:
    """By its name, or by a path."""
    path = pathlib.Path(name).absolute() if "/" in name else directory / name
    if path.suffix or not os.access(path, os.X_OK) or not path.is_file():
        names = sorted(each.name for each in directory.iterdir() if os.access(each, os.X_OK) and not each.suffix)
        raise AdapterError(f"there is no adapter {name}\nhelp: one of {' '.join(names)}, or the path of another")
    return path


def needed_packages(path: pathlib.Path) -> list[str]:
    return ask(path, "needs").split()


def describe(path: pathlib.Path) -> Adapter:
    version = ask(path, "version").strip()
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+~_-]*", version):
        raise AdapterError(f"{path} calls its version {version!r}\nhelp: `version` prints one word")
    return Adapter(path, version, frozenset(ask(path, "lacks").split()))


def ask(path: pathlib.Path, verb: str) -> str:
    """What the verb prints; nothing if there is no such verb."""
    ran = subprocess.run([path, verb], capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if ran.returncode == UNKNOWN_VERB:
        return ""
    if ran.returncode != 0:
        raise AdapterError(f"`{path} {verb}` ended with status {ran.returncode}: {ran.stderr.strip()}")
    return ran.stdout

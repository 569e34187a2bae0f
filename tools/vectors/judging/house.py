"""The judge's own mounts: a place from which rooms are entered."""

import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from judging import kernel

# Set in the judge's own mount namespace.
APART = "JUDGE_IS_APART"

SERVERS = 4 << 30  # bytes that all daemons together may have in files


def enter_own_mounts() -> None:
    """What is mounted for the judge's sake goes with it, whatever ends it."""
    if os.geteuid() != 0:
        raise SystemExit("error: a judge mounts file systems, for which it has to be root\nhelp: sudo make judge …")
    if not os.environ.get(APART):
        unshare = ["unshare", "--mount", "--propagation", "private", "--", sys.executable, *sys.argv]
        os.execvpe(unshare[0], unshare, os.environ | {APART: "yes"})
    del os.environ[APART]


@contextlib.contextmanager
def make_house(top: pathlib.Path, vectors: pathlib.Path) -> Iterator[pathlib.Path]:
    """What an ordinary user can reach, wherever this tree is, and nobody can change: the tree, the vectors, and stacker.
    Rooms are made in it, and daemons have their files there."""
    house = pathlib.Path(tempfile.mkdtemp(prefix="judge."))
    house.chmod(0o755)
    shown = {"top": top, "vectors": vectors.resolve(), "stacker": find_stacker(top)}
    try:
        for name in ("room", "servers"):
            (house / name).mkdir()
        # A daemon that makes sure of all that it writes would wait for a disk most of the time.
        kernel.mount("servers", house / "servers", "tmpfs", options=f"mode=0755,size={SERVERS}")
        for name, source in shown.items():
            show(source, house / name)
        require_attributes(house / "room")
        yield house
    finally:
        for name in shown:
            put_away(house / name)
        if (house / "servers").is_mount():
            subprocess.run(["umount", house / "servers"], check=True)
        for name in ("room", "servers"):
            (house / name).rmdir()
        house.rmdir()


def require_attributes(place: pathlib.Path) -> None:
    """Rooms are on a tmpfs, which has had no user.* attributes for most of its life."""
    kernel.mount("room", place, "tmpfs")
    try:
        os.setxattr(place, "user.judge", b"")
    except OSError as error:
        raise SystemExit(f"error: a tmpfs has no attributes here: {error}\nhelp: judge on Linux 6.6 or later") from error
    finally:
        subprocess.run(["umount", place], check=True)


def find_stacker(top: pathlib.Path) -> pathlib.Path:
    """The one that is asked for, or that of this tree. Where there is none, its adapters say so."""
    return pathlib.Path(os.environ.get("STACKER") or top / "stacker").resolve()


def show(source: pathlib.Path, place: pathlib.Path) -> None:
    if not source.exists():
        return
    if source.is_dir():
        place.mkdir()
    else:
        place.touch()
    subprocess.run(["mount", "--bind", "-o", "ro", source, place], check=True)


def put_away(place: pathlib.Path) -> None:
    if not place.exists():
        return
    subprocess.run(["umount", place], check=True)
    if place.is_dir():
        place.rmdir()
    else:
        place.unlink()

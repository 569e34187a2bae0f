"""What the first process of a room does: it furnishes the room, runs the adapter, looks whether anything was written where
nothing may be, and reads what came out. It is root there; an adapter may be an ordinary user."""

import os
import pathlib
import shutil

from judging import kernel, result, view
from judging.jobs import Job, Run
from judging.processes import run
from judging.user import USER_ID, become_known

KEPT = "what stands beside the target\n"


class Room:
    """A file system of bounded size, with the target and what may not be touched:

    work/          where the adapter runs
    box/target/    where it makes the tree
    box/beside/    a neighbour, with the file `kept`
    out/           where it writes a layout
    """

    def __init__(self, place: pathlib.Path, job: Job):
        self.job = job
        self.place = place
        self.work, self.box, self.script = place / "work", place / "box", place / "script"
        self.target, self.kept = self.box / "target", self.box / "beside/kept"
        self.out = f"{place}/out/layout:latest"

    def furnish(self) -> None:
        kernel.mount("room", self.place, "tmpfs", options=f"mode=0755,size={self.job.bounds.files}")
        # Some keep locks there, of a fixed name.
        kernel.mount("room", "/dev/shm", "tmpfs", options="mode=1777")
        for name in ("work", "home", "tmp", "box", "out", "box/target", "box/beside"):
            (self.place / name).mkdir()
        self.kept.write_text(KEPT)
        self.script.write_text(self.job.vector.script or "")
        if self.job.as_user:
            for path in [*self.place.glob("*"), *self.box.rglob("*")]:
                os.chown(path, USER_ID, USER_ID)
            become_known(self.place / "etc")
        self.before = os.stat(self.kept)

    def command(self) -> list[str]:
        if self.job.vector.script is None:
            return [self.job.adapter, "unpack", self.job.image, str(self.target)]
        return [self.job.adapter, "build", self.job.image, str(self.script), self.out]

    def environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": f"{self.place}/home",
            "TMPDIR": f"{self.place}/tmp",
            "USER": "vectors" if self.job.as_user else "root",
            "LANG": "C.UTF-8",
        } | self.job.environment

    def written_outside(self) -> bytes | None:
        """The first place that is not as it was."""
        for directory, names in ((self.box, {"target", "beside"}), (self.kept.parent, {"kept"})):
            if not directory.is_dir() or directory.is_symlink():
                return os.fsencode(directory.name)
            if extra := set(os.listdir(directory)) - names:
                return os.fsencode(min(extra))
        if is_changed(self.kept, self.before):
            return b"beside/kept"
        return next((path for path in self.job.vector.outside if is_there(self.box, path)), None)


def is_there(box: pathlib.Path, path: bytes) -> bool:
    """What is in `beside` is looked at closer."""
    return not path.startswith(b"beside") and os.path.lexists(os.path.join(os.fsencode(box), path))


def is_changed(path: pathlib.Path, before: os.stat_result) -> bool:
    if path.is_symlink() or not path.is_file() or path.read_text() != KEPT:
        return True
    now = os.stat(path)
    return any(getattr(now, key) != getattr(before, key) for key in ("st_mode", "st_uid", "st_mtime_ns", "st_nlink"))


def judge(place: pathlib.Path, job: Job) -> Run:
    require_nothing_outside(job)
    room = Room(place, job)
    room.furnish()
    user = USER_ID if job.as_user else None
    try:
        ran = run(room.command(), str(room.work), room.environment(), user, job.bounds)
        ran.outside = room.written_outside()
        if ran.status == 0 and not (ran.is_hung or ran.is_too_large or ran.outside):
            read_result(ran, room)
    finally:
        remove_from_outside(job)
    return ran


def read_result(ran: Run, room: Room) -> None:
    try:
        if room.job.vector.script is None:
            ran.tree = view.read_tree(room.job.adapter, room.target, room.work, room.environment())
        else:
            ran.tree, ran.layers = result.read_layout(room.out, room.job.vector.layers, room.place / "layers")
    except (result.Unreadable, OSError) as error:
        ran.unreadable = str(error)


def absolute(job: Job) -> list[pathlib.Path]:
    return [pathlib.Path(os.fsdecode(path)) for path in job.vector.outside if path.startswith(b"/")]


def require_nothing_outside(job: Job) -> None:
    for path in absolute(job):
        if os.path.lexists(path):
            raise FileExistsError(f"{path} is there before anything runs: an earlier run left it, or it is yours: remove it")


def remove_from_outside(job: Job) -> None:
    for path in absolute(job):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

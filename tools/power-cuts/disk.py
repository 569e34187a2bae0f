"""A disk that can be recorded, and mounted always at the same place and by the same device: what stacker notes of files names
them."""

import contextlib
import ctypes
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "kernels"))

import processes

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS, _MS_REC, _MS_PRIVATE = 0x20000, 0x4000, 0x40000
_LOOP_CTL_ADD = 0x4C80

SIZE = 512 << 20
# How each file system is made; of what is mounted, how soon metadata are to be on the disk: data come much later.
MAKERS = {"ext4": ["mkfs.ext4", "-q"], "xfs": ["mkfs.xfs", "-q"], "btrfs": ["mkfs.btrfs", "-q"]}
OPTIONS = {"ext4": "commit=1", "xfs": "defaults", "btrfs": "commit=1"}
# One for each, so that they can be tried beside each other.
DEVICES = {"ext4": 240, "xfs": 241, "btrfs": 242}


def _mount(source: str | os.PathLike[str], target: str | os.PathLike[str], kind: str, flags: int, options: str = "") -> None:
    words = [os.fsencode(word) for word in (source, target, kind)]
    if _libc.mount(*words, flags, options.encode()) != 0:
        raise OSError(ctypes.get_errno(), f"mount {target}: {os.strerror(ctypes.get_errno())}")


def own_mounts() -> None:
    """A mount namespace of this process's own: what is mounted in it goes with it."""
    if _libc.unshare(_CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), f"unshare: {os.strerror(ctypes.get_errno())}")
    _mount("none", "/", "", _MS_REC | _MS_PRIVATE)


def mount_memory(target: pathlib.Path) -> None:
    _mount("power-cuts", target, "tmpfs", 0, "mode=0755")


def unmount_memory(target: pathlib.Path) -> None:
    _run("umount", "--lazy", target)


def settle(place: pathlib.Path) -> None:
    """Has all that was written to the file system on its disk."""
    _run("sync", "--file-system", place)


class Disk:
    """One file system, by a loop device."""

    def __init__(self, kind: str, scratch: pathlib.Path, mount_point: pathlib.Path):
        self.kind = kind
        self.scratch = scratch
        self.mount_point = mount_point
        self.device = f"/dev/loop{DEVICES[kind]}"
        with open("/dev/loop-control", "rb") as control, contextlib.suppress(FileExistsError):
            fcntl.ioctl(control, _LOOP_CTL_ADD, DEVICES[kind])

    def make(self, image: pathlib.Path) -> None:
        with image.open("wb") as file:
            file.truncate(SIZE)
        _run(*MAKERS[self.kind], image)

    @contextlib.contextmanager
    def mounted(self, image: pathlib.Path) -> Iterator[None]:
        _run("losetup", self.device, image)
        try:
            _run("mount", "-t", self.kind, "-o", OPTIONS[self.kind], self.device, self.mount_point)
        finally:
            # From now on it goes with its last mount, and that with this process, whatever ends it.
            _run("losetup", "--detach", self.device)
        try:
            yield
        finally:
            _run("umount", self.mount_point)
            self._wait_until_free()

    def _wait_until_free(self) -> None:
        """The kernel lets go of a device a moment after its last mount."""
        backing = pathlib.Path(f"/sys/block/{os.path.basename(self.device)}/loop/backing_file")
        for _ in range(200):
            if not backing.exists():
                return
            time.sleep(0.02)
        raise RuntimeError(f"{self.device} is not let go")

    @contextlib.contextmanager
    def recorded(self, image: pathlib.Path, log: pathlib.Path) -> Iterator[None]:
        """Mounts the image, and has all that is written to it in the log."""
        served = self.scratch / f"{self.kind}.served"
        for path in (served, log):
            path.write_bytes(b"")
        daemon = shutil.which("qemu-storage-daemon")
        if daemon is None:
            raise RuntimeError("there is no qemu-storage-daemon: install qemu-system-common")
        said = self.scratch / f"{self.kind}.said"
        with said.open("wb") as output:
            process = processes.start(
                [daemon, "--blockdev", f"driver=file,node-name=image,filename={image}",
                 "--blockdev", f"driver=file,node-name=record,filename={log}",
                 "--blockdev", "driver=blklogwrites,node-name=disk,file=image,log=record,log-sector-size=512",
                 "--export", f"type=fuse,id=served,node-name=disk,mountpoint={served},writable=on"],
                stdout=output, stderr=output)
        try:
            for _ in range(200):
                if served.stat().st_size == SIZE or process.poll() is not None:
                    break
                time.sleep(0.02)
            if process.poll() is not None:
                raise RuntimeError(f"qemu-storage-daemon shows no disk: {said.read_text(errors='replace')}")
            with self.mounted(served):
                yield
        finally:
            process.terminate()
            process.wait()


def _run(*command: str | os.PathLike[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stdout.decode(errors='replace').strip()}")

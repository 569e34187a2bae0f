"""Directories that a guest can mount by a tag, each by a virtiofsd of its own."""

import contextlib
import os
import pathlib
import socket
import subprocess
from collections.abc import Iterator

from processes import end, keep_mounts, start
from trouble import Trouble

HERE = pathlib.Path(__file__).resolve().parent
# Where Debian has it: of qemu 7 and of its own.
VIRTIOFSD = ("/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd")


# What qemu is told of a directory, and who shares it.
Share = tuple[list[str], subprocess.Popen[bytes]]
# For what the guest leaves: its reports are a few MiB, and one that has gone wild can't fill this machine's disk.
ROOM = "size=256m,nr_inodes=4096,nodev,nosuid,noexec,mode=0755"


@contextlib.contextmanager
def room(directory: pathlib.Path) -> Iterator[None]:
    """Memory of that size in place of a directory, which goes with us, and with all that is in it."""
    keep_mounts()
    subprocess.run(["mount", "-t", "tmpfs", "-o", ROOM, "report", directory], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)


@contextlib.contextmanager
def own_root(scratch: pathlib.Path) -> Iterator[Share]:
    """This machine's files, read-only. What changes only with us, the guest may keep in mind."""
    directory = scratch / "root"
    directory.mkdir()
    with shared("root", directory, scratch, "always", [HERE / "read-only", directory]) as share:
        yield share


@contextlib.contextmanager
def for_results(directory: pathlib.Path, scratch: pathlib.Path) -> Iterator[Share]:
    """A directory to which the guest writes."""
    with shared("report", directory, scratch, "auto", []) as share:
        yield share


@contextlib.contextmanager
def shared(
    tag: str, directory: pathlib.Path, scratch: pathlib.Path, cache: str, before: list[pathlib.Path]
) -> Iterator[Share]:
    path, log = scratch / f"{tag}.socket", scratch / f"{tag}.log"
    daemon = next((path for path in VIRTIOFSD if os.access(path, os.X_OK)), None)
    if daemon is None:
        raise Trouble("there is no virtiofsd", "install qemu-system-common, or virtiofsd where it is a package")
    # It is ours, since the daemon may be where nothing can be written. qemu may come to it before the daemon does.
    with socket.socket(socket.AF_UNIX) as listening, log.open("wb") as said:
        listening.bind(str(path))
        listening.listen(1)
        options = f"source={directory},cache={cache},sandbox=chroot,xattr"
        process = start(
            [*before, daemon, f"--fd={listening.fileno()}", "-o", options],
            stdout=said, stderr=said, pass_fds=[listening.fileno()],
        )
    try:
        words = ["-chardev", f"socket,id={tag},path={path}"]
        words += ["-device", f"vhost-user-fs-pci,chardev={tag},tag={tag},queue-size=1024"]
        yield words, process
    finally:
        # Whoever waits for it hears only that it isn't there.
        if process.poll():
            print(f"# {daemon}, which shares {directory}, has ended: {log.read_text(errors='replace').strip()}", flush=True)
        end(process)

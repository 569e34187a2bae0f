"""Directories that a guest can mount by a tag, each by a virtiofsd of its own."""

import contextlib
import os
import pathlib
import socket
from collections.abc import Iterator

from processes import end, start
from trouble import Trouble

HERE = pathlib.Path(__file__).resolve().parent
# Where Debian has it: of qemu 7 and of its own.
VIRTIOFSD = ("/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd")


@contextlib.contextmanager
def own_root(scratch: pathlib.Path) -> Iterator[list[str]]:
    """This machine's files, read-only: qemu's words for them. What changes only with us, the guest may keep in mind."""
    directory = scratch / "root"
    directory.mkdir()
    with shared("root", directory, scratch, "always", [HERE / "read-only", directory]) as words:
        yield words


@contextlib.contextmanager
def for_results(directory: pathlib.Path, scratch: pathlib.Path) -> Iterator[list[str]]:
    """A directory to which the guest writes."""
    with shared("report", directory, scratch, "auto", []) as words:
        yield words


@contextlib.contextmanager
def shared(
    tag: str, directory: pathlib.Path, scratch: pathlib.Path, cache: str, before: list[pathlib.Path]
) -> Iterator[list[str]]:
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
        yield [
            *("-chardev", f"socket,id={tag},path={path}"),
            *("-device", f"vhost-user-fs-pci,chardev={tag},tag={tag},queue-size=1024"),
        ]
    finally:
        # Whoever waits for it hears only that it isn't there.
        if process.poll():
            print(f"# {daemon}, which shares {directory}, has ended: {log.read_text(errors='replace').strip()}", flush=True)
        end(process)

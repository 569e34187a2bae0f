"""What a kernel begins with: busybox, the modules that it needs to see this machine's files, and the script `begin`."""

import pathlib
import stat

from kernels import Kernel, read_module

# Without these there is nothing to boot into. The disk is for the files that tests make.
NEEDED = ["virtio_pci", "virtiofs", "overlay", "virtio_blk", "ext4"]
HERE = pathlib.Path(__file__).resolve().parent


class Archive:
    """A cpio archive, in the one format that the kernel unpacks."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self.count = 0

    def add(self, name: str, mode: int, content: bytes = b"") -> None:
        self.count += 1
        encoded = name.encode() + b"\0"
        links = 2 if stat.S_ISDIR(mode) else 1
        # Inode, mode, owner, group, links, time, size, two devices, length of the name, a sum that is not used.
        fields = [self.count, mode, 0, 0, links, 0, len(content), 0, 0, 0, 0, len(encoded), 0]
        self.bytes += b"070701" + b"".join(b"%08x" % field for field in fields) + encoded
        self.pad()
        self.bytes += content
        self.pad()

    def pad(self) -> None:
        self.bytes += bytes(-len(self.bytes) % 4)

    def end(self) -> bytes:
        self.add("TRAILER!!!", 0)
        return bytes(self.bytes)


def make(kernel: Kernel, busybox: pathlib.Path) -> bytes:
    archive = Archive()
    for name in ("bin", "modules", "proc", "dev", "share", "memory", "root"):
        archive.add(name, stat.S_IFDIR | 0o755)
    archive.add("bin/busybox", stat.S_IFREG | 0o755, busybox.read_bytes())
    archive.add("init", stat.S_IFREG | 0o755, (HERE / "begin").read_bytes())
    names = []
    for path in kernel.files_of(NEEDED):
        names.append(path.name.split(".ko")[0])
        archive.add(f"modules/{names[-1]}", stat.S_IFREG | 0o644, read_module(path))
    archive.add("modules.order", stat.S_IFREG | 0o644, "".join(f"{name}\n" for name in names).encode())
    return archive.end()

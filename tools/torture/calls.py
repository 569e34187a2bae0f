"""Which system calls change something, what each is about, and how each may fail."""

import os
import re

import ptrace

AT_FDCWD = -100
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

# What the arguments of a call name: "p1" is a path at argument 1, "a0,1" a path at 1 from the directory at 0, "d0" an open
# file at 0.
_PLACES = {
    "open": "p0", "creat": "p0", "openat": "a0,1", "openat2": "a0,1",
    "write": "d0", "pwrite64": "d0", "writev": "d0", "pwritev": "d0", "pwritev2": "d0", "copy_file_range": "d2",
    "sendfile": "d0", "ftruncate": "d0", "truncate": "p0", "fallocate": "d0",
    "link": "p0 p1", "linkat": "a0,1 a2,3", "symlink": "p1", "symlinkat": "a1,2",
    "rename": "p0 p1", "renameat": "a0,1 a2,3", "renameat2": "a0,1 a2,3",
    "unlink": "p0", "unlinkat": "a0,1", "rmdir": "p0",
    "mkdir": "p0", "mkdirat": "a0,1", "mknod": "p0", "mknodat": "a0,1",
    "fsync": "d0", "fdatasync": "d0", "syncfs": "d0", "sync_file_range": "d0",
    "setxattr": "p0", "lsetxattr": "p0", "fsetxattr": "d0", "removexattr": "p0", "lremovexattr": "p0", "fremovexattr": "d0",
    "chmod": "p0", "fchmod": "d0", "fchmodat": "a0,1", "fchmodat2": "a0,1",
    "chown": "p0", "lchown": "p0", "fchown": "d0", "fchownat": "a0,1", "utimensat": "a0,1",
    "mount": "p1", "umount2": "p0", "fsopen": "p0", "fsconfig": "", "fsmount": "", "move_mount": "a0,1 a2,3", "open_tree": "a0,1",
    "mount_setattr": "a0,1", "pivot_root": "p0 p1", "unshare": "", "setns": "", "flock": "d0", "memfd_create": "",
}
# What reads: nothing is changed by it, but it may fail, or give less than was asked for.
READING = {"read": "d0", "pread64": "d0", "getdents64": "d0"}
# What asks whether something is there, and what it is: an error is no "no".
ASKING = {
    "access": "p0", "faccessat": "a0,1", "faccessat2": "a0,1", "stat": "p0", "lstat": "p0", "newfstatat": "a0,1", "statx": "a0,1",
    "readlink": "p0", "readlinkat": "a0,1", "getxattr": "p0", "lgetxattr": "p0", "fgetxattr": "d0", "listxattr": "p0",
    "llistxattr": "p0", "flistxattr": "d0"}
_LOOKING = READING | ASKING

_MAKES_DESCRIPTOR = {"open", "creat", "openat", "openat2", "fsopen", "fsmount", "open_tree", "memfd_create"}
_TAKES_ROOM = {
    "open", "creat", "openat", "openat2", "write", "pwrite64", "writev", "pwritev", "pwritev2", "copy_file_range", "sendfile",
    "ftruncate", "truncate", "fallocate", "link", "linkat", "symlink", "symlinkat", "rename", "renameat", "renameat2", "mkdir",
    "mkdirat", "mknod", "mknodat", "fsync", "fdatasync", "syncfs", "setxattr", "lsetxattr", "fsetxattr"}
_IS_INTERRUPTED = {
    "open", "openat", "openat2", "write", "pwrite64", "writev", "copy_file_range", "sendfile", "ftruncate", "fallocate", "fsync",
    "fdatasync", "flock", "read", "pread64"}
_MOVES_BYTES = {"write": 2, "pwrite64": 2, "copy_file_range": 4, "sendfile": 3, "read": 2, "pread64": 2, "getdents64": 2}
# On an open file rights were checked before.
_HAS_RIGHTS = {name for name, places in _PLACES.items() if "p" in places or "a" in places} | {"unshare", "setns", "fsconfig"}

# What is written there is kept nowhere.
_NOWHERE = re.compile(r"/memfd:|/dev/(null|zero|tty|console|ptmx|pts)\b")
_names: dict[int, str] = {}


def numbers(reading: bool, asking: bool) -> list[int]:
    """Of the calls to stop at."""
    for name in (*_PLACES, *_LOOKING):
        if (number := ptrace.call_number(name)) >= 0:
            _names[number] = name
    return [
        number for number, name in _names.items()
        if name in _PLACES or reading and name in READING or asking and name in ASKING]


def faults(name: str, changes: bool) -> list[str]:
    """How this call may go wrong."""
    if name in ASKING:
        return ["EIO", "EACCES"]
    if name in READING:
        return ["EIO", *(["EINTR"] if name in _IS_INTERRUPTED else []), "short"]
    if not changes:
        return ["EIO", "EMFILE", "EACCES", "EINTR"]
    found = ["EIO"]
    if name in _TAKES_ROOM:
        found += ["ENOSPC", "EDQUOT"]
    if name in _MAKES_DESCRIPTOR:
        found += ["EMFILE"]
    if name in _HAS_RIGHTS:
        found += ["EACCES"]
    if name in _IS_INTERRUPTED:
        found += ["EINTR"]
    if name in _MOVES_BYTES:
        found += ["short"]
    return found


class Call:
    """One that a process is about to make."""

    def __init__(self, pid: int):
        self.registers = ptrace.Registers(pid)
        self.pid = pid
        self.name = _names.get(self.registers.number, "")
        places = (_PLACES.get(self.name) or _LOOKING.get(self.name, "")).split()
        self.paths = [self._path(place) for place in places]

    @property
    def changes(self) -> bool:
        """Whether something is another afterwards: an open file for reading, a pipe, and what is in memory only are not."""
        if self.name in ("open", "openat", "openat2"):
            return bool(self._open_flags() & (_WRITES | os.O_TMPFILE & ~os.O_DIRECTORY)) and self._is_kept()
        if self.name in _LOOKING:
            return False
        return bool(self.name) and self._is_kept()

    def reads(self, top: str) -> bool:
        """Whether it looks for, opens or reads something below a directory, or in /proc."""
        if self.name not in ("open", "openat", "openat2", *_LOOKING):
            return False
        return not self.changes and all(path.startswith((f"{top}/", "/proc/")) for path in self.paths)

    def shorten(self) -> bool:
        """Has it move fewer bytes than it was asked to, if there are any to spare."""
        index = _MOVES_BYTES[self.name]
        count = self.registers.argument(index)
        # Of a directory, no entry fits into less.
        least = 300 if self.name == "getdents64" else 1
        if count <= least:
            return False
        self.registers.set_argument(index, max(least, count // 2 if count < 100 else count // 3))
        return True

    def _is_kept(self) -> bool:
        return not self.paths or all(path.startswith("/") and not _NOWHERE.match(path) for path in self.paths)

    def _open_flags(self) -> int:
        if self.name == "openat2":
            how = self._memory(self.registers.argument(2), 8)
            return int.from_bytes(how, "little")
        return self.registers.argument(1 if self.name == "open" else 2)

    def _path(self, place: str) -> str:
        kind, indices = place[0], [int(index) for index in place[1:].split(",")]
        if kind == "d":
            return self._link(f"fd/{self.registers.descriptor(indices[0])}")
        path = os.fsdecode(self._text(self.registers.argument(indices[-1])))
        if path.startswith("/"):
            return path
        directory = self.registers.descriptor(indices[0]) if kind == "a" else AT_FDCWD
        start = self._link("cwd" if directory == AT_FDCWD else f"fd/{directory}")
        return f"{start}/{path}" if path else start

    def _link(self, name: str) -> str:
        try:
            return os.readlink(f"/proc/{self.pid}/{name}").removesuffix(" (deleted)")
        except OSError:
            return "?"

    def _memory(self, address: int, size: int) -> bytes:
        """What is there; nothing, if the process is about to hear that the address is none."""
        try:
            with open(f"/proc/{self.pid}/mem", "rb", buffering=0) as memory:
                return os.pread(memory.fileno(), size, address)
        except (OSError, OverflowError):
            return b""

    def _text(self, address: int) -> bytes:
        text = b""
        while address and b"\0" not in text and len(text) < 4096:
            # What comes after this page may not be there.
            piece = self._memory(address + len(text), 4096 - (address + len(text)) % 4096)
            if not piece:
                break
            text += piece
        return text.split(b"\0")[0]

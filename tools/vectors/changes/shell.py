"""The lowest layer of every base: the machine's static busybox, and the places where containers mount something."""

import functools
import pathlib
import shutil
import subprocess

from encode.archive import encode_archive
from text.entry_lines import MODES
from text.model import Entry, Layer, Place, Raw, VectorError

PLACE = Place("vectors", 0)
# Names in /bin, so that the tree does not depend on which busybox it is.
APPLETS = (
    "sh ash awk basename cat chgrp chmod chown cmp cp cut date dd dirname du echo env expr false find grep head id kill"
    " link ln ls md5sum mkdir mkfifo mknod mktemp mv printf pwd readlink rm rmdir sed seq sha256sum sleep sort stat sync"
    " syslogd tail tar tee test touch tr true truncate uname uniq unlink wc xargs yes"
).split()
DIRECTORIES = {b"dev": 0o755, b"etc": 0o755, b"proc": 0o755, b"root": 0o700, b"run": 0o755, b"sys": 0o755, b"tmp": 0o1777}
FILES = {
    b"etc/group": b"root:x:0:\n",
    b"etc/hostname": b"",
    b"etc/hosts": b"127.0.0.1 localhost\n",
    b"etc/passwd": b"root:x:0:0:root:/root:/bin/sh\n",
    b"etc/resolv.conf": b"",
}
INTERPRETER = b"/ld-linux"


@functools.cache
def shell_layer(is_bare: bool) -> Layer:
    """Bare: nothing but /bin. Its bytes are made once, for all the bases that begin with it."""
    entries = [
        entry("dir", b"bin"),
        entry("file", b"bin/busybox", 0o755, read_busybox()),
        *(entry("symlink", b"bin/" + applet.encode(), target=b"busybox") for applet in APPLETS),
    ]
    if not is_bare:
        entries += [entry("dir", name, mode) for name, mode in DIRECTORIES.items()]
        entries += [entry("file", name, content=content) for name, content in FILES.items()]
    return Layer(PLACE, [Raw(encode_archive(Layer(PLACE, entries, end="none")).finish())])


def entry(type: str, name: bytes, mode: int | None = None, content: bytes = b"", target: bytes = b"") -> Entry:
    return Entry(PLACE, type, name, content, target, mode=MODES.get(type, 0o644) if mode is None else mode)


def read_busybox() -> bytes:
    found = shutil.which("busybox")
    if found is None:
        raise unfit("there is no busybox on this machine")
    program = pathlib.Path(found).read_bytes()
    if INTERPRETER in program[:4096]:
        raise unfit(f"{found} needs libraries, which no base has")
    listed = subprocess.run([found, "--list"], check=True, capture_output=True, text=True).stdout.split()
    if missing := set(APPLETS) - set(listed):
        raise unfit(f"{found} has no {', '.join(sorted(missing))}")
    return program


def unfit(what: str) -> VectorError:
    return VectorError("vectors/changes", what, "install busybox-static")

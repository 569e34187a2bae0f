"""A tar as entries: headers and what goes before them put together."""

import dataclasses

from reference import headers, sparse
from reference.headers import Header
from reference.verdicts import Refused, Unspecified
from trees.times import read_time

BLOCK = 512
TYPES = {b"0": "file", b"\0": "file", b"7": "file", b"1": "hardlink", b"2": "symlink", b"3": "char", b"4": "block",
         b"5": "dir", b"6": "fifo", b"S": "file"}
# Whatever their size says. Of hard links POSIX says it of ustar, and lets pax have data there.
WITHOUT_DATA = {"symlink", "char", "block", "dir", "fifo"}
CONTINUED = b"M"
XATTR = b"SCHILY.xattr."
LABEL = b"V"


@dataclasses.dataclass(slots=True)
class Entry:
    type: str  # file, dir, hardlink…
    name: bytes
    target: bytes
    mode: int
    uid: int
    gid: int
    mtime: int  # in nanoseconds
    content: bytes
    device: tuple[int, int]
    xattrs: dict[bytes, bytes]
    is_sparse: bool = False


@dataclasses.dataclass(slots=True)
class Before:
    """What was said of the next entry."""

    records: list[tuple[bytes, bytes]] = dataclasses.field(default_factory=list)
    name: bytes | None = None
    target: bytes | None = None


def read_entries(tar: bytes) -> list[Entry]:
    return ArchiveReader(tar).read()


class ArchiveReader:
    def __init__(self, tar: bytes):
        self.tar = tar
        self.position = 0
        self.general: dict[bytes, bytes] = {}  # of global headers
        self.before = Before()

    def read(self) -> list[Entry]:
        entries = []
        while (block := self.next_block()) is not None:
            header = headers.parse(block)
            if header.type in (b"x", b"g", b"L", b"K", LABEL):
                self.read_record(header)
            else:
                entries.append(self.read_entry(header))
                self.before = Before()
        if self.before != Before():
            raise Refused("the tar ends behind a header that says something of the next entry")
        return entries

    def next_block(self) -> bytes | None:
        """None at the end: two blocks of zeros, or nothing more."""
        if self.position == len(self.tar):
            return None
        block = self.take(BLOCK)
        if any(block):
            return block
        rest = self.tar[self.position : self.position + BLOCK]
        if rest and any(rest):
            raise Unspecified("what a single block of zeros in the middle of a tar means")
        return None

    def take(self, length: int) -> bytes:
        data = self.tar[self.position : self.position + length]
        if len(data) < length:
            raise Refused(f"the tar ends {length - len(data)} bytes too early")
        self.position += length
        return data

    def take_padded(self, length: int) -> bytes:
        data = self.take(length)
        self.take(-length % BLOCK)
        return data

    def read_record(self, header: Header) -> None:
        payload = self.take_padded(header.size)
        if header.type == b"x":
            self.before.records += parse_records(payload)
        elif header.type == b"g":
            self.add_general(parse_records(payload))
        elif header.type == b"L":
            self.before.name = payload.split(b"\0")[0]
        elif header.type == b"K":
            self.before.target = payload.split(b"\0")[0]

    def add_general(self, records: list[tuple[bytes, bytes]]) -> None:
        for key, value in records:
            if value:
                self.general[key] = value
            else:
                self.general.pop(key, None)

    def read_entry(self, header: Header) -> Entry:
        records = self.general | dict(self.before.records)
        check_records(records)
        name = self.choose(records, b"path", self.before.name, header.name)
        kind = type_of(header, name)
        size = number(records, b"size", header.size)
        content = self.read_content(header, kind, size)
        if sparse.is_in_records(records):
            name = records.get(b"GNU.sparse.name", name)
            content = sparse.expand_records(self.before.records, records, content)
        return Entry(
            kind, name, self.choose(records, b"linkpath", self.before.target, header.target), header.mode & 0o7777,
            number(records, b"uid", header.uid), number(records, b"gid", header.gid), time_of(records, header),
            content, header.device,
            {key.removeprefix(XATTR): value for key, value in records.items() if key.startswith(XATTR)},
            is_sparse=header.type == b"S" or sparse.is_in_records(records))

    def choose(self, records: dict[bytes, bytes], key: bytes, long: bytes | None, short: bytes) -> bytes:
        """Pax's record, GNU's long name, or the header's."""
        if records.get(key) and long is not None:
            raise Unspecified("which counts, a long name of GNU or a pax record")
        return records.get(key) or (short if long is None else long)

    def read_content(self, header: Header, kind: str, size: int) -> bytes:
        if header.type == b"S":
            runs, real_size = sparse.read_map(header, lambda: self.take(BLOCK))
            return sparse.expand(runs, self.take_padded(size), real_size)
        if kind in WITHOUT_DATA:
            return b""
        if kind == "hardlink" and size:
            raise Unspecified("whether a hard link with a size has data")
        return self.take_padded(size)


def parse_records(payload: bytes) -> list[tuple[bytes, bytes]]:
    records = []
    while payload:
        digits, blank, _ = payload.partition(b" ")
        if not blank or not digits.isdigit() or not len(digits) + 1 < int(digits) <= len(payload):
            raise Refused(f"a pax record without a right length: {payload[:40]!r}")
        record, payload = payload[: int(digits)], payload[int(digits) :]
        key, equals, value = record[len(digits) + 1 :].partition(b"=")
        if not equals or not key or not value.endswith(b"\n"):
            raise Refused(f"no pax record: {record[:40]!r}")
        records.append((key, value[:-1]))
    return records


def check_records(records: dict[bytes, bytes]) -> None:
    for key, value in records.items():
        if key.startswith(b"SCHILY.acl.") or key.startswith(XATTR) and not value:
            raise Unspecified(f"what {key.decode(errors='replace')} means")
        if key in (b"path", b"linkpath") and b"\0" in value:
            raise Unspecified("what a zero byte in a name means")


def number(records: dict[bytes, bytes], key: bytes, other: int) -> int:
    text = records.get(key)
    if not text:
        return other
    try:
        return int(text)
    except ValueError as error:
        raise Refused(f"no number: {key.decode()}={text!r}") from error


def time_of(records: dict[bytes, bytes], header: Header) -> int:
    text = records.get(b"mtime")
    if not text:
        return header.mtime * 10**9
    try:
        return read_time(text.decode())
    except ValueError as error:
        raise Refused(f"no time: {text!r}") from error


def type_of(header: Header, name: bytes) -> str:
    if header.type == CONTINUED:
        raise Refused("a file that begins in another volume")
    if header.type not in TYPES:
        raise Unspecified(f"what the type {header.type!r} means")
    # As before ustar: a directory is a file whose name ends in a slash.
    is_old_directory = header.type in b"0\0" and name.endswith(b"/")
    return "dir" if is_old_directory else TYPES[header.type]

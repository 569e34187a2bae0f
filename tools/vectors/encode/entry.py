"""An entry as blocks of a tar, in the format that it wants."""

import dataclasses

from encode.formats import FORMATS, GNU, OF_SPARSE, Format
from encode.header import Header, fits_octal, padding
from encode.pax import encode_records
from encode.sparse import Sparse, encode_sparse, put_fields
from text.model import Entry, Record, VectorError
from text.words import quote
from trees.times import show_time

TYPES = {"file": b"0", "hardlink": b"1", "symlink": b"2", "char": b"3", "block": b"4", "dir": b"5", "fifo": b"6"}
# What v7 knows: a directory is an empty file whose name ends in a slash.
V7_TYPES = {"file": b"\0", "dir": b"\0", "hardlink": b"1", "symlink": b"2"}


@dataclasses.dataclass(slots=True)
class Piece:
    """A part of the archive; one that stands for a file knows it, for tables of contents."""

    header: bytes
    data: bytes = b""
    padding: bytes = b""
    entry: Entry | None = None


def encode_entry(entry: Entry) -> Piece:
    try:
        return EntryEncoder(entry).encode()
    except ValueError as error:
        raise VectorError(
            entry.place, str(error), "write what has room, another format=, or raw bytes by header:FIELD") from error


def encode_record(record: Record) -> Piece:
    """A header of that type, of GNU or of pax, and its payload."""
    header = begin_header(b"././@LongLink" if record.type in b"LK" else b"././@PaxHeader", record.type)
    payload = record.payload + encode_records(record.records)
    try:
        header.put_number("size", len(payload))
        header.put("magic", GNU[:6] if record.type in b"LKVMDNS" else b"ustar")
        header.put("version", GNU[6:] if record.type in b"LKVMDNS" else b"00")
        return Piece(header.seal(record.header), payload, bytes(padding(len(payload))))
    except ValueError as error:
        raise VectorError(record.place, str(error), "write bytes of the field's length") from error


def begin_header(name: bytes, kind: bytes) -> Header:
    """Of a record that is no file."""
    header = Header()
    header.put("name", name)
    header.put("type", kind)
    for field, value in (("mode", 0o644), ("uid", 0), ("gid", 0), ("mtime", 0)):
        header.put_number(field, value)
    return header


class EntryEncoder:
    """One entry: what its header holds, and what goes into records before it."""

    def __init__(self, entry: Entry):
        self.entry = entry
        self.format: Format = FORMATS[entry.format or OF_SPARSE.get(entry.sparse or "")]
        self.header = Header()
        self.before = b""  # GNU's long names
        self.records: list[tuple[bytes, bytes]] = []
        data = entry.content if entry.data is None else entry.data
        self.sparse = encode_sparse(entry.sparse, entry.name, data) if entry.sparse else Sparse(data, type=self.type)

    @property
    def type(self) -> bytes:
        kind = self.entry.type
        if self.format.name != "v7":
            return TYPES[kind]
        if kind not in V7_TYPES or kind == "dir" and not self.entry.name.endswith(b"/"):
            raise ValueError(f"v7 has no {kind}" + (" whose name doesn't end in a slash" if kind == "dir" else ""))
        return V7_TYPES[kind]

    def encode(self) -> Piece:
        self.put_names()
        self.put_numbers()
        self.put_rest()
        data = self.sparse.data
        return Piece(
            self.before + self.encode_records() + self.header.seal(self.entry.header) + self.sparse.blocks,
            data, self.encode_padding(len(data)), self.entry)

    def put_names(self) -> None:
        self.put_name("path", self.sparse.name or self.entry.name)
        self.put_name("linkpath", self.entry.target)

    def put_name(self, key: str, name: bytes) -> None:
        if self.format.pax == "all" and name:
            self.add_name_record(key, name)
        if self.fits(key, name):
            return
        if self.format.has_long_links:
            self.before += encode_long_name(b"L" if key == "path" else b"K", name)
        elif self.format.pax == "needed":
            self.add_name_record(key, name)
        elif self.format.pax == "none":
            raise ValueError(f"{quote(name)} has {len(name)} bytes, which {self.format.name} has no room for")
        self.header.put("name" if key == "path" else "linkname", name[:100])

    def fits(self, key: str, name: bytes) -> bool:
        """Whether the header's fields hold it, which they do then."""
        if len(name) <= 100:
            self.header.put("name" if key == "path" else "linkname", name)
            return True
        # The last slash that leaves no more than a prefix before it, and no more than a name behind.
        slash = name.rfind(b"/", 0, self.format.prefix + 1)
        if key != "path" or slash <= 0 or not 0 < len(name) - slash - 1 <= 100:
            return False
        self.header.put("prefix", name[:slash])
        self.header.put("name", name[slash + 1 :])
        return True

    def add_name_record(self, key: str, name: bytes) -> None:
        if not is_text(name) and (b"hdrcharset", b"BINARY") not in self.records:
            self.records.append((b"hdrcharset", b"BINARY"))
        self.records.append((key.encode(), name))

    def put_numbers(self) -> None:
        entry = self.entry
        self.header.put_number("mode", entry.mode)
        for key, value in (("uid", entry.uid), ("gid", entry.gid), ("size", len(self.sparse.data))):
            self.put_number(key, value, b"%d" % value)
        seconds, fraction = divmod(entry.mtime, 10**9)
        if fraction and self.format.pax == "none":
            raise ValueError(f"{self.format.name} has no fractions of a second")
        self.put_number("mtime", seconds, show_time(entry.mtime).encode(), is_exact=not fraction)
        if entry.type in ("char", "block"):
            self.header.put_number("devmajor", entry.device[0], self.format.has_base256)
            self.header.put_number("devminor", entry.device[1], self.format.has_base256)

    def put_number(self, key: str, value: int, text: bytes, is_exact: bool = True) -> None:
        has_room = fits_octal(key, value) or self.format.has_base256
        if self.format.pax == "all" or self.format.pax == "needed" and not (has_room and is_exact):
            self.records.append((key.encode(), text))
        elif not has_room:
            raise ValueError(f"{key}={text.decode()} has no room in the format {self.format.name}")
        self.header.put_number(key, value if has_room else 0, self.format.has_base256)

    def put_rest(self) -> None:
        entry, header = self.entry, self.header
        header.put("type", self.sparse.type)
        header.put("magic", self.format.magic[:6])
        header.put("version", self.format.magic[6:])
        header.put("uname", entry.uname)
        header.put("gname", entry.gname)
        if self.format.trailer:
            self.put_star_times()
            header.put_at(508, self.format.trailer)
        put_fields(header, self.sparse)

    def put_star_times(self) -> None:
        """When it was read and changed: what is there tells this format from ustar."""
        seconds = max(0, self.entry.mtime // 10**9)
        for offset in (476, 488):
            self.header.put_at(offset, b"%011o " % min(seconds, 8**11 - 1))

    def encode_records(self) -> bytes:
        """The pax header before it, if one is needed or wanted."""
        entry = self.entry
        records = self.records + self.sparse.records
        if entry.xattrs and self.format.pax == "none":
            raise ValueError(f"{self.format.name} has no xattrs")
        records += [(b"SCHILY.xattr." + name, value) for name, value in entry.xattrs.items()] + entry.records
        payload = encode_records(records) if entry.raw_records is None else entry.raw_records
        if not payload and entry.raw_records is None:
            return b""
        header = begin_header(b"././@PaxHeader", b"x")
        header.put("magic", b"ustar")
        header.put("version", b"00")
        header.put_number("size", len(payload))
        return header.seal({}) + payload + bytes(padding(len(payload)))

    def encode_padding(self, length: int) -> bytes:
        given, room = self.entry.padding, padding(length)
        if len(given) > room:
            raise ValueError(f"there are {room} bytes of padding, and {len(given)} are given")
        return given.ljust(room, b"\0")


def encode_long_name(kind: bytes, name: bytes) -> bytes:
    """As GNU tar writes it, with a zero byte at its end."""
    header = begin_header(b"././@LongLink", kind)
    header.put("magic", GNU[:6])
    header.put("version", GNU[6:])
    header.put_number("size", len(name) + 1)
    return header.seal({}) + name + bytes(1 + padding(len(name) + 1))


def is_text(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True

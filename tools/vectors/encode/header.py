"""The block of 512 bytes in front of each entry."""

BLOCK = 512

# Of ustar, which the other formats have in common as far as it goes.
FIELDS = {
    "name": (0, 100),
    "mode": (100, 8),
    "uid": (108, 8),
    "gid": (116, 8),
    "size": (124, 12),
    "mtime": (136, 12),
    "checksum": (148, 8),
    "type": (156, 1),
    "linkname": (157, 100),
    "magic": (257, 6),
    "version": (263, 2),
    "uname": (265, 32),
    "gname": (297, 32),
    "devmajor": (329, 8),
    "devminor": (337, 8),
    "prefix": (345, 155),
}


class Header:
    """Fields are put where they belong; what has no room is a ValueError."""

    def __init__(self) -> None:
        self.block = bytearray(BLOCK)

    def put(self, field: str, value: bytes) -> None:
        if field not in FIELDS:
            raise ValueError(f"a header has no field {field}; there are {', '.join(FIELDS)}")
        start, length = FIELDS[field]
        if len(value) > length:
            raise ValueError(f"the field {field} has {length} bytes, and the value {len(value)}")
        self.block[start : start + length] = value.ljust(length, b"\0")

    def put_number(self, field: str, value: int, base256: bool = False) -> None:
        """In octal, with a zero byte behind it, or where that has no room in base 256, if the format has that."""
        length = FIELDS[field][1]
        if fits_octal(field, value):
            self.put(field, b"%0*o\0" % (length - 1, value))
        elif base256:
            self.put(field, encode_base256(value, length))
        else:
            raise ValueError(f"{value} has no room in the field {field}")

    def put_at(self, offset: int, value: bytes) -> None:
        self.block[offset : offset + len(value)] = value

    def seal(self, overrides: dict[str, bytes]) -> bytes:
        """With the bytes that a vector wants in fields, and the checksum of what that gives."""
        for field, value in overrides.items():
            self.put(field, value)
        if "checksum" not in overrides:
            self.put("checksum", b" " * 8)
            self.put("checksum", b"%06o\0 " % sum(self.block))
        return bytes(self.block)


def fits_octal(field: str, value: int) -> bool:
    return 0 <= value < 8 ** (FIELDS[field][1] - 1)


def encode_base256(value: int, length: int) -> bytes:
    """Two's complement; the highest bit, or for what is negative the first byte's all, say that it is no octal."""
    number = bytearray(value.to_bytes(length, "big", signed=True))
    number[0] |= 0x80
    return bytes(number)


def padding(length: int) -> int:
    return -length % BLOCK

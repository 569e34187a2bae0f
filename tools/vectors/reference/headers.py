"""The fields of a tar header, read."""

import dataclasses

from reference.verdicts import Refused

POSIX, GNU, OLD = "posix", "gnu", "old"


@dataclasses.dataclass(slots=True)
class Header:
    kind: str  # of the format
    is_star: bool
    type: bytes
    name: bytes
    target: bytes
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int  # in seconds
    device: tuple[int, int]
    block: bytes


def parse(block: bytes) -> Header:
    check_sum(block)
    kind = kind_of(block)
    is_star = kind == POSIX and block[508:512] == b"tar\0"
    return Header(
        kind, is_star, block[156:157], name_of(block, kind, is_star), text(block, 157, 100),
        number(block, 100, 8), number(block, 108, 8), number(block, 116, 8), number(block, 124, 12),
        number(block, 136, 12), device_of(block), block)


def check_sum(block: bytes) -> None:
    """Of bytes without a sign, as POSIX wants, or with one, as some old programs had it."""
    wanted = number(block, 148, 8)
    rest = block[:148] + b" " * 8 + block[156:]
    signed = sum(byte - 256 if byte > 127 else byte for byte in rest)
    if wanted not in (sum(rest), signed):
        raise Refused(f"a header whose checksum is {sum(rest)} says {wanted}")


def kind_of(block: bytes) -> str:
    if block[257:265] == b"ustar  \0":
        return GNU
    return POSIX if block[257:262] == b"ustar" else OLD


def name_of(block: bytes, kind: str, is_star: bool) -> bytes:
    name = text(block, 0, 100)
    prefix = text(block, 345, 131 if is_star else 155) if kind == POSIX else b""
    # A sparse file of star has its map there.
    if is_star and block[156:157] == b"S":
        prefix = b""
    return prefix + b"/" + name if prefix else name


def device_of(block: bytes) -> tuple[int, int]:
    if block[156:157] not in (b"3", b"4"):
        return (0, 0)
    return number(block, 329, 8), number(block, 337, 8)


def text(block: bytes, start: int, length: int) -> bytes:
    return block[start : start + length].split(b"\0")[0]


def number(block: bytes, start: int, length: int) -> int:
    """In octal, or in base 256 if the first bit is set."""
    field = block[start : start + length]
    if field[0] & 0x80:
        return base256(field)
    digits = field.split(b"\0")[0].strip(b" ")
    if not digits:
        return 0
    if any(byte not in b"01234567" for byte in digits):
        raise Refused(f"no number: {field!r}")
    return int(digits, 8)


def base256(field: bytes) -> int:
    value = int.from_bytes(field, "big")
    bits = 8 * len(field)
    if field[0] & 0x40:
        return value - (1 << bits)
    return value - (1 << bits - 1)

"""gzip, with blocks that are stored: no compressor, whose output depends on its version."""

import zlib

# ID, method, no flags, no time, no hints, no system.
HEADER = b"\x1f\x8b\x08" + bytes(7)
EXTRA = 4  # the flag of a field with more
STORED_MAX = 0xFFFF
MEMBER = 512


def compress(data: bytes) -> bytes:
    return HEADER + deflate(data) + trailer(data)


def compress_members(data: bytes) -> bytes:
    """A member for every 512 bytes; they may be anywhere in the tar."""
    starts = range(0, len(data), MEMBER) or range(1)
    return b"".join(compress(data[start : start + MEMBER]) for start in starts)


def empty_member(extra: bytes) -> bytes:
    """Holds nothing but the field of its header."""
    header = bytearray(HEADER)
    header[3] = EXTRA
    return bytes(header) + len(extra).to_bytes(2, "little") + extra + deflate(b"") + trailer(b"")


def deflate(data: bytes) -> bytes:
    blocks = []
    starts = range(0, len(data), STORED_MAX) or range(1)
    for start in starts:
        piece = data[start : start + STORED_MAX]
        is_last = start + STORED_MAX >= len(data)
        length = len(piece)
        blocks += [bytes([is_last]), length.to_bytes(2, "little"), (length ^ 0xFFFF).to_bytes(2, "little"), piece]
    return b"".join(blocks)


def trailer(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "little") + (len(data) & 0xFFFFFFFF).to_bytes(4, "little")

"""What is in gzip and zstd, read by other code than what has written them."""

import zlib

# A checksum that was wrong in both places alike would not pass zstd, which the tests ask too.
from encode.xxh64 import xxh64
from reference.verdicts import Refused, Unspecified

ZSTD_FRAME = 0xFD2FB528
ZSTD_SKIPPABLE = range(0x184D2A50, 0x184D2A60)


def decompress(compression: str, blob: bytes) -> bytes:
    return {"none": bytes, "gzip": read_gzip, "zstd": read_zstd}[compression](blob)


def read_gzip(blob: bytes) -> bytes:
    result = []
    while True:
        member = zlib.decompressobj(wbits=31)
        try:
            result.append(member.decompress(blob))
        except zlib.error as error:
            raise Refused(f"gzip: {error}") from error
        if not member.eof:
            raise Refused("gzip: the last member has no end")
        blob = member.unused_data
        if not blob:
            return b"".join(result)
        if not blob.startswith(b"\x1f\x8b"):
            raise Unspecified("what bytes behind the last member of gzip mean")


def read_zstd(blob: bytes) -> bytes:
    """Raw and repeated blocks; this is no decoder of compressed ones."""
    result = []
    position = 0
    while position < len(blob):
        magic = number(blob, position, 4)
        if magic in ZSTD_SKIPPABLE:
            position += 8 + number(blob, position + 4, 4)
            if position > len(blob):
                raise Refused("zstd: a skippable frame has no end")
        elif magic == ZSTD_FRAME:
            position = read_frame(blob, position + 4, result)
        elif position == 0:
            raise Refused("zstd: it begins with no frame")
        else:
            raise Unspecified("what bytes behind the last frame of zstd mean")
    return b"".join(result)


def number(blob: bytes, position: int, length: int) -> int:
    if position + length > len(blob):
        raise Refused("zstd: it has no end")
    return int.from_bytes(blob[position : position + length], "little")


def read_frame(blob: bytes, position: int, result: list[bytes]) -> int:
    """Returns where the next frame is."""
    descriptor = number(blob, position, 1)
    if descriptor & 8:
        raise Refused("zstd: a frame has a reserved bit")
    if descriptor & 3:
        raise Refused("zstd: a frame wants a dictionary")
    is_single, has_checksum = descriptor >> 5 & 1, descriptor >> 2 & 1
    size_length = (1 if is_single else 0, 2, 4, 8)[descriptor >> 6]
    position += 1 + (not is_single)
    size = number(blob, position, size_length)
    if size_length == 2:
        size += 256
    position += size_length
    content, position = read_blocks(blob, position)
    if size_length and len(content) != size:
        raise Refused(f"zstd: a frame says {size} bytes, and has {len(content)}")
    if has_checksum and number(blob, position, 4) != xxh64(content) & 0xFFFFFFFF:
        raise Refused("zstd: a frame's checksum is wrong")
    result.append(content)
    return position + 4 * has_checksum


def read_blocks(blob: bytes, position: int) -> tuple[bytes, int]:
    content = []
    while True:
        header = number(blob, position, 3)
        is_last, kind, length = header & 1, header >> 1 & 3, header >> 3
        position += 3
        if kind > 1:
            raise Unspecified("a block of zstd that is compressed, which the reference can't read")
        used = 1 if kind == 1 else length
        if position + used > len(blob):
            raise Refused("zstd: a block has no end")
        piece = blob[position : position + used]
        content.append(piece * length if kind == 1 else piece)
        position += used
        if is_last:
            return b"".join(content), position

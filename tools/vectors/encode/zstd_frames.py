"""zstd (RFC 8878), with blocks that are raw, or one byte repeated."""

from encode.xxh64 import xxh64

MAGIC = 0xFD2FB528
SKIPPABLE_MAGIC = 0x184D2A50
RAW, REPEATED = 0, 1
BLOCK_MAX = 128 << 10
# A checksum is optional, and ours is slow.
CHECKED_MAX = 1 << 20
FRAME = 4096


def compress(data: bytes) -> bytes:
    """A frame that says its content's size in 8 bytes, is one segment, and has a checksum if it is small."""
    has_checksum = len(data) <= CHECKED_MAX
    # A window of more than 8 MiB is what decoders may refuse, so a large frame says a window of its own, 8 MiB.
    is_single = len(data) <= 8 << 20
    descriptor = 3 << 6 | is_single << 5 | has_checksum << 2
    window = b"" if is_single else bytes([13 << 3])
    frame = [MAGIC.to_bytes(4, "little"), bytes([descriptor]), window, len(data).to_bytes(8, "little")]
    frame += blocks_of(data)
    if has_checksum:
        frame.append((xxh64(data) & 0xFFFFFFFF).to_bytes(4, "little"))
    return b"".join(frame)


def replace_header(frame: bytes, header: bytes) -> bytes:
    """The only frame with another header, and without a checksum if that announces none."""
    old = frame[4]
    rest = frame[4 + 1 + (not old >> 5 & 1) + 8 :]
    has_checksum = header[4] >> 2 & 1
    return header + (rest[:-4] if old >> 2 & 1 and not has_checksum else rest)


def blocks_of(data: bytes) -> list[bytes]:
    blocks = []
    for start in range(0, len(data), BLOCK_MAX) or range(1):
        piece = data[start : start + BLOCK_MAX]
        is_last = start + BLOCK_MAX >= len(data)
        is_repeated = len(piece) > 1 and piece.count(piece[:1]) == len(piece)
        header = is_last | (REPEATED if is_repeated else RAW) << 1 | len(piece) << 3
        blocks += [header.to_bytes(3, "little"), piece[:1] if is_repeated else piece]
    return blocks


def skippable(data: bytes, number: int = 0) -> bytes:
    """A frame that decoders pass over."""
    return (SKIPPABLE_MAGIC + number).to_bytes(4, "little") + len(data).to_bytes(4, "little") + data


def compress_frames(data: bytes) -> bytes:
    """A frame for every 4 KiB."""
    return b"".join(map(compress, split(data)))


def compress_skippable(data: bytes) -> bytes:
    """Skippable frames of several kinds, one of them empty, before, between and behind the others."""
    frames = [skippable(b"before")]
    for number, piece in enumerate(split(data)):
        frames += [compress(piece), skippable(b"between" * (number % 2), number % 16)]
    return b"".join([*frames, skippable(b"behind", 15)])


def split(data: bytes) -> list[bytes]:
    return [data[start : start + FRAME] for start in range(0, len(data), FRAME)] or [b""]

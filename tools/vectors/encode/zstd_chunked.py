"""zstd:chunked: a frame for each file's data, the table of contents and a footer that finds it in skippable frames."""

from encode.archive import Archive
from encode.compressed import Compressed
from encode.contents import describe, digest, encode_table, has_data
from encode.zstd_frames import compress, skippable

FRAME_HEADER = 8
TABLE_KIND = 1
MAGIC = b"GNUlInUx"
ANNOTATION = "io.github.containers.zstd-chunked."


def compress_chunked(archive: Archive) -> Compressed:
    tar = archive.finish()
    frames: list[bytes] = []
    entries = []
    pending = b""
    for piece in archive.pieces:
        pending += piece.header
        if piece.entry is not None:
            entries.append(describe(piece.entry, piece.data))
        if has_data(piece):
            frames += [compress(pending), compress(piece.data)]
            end = sum(map(len, frames))
            entries[-1] |= {"offset": end - len(frames[-1]), "endOffset": end}
            pending = piece.padding
        else:
            pending += piece.data + piece.padding
    body = sum(len(piece.header) + len(piece.data) + len(piece.padding) for piece in archive.pieces)
    frames.append(compress(pending + tar[body:]))
    return with_table(tar, b"".join(frames), encode_table(entries))


def with_table(tar: bytes, frames: bytes, table: bytes) -> Compressed:
    """There is no tar-split, which is optional: its members of the footer are 0."""
    compressed = compress(table)
    offset = len(frames) + FRAME_HEADER
    place = (offset, len(compressed), len(table), TABLE_KIND)
    footer = b"".join(number.to_bytes(8, "little") for number in (*place, 0, 0, 0)) + MAGIC
    annotations = {
        ANNOTATION + "manifest-checksum": digest(compressed),
        ANNOTATION + "manifest-position": ":".join(map(str, place)),
    }
    return Compressed(tar, frames + skippable(compressed) + skippable(footer), annotations)

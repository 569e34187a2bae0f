"""eStargz: a gzip member for each file's data, the table of contents as the tar's last file, a footer that finds it."""

from encode.archive import Archive
from encode.compressed import Compressed
from encode.contents import describe, digest, encode_table, has_data
from encode.entry import encode_entry
from encode.gzip_members import compress, empty_member
from text.model import Entry

TABLE = b"stargz.index.json"


def compress_estargz(archive: Archive) -> Compressed:
    members: list[bytes] = []
    entries = []
    pending = b""  # headers and padding, which share a member
    for piece in archive.pieces:
        pending += piece.header
        if piece.entry is not None:
            entries.append(describe(piece.entry, piece.data))
        if has_data(piece):
            members += [compress(pending), compress(piece.data)]
            entries[-1] |= {"offset": sum(map(len, members[:-1])), "chunkDigest": digest(piece.data)}
            pending = piece.padding
        else:
            pending += piece.data + piece.padding
    table = encode_table(entries)
    body = b"".join(part for piece in archive.pieces for part in (piece.header, piece.data, piece.padding))
    last = encode_entry(Entry(archive.layer.place, "file", TABLE, table, mode=0o444, mtime=0))
    last_blocks = last.header + last.data + last.padding
    end = archive.end(len(body) + len(last_blocks))
    if pending:
        members.append(compress(pending))
    offset = sum(map(len, members))
    members += [compress(last_blocks + end), footer(offset)]
    annotations = {"containerd.io/snapshot/stargz/toc.digest": digest(table)}
    return Compressed(body + last_blocks + end, b"".join(members), annotations)


def footer(offset: int) -> bytes:
    """51 bytes: where the member of the table begins is in an extra field."""
    value = b"%016xSTARGZ" % offset
    return empty_member(b"SG" + len(value).to_bytes(2, "little") + value)

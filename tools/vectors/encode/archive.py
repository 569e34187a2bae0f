"""A layer's lines as a tar."""

import dataclasses

from encode.entry import Piece, encode_entry, encode_record
from encode.header import BLOCK
from text.model import Entry, Layer, Record

END_BLOCKS = {"two": 2, "one": 1, "none": 0}


@dataclasses.dataclass(slots=True)
class Archive:
    pieces: list[Piece]
    layer: Layer

    def finish(self) -> bytes:
        """All of it, with the end that the layer wants."""
        parts = [part for piece in self.pieces for part in (piece.header, piece.data, piece.padding)]
        return b"".join(parts) + self.end(sum(map(len, parts)))

    def end(self, length: int) -> bytes:
        """What comes behind so many bytes."""
        end = bytes(END_BLOCKS[self.layer.end] * BLOCK)
        blocking = max(1, self.layer.blocking)
        return end + bytes(-(length + len(end)) % blocking) + self.layer.trailing


def encode_archive(layer: Layer) -> Archive:
    return Archive([encode_line(line) for line in layer.lines], layer)


def encode_line(line) -> Piece:
    if isinstance(line, Entry):
        return encode_entry(line)
    if isinstance(line, Record):
        return encode_record(line)
    return Piece(line.payload)

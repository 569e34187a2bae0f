"""What a layer wants to be otherwise in its compressed stream."""

from encode import gzip_members, zstd_frames
from text.model import Layer, VectorError


def damage(layer: Layer, blob: bytes) -> bytes:
    if layer.head is not None:
        blob = replace_head(layer, blob, layer.head)
    for place, replacement in layer.patches:
        blob = patch(layer, blob, place, replacement)
    blob += layer.trailing_raw
    return blob[: len(blob) - layer.truncate]


def replace_head(layer: Layer, blob: bytes, head: bytes) -> bytes:
    if blob.startswith(gzip_members.HEADER):
        return head + blob[len(gzip_members.HEADER) :]
    if layer.compression == "zstd":
        return zstd_frames.replace_header(blob, head)
    raise VectorError(
        layer.place, f"head= is not for compression={layer.compression}", "there are gzip, gzip-members and zstd")


def patch(layer: Layer, blob: bytes, place: int, replacement: bytes) -> bytes:
    start = place if place >= 0 else len(blob) + place
    end = start + len(replacement)
    if not 0 <= start <= end <= len(blob):
        raise VectorError(
            layer.place, f"patch={place}: of {len(replacement)} bytes, and the stream has {len(blob)}",
            "count from its beginning, or by a negative number from its end")
    return blob[:start] + replacement + blob[end:]

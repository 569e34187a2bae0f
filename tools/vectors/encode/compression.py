"""The table of compressions: how each is made, and the media type that says so."""

import bz2
import dataclasses
import lzma
from collections.abc import Callable

from encode import gzip_members, zstd_frames
from encode.archive import Archive
from encode.compressed import Compressed
from encode.estargz import compress_estargz
from encode.zstd_chunked import compress_chunked

OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"


@dataclasses.dataclass(frozen=True, slots=True)
class Compression:
    suffix: str  # of the media type
    compress: Callable[[Archive], Compressed]


def plainly(compress: Callable[[bytes], bytes]) -> Callable[[Archive], Compressed]:
    """One that doesn't know what is in the tar."""

    def compress_archive(archive: Archive) -> Compressed:
        tar = archive.finish()
        return Compressed(tar, compress(tar))

    return compress_archive


COMPRESSIONS = {
    "none": Compression("", plainly(bytes)),
    "gzip": Compression("gzip", plainly(gzip_members.compress)),
    "gzip-members": Compression("gzip", plainly(gzip_members.compress_members)),
    "estargz": Compression("gzip", compress_estargz),
    "zstd": Compression("zstd", plainly(zstd_frames.compress)),
    "zstd-frames": Compression("zstd", plainly(zstd_frames.compress_frames)),
    "zstd-skippable": Compression("zstd", plainly(zstd_frames.compress_skippable)),
    "zstd-chunked": Compression("zstd", compress_chunked),
    "bzip2": Compression("bzip2", plainly(bz2.compress)),
    "xz": Compression("xz", plainly(lzma.compress)),
}


def media_type(compression: str, is_docker: bool) -> str:
    suffix = COMPRESSIONS[compression].suffix
    if is_docker:
        return DOCKER_LAYER + (f".{suffix}" if suffix else "")
    return OCI_LAYER + (f"+{suffix}" if suffix else "")

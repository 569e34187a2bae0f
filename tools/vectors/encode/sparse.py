"""Sparse files: only what is no hole is in the archive, and a map says where it belongs."""

import dataclasses

from encode.header import BLOCK, Header, padding

Run = tuple[int, int]  # offset and length
Records = list[tuple[bytes, bytes]]

# Where the old formats have the map in the header, and how many runs; those behind it are in blocks of 21.
IN_GNU_HEADER = (386, 482, 483)  # the map, "there is more", the file's size
IN_STAR_HEADER = (356, 355, 452)
RUNS_IN_HEADER, RUNS_IN_BLOCK, RUN_BYTES, MORE_IN_BLOCK = 4, 21, 24, 504


@dataclasses.dataclass(slots=True)
class Sparse:
    """What becomes of a sparse file."""

    data: bytes
    name: bytes | None = None  # in the header, when it is not the file's
    records: Records = dataclasses.field(default_factory=list)
    fields: list[tuple[int, bytes]] = dataclasses.field(default_factory=list)  # of the header, by offset
    blocks: bytes = b""  # between header and data
    type: bytes = b"0"


def encode_sparse(form: str, name: bytes, content: bytes) -> Sparse:
    runs = find_runs(content)
    data = b"".join(content[offset : offset + length] for offset, length in runs)
    # The end of a hole at the end is said by a run of nothing.
    if not runs or sum(runs[-1]) < len(content):
        runs.append((len(content), 0))
    if form == "gnu-old":
        return in_headers(runs, data, len(content), IN_GNU_HEADER)
    if form == "star":
        return in_headers(runs, data, len(content), IN_STAR_HEADER)
    if form == "gnu-0.0":
        return Sparse(data, records=records_0_0(runs, len(content)))
    if form == "gnu-0.1":
        return Sparse(data, put_below(name), records_0_1(runs, len(content), name))
    return Sparse(encode_map(runs) + data, put_below(name), records_1_0(len(content), name))


def find_runs(content: bytes) -> list[Run]:
    """What lies between aligned blocks of zeros."""
    runs: list[Run] = []
    for offset in range(0, len(content), BLOCK):
        block = content[offset : offset + BLOCK]
        if not any(block):
            continue
        if runs and sum(runs[-1]) == offset:
            runs[-1] = (runs[-1][0], runs[-1][1] + len(block))
        else:
            runs.append((offset, len(block)))
    return runs


def in_headers(runs: list[Run], data: bytes, size: int, places: tuple[int, int, int]) -> Sparse:
    where, more, real_size = places
    here, rest = runs[:RUNS_IN_HEADER], runs[RUNS_IN_HEADER:]
    fields = [(where, encode_runs(here)), (more, b"\1" if rest else b"\0"), (real_size, b"%011o\0" % size)]
    blocks = b""
    while rest:
        here, rest = rest[:RUNS_IN_BLOCK], rest[RUNS_IN_BLOCK:]
        blocks += (encode_runs(here).ljust(MORE_IN_BLOCK, b"\0") + (b"\1" if rest else b"\0")).ljust(BLOCK, b"\0")
    return Sparse(data, fields=fields, blocks=blocks, type=b"S")


def encode_runs(runs: list[Run]) -> bytes:
    return b"".join(b"%011o\0%011o\0" % run for run in runs)


def records_0_0(runs: list[Run], size: int) -> Records:
    records = [(b"GNU.sparse.size", b"%d" % size), (b"GNU.sparse.numblocks", b"%d" % len(runs))]
    for offset, length in runs:
        records += [(b"GNU.sparse.offset", b"%d" % offset), (b"GNU.sparse.numbytes", b"%d" % length)]
    return records


def records_0_1(runs: list[Run], size: int, name: bytes) -> Records:
    numbers = b",".join(b"%d,%d" % run for run in runs)
    return [
        (b"GNU.sparse.size", b"%d" % size), (b"GNU.sparse.numblocks", b"%d" % len(runs)),
        (b"GNU.sparse.map", numbers), (b"GNU.sparse.name", name)]


def records_1_0(size: int, name: bytes) -> Records:
    return [
        (b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"),
        (b"GNU.sparse.name", name), (b"GNU.sparse.realsize", b"%d" % size)]


def encode_map(runs: list[Run]) -> bytes:
    """In front of the data, a number on each line."""
    lines = b"%d\n" % len(runs) + b"".join(b"%d\n%d\n" % run for run in runs)
    return lines + bytes(padding(len(lines)))


def put_below(name: bytes) -> bytes:
    """What is shown to those who don't know the form."""
    directory, slash, base = name.rpartition(b"/")
    return directory + slash + b"GNUSparseFile.0/" + base


def put_fields(header: Header, sparse: Sparse) -> None:
    for offset, value in sparse.fields:
        header.put_at(offset, value)

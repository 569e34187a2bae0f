"""Sparse files put together again."""

from collections.abc import Callable

from reference.headers import Header, number
from reference.verdicts import Refused

Runs = list[tuple[int, int]]
Records = list[tuple[bytes, bytes]]
BLOCK = 512


def expand(runs: Runs, data: bytes, size: int) -> bytes:
    content = bytearray(size)
    position = 0
    end = 0
    for offset, length in runs:
        if offset < end or offset + length > size:
            raise Refused(f"a sparse file's map has {offset}+{length} of {size} bytes, behind {end}")
        content[offset : offset + length] = data[position : position + length]
        position += length
        end = offset + length
    if position != len(data):
        raise Refused(f"a sparse file's map is of {position} bytes, and there are {len(data)}")
    return bytes(content)


def read_map(header: Header, next_block: Callable[[], bytes]) -> tuple[Runs, int]:
    """Of the old forms, in the header and in blocks behind it; and the file's size."""
    start, more, size = (356, 355, 452) if header.is_star else (386, 482, 483)
    runs = read_runs(header.block, start, 4)
    is_more = header.block[more] != 0
    while is_more:
        block = next_block()
        runs += read_runs(block, 0, 21)
        is_more = block[504] != 0
    return runs, number(header.block, size, 12)


def read_runs(block: bytes, start: int, count: int) -> Runs:
    places = range(start, start + count * 24, 24)
    # The map ends where no number is.
    return [(number(block, at, 12), number(block, at + 12, 12)) for at in places if any(block[at : at + 24])]


def is_in_records(records: dict[bytes, bytes]) -> bool:
    return any(key.startswith(b"GNU.sparse.") for key in records)


def expand_records(all_records: Records, records: dict[bytes, bytes], content: bytes) -> bytes:
    """Of the three forms in pax records, which come several times in the oldest."""
    if records.get(b"GNU.sparse.major") == b"1":
        runs, content = read_map_of_content(content)
        return expand(runs, content, int(records[b"GNU.sparse.realsize"]))
    size = int(records[b"GNU.sparse.size"])
    if b"GNU.sparse.map" in records:
        numbers = [int(each) for each in records[b"GNU.sparse.map"].split(b",")]
    else:
        numbers = [int(value) for key, value in all_records if key in (b"GNU.sparse.offset", b"GNU.sparse.numbytes")]
    runs = list(zip(numbers[::2], numbers[1::2]))
    if len(runs) != int(records[b"GNU.sparse.numblocks"]):
        raise Refused("a sparse file's map has another length than it says")
    return expand(runs, content, size)


def read_map_of_content(content: bytes) -> tuple[Runs, bytes]:
    count, _, rest = content.partition(b"\n")
    lines = rest.split(b"\n", 2 * int(count))
    numbers = [int(line) for line in lines[: 2 * int(count)]]
    used = len(content) - len(lines[-1])
    return list(zip(numbers[::2], numbers[1::2])), content[used + -used % BLOCK :]

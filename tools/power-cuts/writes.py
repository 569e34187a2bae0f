"""What a disk was told, in the order in which it was: the log of qemu's blklogwrites, whose format is dm-log-writes'.

A power cut leaves of it all that came before the last flush, and of what came after that whatever the disk chose to write
meanwhile: everything, nothing, some of it, half of one write.
"""

import dataclasses
import os
import pathlib
import random
import struct

_HEADER = struct.Struct("<QQQI")
_ENTRY = struct.Struct("<QQQQ")
_MAGIC, _SECTOR = 0x6A736677736872, 512
_FLUSH, _FUA, _DISCARD, _MARK = 1, 2, 4, 8


@dataclasses.dataclass(frozen=True)
class Entry:
    """A write, or a flush."""

    at: int  # on the disk
    length: int
    data: int  # where in the log
    flushes: bool
    discards: bool


class Log:
    """All entries of a log that is complete."""

    def __init__(self, path: pathlib.Path):
        self.path = path
        with path.open("rb") as file:
            magic, _, _, sector = _HEADER.unpack(file.read(_HEADER.size))
            if magic != _MAGIC or sector != _SECTOR:
                raise ValueError(f"{path} is no log of blklogwrites with sectors of {_SECTOR} bytes")
            self.entries: list[Entry] = []
            # Where each entry ends: so long was the log when it had come.
            self.ends: list[int] = []
            place, size = _SECTOR, os.stat(path).st_size
            while place + _SECTOR <= size:
                file.seek(place)
                sector_at, count, flags, extra = _ENTRY.unpack(file.read(_ENTRY.size))
                data = place + _SECTOR
                discards = bool(flags & _DISCARD)
                place = data + (0 if discards else count * _SECTOR) + (extra if flags & _MARK else 0)
                # Zeroes are where the log has room, and the last entry may have been cut.
                if place > size or not count and not flags:
                    break
                self.entries.append(Entry(sector_at * _SECTOR, count * _SECTOR, data, bool(flags & (_FLUSH | _FUA)), discards))
                self.ends.append(place)

    def count_at(self, size: int) -> int:
        """How many entries there were when the log was so long."""
        return sum(end <= size for end in self.ends)


class Replay:
    """A disk image that goes through the log, forward only."""

    def __init__(self, log: Log, image: pathlib.Path):
        self.log = log
        self.image = image
        self.done = 0

    def flushed_before(self, count: int) -> int:
        """How many of the first entries are on the disk for sure."""
        for number in range(count, 0, -1):
            if self.log.entries[number - 1].flushes:
                return number
        return 0

    def advance(self, count: int) -> None:
        with self.image.open("r+b") as disk, self.log.path.open("rb") as log:
            for entry in self.log.entries[self.done : count]:
                write(entry, disk.fileno(), log.fileno(), entry.length)
        self.done = count

    def refuse_other(self, image: pathlib.Path) -> None:
        """Goes through all of it, and sees that this gives the disk that was recorded."""
        self.advance(len(self.log.entries))
        with self.image.open("rb") as one, image.open("rb") as other:
            place = 0
            while part := one.read(1 << 20):
                if part != other.read(1 << 20):
                    raise ValueError(f"{self.log.path} is not what {image} was told: they differ within 1 MiB of {place}")
                place += len(part)

    def cut(self, moment: "Moment", copy: pathlib.Path) -> str:
        """Makes a copy of the disk as the cut leaves it, and says what it has lost."""
        flushed = self.flushed_before(moment.count)
        self.advance(flushed)
        copy_sparse(self.image, copy)
        chance = random.Random(moment.seed)
        pending = self.log.entries[flushed : moment.count]
        kept = lost = torn = 0
        with copy.open("r+b") as disk, self.log.path.open("rb") as log:
            for number, entry in enumerate(pending, 1):
                if moment.kind != "all" and chance.random() < moment.loss:
                    lost += 1
                    continue
                length = entry.length
                if moment.kind == "torn" and number == len(pending) and length > _SECTOR:
                    length = chance.randrange(1, length // _SECTOR) * _SECTOR
                    torn += 1
                write(entry, disk.fileno(), log.fileno(), length)
                kept += 1
        return f"{kept} of {len(pending)} writes since the last flush, {lost} lost, {torn} torn"


@dataclasses.dataclass(frozen=True)
class Moment:
    """When the power was cut, and what the disk had made of what it was told by then."""

    count: int
    kind: str  # "all", "some" or "torn"
    loss: float
    seed: str


def choose(ends: list[int], number: int, seed: int) -> list[Moment]:
    """Moments by lot, in their order; the same ones for the same seed. Each step has as many as any other, and every third has lost
    nothing.

    ends -- how many entries there were at the end of each step
    """
    moments = []
    for index in range(number):
        name = f"{seed}/{index}"
        chance = random.Random(name)
        step = chance.randrange(len(ends))
        count = chance.randint(ends[step - 1] + 1 if step else 1, ends[step])
        kind = ("all", "some", "torn")[index % 3]
        moments.append(Moment(count, kind, chance.choice((0.1, 0.5, 0.9)), name))
    return sorted(moments, key=lambda moment: (moment.count, moment.seed))


def write(entry: Entry, disk: int, log: int, length: int) -> None:
    if entry.flushes and not length:
        return
    data = bytes(length) if entry.discards else os.pread(log, length, entry.data)
    os.pwrite(disk, data, entry.at)


def copy_sparse(source: pathlib.Path, target: pathlib.Path) -> None:
    """Only what is there of a file."""
    with source.open("rb") as old, target.open("wb") as new:
        size = os.fstat(old.fileno()).st_size
        new.truncate(size)
        place = 0
        while place < size:
            try:
                start = os.lseek(old.fileno(), place, os.SEEK_DATA)
            except OSError:
                break
            place = os.lseek(old.fileno(), start, os.SEEK_HOLE)
            new.seek(start)
            while start < place:
                start += os.sendfile(new.fileno(), old.fileno(), start, place - start)

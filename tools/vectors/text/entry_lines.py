"""Lines that stand for files: TYPE NAME [VALUE] [KEY=VALUE…], in layers and in trees."""

from collections.abc import Iterator

from text import values
from text.lines import Words
from text.model import Entry, VectorError
from text.sections import Line
from trees.tree import TYPES

MODES = {"dir": 0o755, "symlink": 0o777}
ENTRY_TYPES = (*TYPES, "hardlink")

SIMPLE = {"mode": values.mode, "uid": values.number, "gid": values.number, "mtime": values.time}
LAYER_SIMPLE = SIMPLE | {
    "format": values.one_of("ustar", "v7", "gnu", "pax", "star"),
    "uname": values.as_is,
    "gname": values.as_is,
    "pax-raw": values.as_is,
    "sparse": values.one_of("gnu-old", "gnu-0.0", "gnu-0.1", "gnu-1.0", "star"),
    "data": values.as_is,
    "padding": values.as_is,
}
ATTRIBUTES = {"pax-raw": "raw_records"}
NAMED = ("xattr",)
LAYER_NAMED = ("xattr", "pax", "header")


def repeat(line: Line) -> Iterator[Line]:
    """The line, or what `times` makes of it."""
    if not line.text.startswith("times "):
        yield line
        return
    _, count, rest = line.text.split(None, 2)
    if not count.isdigit():
        raise VectorError(line.place, f"{count} is no number of times", "write `times 30 file d/% \"%\"`")
    for number in range(1, int(count) + 1):
        yield Line(line.place, rest.replace("%", str(number)))


def read_entry(words: Words, kind: str) -> Entry:
    """A layer's entry; the first word was its type."""
    entry = begin_entry(words, kind)
    if kind == "file" and words.has_plain():
        entry.content = words.take("content")
    for key, name, value in words.take_options():
        if key in LAYER_SIMPLE and not name:
            setattr(entry, ATTRIBUTES.get(key, key), words.read(key, LAYER_SIMPLE[key], value))
        elif key in LAYER_NAMED and name:
            add_named(words, entry, key, name, value)
        else:
            raise words.unknown(key, [*LAYER_SIMPLE, *(f"{key}:NAME" for key in LAYER_NAMED)])
    if entry.sparse and kind != "file":
        raise words.fail(f"a {kind} can't be sparse", "take sparse= away")
    return entry


def begin_entry(words: Words, kind: str) -> Entry:
    """With what stands before the keys, but a file's content."""
    if kind not in ENTRY_TYPES:
        raise words.fail(f"{kind} is no type of entry", f"there are {', '.join(ENTRY_TYPES)}")
    entry = Entry(words.place, kind, words.take("the name"), mode=MODES.get(kind, 0o644))
    if kind in ("symlink", "hardlink"):
        entry.target = words.take_target()
    elif kind in ("char", "block"):
        entry.device = words.read("device", values.device, words.take("MAJOR:MINOR"))
    return entry


def add_named(words: Words, entry: Entry, key: str, name: bytes, value: bytes) -> None:
    if key == "pax":
        entry.records.append((name, value))
    elif key == "header":
        entry.header[name.decode()] = value
    elif name in entry.xattrs:
        raise words.fail(f"{key}:{name.decode(errors='replace')} is there twice", "say it once")
    else:
        entry.xattrs[name] = value

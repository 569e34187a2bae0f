"""A `layer` section."""

from text import values
from text.entry_lines import read_entry, repeat
from text.lines import Words
from text.model import Entry, Layer, Raw, Record
from text.sections import Line, Section

COMPRESSIONS = (
    "gzip none zstd gzip-members zstd-frames zstd-skippable zstd-chunked estargz bzip2 xz".split()
)
KEYS = {
    "compression": values.one_of(*COMPRESSIONS),
    "media-type": values.text,
    "end": values.one_of("two", "one", "none"),
    "blocking": values.count,
    "trailing": values.as_is,
    "trailing-raw": values.as_is,
    "truncate": values.count,
    "head": values.as_is,
    "diff-id": values.text,
    "size": values.number,
    "same": values.count,
    "times": values.count,
}


def read_layer(section: Section, head: str = "layer") -> Layer:
    words = Words(section.head)
    words.take(head)
    layer = Layer(section.head.place)
    for key, name, value in words.take_options():
        if key == "descriptor" and name:
            layer.descriptor[name.decode()] = words.read(key, values.document, value)
        elif key == "digest" and not name:
            words.read(key, values.one_of("wrong"), value)
            layer.is_digest_wrong = True
        elif key == "patch" and not name:
            layer.patches.append(words.read(key, values.patch, value))
        elif key in KEYS and not name:
            setattr(layer, key.replace("-", "_"), words.read(key, KEYS[key], value))
        else:
            raise words.unknown(key, [*KEYS, "digest", "patch", "descriptor:KEY"])
    if layer.same is not None and section.lines:
        raise words.fail("same= has no lines of its own", "take the lines away, or same=")
    layer.lines = read_lines(section.lines)
    return layer


def read_lines(lines: list[Line]) -> list[Entry | Record | Raw]:
    return [read_line(each) for line in lines for each in repeat(line)]


def read_line(line: Line) -> Entry | Record | Raw:
    words = Words(line)
    kind = words.take("the type of the entry").decode(errors="replace")
    if kind == "bytes":
        raw = Raw(words.take("bytes, in quotes"))
        words.end()
        return raw
    if kind == "zeros":
        raw = Raw(bytes(words.read("zeros", values.count, words.take("how many"))))
        words.end()
        return raw
    if kind == "record":
        return read_record(words)
    if kind == "global":
        return read_global(words)
    return read_entry(words, kind)


def read_record(words: Words) -> Record:
    kind = words.take("the type of the record")
    record = Record(words.place, kind, words.take("the payload"))
    for key, name, value in words.take_options():
        if key != "header" or not name:
            raise words.unknown(key, ["header:FIELD"])
        record.header[name.decode()] = value
    return record


def read_global(words: Words) -> Record:
    record = Record(words.place, b"g", b"")
    for key, name, value in words.take_options():
        if key == "pax" and name:
            record.records.append((name, value))
        elif key == "header" and name:
            record.header[name.decode()] = value
        else:
            raise words.unknown(key, ["pax:KEY", "header:FIELD"])
    return record


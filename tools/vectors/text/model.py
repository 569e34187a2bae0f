"""What a vector file says."""

import dataclasses
import pathlib

from trees.tree import Tree

VERDICTS = ("must", "should", "open", "hostile")


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class VectorError(Exception):
    """What is wrong with a vector, where, and what to do."""

    def __init__(self, place: Place | str, what: str, help_text: str):
        super().__init__(f"error: {place}: {what}\nhelp: {help_text}")


@dataclasses.dataclass(slots=True)
class Entry:
    """A line of a layer that stands for a file."""

    place: Place
    type: str  # of trees.tree.TYPES, or hardlink
    name: bytes
    content: bytes = b""
    target: bytes = b""
    device: tuple[int, int] = (0, 0)
    mode: int = 0
    uid: int = 0
    gid: int = 0
    mtime: int = 10**18  # in nanoseconds
    xattrs: dict[bytes, bytes] = dataclasses.field(default_factory=dict)
    format: str | None = None  # None: ustar, and pax for what doesn't fit
    uname: bytes = b""
    gname: bytes = b""
    records: list[tuple[bytes, bytes]] = dataclasses.field(default_factory=list)  # of pax, as they are given
    raw_records: bytes | None = None
    header: dict[str, bytes] = dataclasses.field(default_factory=dict)  # bytes of fields
    sparse: str | None = None
    data: bytes | None = None
    padding: bytes = b""


@dataclasses.dataclass(slots=True)
class Record:
    """A header of any type with a payload: `record`, and `global`, whose payload are pax records."""

    place: Place
    type: bytes
    payload: bytes
    records: list[tuple[bytes, bytes]] = dataclasses.field(default_factory=list)
    header: dict[str, bytes] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(slots=True)
class Raw:
    """Bytes that are there as they are."""

    payload: bytes


@dataclasses.dataclass(slots=True)
class Layer:
    place: Place
    lines: list[Entry | Record | Raw] = dataclasses.field(default_factory=list)
    compression: str = "gzip"
    media_type: str | None = None
    end: str = "two"
    blocking: int = 1
    trailing: bytes = b""
    trailing_raw: bytes = b""
    truncate: int = 0
    head: bytes | None = None  # in place of the header of the first gzip member or zstd frame
    patches: list[tuple[int, bytes]] = dataclasses.field(default_factory=list)  # of the compressed stream
    diff_id: str | None = None  # "wrong", or one
    size: int = 0  # added in the descriptor
    is_digest_wrong: bool = False
    descriptor: dict[str, object] = dataclasses.field(default_factory=dict)
    same: int | None = None  # the number of the layer that this one is once more
    times: int = 1  # how often it is that


@dataclasses.dataclass(slots=True)
class Edit:
    """A member of a document that is set, removed or, in an array, put before another (`set`, `unset`, `insert`)."""

    place: Place
    document: str  # manifest, config, index, nested, entry or layout
    path: str
    value: object = None
    is_removal: bool = False
    is_insertion: bool = False


@dataclasses.dataclass(slots=True)
class Replacement:
    """Bytes of a document as it is written."""

    place: Place
    document: str
    old: bytes
    new: bytes


@dataclasses.dataclass(slots=True)
class Image:
    """What is said of the image itself."""

    edits: list[Edit] = dataclasses.field(default_factory=list)
    raw: dict[str, bytes] = dataclasses.field(default_factory=dict)  # documents as they are
    replacements: list[Replacement] = dataclasses.field(default_factory=list)
    beside: dict[str, bytes] = dataclasses.field(default_factory=dict)  # further files of the layout
    is_docker: bool = False
    is_nested: bool = False
    has_attestation: bool = False
    has_sha512: bool = False
    is_inline: bool = False
    architecture: str = "amd64"


@dataclasses.dataclass(slots=True)
class Outcome:
    place: Place
    name: str | None
    tree: Tree | None  # None: refused
    again: list[bytes] = dataclasses.field(default_factory=list)  # stand in the layer although nothing of them changed


@dataclasses.dataclass(slots=True)
class Difference:
    """What replaces entries of a change vector's truth."""

    place: Place
    name: str
    tree: Tree
    gone: list[bytes] = dataclasses.field(default_factory=list)
    again: list[bytes] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(slots=True)
class Base:
    """Layers of a change vector's base, lowest first, above the layer with the shell."""

    layers: list[Layer] = dataclasses.field(default_factory=list)
    is_bare: bool = False  # the shell's layer has nothing but /bin


@dataclasses.dataclass(slots=True)
class Vector:
    name: str
    file: pathlib.Path
    behaviour: str
    documented: list[str]
    verdict: str
    why: str | None = None
    bugs: list[str] = dataclasses.field(default_factory=list)
    needs: list[str] = dataclasses.field(default_factory=list)
    layers: list[Layer] = dataclasses.field(default_factory=list)
    image: Image = dataclasses.field(default_factory=Image)
    outcomes: list[Outcome] = dataclasses.field(default_factory=list)
    outside: list[bytes] = dataclasses.field(default_factory=list)
    base: Base = dataclasses.field(default_factory=Base)
    script: str | None = None
    differences: list[Difference] = dataclasses.field(default_factory=list)
    looks_at: list[bytes] = dataclasses.field(default_factory=list)  # what is left out of other change vectors

    @property
    def kind(self) -> str:
        return "layer" if self.script is None else "change"

    @property
    def place(self) -> Place:
        return Place(str(self.file), 1)

"""Tables of contents of layers whose files can be fetched one by one: what estargz and zstd:chunked have in common."""

import base64
import datetime
import hashlib
import json

from encode.entry import Piece
from text.model import Entry

TYPES = {"file": "reg"}


def describe(entry: Entry, data: bytes) -> dict[str, object]:
    """An entry of the table, but for where its data are."""
    members: dict[str, object] = {
        "name": entry.name.decode(errors="replace"),
        "type": TYPES.get(entry.type, entry.type),
        "mode": entry.mode,
        "modtime": show_time(entry.mtime),
        "uid": entry.uid,
        "gid": entry.gid,
    }
    if entry.target:
        members["linkName"] = entry.target.decode(errors="replace")
    if entry.type in ("char", "block"):
        members["devMajor"], members["devMinor"] = entry.device
    if entry.xattrs:
        members["xattrs"] = {key.decode(): base64.b64encode(value).decode() for key, value in entry.xattrs.items()}
    if data:
        members |= {"size": len(data), "digest": digest(data)}
    return members


def show_time(nanoseconds: int) -> str:
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=nanoseconds // 10**9)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def has_data(piece: Piece) -> bool:
    return piece.entry is not None and piece.entry.type == "file" and bool(piece.data)


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def encode_table(entries: list[dict[str, object]]) -> bytes:
    return json.dumps({"version": 1, "entries": entries}, sort_keys=True, separators=(",", ":")).encode()

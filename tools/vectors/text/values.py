"""Values of KEY=VALUE words. Each function takes the value and says by ValueError what is wrong with it."""

import json
from collections.abc import Callable

from trees.times import read_time

Reader = Callable[[bytes], object]


def as_is(value: bytes) -> bytes:
    return value


def text(value: bytes) -> str:
    return value.decode()


def number(value: bytes) -> int:
    try:
        return int(value.decode())
    except ValueError as error:
        raise ValueError(f"{value.decode(errors='replace')!r} is no number") from error


def count(value: bytes) -> int:
    result = number(value)
    if result < 0:
        raise ValueError(f"{result} is less than nothing")
    return result


def mode(value: bytes) -> int:
    try:
        return int(value.decode(), 8)
    except ValueError as error:
        raise ValueError(f"{value.decode(errors='replace')!r} is no octal number") from error


def time(value: bytes) -> int:
    return read_time(value.decode())


def device(value: bytes) -> tuple[int, int]:
    major, colon, minor = value.decode().partition(":")
    if not (colon and major.isdigit() and minor.isdigit()):
        raise ValueError(f"{value.decode(errors='replace')!r} is no MAJOR:MINOR")
    return int(major), int(minor)


def patch(value: bytes) -> tuple[int, bytes]:
    place, colon, replacement = value.partition(b":")
    if not colon:
        raise ValueError("is no PLACE:BYTES")
    return number(place), replacement


def document(value: bytes) -> object:
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f"{value.decode(errors='replace')} is no JSON: {error}") from error


def one_of(*names: str) -> Reader:
    def read(value: bytes) -> str:
        found = value.decode(errors="replace")
        if found not in names:
            raise ValueError(f"{found!r} is none of {', '.join(names)}")
        return found

    return read

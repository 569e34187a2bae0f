"""The payload of pax headers."""


def encode_record(key: bytes, value: bytes) -> bytes:
    """With its own length, which counts the digits of the length."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    return b"%d %s=%s\n" % (rest + len(str(length)), key, value)


def encode_records(records: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join(encode_record(key, value) for key, value in records)

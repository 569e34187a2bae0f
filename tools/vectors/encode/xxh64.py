"""XXH64 with the seed 0, the checksum of zstd's frames."""

import struct

P1, P2, P3, P4, P5 = (
    0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)
MASK = 0xFFFFFFFFFFFFFFFF


def xxh64(data: bytes) -> int:
    striped = len(data) // 32 * 32
    result = (merge_lanes(data[:striped]) if striped else P5) + len(data) & MASK
    return avalanche(mix_rest(result, data[striped:]))


def rotate(value: int, bits: int) -> int:
    return (value << bits | value >> 64 - bits) & MASK


def mix(lane: int, value: int) -> int:
    return rotate(lane + value * P2 & MASK, 31) * P1 & MASK


def merge_lanes(data: bytes) -> int:
    a, b, c, d = P1 + P2 & MASK, P2, 0, -P1 & MASK
    for values in struct.iter_unpack("<4Q", data):
        a, b, c, d = mix(a, values[0]), mix(b, values[1]), mix(c, values[2]), mix(d, values[3])
    result = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18) & MASK
    for lane in (a, b, c, d):
        result = (result ^ mix(0, lane)) * P1 + P4 & MASK
    return result


def mix_rest(result: int, rest: bytes) -> int:
    """What is no whole stripe: by 8 bytes, by 4, by one."""
    position = 0
    while len(rest) - position >= 8:
        value = int.from_bytes(rest[position : position + 8], "little")
        result = rotate(result ^ mix(0, value), 27) * P1 + P4 & MASK
        position += 8
    if len(rest) - position >= 4:
        value = int.from_bytes(rest[position : position + 4], "little")
        result = rotate(result ^ value * P1 & MASK, 23) * P2 + P3 & MASK
        position += 4
    for byte in rest[position:]:
        result = rotate(result ^ byte * P5 & MASK, 11) * P1 & MASK
    return result


def avalanche(result: int) -> int:
    result = (result ^ result >> 33) * P2 & MASK
    result = (result ^ result >> 29) * P3 & MASK
    return result ^ result >> 32

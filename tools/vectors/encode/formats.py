"""How the formats of tar hold what a field has no room for."""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Format:
    name: str
    magic: bytes  # and version
    prefix: int = 0  # the bytes of a name that go there
    has_long_links: bool = False  # names in entries of the types L and K before it
    has_base256: bool = False
    pax: str = "none"  # or "needed": records for what doesn't fit; or "all" that pax has a record for
    trailer: bytes = b""  # at the block's end


USTAR = b"ustar\x0000"
GNU = b"ustar  \0"

FORMATS = {
    None: Format("ustar with pax", USTAR, prefix=155, pax="needed"),
    "ustar": Format("ustar", USTAR, prefix=155),
    "v7": Format("v7", b""),
    "gnu": Format("gnu", GNU, has_long_links=True, has_base256=True),
    "pax": Format("pax", USTAR, prefix=155, pax="all"),
    "star": Format("star", USTAR, prefix=130, has_base256=True, pax="needed", trailer=b"tar\0"),
}

# Of entries that are sparse and name no format.
OF_SPARSE = {"gnu-old": "gnu", "star": "star"}

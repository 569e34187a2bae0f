"""What no file system of Linux holds: a tree with that can't be made."""

from reference.archive import Entry
from reference.verdicts import Refused
from text.words import quote

NAME_MAX = 255
TARGET_MAX = 4095  # PATH_MAX has room for the zero byte
OWNER_MAX = 2**32 - 2  # chown(2) takes the one above for "leave it as it is"
MAJOR_MAX, MINOR_MAX = 2**12 - 1, 2**20 - 1


def check_limits(path: list[bytes], entry: Entry) -> None:
    if too_long := next((name for name in path if len(name) > NAME_MAX), None):
        raise Refused(f"a name of {len(too_long)} bytes: {quote(too_long)}")
    if entry.type == "symlink" and not 0 < len(entry.target) <= TARGET_MAX:
        raise Refused(f"the target of {quote(entry.name)} has {len(entry.target)} bytes")
    for key, owner in (("uid", entry.uid), ("gid", entry.gid)):
        if not 0 <= owner <= OWNER_MAX:
            raise Refused(f"{quote(entry.name)} has the {key} {owner}")
    if entry.device[0] > MAJOR_MAX or entry.device[1] > MINOR_MAX:
        raise Refused(f"{quote(entry.name)} has the device numbers {entry.device[0]}:{entry.device[1]}")

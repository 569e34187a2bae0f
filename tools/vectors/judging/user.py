"""An ordinary user whom only a room knows: the machine's own list of users stays as it is."""

import pathlib

from judging import kernel

USER_ID = 61234
RANGE = "2000000000:65536"

LINES = {
    "passwd": f"vectors:x:{USER_ID}:{USER_ID}::/nonexistent:/bin/sh\n",
    "group": f"vectors:x:{USER_ID}:\n",
    "subuid": f"vectors:{RANGE}\n",
    "subgid": f"vectors:{RANGE}\n",
}


def become_known(directory: pathlib.Path) -> None:
    """Mounts lists with this user upon the machine's, in this mount namespace. The new lists are in the directory."""
    directory.mkdir()
    for name, line in LINES.items():
        machine = pathlib.Path("/etc", name)
        if not machine.exists():
            raise FileNotFoundError(f"this machine has no {machine}: apt-get install uidmap")
        (directory / name).write_text(machine.read_text() + line)
        kernel.bind(directory / name, machine)

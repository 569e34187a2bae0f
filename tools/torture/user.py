"""The ordinary user at the level "unpriv"."""

import contextlib
import pwd
import subprocess
from collections.abc import Iterator

_NAME = "stacker-torture"


@contextlib.contextmanager
def ordinary_user() -> Iterator[str]:
    """One with id ranges, made for the time of the run if there is none of that name."""
    try:
        pwd.getpwnam(_NAME)
        yield _NAME
        return
    except KeyError:
        pass
    subprocess.run(
        ["useradd", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", _NAME], check=True)
    try:
        subprocess.run(
            ["usermod", "--add-subuids", "2100000000-2100065535", "--add-subgids", "2100000000-2100065535", _NAME], check=True)
        yield _NAME
    finally:
        subprocess.run(["userdel", _NAME], check=True)

#!/usr/bin/env python3
"""The words by which the header of a test says on which kernels it is known to fail, and whether they are true here.

    # fails-where: kernel<6.6 level=unpriv: why

All conditions of a line have to hold; a header may have several lines. There are

    kernel<6.6, kernel>=6.6         the version of Linux; a third number says nothing, distributions have their own
    cgroups=v1, =v2, =hybrid        what is mounted: one version alone, or both
    lsm=NAME, lsm!=NAME             whether a security module is active
    sysctl:NAME=VALUE               that it is there, and has the value
    level=priv, level=unpriv        who runs stacker

    tools/report/conditions.py CONDITION…     says which of them are no conditions; the status is 1 if there are any
"""

import dataclasses
import os
import pathlib
import re
import sys

CONDITION = re.compile(
    r"kernel(?P<order><|>=)(?P<version>\d+(\.\d+)?)"
    r"|cgroups=(?P<cgroups>v1|v2|hybrid)"
    r"|lsm(?P<is_not>!?)=(?P<lsm>\w+)"
    r"|sysctl:(?P<sysctl>[a-z0-9_]+(\.[\w-]+)+)=(?P<value>[\w.-]+)"
    r"|level=(?P<level>priv|unpriv)"
)


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What tests run on."""

    kernel: str  # as uname -r says
    cgroups: str  # v1, v2, hybrid, or none
    modules: list[str]  # those of security, active
    level: str
    sysctls: pathlib.Path = pathlib.Path("/proc/sys")

    def fit(self, conditions: str) -> bool:
        """Whether all of them hold, which are separated by blanks."""
        return all(self.fit_one(CONDITION.fullmatch(each)) for each in conditions.split())

    def fit_one(self, match: re.Match[str] | None) -> bool:
        # check-headers complains of what is none.
        if match is None:
            return False
        if wanted := match["version"]:
            is_older = numbers(self.kernel) < numbers(wanted)
            return is_older == (match["order"] == "<")
        if match["lsm"]:
            return (match["lsm"] in self.modules) != bool(match["is_not"])
        if match["sysctl"]:
            return read(self.sysctls / match["sysctl"].replace(".", "/")) == match["value"]
        return match["cgroups"] == self.cgroups or match["level"] == self.level


def here(level: str) -> Surroundings:
    types = {line.split()[2] for line in read(pathlib.Path("/proc/self/mounts")).splitlines()}
    cgroups = {(True, False): "v1", (False, True): "v2", (True, True): "hybrid"}
    return Surroundings(
        kernel=os.uname().release,
        cgroups=cgroups.get(("cgroup" in types, "cgroup2" in types), "none"),
        modules=security_modules(),
        level=level,
    )


def security_modules() -> list[str]:
    listed = read(pathlib.Path("/sys/kernel/security/lsm"))
    if listed:
        return listed.split(",")
    # Where securityfs is not mounted, two can be asked.
    is_there = {
        "apparmor": read(pathlib.Path("/sys/module/apparmor/parameters/enabled")) == "Y",
        "selinux": pathlib.Path("/sys/fs/selinux/enforce").exists(),
    }
    return [name for name, is_active in is_there.items() if is_active]


def numbers(version: str) -> list[int]:
    """6.1.0-57-cloud-amd64 is 6, 1, 0: what is behind it is the distribution's."""
    return [int(each) for each in re.match(r"(\d+(?:\.\d+)*)?", version)[0].split(".") if each]


def read(path: pathlib.Path) -> str:
    """Nothing where there is no such file, or none that can be read."""
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""


def main(words: list[str]) -> int:
    wrong = [each for each in words if not CONDITION.fullmatch(each)]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Runs bats files on another kernel, in a virtual machine: `make check-kernel`.

    tools/kernels/check-kernel.py [--kernel=KERNEL] [--cmdline=WORDS] [--minutes=N] [--memory=MIB] [--qemu=WORDS] [--report=DIR]
        [--run=COMMAND | [--group=NAME] [--chapter=NAME]… [NAME…]]

KERNEL is the path of a vmlinuz, a release of Debian's as debian-12 (the default), debian-13-backports or debian-sid, or a package
linux-image-…, which apt fetches once; its modules lie in /lib/modules, or in lib/modules beside its boot/. Words are put on its
command line: `systemd.unified_cgroup_hierarchy=0` has cgroups of both versions mounted, in place of version 2 alone.

The machine sees this one's files and can't change them: what it writes is in its memory, but for what tests work on, which is
ext4, and the report. Its processor is emulated, unless a trial shows that this one's can be had; so SLOWNESS multiplies
whatever the suite waits for. Tests, names and chapters are run-bats', and so are PRIVILEGE_LEVEL and the JUnit reports,
which DIR gets, as .build/report/kernels/KERNEL by default; --run has bash run something else there instead. The status is the
suite's, or the command's; 1 if the kernel has had an oops, or has panicked since it was up; 2 if the machine got into trouble, and then the last of its console
is shown. All of that is in DIR/console.log, and in DIR/dmesg what the kernel said, if it got to the end. One that doesn't boot is
booted once more, and one that is not through after N minutes (120) is ended.
"""

import argparse
import contextlib
import fcntl
import hashlib
import math
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator

import kernels
from debian import TOP
from machine import Machine
from trouble import Trouble

# What a test sees of the caller's environment.
PASSED_ON = ("PRIVILEGE_LEVEL", "CI", "SECOND_TRY", "JOBS", "STACKER", "FS", "PLATFORM")
# By how much an emulated processor is slower, at most.
SLOWNESS = 15
# What a machine has of its own, in place of this one's.
ITS_OWN = ("/dev", "/proc", "/run", "/sys")
# Where the machine finds the directory for its report.
REPORT = "/run/report"


def words_of(options: argparse.Namespace) -> list[str]:
    return [f"--chapter={name}" for name in options.chapter] + options.names


def command(options: argparse.Namespace, is_emulated: bool) -> str:
    variables = {name: os.environ[name] for name in PASSED_ON if os.environ.get(name)}
    # Which machine it is, for the reports.
    variables |= {"KERNEL": options.kernel, "CMDLINE": options.cmdline}
    slowness = os.environ.get("SLOWNESS") or str(SLOWNESS if is_emulated else 1)
    variables |= {"REPORT": REPORT, "MACHINE": "own", "SLOWNESS": slowness}
    if options.group:
        variables["GROUP"] = options.group
    given = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
    # In lines of their own: what is to run may be several commands.
    begin = f"cd {shlex.quote(str(TOP))} || exit\nexport {' '.join(given)}\n"
    return f"{begin}{options.run or 'exec tools/test/run-bats ' + shlex.join(words_of(options))}\n"


def refuse_unknown_tests(options: argparse.Namespace) -> None:
    """Before there is a machine, which would find it out after a minute."""
    if options.run:
        return
    environment = {**os.environ, "GROUP": options.group}
    asked = [TOP / "tools/report/find-tests.py", *words_of(options)]
    found = subprocess.run(asked, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if found.returncode != 0:
        raise Said(found.stderr.strip())


def refuse_what_it_cannot_see(kernel: kernels.Kernel) -> None:
    """It would look for that in its own files, and find nothing."""
    used = {"the tree": TOP, "STACKER": TOP / os.environ.get("STACKER", ""), "what the kernel may load": kernel.modules or TOP}
    for what, path in used.items():
        place = path.resolve()
        for hidden in ITS_OWN:
            if place.is_relative_to(hidden):
                raise Trouble(f"{what} is in {place}, and the machine has a {hidden} of its own", f"move it out of {hidden}")


def minutes(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise ValueError
    return number


class Said(Exception):
    """What another program has found wrong, in its words."""


def name_of(kernel: kernels.Kernel, cmdline: str) -> str:
    """Of the report's directory."""
    name = re.sub(r"[^\w.+=-]", "_", "+".join([kernel.name, *cmdline.split()]))
    return name if len(name) <= 120 else f"{name[:100]}-{hashlib.sha256(cmdline.encode()).hexdigest()[:8]}"


@contextlib.contextmanager
def held(report: pathlib.Path) -> Iterator[None]:
    """A directory in which a machine finds what to do, and leaves its status, is for one machine at a time."""
    with (report / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(f"a machine that runs writes its report to {report}", "wait until it has ended, or run in another tree") from None
        yield


def end(number: int, _frame: object) -> None:
    """Leaves by way of all `finally`."""
    sys.exit(128 + number)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", default="debian-12")
    parser.add_argument("--cmdline", default="")
    parser.add_argument("--minutes", type=minutes, default=120)
    parser.add_argument("--memory", type=int)
    parser.add_argument("--qemu", default="")
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--run", default="")
    parser.add_argument("--group", default="")
    parser.add_argument("--chapter", action="append", default=[])
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, end)
    try:
        if os.geteuid() != 0:
            raise Trouble("only root can show a machine all files of this one", "sudo make check-kernel")
        refuse_unknown_tests(options)
        kernel = kernels.find(options.kernel)
        refuse_what_it_cannot_see(kernel)
        report = (options.report or TOP / ".build/report/kernels" / name_of(kernel, options.cmdline)).absolute()
        report.mkdir(parents=True, exist_ok=True)
        with held(report):
            machine = Machine(kernel, report, options.cmdline, shlex.split(options.qemu), options.memory)
            return machine.run(command(options, machine.is_emulated), options.minutes * 60)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return trouble.status
    except Said as said:
        print(said, file=sys.stderr)
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Exception:
        # Python's own status for that is 1, which says that tests have failed.
        traceback.print_exc()
        sys.exit(2)

"""A virtual machine that boots a kernel with this machine's own files, by qemu and virtiofsd."""

import contextlib
import dataclasses
import functools
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator

import initramfs
import left
import shares
from kernels import Kernel
from processes import end, program, start
from trouble import Trouble

INSIDE = pathlib.Path(__file__).resolve().parent / "inside"
# How long a kernel may take to begin with what it has booted for, emulated; to go off, when all is done; and one on this
# processor to end.
BOOT_SECONDS, OFF_SECONDS, TRIAL_SECONDS = 300, 60, 5
# How long qemu may take to end behind what it shares files with.
GOING_OFF_SECONDS = 10
# What the kernel is told. Warnings go to the console, and so do the names of tests. Emulation keeps the TSC of all processors in
# step, and to read another clock leaves the guest. Timers that a busy machine delays are no fault of the guest's.
WORDS = "console=ttyS0 loglevel=5 printk.devkmsg=on panic=-1 tsc=reliable clocksource=tsc no_timer_check"
# How many bytes of them an x86 kernel reads; it drops the rest without a word.
LONGEST = 2047
# Kept out of a guest's processor: what emulation of it makes no faster.
EMULATION, HARDWARE = "tcg,thread=multi", "kvm"
# What a kernel says of itself that has done wrong, by the bits of its taint: what is a fault, and what may be one.
FAULTS = {5: "a bad page", 7: "an oops"}
DOUBTS = {4: "a machine check", 9: "a warning", 14: "a processor that hung"}
# A process would show another one by what is left of it in a byte: 256 as 0.
MOST_STATUS = 255
# What it says before it is no more.
PANIC = "Kernel panic"


@dataclasses.dataclass(frozen=True)
class Size:
    """What a machine has."""

    processors: int
    memory: int  # MiB
    disk: int  # GiB, of which it takes what is written


def own_size() -> Size:
    """All processors, and of the memory that is free a half, within reason."""
    processors = len(os.sched_getaffinity(0))
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    return Size(processors, max(2048, min(free // 2, 6144)), 16)


class NotBooted(Trouble):
    """The command has not begun, and may the next time."""


class Panicked(Trouble):
    """The kernel has died of the command: no trouble with the machine, but what it was booted to show."""

    status = 1


class Machine:
    """A kernel that is booted for one command. `more` is put behind qemu's own words."""

    # Of the report's directory: which files the command finds in /run/report, and which of those there are kept.
    given: tuple[str, ...] = ()
    kept: tuple[str, ...] = ("bats-*.xml", "second-tries", "dmesg")

    def __init__(
        self, kernel: Kernel, report: pathlib.Path, words: str, more: list[str] | None = None, memory: int | None = None
    ):
        if re.search(r"\s", str(INSIDE)):
            raise Trouble(f"{INSIDE} has a blank, which the kernel's command line can't have", "move the tree")
        self.kernel = kernel
        self.report = report
        self.words = f"inside={INSIDE} {words}".strip()
        if len(f"{WORDS} {self.words}".encode()) > LONGEST:
            raise Trouble(f"the kernel's command line would have more than {LONGEST} bytes, and it reads no more", "fewer words")
        self.more = more or []
        self.size = own_size() if memory is None else dataclasses.replace(own_size(), memory=memory)
        self.qemu = program("qemu-system-x86_64")
        self.console = report / "console.log"
        self.initramfs = initramfs.make(kernel, pathlib.Path(program("busybox")))

    @functools.cached_property
    def accelerator(self) -> str:
        """Whether this processor runs guests is known only when one has run: there are machines where it begins and hangs."""
        if not os.access("/dev/kvm", os.R_OK | os.W_OK):
            return EMULATION
        with tempfile.NamedTemporaryFile() as image:
            image.write(self.initramfs)
            image.flush()
            trial = start(
                [*self.arguments(HARDWARE, image.name, ""), "-serial", "null"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            try:
                return HARDWARE if trial.wait(TRIAL_SECONDS) == 0 else EMULATION
            except subprocess.TimeoutExpired:
                return EMULATION
            finally:
                end(trial)

    @property
    def is_emulated(self) -> bool:
        return self.accelerator == EMULATION

    def run(self, command: str, seconds: float) -> int:
        """Boots, runs a command of bash in the machine with its output on stdout, and gives its status.

        What the command left in /run/report is in the report's directory afterwards, also if the machine got into trouble. One
        that doesn't come up is booted once more, since others may have kept this machine's processors to themselves.
        """
        end_at = time.monotonic() + seconds
        try:
            return self.run_once(command, end_at)
        except NotBooted as trouble:
            print(trouble, "# it is booted once more", sep="\n", flush=True)
            return self.run_once(command, end_at)

    def run_once(self, command: str, end_at: float) -> int:
        with tempfile.TemporaryDirectory(prefix="stacker-kernel.") as name, contextlib.ExitStack() as stack:
            scratch = pathlib.Path(name)
            self.console.write_bytes(b"")
            (scratch / "initramfs").write_bytes(self.initramfs)
            # Not the report itself: the guest may leave what it likes.
            results = scratch / "report"
            results.mkdir()
            stack.enter_context(shares.room(results))
            stack.callback(self.keep, results)
            for name in self.given:
                shutil.copyfile(self.report / name, results / name)
            (results / "command").write_text(command)
            (results / "modules").write_text(f"{self.kernel.modules or ''}\n")
            said = f"# Linux {self.kernel.version}, {self.size.processors} processors by {self.accelerator}"
            print(said, *(["# there are no modules for it"] if self.kernel.modules is None else []), sep="\n", flush=True)
            arguments = self.arguments(self.accelerator, scratch / "initramfs", self.words)
            self.daemons = []
            for share in (shares.own_root(scratch), shares.for_results(results, scratch)):
                words, daemon = stack.enter_context(share)
                arguments += words
                self.daemons.append(daemon)
            disk = stack.enter_context(self.disk(scratch))
            arguments += self.with_disk(f"/proc/self/fd/{disk}")
            serials = ["-serial", f"file:{self.console}", "-serial", "stdio"]
            process = start([*arguments, *serials, *self.more], pass_fds=[disk])
            stack.callback(end, process)
            self.wait(process, results, end_at)
            return self.status(results)

    @contextlib.contextmanager
    def disk(self, scratch: pathlib.Path) -> Iterator[int]:
        """The descriptor of a disk with ext4, which is gone with the last who has it."""
        path = scratch / "disk"
        with path.open("w+b") as file:
            file.truncate(self.size.disk << 30)
            subprocess.run(["mkfs.ext4", "-q", "-F", path], check=True)
            path.unlink()
            yield file.fileno()

    def wait(self, process: subprocess.Popen[bytes], results: pathlib.Path, end_at: float) -> None:
        """Until the machine is off, or has left a status and doesn't go off; one that doesn't get anywhere is ended by who called."""
        boot_end = time.monotonic() + BOOT_SECONDS
        off_end = None
        while process.poll() is None:
            now = time.monotonic()
            if off_end is None and (results / "status").exists():
                off_end = now + OFF_SECONDS
            if off_end is not None and now > off_end:
                return
            if off_end is None and self.has_lost_its_files(process):
                raise Trouble("what shares files with the machine has ended", self.last_words())
            if now > end_at:
                raise Trouble("it was not through in the time that it has, and was ended", self.last_words())
            if now > boot_end and not (results / "booted").exists():
                raise NotBooted(f"it has not booted within {BOOT_SECONDS} s", self.last_words())
            time.sleep(0.1)

    def has_lost_its_files(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether it waits for who isn't there any more. Where the machine goes off, they end with it."""
        if all(daemon.poll() is None for daemon in self.daemons):
            return False
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GOING_OFF_SECONDS)
        return process.poll() is None

    def status(self, results: pathlib.Path) -> int:
        """The command's; 1 in place of 0 if the kernel is to blame for something."""
        said = self.console.read_text(errors="replace")
        if not (results / "booted").exists():
            # What has said why would say it again.
            kind = Trouble if PANIC in said or "begin: " in said or "inside: " in said else NotBooted
            raise kind("the machine ended before it had booted", self.last_words())
        if not os.path.lexists(results / "status"):
            if PANIC in said:
                raise Panicked("the kernel panicked before the command had ended", self.last_words())
            raise Trouble("the machine ended before the command did", self.last_words())
        try:
            [status], [before, after] = left.numbers(results / "status"), left.numbers(results / "tainted")
        except ValueError:
            raise Trouble("the machine has left no status, though it says so", self.last_words()) from None
        if status > MOST_STATUS:
            raise Trouble(f"the machine has left the status {status}, which no command has", self.last_words())
        for bit, what in DOUBTS.items():
            if (after & ~before) >> bit & 1:
                print(f"# the kernel has had {what}: {self.report}/dmesg", flush=True)
        # Also before the command began.
        for bit, what in FAULTS.items():
            if after >> bit & 1:
                print(f"error: the kernel has had {what}\nhelp: {self.report}/dmesg has what it said", flush=True)
                status = status or 1
        return status

    def keep(self, results: pathlib.Path) -> None:
        """Puts what the machine has left where an earlier one's was."""
        for pattern in self.kept:
            for path in self.report.glob(pattern):
                path.unlink()
        for name in left.take(results, self.kept, self.report):
            print(f"# it has left {ascii(name)}, which is too large, or no file, and is not kept", flush=True)

    def last_words(self) -> str:
        lines = self.console.read_text(errors="replace").splitlines() if self.console.exists() else []
        shown = "".join(f"\n    {''.join(c for c in line if c.isprintable())}" for line in lines[-25:] if line.strip())
        return f"{self.console} has what it said, at last:{shown}"

    def arguments(self, accelerator: str, image: object, words: str) -> list[str]:
        size = self.size
        return [
            *(self.qemu, "-machine", "q35,memory-backend=memory", "-accel", accelerator),
            *("-cpu", "host" if accelerator == HARDWARE else "max"),
            *("-smp", str(size.processors), "-m", f"{size.memory}M"),
            *("-object", f"memory-backend-memfd,id=memory,size={size.memory}M,share=on"),
            *("-kernel", str(self.kernel.image), "-initrd", str(image)),
            *("-append", f"{WORDS} {words}".strip()),
            *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        ]

    def with_disk(self, disk: str) -> list[str]:
        # It is thrown away: what the guest flushes needs no disk. Where there is no room for it the guest hears so, and goes on.
        return ["-drive", f"file={disk},format=raw,if=virtio,cache=unsafe,discard=unmap,werror=report,rerror=report"]

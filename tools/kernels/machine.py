"""A virtual machine that boots a kernel with this machine's own files, by qemu and virtiofsd."""

import contextlib
import ctypes
import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

import initramfs
from kernels import Kernel
from trouble import Trouble

INSIDE = pathlib.Path(__file__).resolve().parent / "inside"
# Where Debian has it: of qemu 7 and of its own.
VIRTIOFSD = ("/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd")
# How long a kernel may take to begin with what it has booted for, emulated; and one on this processor to end.
BOOT_SECONDS = 300
TRIAL_SECONDS = 5
PR_SET_PDEATHSIG = 1
# What the kernel is told. Emulation keeps the TSC of all processors in step, and to read another clock leaves the guest. Timers
# that a busy machine delays are no fault of the guest's.
WORDS = "console=ttyS0 quiet panic=-1 tsc=reliable clocksource=tsc no_timer_check"
# Kept out of a guest's processor: what emulation of it makes no faster.
EMULATION, HARDWARE = "tcg,thread=multi", "kvm"


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
    """The command has not begun."""


class Machine:
    """A kernel that is booted for one command."""

    def __init__(self, kernel: Kernel, report: pathlib.Path, words: str):
        self.kernel = kernel
        self.report = report
        self.words = words
        self.size = own_size()
        self.qemu = program("qemu-system-x86_64")
        self.console = report / "console.log"

    def run(self, command: str, seconds: float) -> int:
        """Boots, runs a command of bash in the machine with its output on stdout, and gives its status. Nothing has happened where
        it doesn't come up: it is booted once more, since others may have kept this machine's processors to themselves."""
        end = time.monotonic() + seconds
        try:
            return self.run_once(command, end)
        except NotBooted as trouble:
            print(trouble, "# it is booted once more", sep="\n", flush=True)
            return self.run_once(command, end)

    def run_once(self, command: str, end_at: float) -> int:
        for name in ("status", "booted"):
            (self.report / name).unlink(missing_ok=True)
        (self.report / "command").write_text(command)
        (self.report / "modules").write_text(f"{self.kernel.modules or ''}\n")
        with tempfile.TemporaryDirectory(prefix="stacker-kernel.") as name, contextlib.ExitStack() as stack:
            scratch = pathlib.Path(name)
            image = scratch / "initramfs"
            image.write_bytes(initramfs.make(self.kernel, pathlib.Path(program("busybox"))))
            disk = scratch / "disk"
            with disk.open("wb") as file:
                file.truncate(self.size.disk << 30)
            subprocess.run(["mkfs.ext4", "-q", "-F", disk], check=True)
            accelerator = self.choose_accelerator(image)
            shares = [
                stack.enter_context(shared(tag, directory, scratch, readable))
                for tag, directory, readable in (("root", pathlib.Path("/"), True), ("report", self.report, False))
            ]
            print(f"# Linux {self.kernel.version}, {self.size.processors} processors by {accelerator}", flush=True)
            arguments = self.arguments(accelerator, image, f"inside={INSIDE} {self.words}".strip())
            arguments += self.with_shares(shares) + self.with_disk(disk)
            process = start([*arguments, "-serial", f"file:{self.console}", "-serial", "stdio"])
            stack.callback(end, process)
            self.wait(process, end_at)
        status = self.report / "status"
        if not (self.report / "booted").exists():
            raise NotBooted("the machine ended before it had booted", self.last_words())
        if not status.exists():
            raise Trouble("the machine ended before the command did", self.last_words())
        return int(status.read_text())

    def wait(self, process: subprocess.Popen[bytes], end_at: float) -> None:
        """Until the machine is off; one that doesn't get anywhere is ended by who called, who started it."""
        boot_end = time.monotonic() + BOOT_SECONDS
        while process.poll() is None:
            now = time.monotonic()
            if now > end_at:
                raise Trouble("it was not through in the time that it has, and was ended", self.last_words())
            if now > boot_end and not (self.report / "booted").exists():
                raise NotBooted(f"it has not booted within {BOOT_SECONDS} s", self.last_words())
            time.sleep(0.1)

    def last_words(self) -> str:
        lines = self.console.read_text(errors="replace").splitlines() if self.console.exists() else []
        shown = "".join(f"\n    {''.join(c for c in line if c.isprintable())}" for line in lines[-25:] if line.strip())
        return f"{self.console} has what it said, at last:{shown}"

    def arguments(self, accelerator: str, image: pathlib.Path, words: str) -> list[str]:
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

    def with_shares(self, sockets: list[tuple[str, pathlib.Path]]) -> list[str]:
        words = []
        for tag, socket in sockets:
            words += ["-chardev", f"socket,id={tag},path={socket}"]
            words += ["-device", f"vhost-user-fs-pci,chardev={tag},tag={tag},queue-size=1024"]
        return words

    def with_disk(self, disk: pathlib.Path) -> list[str]:
        # It is thrown away: what the guest flushes needs no disk.
        return ["-drive", f"file={disk},format=raw,if=virtio,cache=unsafe,discard=unmap"]

    def choose_accelerator(self, image: pathlib.Path) -> str:
        """Whether this processor runs guests is known only when one has run: there are machines where it begins and hangs."""
        if not os.access("/dev/kvm", os.R_OK | os.W_OK):
            return EMULATION
        trial = start(
            [*self.arguments(HARDWARE, image, ""), "-serial", "null"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            return HARDWARE if trial.wait(TRIAL_SECONDS) == 0 else EMULATION
        except subprocess.TimeoutExpired:
            return EMULATION
        finally:
            end(trial)


@contextlib.contextmanager
def shared(
    tag: str, directory: pathlib.Path, scratch: pathlib.Path, is_ours: bool
) -> Iterator[tuple[str, pathlib.Path]]:
    """A directory that the guest can mount by its tag. What changes only with us, it may keep in mind."""
    socket = scratch / f"{tag}.socket"
    daemon = next((path for path in VIRTIOFSD if os.access(path, os.X_OK)), None)
    if daemon is None:
        raise Trouble("there is no virtiofsd", "install qemu-system-common, or virtiofsd where it is a package")
    options = f"source={directory},cache={'always' if is_ours else 'auto'},sandbox=chroot,xattr"
    with (scratch / f"{tag}.log").open("wb") as log:
        process = start([daemon, f"--socket-path={socket}", "-o", options], stdout=log, stderr=log)
    try:
        for _ in range(100):
            if socket.exists() or process.poll() is not None:
                break
            time.sleep(0.05)
        if not socket.exists():
            said = (scratch / f"{tag}.log").read_text(errors="replace").strip()
            raise Trouble(f"{daemon} doesn't share {directory}: {said}", "it needs root, and a kernel with namespaces")
        yield tag, socket
    finally:
        end(process)


def program(name: str) -> str:
    found = shutil.which(name)
    if not found:
        raise Trouble(f"there is no {name}", "make check-kernel installs what it needs")
    return found


def start(command: list[str], **streams: object) -> subprocess.Popen[bytes]:
    """A process that ends with us, whatever ends us."""
    libc = ctypes.CDLL(None)
    return subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
        **streams,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()


if __name__ == "__main__":
    sys.exit(__doc__)

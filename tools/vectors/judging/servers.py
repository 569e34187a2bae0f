"""The daemons that some implementations need: one for all runs of an adapter, in namespaces of its own."""

import pathlib
import select
import shutil
import subprocess
import threading
import time

from judging.adapters import Adapter
from judging.jobs import UNKNOWN_VERB

# What is mounted and started inside goes with the first process.
NAMESPACES = [
    "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "--net", "--",
]  # fmt: skip
PATIENCE = 60  # seconds until a daemon has to be ready


class ServerError(Exception):
    """It did not become ready."""


class Server:
    """`ADAPTER serve DIR`, in the foreground, until it is told to end. Without that verb there is nothing to be told."""

    def __init__(self, adapter: Adapter, directory: pathlib.Path):
        self.adapter, self.directory = adapter, directory
        self.log = directory.with_suffix(".log")
        self.process: subprocess.Popen | None = None
        # Who ended it can be told only if there is one run at a time.
        self.lock = threading.Lock()
        # A run that goes on while the judge ends must not start what nobody would end.
        self.changing = threading.Lock()
        self.is_over = False

    def start(self) -> None:
        """Once more, if it has ended by itself."""
        with self.changing:
            if not self.is_over:
                self.begin()

    def start_again(self) -> None:
        """It goes on with what nobody waits for any more."""
        if self.is_needed and self.process is not None:
            end(self.process)
            self.start()

    def begin(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        with open(self.log, "wb") as log:
            process = subprocess.Popen(
                [*NAMESPACES, self.adapter.path, "serve", self.directory],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
        try:
            said = first_line(process, PATIENCE)
        except BaseException:
            end(process)
            raise
        if said == "ready":
            self.process = process
            return
        end(process)
        if process.returncode != UNKNOWN_VERB:
            raise ServerError(f"`{self.adapter.path} serve` did not become ready: {self.tail()}")

    @property
    def is_needed(self) -> bool:
        return self.process is not None

    @property
    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def tail(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "(nothing was said)"

    def stop(self) -> None:
        """For good."""
        with self.changing:
            self.is_over = True
            if self.process is not None:
                end(self.process)
        shutil.rmtree(self.directory, ignore_errors=True)
        self.log.unlink(missing_ok=True)


def first_line(process: subprocess.Popen, seconds: float) -> str:
    """The first line that it prints: empty if it ends without one, or takes too long."""
    assert process.stdout is not None
    deadline, said = time.monotonic() + seconds, b""
    while b"\n" not in said and (left := deadline - time.monotonic()) > 0:
        if select.select([process.stdout], [], [], left)[0]:
            part = process.stdout.read1(100)
            said += part or b"\n"
    process.stdout.close()
    return said.decode(errors="replace").strip()


def end(process: subprocess.Popen) -> None:
    """With its PID namespace, and so with all that it has started there."""
    process.kill()
    process.wait()

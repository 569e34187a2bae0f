"""A directory in which a scenario is played, again and again, and stacker in it."""

import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import subprocess

import tracer
from scenarios import Scenario
from servers import Servers

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_CLONE_NEWNS, _MS_BIND, _MS_REC, _MS_PRIVATE = 0x20000, 0x1000, 0x4000, 0x40000


def _mount(source: str | os.PathLike[str], target: str | os.PathLike[str], kind: str, flags: int, options: str = "") -> None:
    words = [os.fsencode(word) for word in (source, target, kind)]
    if _libc.mount(*words, flags, options.encode()) != 0:
        raise OSError(ctypes.get_errno(), f"mount {target}: {os.strerror(ctypes.get_errno())}")


def die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def mount_memory(target: pathlib.Path) -> None:
    """In a mount namespace of this process's own, with which it goes."""
    if _libc.unshare(_CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), f"unshare: {os.strerror(ctypes.get_errno())}")
    _mount("none", "/", "", _MS_REC | _MS_PRIVATE)
    _mount("torture", target, "tmpfs", 0, "mode=0755")


class Place:
    def __init__(self, stacker: str, scenario: Scenario, memory: pathlib.Path, user: str):
        self.stacker, self.scenario = stacker, scenario
        # The template has the same path while it is prepared: what stacker notes of files may name them.
        self.path, self.template, self.output = memory / "place", memory / "template", memory / "output"
        self.user = pwd.getpwnam(user) if user else None
        self.environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.path / "home"),
            "USER": user or "root", "SOURCE_DATE_EPOCH": "1700000000", "LC_ALL": "C.UTF-8"}
        self.path.mkdir()
        (self.path / "home").mkdir()
        self.servers = Servers(scenario.servers, self.path, memory / "servers")
        if scenario.changes_etc:
            # A copy, in this process's mount namespace.
            self.etc = memory / "etc"
            subprocess.run(["cp", "-a", "/etc", self.etc], check=True)
            _mount(self.etc, "/etc", "", _MS_BIND)

    def prepare(self) -> None:
        self.scenario.prepare(self.path, self._prepare_by)
        recipe = self.path / "stacker.yaml"
        if recipe.exists():
            recipe.write_text(self.servers.fill(recipe.read_text()))
        self._give_to_user()
        subprocess.run(["cp", "-a", self.path, self.template], check=True)

    def _prepare_by(self, *arguments: str) -> None:
        recipe = self.path / "stacker.yaml"
        recipe.write_text(self.servers.fill(recipe.read_text()))
        self._give_to_user()
        status, said = self.run(list(arguments))
        if status != 0:
            raise RuntimeError(f"stacker {' '.join(arguments)} failed, which only prepares: {said}")

    def _give_to_user(self) -> None:
        if self.user:
            owner = f"{self.user.pw_uid}:{self.user.pw_gid}"
            subprocess.run(
                ["find", self.path, "-path", self.path / "registry", "-prune", "-o", "-uid", "0", "-exec", "chown", "-h", owner,
                 "{}", "+"], check=True)

    def reset(self) -> None:
        """The directory itself stays: servers may work there."""
        for target in reversed(self.mounts()):
            subprocess.run(["umount", "--lazy", target], check=True)
        for entry in self.path.iterdir():
            if entry.is_symlink() or not entry.is_dir():
                entry.unlink()
            else:
                shutil.rmtree(entry)
        subprocess.run(["cp", "-a", f"{self.template}/.", self.path], check=True)
        if self.scenario.changes_etc:
            shutil.copytree(self.path / "etc", "/etc", dirs_exist_ok=True)

    def mounts(self) -> list[str]:
        """The mount points below it."""
        lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
        return [target for line in lines if (target := line.split()[4]).startswith(f"{self.path}/")]

    def trace(self, wanted: str = "", fault: str = "", reading: bool = False, asking: bool = False) -> tracer.Outcome:
        ids = (self.user.pw_uid, self.user.pw_gid) if self.user else None
        beside = self._start(self.scenario.beside) if self.scenario.beside else None
        try:
            return tracer.Tracer(self.path, lambda point: point == wanted, fault, reading, asking).run(
                self._command(self.scenario.command), self.environment, self.output, ids)
        finally:
            if beside:
                beside.communicate(timeout=tracer.PATIENCE)

    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def run(self, arguments: list[str]) -> tuple[int, str]:
        """Its status and what it said, when nobody disturbs it."""
        with self._start(arguments) as process:
            try:
                said, _ = process.communicate(timeout=tracer.PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                said, _ = process.communicate()
                return -1, f"hangs: {said.decode(errors='replace')}"
        return process.returncode, said.decode(errors="replace")

    def _command(self, arguments: list[str]) -> list[str]:
        return [self.stacker, *(self.servers.fill(word) for word in arguments)]

    def _start(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        command = self._command(arguments)
        if self.user:
            command = [
                "setpriv", "--reuid", str(self.user.pw_uid), "--regid", str(self.user.pw_gid), "--init-groups", *command]
        return subprocess.Popen(
            command, cwd=self.path, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)

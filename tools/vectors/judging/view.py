"""Reads the tree that an adapter has made. Where it is seen in certain namespaces only, as the files of a user are that belong
to the user's ranges of ids, the adapter runs a command there, and the tree is read from beside that command."""

import json
import os
import pathlib
import subprocess

from judging import kernel
from judging.jobs import UNKNOWN_VERB
from judging.result import Unreadable
from trees import disk
from trees.entries_json import from_json, to_json
from trees.tree import Tree

# Says who it is, and waits to be told that the tree has been read.
WAIT = ["/bin/sh", "-c", "echo $$; read -r end"]


def read_tree(adapter: str, target: pathlib.Path, directory: pathlib.Path, environment: dict[str, str]) -> Tree:
    """What `ADAPTER view` shows in the target, or what is simply there."""
    showing = subprocess.Popen(
        [adapter, "view", str(target), *WAIT],
        cwd=directory, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert showing.stdout is not None
    said = showing.stdout.readline()
    if said:
        return read_beside(int(said), target, showing)
    _, errors = showing.communicate()
    if showing.returncode == UNKNOWN_VERB:
        return disk.read_tree(target)
    raise Unreadable(f"`view` ended with status {showing.returncode}: {errors.decode(errors='replace').strip()}")


def read_beside(pid: int, target: pathlib.Path, showing: subprocess.Popen) -> Tree:
    answers, reply = os.pipe()
    reader = os.fork()
    if reader == 0:
        read_in_namespaces(pid, target, reply)
    os.close(reply)
    with os.fdopen(answers) as file:
        answer = json.load(file)
    os.waitpid(reader, 0)
    showing.communicate(b"\n")
    if isinstance(answer, str):
        raise Unreadable(answer)
    return from_json(answer)


def read_in_namespaces(pid: int, target: pathlib.Path, reply: int) -> None:
    """In a process of its own: there is no way back out of a user namespace."""
    try:
        flags = kernel.CLONE_NEWNS
        if os.stat(f"/proc/{pid}/ns/user").st_ino != os.stat("/proc/self/ns/user").st_ino:
            flags |= kernel.CLONE_NEWUSER
        kernel.setns(os.pidfd_open(pid), flags)
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
        answer: object = to_json(disk.read_tree(target))
    except Exception as error:  # whoever asked has to be told, whatever it is
        answer = f"{type(error).__name__}: {error}"
    with os.fdopen(reply, "w") as file:
        json.dump(answer, file)
    os._exit(0)

"""How a command that was disturbed has ended, and what it said."""

import errno
import os
import re

import tracer


def judge_end(outcome: tracer.Outcome, fault: str, point: str, said: str) -> list[str]:
    if outcome.hung:
        return [f"hangs: {', '.join(outcome.left) or 'the first process'}"]
    if outcome.crashed:
        return [f"crash: {outcome.crashed}: {said[-500:]}"]
    if fault == "KILL":
        return []
    if outcome.status < 0 or outcome.status > 128:
        return [f"crash: status {outcome.status}: {said[-500:]}"]
    errors = [line for line in said.splitlines() if "error:" in line]
    reason = os.strerror(getattr(errno, fault)) if fault != "short" else ""
    if outcome.status == 0 or "stacker>>stacker" in point:
        # What went wrong in liblxc, it says in its own words.
        return [] if outcome.status == 0 or errors else [f"silent: {said[-300:]!r}"]
    if not errors:
        return [f"silent: status {outcome.status} and no error: {said[-300:]!r}"]
    # What Swift's runtime reads, it reads without a word of why it can't.
    if reason.lower() not in said.lower() and not re.search(r"/proc/\w+/maps ", point):
        return [f"vague: says nothing of {reason!r}: {' | '.join(errors)[-400:]}"]
    if not says_where(said.splitlines() if "/proc/" in point else errors, point, reason):
        return [f"vague: says nothing of where: {' | '.join(errors)[-400:]}"]
    return []


def says_where(errors: list[str], point: str, reason: str) -> bool:
    """Whether a path in an error has a name of the call's paths in it, or a word of an error is such a name, as that of a layer in
    the path of its storage. What a call is about that has no path, nobody can say."""
    wanted = _names(point.split(" #")[0].split()[2:])
    if not wanted:
        return True
    # Some reasons look like a path: Input/output error.
    words = re.split(r"[\s:;,\"'()=]+", " ".join(errors).replace(reason, ""))
    found = {name for word in words for name in word.strip("/").split("/")}
    # Paths are said from the root, or as the user gave them, so that one of the working directory has no name of it.
    if wanted == {"WORK"}:
        return any("/" in word for word in words)
    return any(name in found or len(name) == 6 and any(word.startswith(name) for word in found) for name in wanted)


def _names(paths: list[str]) -> set[str]:
    """Of the directories and files in paths as points have them: without what differs from run to run. A message has "sha256:…"
    where a directory is called "sha256_…"."""
    names = {
        part for path in paths for name in path.split("/")
        for part in ([name] if not name.startswith("sha256_") else name.split("_"))}
    kept = {name for name in names if name and "*" not in name and name not in ("sha256", "to", "read", "N")}
    return kept - {"WORK"} or kept

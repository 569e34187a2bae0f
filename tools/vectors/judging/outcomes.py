"""What a run means for its vector."""

import dataclasses
import re
import signal

from changes.layer_rules import complaints
from changes.scope import is_left_out
from judging.details import detail
from judging.jobs import UNKNOWN_VERB, Run
from judging.vectors import Vector, Wanted
from text.words import quote
from trees.compare import first_difference
from trees.tree import Tree

# What the runtimes of Go, Python, Rust and Swift say when a program ends that did not mean to.
TRACES = re.compile(
    r"^(panic: |fatal error: |goroutine \d+ \[|Traceback \(most recent call last\)|thread '.*' panicked|.*Fatal error: |"
    r".*Segmentation fault)",
    re.MULTILINE,
)
SIGNALS = {number.value: number.name for number in signal.Signals}
# What bash adds to the number of the signal that ended the last program of a script.
SHELL_SIGNAL = 128


@dataclasses.dataclass(frozen=True)
class Outcome:
    """`pass`, `refuses`, `wrong`, `crashes`, `hangs`, `outside`, `memory`, `-`, or for an open vector the name of what came
    out, or `other`. Two are the same if their kinds are."""

    kind: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}" if self.detail else self.kind

    @property
    def is_good(self) -> bool:
        """Whether nothing has to be known of it: it is what a vector wants, or has not run."""
        return self.kind in ("pass", "-")


NOT_RUN = Outcome("-")


def outcome_of(vector: Vector, ran: Run) -> Outcome:
    if ran.status == UNKNOWN_VERB:
        return NOT_RUN
    return misbehaviour(ran) or judged(vector, ran)


def misbehaviour(ran: Run) -> Outcome | None:
    """What no vector allows, refused or not."""
    if ran.outside:
        return Outcome("outside", quote(ran.outside))
    if ran.is_too_large:
        return Outcome("memory", f"{ran.memory >> 20} MiB")
    if ran.is_hung:
        return Outcome("hangs")
    if ended_by := signal_of(ran.status):
        return Outcome("crashes", ended_by)
    if ran.status != 0 and (trace := TRACES.search(ran.output)):
        return Outcome("crashes", detail(cause(ran.output[trace.start() :]), ran.began))
    return None


def cause(trace: str) -> str:
    """The line of a trace that says what happened: the first one, but Python's is where its frames end."""
    if trace.startswith("Traceback"):
        return next((line for line in trace.splitlines()[1:] if line and not line[0].isspace()), trace)
    return trace


def signal_of(status: int) -> str | None:
    return SIGNALS.get(-status if status < 0 else status - SHELL_SIGNAL)


def judged(vector: Vector, ran: Run) -> Outcome:
    """Which of the wanted outcomes it is."""
    if ran.status != 0 and not ran.output.strip():
        return Outcome("wrong", f"fails with status {ran.status} and without a word")
    differences = [difference(vector, wanted, ran) for wanted in vector.wanted]
    for wanted, found in zip(vector.wanted, differences):
        if found is None:
            return Outcome(wanted.name or "?" if vector.verdict == "open" else "pass")
    if vector.verdict == "hostile" and not vector.wanted:
        return Outcome("pass") if ran.unreadable is None else Outcome("wrong", detail(ran.unreadable, ran.began))
    if ran.status != 0:
        return Outcome("refuses", detail(last_words(ran.output), ran.began))
    # The nearest: that of the first tree, or that it should have been refused.
    trees = [found for wanted, found in zip(vector.wanted, differences) if wanted.tree is not None]
    return Outcome("other" if vector.verdict == "open" else "wrong", detail((trees or differences)[0] or "", ran.began))


def difference(vector: Vector, wanted: Wanted, ran: Run) -> str | None:
    """What is not as it is wanted, or None."""
    if wanted.tree is None:
        return None if ran.status != 0 else "is taken, and should be refused"
    if ran.status != 0:
        return last_words(ran.output)
    if ran.unreadable is not None or ran.tree is None:
        return ran.unreadable or "there is nothing to read"
    if vector.script is None:
        return first_difference(wanted.tree, ran.tree)
    return first_difference(compared(wanted.tree, vector), compared(ran.tree, vector)) or next(
        iter(complaints(vector.base, wanted.tree, ran.layers, vector.verdict, vector.looks_at, wanted.again)), None
    )


def compared(tree: Tree, vector: Vector) -> Tree:
    """Without what a container's runtime writes."""
    return {path: node for path, node in tree.items() if not is_left_out(path, vector.looks_at)}


def last_words(output: str) -> str:
    """The line that says why: the last one, or the last that calls itself an error."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"\berror\b|\bfatal\b|FATA", line, re.IGNORECASE)]
    return (errors or lines or ["(nothing was said)"])[-1]

"""docs/bugs.md."""

from bugs.listed import Bug, Program
from bugs.reproducers import Reproducers
from bugs.today import Today, today
from judging.judged import Described, Judged
from judging.markdown import cell, head, link, row

UNTESTED = "<!-- untested: this is what make judge has measured -->"
UNCONFIRMED = "†"
ANCHOR = "who-can-not-be-tried"

BEGINNING = f"""\
<!-- Written by `make judges` from vectors/bugs, vectors/known and what names a bug: change these. -->

# Public bugs

Each of these was on public record, in one program or another, before it was a [vector](../vectors/README.md) here or a test \
of the [museum](../bats/museum/README.md). What it was is said in our words, and in the version that its report names. Who \
had it is tried by `make judge` as [Who does what](judges.md) tells, in the version that Debian has; a version that isn't \
named here was not tried. stacker comes out right of all of them. {UNCONFIRMED} marks what was taken from notes, and whose \
record wasn't found again when this list was made.
"""

SEEN = f"""\
## Seen in a program that had it
{UNTESTED}
"""
RIGHT = f"""\
## Right where it was tried
{UNTESTED}
"""
UNTRIED = f"""\
## Not tried
{UNTESTED}

No program that had it is judged here, which has its [reasons](#{ANCHOR}), or it wrote what its vectors only read, or \
it fails these of something else. What others make of them shows whether the trap is set.
"""
PROGRAMS = f"""\
## Who can not be tried
{UNTESTED}
"""


def page(programs: list[Program], bugs: list[Bug], reproducers: Reproducers, judged: list[Judged]) -> str:
    found = [(bug, today(bug, reproducers.vectors_of(bug.reference), judged)) for bug in bugs]
    seen = [(bug, each) for bug, each in found if each.seen]
    right = [(bug, each) for bug, each in found if each.right and not each.seen]
    untried = [(bug, each) for bug, each in found if not each.right and not each.seen]
    parts = [BEGINNING, counts(found)]
    parts += [text + "\n" + table(rows, reproducers) for text, rows in ((SEEN, seen), (RIGHT, right), (UNTRIED, untried))]
    return "\n".join([*parts, PROGRAMS, absent(programs, judged)])


def counts(found: list[tuple[Bug, Today]]) -> str:
    """How many are red, and why the others are not."""
    nowhere = [each for _, each in found if not each.seen and not each.others]
    seen = sum(bool(each.seen) for _, each in found)
    right = sum(bool(each.right) for each in nowhere)
    return (
        f"{len(found)} bugs: of {len(found) - len(nowhere)}, a vector is red in something that was tried here: of {seen} in a "
        "program that had the bug, of the others in programs that need not fail of the same. "
        f"{len(nowhere)} are red nowhere here. Of {right} of these, who had them comes out right in the version that was "
        "tried; those before it are in no release that Debian keeps up. The other "
        f"{len(nowhere) - right} could not be tried on who had them: see [below](#{ANCHOR}).\n")


def table(found: list[tuple[Bug, Today]], reproducers: Reproducers) -> str:
    text = head(["bug", "who had it", "what it was", "shown by", "who was tried", "not right either"])
    for bug, each in found:
        mark = "" if bug.is_confirmed else f" {UNCONFIRMED}"
        shown = [link(vector, short(vector)) for vector in reproducers.vectors_of(bug.reference)]
        shown += [f"[{test.file}](../bats/{test.chapter}/{test.file})" for test in reproducers.tests_of(bug.reference)]
        tried = [f"**{who}**: {', '.join(outcomes(shows))}" for who, shows in each.seen]
        tried += [f"{who}: right" for who in each.right]
        others = ", ".join(map(str, each.others))
        text += row([
            f"[{bug.reference}]({bug.url}){mark}", cell(", ".join(bug.had)), cell(bug.what), "<br>".join(shown),
            "<br>".join(tried), others])
    return text


def short(vector: Described) -> str:
    """Without the kind, which its chapter tells."""
    return vector.name.partition("/")[2]


def outcomes(shows: list[tuple[Described, str]]) -> list[str]:
    return list(dict.fromkeys(outcome for _, outcome in shows))


def absent(programs: list[Program], judged: list[Judged]) -> str:
    """Programs without an adapter, and those that nobody has measured yet."""
    measured = {each.name for each in judged}
    text = head(["program", "why"])
    for program in programs:
        if not program.adapters:
            text += row([cell(program.name), cell(program.why)])
        elif not measured & set(program.adapters):
            text += row([cell(program.name), f"there is an adapter, {', '.join(program.adapters)}, and nothing known yet"])
    return text

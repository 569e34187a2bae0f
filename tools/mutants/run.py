#!/usr/bin/env python3
"""Counts how many broken versions of stacker its tests catch.

    tools/mutants/run.py [--target=NAME]… [--sample=N] [--seed=WORD] [--tests=PATTERN] [--no-bats] [--jobs=N]

All faults are compiled into a copy of the tree, in .build/mutants/copy, each behind its number. Each test is run once
without one, to learn which faults it comes to; then each fault is tried with the tests that do, until one fails. What
survives is printed, with file and line. Everything that is known is kept in .build/mutants: the next run goes on there.

The status is 1 if a mutant survived that tools/mutants/survivors doesn't explain.
"""

import argparse
import collections
import os
import re
import sys
import time

import catalogue
import copied
import explained
import suites
import trials


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", action="append", choices=catalogue.ROOMS, help="whose mutants; all by default")
    parser.add_argument("--sample", type=int, help="so many of them")
    parser.add_argument("--seed", default="", help="for another sample")
    parser.add_argument("--no-bats", action="store_true", help="try them with Swift's tests only")
    parser.add_argument("--tests", default="", help="try them with those whose names begin so, a pattern: Unit, gc")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="so many at a time")
    arguments = parser.parse_args()
    begin = time.monotonic()
    mutants = copied.build()
    print(f"{len(mutants)} mutants are compiled in, after {time.monotonic() - begin:.0f} s", flush=True)
    chosen = catalogue.choose(mutants, arguments.target or list(catalogue.ROOMS), arguments.sample, arguments.seed)
    swift = suites.record(named(suites.find_swift(), arguments.tests), arguments.jobs)
    tried = trials.Trials(swift, "Tests:" + copied.fingerprint("Tests"))
    tried.run(chosen, arguments.jobs)
    if not arguments.no_bats and any(tried.results[each.key].outcome != "caught" for each in chosen):
        bats = suites.record(named(suites.find_bats(), arguments.tests), arguments.jobs)
        tried = trials.Trials(bats, "bats:" + copied.fingerprint("bats"))
        tried.run(chosen, arguments.jobs)
    return close(chosen, tried, time.monotonic() - begin)


def named(found: list[suites.Suite], pattern: str) -> list[suites.Suite]:
    return [each for each in found if re.match(pattern, each.name)]


def close(chosen: list[catalogue.Mutant], tried: trials.Trials, seconds: float) -> int:
    """Prints survivors, and a line of figures for each target."""
    words = explained.read()
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    survivors = []
    for mutant in chosen:
        outcome = tried.results[mutant.key].outcome
        why = words.get(explained.name(mutant)) if outcome != "caught" else None
        counts[mutant.target].update(["mutants", outcome, *(["explained"] if why else [])])
        if outcome != "caught" and not why:
            survivors.append((mutant, outcome))
    for mutant, outcome in sorted(survivors, key=lambda each: (each[0].file, each[0].line)):
        print(f"{outcome}: {mutant}")
    for target, count in counts.items():
        share = 100 * count["caught"] / count["mutants"]
        print(
            f"{target}: {count['mutants']} mutants, {count['caught']} caught ({share:.0f} %), "
            f"{count['survived']} survived, {count['unreached']} unreached, {count['explained']} of these explained"
        )
    print(f"{seconds / 60:.1f} minutes")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())

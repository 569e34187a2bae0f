#!/usr/bin/env python3
"""Counts how many broken versions of stacker its tests catch.

    tools/mutants/run.py [--target=NAME]… [--sample=N|--each=N] [--seed=WORD] [--tests=PATTERN] [--no-bats] [--jobs=N] [--at-least=PERCENT]

All faults are compiled into a copy of the tree, in .build/mutants/copy, each behind its number. Each test is run once
without one, to learn which faults it comes to; then each fault is tried with the tests that do, until one fails. What
survives is printed, with file and line. Everything that is known is kept in .build/mutants: the next run goes on there.

With MUTANTS_OF_LIBRARIES=true in the environment it is the libraries below the program, with the unit tests of these: half the
sources are compiled, into .build/mutants-of-libraries, and bats files have nothing to run.

The status is 1 if a mutant survived that tools/mutants/survivors doesn't explain, or, with --at-least, if fewer were caught
or explained.
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
import together
import trials


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", action="append", choices=copied.TARGETS, help="whose mutants; all by default")
    parser.add_argument("--sample", type=int, help="so many of them")
    parser.add_argument("--each", type=int, help="so many of each target")
    parser.add_argument("--seed", default="", help="for another sample")
    parser.add_argument("--no-bats", action="store_true", help="try them with Swift's tests only")
    parser.add_argument("--tests", default="", help="try them with those whose names begin so, a pattern: Unit, gc")
    parser.add_argument("--at-least", type=int, help="so many of a hundred have to be caught, or explained")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="so many at a time")
    arguments = parser.parse_args()
    begin = time.monotonic()
    mutants = copied.build()
    print(f"{len(mutants)} mutants are compiled in, after {time.monotonic() - begin:.0f} s", flush=True)
    chosen = choose(mutants, arguments)
    swift = suites.record(named(suites.find_swift(), arguments.tests), arguments.jobs)
    tried = trials.Trials(swift, "Tests:" + copied.fingerprint("Tests"))
    tried.run(chosen, mutants, arguments.jobs)
    if not arguments.no_bats and not copied.IS_LIBRARIES and any(tried.results[each.key].outcome != "caught" for each in chosen):
        bats = suites.record(named(suites.find_bats(), arguments.tests), arguments.jobs)
        tried = trials.Trials(bats, "bats:" + copied.fingerprint("bats"))
        tried.run(chosen, mutants, arguments.jobs)
        tried = trials.Trials(swift + bats, "together:" + copied.fingerprint("Tests", "bats"))
        together.Hunt(tried).run(unexplained(chosen), arguments.jobs)
    left = close(chosen, tried)
    print(f"{(time.monotonic() - begin) / 60:.1f} minutes")
    if arguments.at_least is None:
        return 1 if left else 0
    share = 100 * (len(chosen) - left) / len(chosen)
    print(f"{share:.0f} % of {len(chosen)} were caught or are explained; {arguments.at_least} % have to be")
    return 1 if share < arguments.at_least else 0


def choose(mutants: list[catalogue.Mutant], arguments: argparse.Namespace) -> list[catalogue.Mutant]:
    targets = arguments.target or copied.TARGETS
    if arguments.each is None:
        return catalogue.choose(mutants, targets, arguments.sample, arguments.seed)
    return [mutant for target in targets for mutant in catalogue.choose(mutants, [target], arguments.each, arguments.seed)]


def named(found: list[suites.Group], pattern: str) -> list[suites.Group]:
    return [each for each in found if re.match(pattern, each.name)]


def unexplained(chosen: list[catalogue.Mutant]) -> list[catalogue.Mutant]:
    words = explained.read()
    return [each for each in chosen if explained.name(each) not in words]


def close(chosen: list[catalogue.Mutant], tried: trials.Trials) -> int:
    """Prints survivors, and a line of figures for each target; how many survived that nothing explains."""
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
    return len(survivors)


if __name__ == "__main__":
    sys.exit(main())

"""Tries mutants: which is caught by a test, and by which."""

import collections
import concurrent.futures
import dataclasses
import itertools
import json
import re
import threading

import catalogue
import running
import suites
from copied import WORK

RESULTS = WORK / "results"
# What takes longer without a mutant is left out: a survivor would be tried with all of it.
LONGEST = 30
# Of the tests that come to a mutant, so many seconds' worth are run for it alone: of Swift's, and of bats files.
MOST_OF_SWIFT, MOST_OF_BATS = 20, 15
# Tests that are run together take so long at most; later there may be more of them at a time.
TOGETHER = 3
# How long a run may take, if it takes a second without a fault: a machine that others load is slow.
SECONDS, TIMES = 20, 8


@dataclasses.dataclass
class Result:
    key: str
    # caught, survived, or unreached
    outcome: str
    by: str
    why: str
    seconds: float
    # The fingerprints of those tests that had no objection.
    tests: str = ""


class Trials:
    """What is known of mutants so far, and the tests to try others with."""

    def __init__(self, known: list[suites.Test], stamp: str):
        self.stamp = stamp
        self.lock = threading.Lock()
        self.tests = [each for each in known if each.passed and each.seconds <= LONGEST]
        self.reached = {each.name: each.reached() for each in self.tests}
        # Tests that have passed a second time without a mutant, and those that have not.
        self.steady: set[str] = set()
        self.unsteady: set[str] = set()
        self.results: dict[str, Result] = {}
        if RESULTS.exists():
            for line in RESULTS.read_text().splitlines():
                result = Result(**json.loads(line))
                # Who tries others at the same time doesn't know of it.
                if result.key not in self.results or self.results[result.key].outcome != "caught":
                    self.results[result.key] = result

    def is_settled(self, mutant: catalogue.Mutant) -> bool:
        """A survivor has another chance when there are other tests."""
        result = self.results.get(mutant.key)
        return result is not None and (result.outcome == "caught" or self.stamp in result.tests.split())

    def run(self, mutants: list[catalogue.Mutant], everything: list[catalogue.Mutant], jobs: int) -> None:
        """Tries those that aren't settled, of all that there are."""
        self.share = Share(everything, self.reached)
        pending = [each for each in mutants if not self.is_settled(each)]
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for number, mutant in enumerate(pool.map(self.attempt, pending), 1):
                result = self.results[mutant.key]
                if result.outcome != "caught":
                    print(f"{number}/{len(pending)} {result.outcome}: {mutant}", flush=True)
                elif number % 25 == 0:
                    print(f"{number}/{len(pending)}", flush=True)

    def attempt(self, mutant: catalogue.Mutant) -> catalogue.Mutant:
        self.keep(self.judge(mutant))
        return mutant

    def keep(self, result: Result) -> None:
        with self.lock, RESULTS.open("a") as file:
            self.results[result.key] = result
            file.write(json.dumps(dataclasses.asdict(result)) + "\n")

    def judge(self, mutant: catalogue.Mutant) -> Result:
        """By the tests that come to it."""
        before = self.results.get(mutant.key)
        stamps = " ".join(filter(None, [before.tests if before else "", self.stamp]))
        reaching = [each for each in self.tests if self.is_usable(each) and reaches(self.reached[each.name], mutant.number)]
        if not reaching:
            return Result(mutant.key, before.outcome if before else "unreached", "", "", 0, stamps)
        seconds = 0.0
        for group in grouped(self.ordered(reaching, mutant)):
            # Should they fail without the mutant, too, it is one of them, and the others are tried by themselves.
            for tests in [group, *([each] for each in group if len(group) > 1)]:
                if not all(map(self.is_usable, tests)):
                    continue
                outcome = try_with(tests, {"MUTANT": str(mutant.number)})
                seconds += outcome.seconds
                if not outcome.why and tests is group:
                    break
                if outcome.why and self.passes_without(tests):
                    return Result(mutant.key, "caught", " ".join(each.name for each in tests), outcome.why, seconds)
        return Result(mutant.key, "survived", "", "", seconds, stamps)

    def is_usable(self, test: suites.Test) -> bool:
        return test.name not in self.unsteady

    def passes_without(self, tests: list[suites.Test]) -> bool:
        """Whether it is the mutant that they fail with: now and then a test fails without one."""
        names = {each.name for each in tests}
        if names <= self.steady:
            return True
        outcome = try_with(tests, {})
        if not outcome.why:
            self.steady |= names
            return True
        print(f"without a mutant, too: {outcome.why}", flush=True)
        if len(tests) == 1:
            self.unsteady |= names
        return False

    def ordered(self, tests: list[suites.Test], mutant: catalogue.Mutant) -> list[suites.Test]:
        """Swift's, the quick ones first; of bats those that come to most of the file, for the time that they take."""
        swift = sorted((each for each in tests if not each.file), key=lambda each: each.seconds)
        by_worth = sorted(
            (each for each in tests if each.file), key=lambda each: -(self.share.of(each.name, mutant.file) ** 2) / (each.seconds + 0.3)
        )
        return within(swift, MOST_OF_SWIFT) + within(by_worth, MOST_OF_BATS)


def within(tests: list[suites.Test], most: float) -> list[suites.Test]:
    """The first of them, as long as they take no more seconds."""
    return [each for each, end in zip(tests, itertools.accumulate(each.seconds for each in tests)) if end <= most]


class Share:
    """Which share of a file's mutants a test comes to."""

    def __init__(self, mutants: list[catalogue.Mutant], reached: dict[str, bytes]):
        self.reached = reached
        self.numbers: dict[str, list[int]] = collections.defaultdict(list)
        for mutant in mutants:
            self.numbers[mutant.file].append(mutant.number)

    def of(self, test: str, file: str) -> float:
        # The mutants of a file are numbered in one row.
        numbers = self.numbers[file]
        return self.reached[test][numbers[0] : numbers[-1] + 1].count(1) / len(numbers)


def reaches(reached: bytes, number: int) -> bool:
    return reached[number : number + 1] == b"\1"


def try_with(tests: list[suites.Test], environment: dict[str, str]) -> running.Outcome:
    """Runs tests of one kind until one fails."""
    return running.run(command(tests), environment, bound(tests)) if tests else running.Outcome("", 0, b"")


def command(tests: list[suites.Test]) -> list[str]:
    if not tests[0].file:
        return running.swift([each.name for each in tests])
    titles = "|".join(re.sub(r"([\\^$.|?*+(){}\[\]])", r"\\\1", each.title) for each in tests)
    # Each once, in the order in which they are worth most.
    return running.bats(list(dict.fromkeys(each.file for each in tests)), f"^({titles})$")


def bound(tests: list[suites.Test]) -> float:
    return SECONDS + TIMES * sum(each.seconds for each in tests)


def grouped(tests: list[suites.Test]) -> list[list[suites.Test]]:
    """What is run together, in the order that they have."""
    groups: list[list[suites.Test]] = []
    for test in tests:
        last = groups[-1] if groups else []
        is_alike = last and bool(last[0].file) == bool(test.file)
        if is_alike and sum(each.seconds for each in last) + test.seconds <= TOGETHER * len(groups):
            last.append(test)
        else:
            groups.append([test])
    return groups

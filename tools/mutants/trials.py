"""Tries mutants: which is caught by a test, and by which."""

import concurrent.futures
import dataclasses
import json
import threading

import catalogue
import suites
from copied import WORK

RESULTS = WORK / "results"
# What takes longer without a mutant is left out: a survivor would be tried with all of it.
LONGEST = 30
# Suites that are run together take so long at most.
TOGETHER = 3


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
    """What is known of mutants so far, and the suites to try others with."""

    def __init__(self, known: list[suites.Suite], tests: str):
        self.tests = tests
        self.lock = threading.Lock()
        self.suites = [each for each in known if each.passed and each.seconds <= LONGEST]
        self.reached = {each.name: each.reached() for each in self.suites}
        self.results: dict[str, Result] = {}
        if RESULTS.exists():
            for line in RESULTS.read_text().splitlines():
                result = Result(**json.loads(line))
                self.results[result.key] = result

    def is_settled(self, mutant: catalogue.Mutant) -> bool:
        """A survivor has another chance when there are other tests."""
        result = self.results.get(mutant.key)
        return result is not None and (result.outcome == "caught" or self.tests in result.tests.split())

    def run(self, mutants: list[catalogue.Mutant], jobs: int) -> None:
        pending = [each for each in mutants if not self.is_settled(each)]
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for number, mutant in enumerate(pool.map(self.attempt, pending), 1):
                result = self.results[mutant.key]
                if result.outcome != "caught":
                    print(f"{number}/{len(pending)} {result.outcome}: {mutant}", flush=True)
                elif number % 25 == 0:
                    print(f"{number}/{len(pending)}", flush=True)

    def attempt(self, mutant: catalogue.Mutant) -> catalogue.Mutant:
        result = self.judge(mutant)
        with self.lock, RESULTS.open("a") as file:
            self.results[mutant.key] = result
            file.write(json.dumps(dataclasses.asdict(result)) + "\n")
        return mutant

    def judge(self, mutant: catalogue.Mutant) -> Result:
        """By the suites that come to it, the quick ones first, and Swift's before bats'."""
        reaching = [each for each in self.suites if self.reached[each.name][mutant.number : mutant.number + 1] == b"\1"]
        before = self.results.get(mutant.key)
        tests = " ".join(filter(None, [before.tests if before else "", self.tests]))
        if not reaching:
            return Result(mutant.key, before.outcome if before else "unreached", "", "", 0, tests)
        seconds = 0.0
        for group in grouped(reaching):
            bound = suites.SECONDS + suites.TIMES * sum(each.seconds for each in group)
            outcome = suites.run(group, {"MUTANT": str(mutant.number)}, bound)
            seconds += outcome.seconds
            if outcome.failed:
                return Result(mutant.key, "caught", " ".join(each.name for each in group), outcome.why, seconds)
        return Result(mutant.key, "survived", "", "", seconds, tests)


def grouped(reaching: list[suites.Suite]) -> list[list[suites.Suite]]:
    """Suites in the order in which they are run, those that are quick together."""
    groups: list[list[suites.Suite]] = []
    for suite in sorted(reaching, key=lambda each: (each.is_bats, each.seconds)):
        last = groups[-1] if groups else []
        if last and not suite.is_bats and sum(each.seconds for each in last) + suite.seconds <= TOGETHER * len(groups):
            last.append(suite)
        else:
            groups.append([suite])
    return groups

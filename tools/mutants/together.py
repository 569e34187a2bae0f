"""Tries what has survived with every test that comes to it.

One by one that would take hours. So a suite, or a bats file, runs with all of its survivors at once; a test that fails then is
run with half of them, and so on, until it is known whose fault it is.
"""

import collections
import concurrent.futures

import running
import suites
import trials
from catalogue import Mutant


class Hunt:
    """Survivors, and the tests that come to them."""

    def __init__(self, tried: trials.Trials):
        self.tried = tried
        self.by_file: dict[str, list[suites.Test]] = collections.defaultdict(list)
        for test in tried.tests:
            if tried.is_usable(test):
                self.by_file[test.file or test.name].append(test)

    def run(self, mutants: list[Mutant], jobs: int) -> None:
        pending = [each for each in mutants if self._is_pending(each)]
        if not pending:
            return
        print(f"{len(pending)} that survived are tried together, with all tests that come to them", flush=True)
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for number, _ in enumerate(pool.map(lambda file: self._try_file(self.by_file[file], pending), self.by_file), 1):
                if number % 25 == 0:
                    print(f"{number}/{len(self.by_file)} suites and files", flush=True)
        for mutant in pending:
            if self._is_pending(mutant):
                before = self.tried.results[mutant.key]
                outcome = "survived" if any(self._reached([each], [mutant]) for each in self.tried.tests) else before.outcome
                self.tried.keep(trials.Result(mutant.key, outcome, "", "", 0, f"{before.tests} {self.tried.stamp}"))

    def _is_pending(self, mutant: Mutant) -> bool:
        result = self.tried.results[mutant.key]
        return result.outcome != "caught" and self.tried.stamp not in result.tests.split()

    def _reached(self, tests: list[suites.Test], mutants: list[Mutant]) -> list[Mutant]:
        return [each for each in mutants if any(trials.reaches(self.tried.reached[test.name], each.number) for test in tests)]

    def _try_file(self, tests: list[suites.Test], mutants: list[Mutant]) -> None:
        mutants = self._reached(tests, list(filter(self._is_pending, mutants)))
        reaching = [each for each in tests if self._reached([each], mutants)]
        if not mutants:
            return
        outcome = running.run(trials.command(reaching), having(mutants), trials.bound(reaching), until_failure=False)
        passed = {title for verdict, _, title, _, _ in suites.find_verdicts(outcome) if verdict == "ok"}
        for test in reaching:
            if test.title not in passed if test.file else outcome.why:
                self._blame(test, self._reached([test], list(filter(self._is_pending, mutants))))

    def _blame(self, test: suites.Test, suspects: list[Mutant]) -> None:
        """Finds out with which of the mutants a test fails."""
        while suspects and trials.try_with([test], having(suspects)).why:
            some = suspects
            while len(some) > 1:
                half = some[: len(some) // 2]
                some = half if trials.try_with([test], having(half)).why else some[len(half) :]
            outcome = trials.try_with([test], having(some))
            # It takes two of them, or the test fails without.
            if not outcome.why or not self.tried.passes_without([test]):
                return
            print(f"caught by {test.name}: {some[0]}", flush=True)
            self.tried.keep(trials.Result(some[0].key, "caught", test.name, outcome.why, outcome.seconds))
            suspects = [each for each in suspects if each is not some[0]]


def having(mutants: list[Mutant]) -> dict[str, str]:
    return {"MUTANT": ",".join(str(each.number) for each in mutants)}

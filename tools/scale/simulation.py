"""Workers that do jobs, and the registry that all of them ask: a simulation by discrete events, for simulate.py.

Of the four steps of a job two are transfers, which take longer the more others there are: all transfers go on at the
same speed, as fast as the registry's processors and its network allow.
"""

import dataclasses
import heapq
import itertools
import math
from collections.abc import Callable

from jobs import Job, Site, Transfer


@dataclasses.dataclass
class Outcome:
    """What came of it. Bounds are what no number of workers, or no other part of it, gets below."""

    workers: int
    jobs: int
    seconds: float = 0
    busy_seconds: float = 0
    building_seconds: float = 0
    requests: float = 0
    peak_requests: float = 0
    mebibytes: float = 0
    registry_cpu: float = 0
    bounds: dict[str, float] = dataclasses.field(default_factory=dict)

    @property
    def limit(self) -> str:
        """What it is that the makespan is nearest to."""
        return max(self.bounds, key=lambda name: self.bounds[name]) if self.bounds else "nothing to build"


class Transfers:
    """Those that go on at a time. `progress` is how far one has come that began with the simulation and never ends."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.progress = 0.0
        self.pending: list[tuple[float, int, Transfer, Callable[[], None]]] = []
        self.numbers = itertools.count()
        # What all of them would ask of the registry in each second, at full speed.
        self.cpu = self.mebibytes = self.requests = 0.0

    @property
    def speed(self) -> float:
        return min(1.0, self.site.registry_processors / self.cpu if self.cpu > 1e-9 else 1.0,
                   self.site.registry_link / self.mebibytes if self.mebibytes > 1e-9 else 1.0)

    @property
    def left(self) -> float:
        """How many seconds the first of them to end has left, at full speed."""
        return self.pending[0][0] - self.progress if self.pending else math.inf

    def begin(self, transfer: Transfer, then: Callable[[], None]) -> None:
        heapq.heappush(self.pending, (self.progress + transfer.seconds, next(self.numbers), transfer, then))
        self.weigh(transfer, 1)

    def weigh(self, transfer: Transfer, sign: int) -> None:
        if transfer.seconds:
            self.cpu += sign * transfer.registry_cpu / transfer.seconds
            self.mebibytes += sign * transfer.mebibytes / transfer.seconds
            self.requests += sign * transfer.requests / transfer.seconds

    def end_first(self) -> Callable[[], None]:
        """Takes it away. Returns what happens then."""
        _, _, transfer, then = heapq.heappop(self.pending)
        self.weigh(transfer, -1)
        return then


class Fleet:
    """Workers, jobs that may begin, and the time."""

    def __init__(self, jobs: list[Job], workers: int, site: Site, is_longest_first: bool) -> None:
        self.site = site
        self.is_longest_first = is_longest_first
        self.outcome = Outcome(workers, len(jobs), bounds=bounds(jobs, workers, site))
        self.transfers = Transfers(site)
        self.now = 0.0
        self.free = workers
        self.numbers = itertools.count()
        # What happens next, but for transfers.
        self.timers: list[tuple[float, int, Callable[[], None]]] = []
        self.ready: list[tuple[float, int, Job]] = []
        self.places = {id(job): place for place, job in enumerate(jobs)}
        self.waits = {id(job): job.waits_for for job in jobs}
        for job in jobs:
            if not job.waits_for:
                self.offer(job)

    def offer(self, job: Job) -> None:
        heapq.heappush(self.ready, (-job.remaining if self.is_longest_first else 0, self.places[id(job)], job))

    def after(self, seconds: float, then: Callable[[], None]) -> None:
        heapq.heappush(self.timers, (self.now + seconds, next(self.numbers), then))

    def begin(self, job: Job) -> None:
        began = self.now

        def build() -> None:
            self.after(job.build_seconds, lambda: self.transfers.begin(job.give, lambda: self.end(job, began)))

        self.after(self.site.engine_seconds, lambda: self.transfers.begin(job.fetch, build))

    def end(self, job: Job, began: float) -> None:
        self.free += 1
        self.outcome.busy_seconds += self.now - began
        self.outcome.building_seconds += job.build_seconds
        for transfer in (job.fetch, job.give):
            self.outcome.requests += transfer.requests
            self.outcome.mebibytes += transfer.mebibytes
            self.outcome.registry_cpu += transfer.registry_cpu
        for other in job.followers:
            self.waits[id(other)] -= 1
            if not self.waits[id(other)]:
                self.offer(other)

    def step(self) -> bool:
        """Goes on to what happens next. Returns whether anything does."""
        while self.free and self.ready:
            self.free -= 1
            self.begin(heapq.heappop(self.ready)[2])
        speed = self.transfers.speed
        self.outcome.peak_requests = max(self.outcome.peak_requests, self.transfers.requests * speed)
        arrives = self.now + self.transfers.left / speed
        rings = self.timers[0][0] if self.timers else math.inf
        if arrives == rings == math.inf:
            return False
        time = min(arrives, rings)
        self.transfers.progress += (time - self.now) * speed
        self.now = time
        (self.transfers.end_first() if arrives <= rings else heapq.heappop(self.timers)[2])()
        return True


def simulate(jobs: list[Job], workers: int, site: Site, is_longest_first: bool = False) -> Outcome:
    """Has the workers do all jobs: in the order of the recipes, or those first after which most is to come."""
    fleet = Fleet(jobs, workers, site, is_longest_first)
    while fleet.step():
        pass
    fleet.outcome.seconds = fleet.now
    return fleet.outcome


def bounds(jobs: list[Job], workers: int, site: Site) -> dict[str, float]:
    """How many seconds it takes at least, for each of four reasons."""
    if not jobs:
        return {}
    transfers = [transfer for job in jobs for transfer in (job.fetch, job.give)]
    return {
        "workers": sum(site.engine_seconds + job.seconds for job in jobs) / workers,
        "critical path": max(job.remaining for job in jobs),
        "registry's network": sum(transfer.mebibytes for transfer in transfers) / site.registry_link,
        "registry's processors": sum(transfer.registry_cpu for transfer in transfers) / site.registry_processors,
    }

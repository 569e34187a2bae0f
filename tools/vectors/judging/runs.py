"""Vectors through implementations."""

import concurrent.futures
import contextlib
import pathlib
import queue
from collections.abc import Callable, Iterator

from judging import adapters
from judging.jobs import Bounds, Job
from judging.outcomes import Outcome
from judging.room import Doorkeeper
from judging.servers import Server
from judging.table import Cell, Column, Table
from judging.vectors import Vector


@contextlib.contextmanager
def keeping_doors(place: pathlib.Path, count: int) -> Iterator[list[Doorkeeper]]:
    """Before there are threads."""
    doors = [Doorkeeper(place) for _ in range(count)]
    try:
        yield doors
    finally:
        for door in doors:
            door.leave()


@contextlib.contextmanager
def serving(found: list[adapters.Adapter], directory: pathlib.Path) -> Iterator[dict[str, Server]]:
    """The daemons of those adapters that have one, by names."""
    servers = {each.name: Server(each, directory / each.name) for each in found}
    try:
        for server in servers.values():
            server.start()
        yield servers
    finally:
        for server in servers.values():
            server.stop()


class Runs:
    def __init__(
        self, house: pathlib.Path, top: pathlib.Path, doors: list[Doorkeeper], servers: dict[str, Server], bounds: Bounds
    ):
        self.house, self.top, self.servers, self.bounds = house, top, servers, bounds
        self.workers = len(doors)
        self.free: queue.SimpleQueue[Doorkeeper] = queue.SimpleQueue()
        for door in doors:
            self.free.put(door)

    def fill(self, table: Table, tell: Callable[[Column, Cell], None]) -> None:
        """Several vectors at once, but one implementation after the other for each: two would be in each other's way where
        a vector tries to write to a certain place."""
        pool = concurrent.futures.ThreadPoolExecutor(self.workers)
        try:
            for each in concurrent.futures.as_completed(
                [pool.submit(self.run_all, vector, table.columns, tell) for vector in table.vectors]
            ):
                each.result()
        finally:
            # Those that run end with their doorkeepers; nobody waits for them here.
            pool.shutdown(wait=False, cancel_futures=True)

    def run_all(self, vector: Vector, columns: list[Column], tell: Callable[[Column, Cell], None]) -> None:
        door = self.free.get()
        try:
            for column in columns:
                tell(column, column.add(vector, *self.run(door, vector, column)))
        finally:
            self.free.put(door)

    def run(self, door: Doorkeeper, vector: Vector, column: Column) -> tuple[Outcome, float]:
        if column.as_user and "root" in vector.needs:
            return Outcome("-", "only root can make that"), 0
        if lacking := column.adapter.lacks.intersection(vector.needs):
            return Outcome("-", f"it can't have {', '.join(sorted(lacking))}"), 0
        server = self.servers[column.adapter.name]
        with server.lock if server.is_needed else contextlib.nullcontext():
            outcome, seconds = door.run(self.job(vector, column))
            if server.has_ended:
                outcome = Outcome("crashes", f"the daemon ended: {server.tail()}")
                server.start()
            elif outcome.kind == "hangs":
                server.start_again()
        return outcome, seconds

    def job(self, vector: Vector, column: Column) -> Job:
        adapter = column.adapter.path
        if adapter.is_relative_to(self.top):
            adapter = self.house / "top" / adapter.relative_to(self.top)
        return Job(
            vector=vector,
            adapter=str(adapter),
            image=f"{self.house}/vectors/{vector.layout}:{vector.tag}",
            as_user=column.as_user,
            environment={"STACKER": f"{self.house}/stacker", "JUDGE_SERVER": str(self.servers[column.adapter.name].directory)},
            bounds=self.bounds,
        )

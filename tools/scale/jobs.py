"""The jobs of a simulated fleet, and what each costs: for simulation.py.

A job is what `stacker plan` gives to an engine: a recipe of which something is missing. It begins when those that it
needs have ended and a worker is free; the engine takes a moment to start it; it fetches what its recipe stands on and
imports from, builds its layers, and gives them to the cache.
"""

import dataclasses
import json
import pathlib

from repositories import Recipe


@dataclasses.dataclass(frozen=True)
class Costs:
    """What measure.py has measured: seconds, and processor seconds of the registry, for a layer and for a mebibyte."""

    build_seconds: float
    build_seconds_per_mib: float
    give_seconds: float
    give_seconds_per_mib: float
    give_requests: float
    give_requests_per_layer_below: float
    give_registry_cpu: float
    give_registry_cpu_per_mib: float
    take_seconds: float
    take_seconds_per_mib: float
    take_requests: float
    take_registry_cpu: float
    take_registry_cpu_per_mib: float
    plan_seconds: float
    plan_requests: float
    plan_registry_cpu: float

    @staticmethod
    def read(file: pathlib.Path) -> "Costs":
        constants = json.loads(file.read_text())["constants"]
        return Costs(**{field.name: constants[field.name] for field in dataclasses.fields(Costs)})


@dataclasses.dataclass(frozen=True)
class Site:
    """What there is, beside the workers. Links are in MiB/s: 119 is a gigabit, 1192 are ten."""

    registry_processors: float = 4
    registry_link: float = 1192
    worker_link: float = 119
    # From when a job may begin until its stacker does: the engine's turn, a container, a checkout.
    engine_seconds: float = 5
    # A registry's base image, which each job fetches, too.
    base_mebibytes: float = 80


@dataclasses.dataclass(frozen=True)
class Transfer:
    """What goes to or from the registry in one step of a job."""

    # How long it takes if there is no other.
    seconds: float
    mebibytes: float
    requests: float
    registry_cpu: float


@dataclasses.dataclass
class Job:
    recipe: Recipe
    fetch: Transfer
    build_seconds: float
    give: Transfer
    waits_for: int = 0
    followers: "list[Job]" = dataclasses.field(default_factory=list)
    # How long it takes from its begin to the end of all, if there are workers enough and nobody else.
    remaining: float = 0

    @property
    def seconds(self) -> float:
        return self.fetch.seconds + self.build_seconds + self.give.seconds


def make_jobs(recipes: list[Recipe], costs: Costs, site: Site) -> list[Job]:
    """The jobs of what is missing, each after those that it waits for."""
    jobs: dict[str, Job] = {}
    for recipe in recipes:
        if recipe.is_missing:
            job = Job(recipe, fetch_of(recipe, costs, site), build_of(recipe, costs), give_of(recipe, costs, site))
            jobs[recipe.name] = job
            for other in {other.name: other for other in recipe.needs if other.is_missing}.values():
                jobs[other.name].followers.append(job)
                job.waits_for += 1
    for job in reversed(jobs.values()):
        job.remaining = site.engine_seconds + job.seconds + max((other.remaining for other in job.followers), default=0)
    return list(jobs.values())


def fetch_of(recipe: Recipe, costs: Costs, site: Site) -> Transfer:
    """A job's directories are empty: it fetches all layers below its own and those of images that it imports from."""
    images = {other.name: other for needed in recipe.needs for other in needed.chain}
    layers = [layer for image in images.values() for layer in image.layers]
    mebibytes = site.base_mebibytes + sum(layer.mebibytes for layer in layers)
    # All that it needs, near and far, is looked for, since the keys of what stands on it are made of that; what is
    # taken is one entry for each image, with all blobs that its layers are.
    asked = sum(len(other.layers) for other in closure(recipe))
    taken = len(recipe.needs) * (costs.take_requests - 1) + len(layers)
    seconds = (asked * costs.plan_seconds + len(recipe.needs) * costs.take_seconds
               + mebibytes * (costs.take_seconds_per_mib + 1 / site.worker_link))
    cpu = (asked * costs.plan_registry_cpu + taken * costs.take_registry_cpu / costs.take_requests
           + mebibytes * costs.take_registry_cpu_per_mib)
    requests = asked * costs.plan_requests + taken
    return Transfer(seconds, mebibytes, requests, cpu)


def closure(recipe: Recipe) -> list[Recipe]:
    """All recipes that it needs, near and far."""
    found: dict[str, Recipe] = {}
    pending = list(recipe.needs)
    while pending:
        other = pending.pop()
        if other.name not in found:
            found[other.name] = other
            pending += other.needs
    return list(found.values())


def build_of(recipe: Recipe, costs: Costs) -> float:
    return sum(layer.script_seconds + costs.build_seconds + layer.mebibytes * costs.build_seconds_per_mib
               for layer in recipe.layers)


def give_of(recipe: Recipe, costs: Costs, site: Site) -> Transfer:
    count = len(recipe.layers)
    below = sum(len(other.layers) for other in recipe.chain[:-1]) * count + count * (count - 1) / 2
    mebibytes = sum(layer.mebibytes for layer in recipe.layers)
    requests = count * costs.give_requests + below * costs.give_requests_per_layer_below
    seconds = count * costs.give_seconds + mebibytes * (costs.give_seconds_per_mib + 1 / site.worker_link)
    cpu = requests * costs.give_registry_cpu / costs.give_requests + mebibytes * costs.give_registry_cpu_per_mib
    return Transfer(seconds, mebibytes, requests, cpu)

"""Recipes of a repository that nobody has written: what simulate.py has workers build."""

import dataclasses
import json
import pathlib
import random


@dataclasses.dataclass(frozen=True)
class Layer:
    # What its script takes, and the size of what it leaves, compressed.
    script_seconds: float
    mebibytes: float


@dataclasses.dataclass
class Recipe:
    name: str
    layers: list[Layer]
    # The image that it stands on, and those that it imports from.
    below: "Recipe | None" = None
    imports: "list[Recipe]" = dataclasses.field(default_factory=list)
    is_missing: bool = True

    @property
    def needs(self) -> "list[Recipe]":
        return ([self.below] if self.below else []) + self.imports

    @property
    def chain(self) -> "list[Recipe]":
        """The recipes whose layers are in its image, the lowest first."""
        return (self.below.chain if self.below else []) + [self]


@dataclasses.dataclass(frozen=True)
class Shape:
    """What a repository is assumed to be like. Sizes and times are drawn from log-normal distributions."""

    # How many recipes there are of each tier, and stand on one of the tiers before: bases, toolchains and runtimes,
    # what several applications have in common, applications.
    tiers: tuple[float, ...] = (0.01, 0.09, 0.3, 0.6)
    script_median_seconds: float = 60
    script_sigma: float = 1.0
    layer_median_mebibytes: float = 20
    layer_sigma: float = 1.2
    layer_most_mebibytes: float = 2000


def make_repository(seed: int, count: int, shape: Shape) -> list[Recipe]:
    """Recipes, each after those that it needs. The same seed gives the same."""
    lot = random.Random(seed)
    tiers: list[list[Recipe]] = []
    for share in shape.tiers:
        # What many use already is used by one more: a few bases carry most of a repository.
        popular = [recipe for tier in tiers[-2:] for recipe in tier]
        tier: list[Recipe] = []
        for _ in range(max(1, round(share * count))):
            recipe = Recipe(f"r{sum(map(len, tiers)) + len(tier)}", make_layers(lot, shape))
            if tiers:
                recipe.below = lot.choice(popular)
                popular.append(recipe.below)
                recipe.imports = lot.sample(tiers[-1], min(len(tiers[-1]), lot.choice([0, 0, 1, 2])))
            tier.append(recipe)
        tiers.append(tier)
    return [recipe for tier in tiers for recipe in tier]


def make_layers(lot: random.Random, shape: Shape) -> list[Layer]:
    def draw(median: float, sigma: float) -> float:
        return median * lot.lognormvariate(0, sigma)

    return [Layer(draw(shape.script_median_seconds, shape.script_sigma),
                  min(shape.layer_most_mebibytes, draw(shape.layer_median_mebibytes, shape.layer_sigma)))
            for _ in range(lot.choice([1, 1, 2, 2, 3, 4]))]


def change(recipes: list[Recipe], share: float, seed: int) -> None:
    """Makes a share of the recipes be missing in the cache, drawn by lot, with all that needs them."""
    lot = random.Random(seed)
    changed = {recipe.name for recipe in lot.sample(recipes, round(share * len(recipes)))}
    for recipe in recipes:
        recipe.is_missing = recipe.name in changed or any(other.is_missing for other in recipe.needs)


def read_plan(file: pathlib.Path, shape: Shape) -> list[Recipe]:
    """The recipes of `stacker plan --format json`. Where it knows no duration that is the shape's, as all sizes are."""
    document = json.loads(file.read_text())
    jobs = {job["file"] for job in document["jobs"]}
    found: dict[str, Recipe] = {}
    owners: dict[str, str] = {}
    for item in document["recipes"]:
        layers = [Layer(layer.get("seconds", shape.script_median_seconds), shape.layer_median_mebibytes)
                  for layer in item["layers"]]
        needs = [name for layer in item["layers"] for name in layer["needs"]]
        names = [*item["requires"], *(owners[name] for name in needs if name in owners)]
        others = [found[name] for name in dict.fromkeys(names) if name != item["file"]]
        # Which of them its image stands on, a plan does not say: the first.
        below, imports = (others[0] if others else None), others[1:]
        found[item["file"]] = Recipe(item["file"], layers, below, imports, item["file"] in jobs)
        owners |= {layer["name"]: item["file"] for layer in item["layers"]}
    return list(found.values())

#!/usr/bin/env python3
"""How long a fleet of workers needs for a repository of recipes, and what it waits for.

    tools/scale/simulate.py [--recipes N] [--workers N,N…] [--plan FILE] [options]

Recipes in a plausible graph, or those of a `stacker plan --format json`, are built by some number of workers: cold,
where no cache has anything, and warm, where a share of the recipes was changed. What a layer costs a builder and a
registry is in measured.json, which tools/scale/measure.py writes; what scripts take and leave, and what machines there
are, is assumed, and can be said by an option each. Prints a table in Markdown, and with --svg draws it. The same
options give the same.
"""

import argparse
import dataclasses
import json
import pathlib
import sys

import curves
from jobs import Costs, Site, make_jobs
from repositories import Recipe, Shape, change, make_repository, read_plan
from simulation import Outcome, simulate

MEASURED = pathlib.Path(__file__).with_name("measured.json")


def add_fields(parser: argparse.ArgumentParser, kind: type) -> None:
    """An option for each number that is assumed."""
    group = parser.add_argument_group(kind.__doc__)
    for field in dataclasses.fields(kind):
        if isinstance(field.default, (int, float)):
            group.add_argument("--" + field.name.replace("_", "-"), type=float, default=field.default, metavar="N",
                                help=f"default: {field.default:g}")


def chosen(arguments: argparse.Namespace, kind: type) -> dict[str, float]:
    return {field.name: getattr(arguments, field.name) for field in dataclasses.fields(kind) if field.name in arguments}


def clock(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02} min"
    return f"{minutes} min" if minutes else f"{seconds:.0f} s"


def row(outcome: Outcome, site: Site) -> str:
    if not outcome.jobs:
        return f"| {outcome.workers} | 0 s | | | | | | nothing to build |"
    gain = outcome.bounds["workers"] * outcome.workers / outcome.seconds
    network = outcome.mebibytes / outcome.seconds / site.registry_link
    processors = outcome.registry_cpu / outcome.seconds / site.registry_processors
    return (f"| {outcome.workers} | {clock(outcome.seconds)} | {gain:.0f} | "
            f"{outcome.busy_seconds / outcome.seconds / outcome.workers:.0%} | "
            f"{outcome.building_seconds / outcome.busy_seconds:.0%} | "
            f"{outcome.requests / outcome.seconds:.0f} ({outcome.peak_requests:.0f}) | "
            f"{network:.0%}, {processors:.0%} | {outcome.limit} |")


def table(outcomes: list[Outcome], site: Site) -> list[str]:
    return ["| workers | takes | workers' worth | busy | of it building | requests a second (most) | "
            "registry's network, processors | limit |",
            "|---|---|---|---|---|---|---|---|", *(row(outcome, site) for outcome in outcomes)]


def describe(recipes: list[Recipe], outcome: Outcome) -> str:
    layers = sum(len(recipe.layers) for recipe in recipes if recipe.is_missing)
    critical = outcome.bounds.get("critical path", 0)
    work = outcome.bounds.get("workers", 0) * outcome.workers
    return (f"{outcome.jobs} jobs of {len(recipes)} recipes, {layers} layers; {clock(work)} of work, of which "
            f"{clock(critical)} one after the other; {outcome.requests:.0f} requests, "
            f"{outcome.mebibytes / 1024:.0f} GiB to and from the registry")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", type=int, default=1000)
    parser.add_argument("--workers", default="5,10,20,40,60,80,100")
    parser.add_argument("--changed", default="1,0.01",
                        help="the shares of recipes that were changed; 1 is cold (default: 1,0.01)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plan", type=pathlib.Path, help="a plan in JSON, in place of a graph that is drawn by lot")
    parser.add_argument("--measured", type=pathlib.Path, default=MEASURED)
    parser.add_argument("--longest-first", action="store_true", help="the engine knows what most is waiting for")
    parser.add_argument("--json", action="store_true", help="prints numbers for programs in place of tables")
    parser.add_argument("--svg", type=pathlib.Path, help="a picture, too")
    add_fields(parser, Site)
    add_fields(parser, Shape)
    arguments = parser.parse_args()
    costs, site = Costs.read(arguments.measured), Site(**chosen(arguments, Site))
    shape = Shape(**chosen(arguments, Shape))
    lines: dict[str, list[Outcome]] = {}
    for share in [float(share) for share in arguments.changed.split(",")]:
        if arguments.plan:
            recipes = read_plan(arguments.plan, shape)
        else:
            recipes = make_repository(arguments.seed, arguments.recipes, shape)
            if share < 1:
                change(recipes, share, arguments.seed)
        jobs = make_jobs(recipes, costs, site)
        outcomes = [simulate(jobs, int(count), site, arguments.longest_first) for count in arguments.workers.split(",")]
        name = "the plan" if arguments.plan else "cold" if share == 1 else f"warm, {100 * share:g}% changed"
        lines[name] = outcomes
        if not arguments.json:
            print(f"{name}: {describe(recipes, outcomes[0])}\n\n" + "\n".join(table(outcomes, site)) + "\n")
        if arguments.plan:
            break
    if arguments.json:
        json.dump({name: [{**dataclasses.asdict(outcome), "limit": outcome.limit} for outcome in outcomes]
                   for name, outcomes in lines.items()}, sys.stdout, indent=1)
        print()
    if arguments.svg:
        arguments.svg.write_text(curves.draw(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())

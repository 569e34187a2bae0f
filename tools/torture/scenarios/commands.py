"""Commands other than build."""

import pathlib

from base import make_base
from scenarios.builds import put_recipe
from scenarios.scenario import BUILD, Run, Scenario

_RECIPE = """
one:
  from: {type: oci, url: "base:latest"}
  run: mkdir /d; echo %s > /d/1; echo 2 > /d/2
two:
  from: {type: built, tag: one}
  run: echo two > /two
"""


def _built(place: pathlib.Path, run: Run) -> None:
    make_base(place / "base")
    put_recipe(place, _RECIPE % "new")
    run(*BUILD)


def _built_twice(place: pathlib.Path, run: Run) -> None:
    make_base(place / "base")
    put_recipe(place, _RECIPE % "old")
    run(*BUILD)
    put_recipe(place, _RECIPE % "new")
    run(*BUILD)


def _built_as_squashfs(place: pathlib.Path, run: Run) -> None:
    make_base(place / "base")
    put_recipe(place, _RECIPE % "new")
    run(*BUILD, "--layer-type", "squashfs")
    (place / "mnt").mkdir()


def _user(place: pathlib.Path, run: Run) -> None:
    """A user who has no ids yet, in copies of the machine's files."""
    (place / "etc").mkdir()
    (place / "etc/subuid").write_text("somebody:100000:65536\n")
    (place / "etc/subgid").write_text("somebody:100000:65536\n")


SCENARIOS = [
    Scenario("gc", _built_twice, ["gc"], repair=[["gc"], BUILD]),
    # A build after one that was broken off.
    Scenario("clean", _built, ["clean"], repair=[BUILD]),
    # Another one.
    Scenario("clean-again", _built, ["clean"], layouts=[], collects=False),
    Scenario("grab", _built, ["grab", "one:/d"], results=["d/1", "d/2"], once=True),
    Scenario("grab-file", _built, ["grab", "one:/d/1"], results=["1"]),
    Scenario(
        "mount", _built_as_squashfs, ["mount", "two-squashfs", "mnt"], levels=("priv",), alone=True,
        repair=[["umount", "mnt"], ["mount", "two-squashfs", "mnt"], ["umount", "mnt"]]),
    Scenario("unpriv-setup", _user, ["unpriv-setup", "--uid", "65534", "--gid", "65534"], levels=("priv",), layouts=[],
             results=["/etc/subuid", "/etc/subgid"], changes_etc=True, collects=False),
]

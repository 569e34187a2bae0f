"""Builds of what is on this machine."""

import os
import pathlib

from base import archive, make_base
from scenarios.scenario import BUILD, Run, Scenario


def put_recipe(place: pathlib.Path, text: str) -> None:
    (place / "stacker.yaml").write_text(text)


def _everything(place: pathlib.Path, run: Run) -> None:
    """A build_only chain with imports and an overlay dir."""
    make_base(place / "base")
    (place / "files").mkdir()
    (place / "files/a").write_text("imported\n")
    (place / "over/sub").mkdir(parents=True)
    (place / "over/sub/f").write_text("over\n")
    os.symlink("f", place / "over/sub/link")
    put_recipe(place, """
one:
  from: {type: oci, url: "base:latest"}
  imports: [files/a]
  overlay_dirs: [{source: over, dest: /opt}]
  build_only: true
  run: mkdir /d; cat /stacker/imports/a > /d/a; rm /etc/passwd
two:
  from: {type: built, tag: one}
  run: echo 2 > /d/2
""")


def _again(place: pathlib.Path, run: Run) -> None:
    """One layer is there, the other one has to be built anew, and its old image goes."""
    make_base(place / "base")
    recipe = """
kept:
  from: {type: oci, url: "base:latest"}
  run: echo kept > /kept
changed:
  from: {type: built, tag: kept}
  run: echo %s > /changed
"""
    put_recipe(place, recipe % "old")
    run(*BUILD)
    put_recipe(place, recipe % "new")


def _tar_base(place: pathlib.Path, run: Run) -> None:
    """An image from a tar, with cache_dirs, an import with a dest and what is taken from another layer."""
    (place / "base.tar").write_bytes(archive())
    (place / "a").write_text("imported\n")
    put_recipe(place, """
first:
  from: {type: tar, url: base.tar}
  imports: [{path: a, dest: /srv/a, mode: 0600}]
  cache_dirs: [/var/cache/it]
  run: echo cached > /var/cache/it/file; echo 1 > /1
second:
  from: {type: tar, url: base.tar}
  imports: ["stacker://first/1"]
  generate_labels: echo -n value > /stacker/oci-labels/name
  run: cat /stacker/imports/1 > /2
""")


def _two(place: pathlib.Path, run: Run) -> None:
    """Two recipes whose images come into one layout, each with roots of its own."""
    make_base(place / "base")
    for name in ("a", "b"):
        (place / f"{name}.yaml").write_text(f"""
{name}:
  from: {{type: oci, url: "base:latest"}}
  run: echo {name} > /{name}
""")


def _apart(name: str, *command: str) -> list[str]:
    """With directories of its own, but for the layout."""
    command = command or (*BUILD, "-f", f"{name}.yaml")
    return ["--roots-dir", f"{name}/roots", "--stacker-dir", f"{name}/.stacker", *command]


_BOTH = [_apart("b"), _apart("a"), _apart("a", "gc"), _apart("b", "gc")]


SCENARIOS = [
    Scenario("build", _everything, [*BUILD, "--layer-type", "tar", "--layer-type", "squashfs"]),
    Scenario("build-erofs", _everything, [*BUILD, "--layer-type", "erofs"], levels=("priv",)),
    Scenario("build-again", _again, BUILD),
    Scenario("build-tar", _tar_base, BUILD),
    Scenario("shared-layout", _two, _apart("a"), repair=_BOTH, shares=True, collects=False),
    Scenario(
        "at-the-same-time", _two, _apart("a"), repair=_BOTH, beside=_apart("b"), shares=True, collects=False),
]

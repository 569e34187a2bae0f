"""What comes from other machines, and goes there: registries and web servers, here on loopback."""

import pathlib

from base import make_base
from scenarios.builds import put_recipe
from scenarios.scenario import BUILD, Run, Scenario

_FILL = [*BUILD, "--cache-to", "docker://{registry}/cache", "--cache-skip-tls"]
_TAKE = [*BUILD, "--cache-from", "docker://{registry}/cache", "--cache-skip-tls"]


def _from_registry(place: pathlib.Path, run: Run) -> None:
    make_base(place / "base")
    put_recipe(place, """
base:
  from: {type: oci, url: "base:latest"}
""")
    run(*BUILD)
    run("publish", "--url", "docker://{registry}", "--tag", "latest", "--skip-tls")
    run("clean")
    put_recipe(place, """
it:
  from: {type: docker, url: "docker://{registry}/base:latest", insecure: true}
  run: echo 1 > /it
""")


def _from_web(place: pathlib.Path, run: Run) -> None:
    make_base(place / "base")
    (place / "web/file").write_text("from the web\n" * 10000)
    put_recipe(place, """
it:
  from: {type: oci, url: "base:latest"}
  imports: ["http://{files}/file"]
  run: cat /stacker/imports/file > /it
""")


_CHAIN = """
one:
  from: {type: oci, url: "base:latest"}
  build_only: true
  run: echo 1 > /1
two:
  from: {type: built, tag: one}
  run: echo 2 > /2
"""


def _to_cache(place: pathlib.Path, run: Run) -> None:
    make_base(place / "base")
    put_recipe(place, _CHAIN)


def _from_cache(place: pathlib.Path, run: Run) -> None:
    _to_cache(place, run)
    run(*_FILL)
    run("clean")


def _built(place: pathlib.Path, run: Run) -> None:
    _to_cache(place, run)
    run(*BUILD)


SCENARIOS = [
    Scenario("docker-base", _from_registry, BUILD, servers=["registry"]),
    Scenario("http-import", _from_web, BUILD, servers=["files"]),
    # What is in the cache afterwards is for another machine to build with.
    Scenario("cache-to", _to_cache, _FILL, repair=[_FILL, ["clean"], _TAKE], servers=["registry"]),
    # A layer that couldn't be taken is built, which leaves what a build leaves.
    Scenario(
        "cache-from", _from_cache, _TAKE, servers=["registry"],
        may_stay=r"\.stacker/(imports/(one|two)/|lxc)|roots/(one|two)/overlay_base\.json"),
    Scenario(
        "publish", _built, ["publish", "--url", "docker://{registry}", "--tag", "1", "--skip-tls"], servers=["registry"],
        publishes=True),
    Scenario("publish-layout", _built, ["publish", "--url", "oci:target", "--tag", "1"], layouts=["oci", "target"],
        # It goes with the next who has something to write there.
        may_stay=r"target/\.stacker\.\*\.tmp$"),
]

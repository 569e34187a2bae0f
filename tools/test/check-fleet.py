#!/usr/bin/env python3
"""Has a Slurm cluster build recipes in a random graph, and compares with what one machine makes of them.

    tools/test/check-fleet.py [--recipes N] [--seed SEED] [--nodes N] [--pause SECONDS] [--keep DIR] STACKER

Everything runs in tools/test/slurm-cluster.py, as an ordinary user: sources on a disk that all machines see, each job's
directories on the disk of its node, a docker-registry with the base and the cache. `stacker plan --format slurm`
submits the jobs. When half of them are through, a node that is in a script loses its power, and gets it back later;
Slurm begins its job anew.

What has to be so afterwards:
    - each job has ended well, and each layer was built by the job of its recipe and by no other: what a job needs of
      others it has taken from the registry, and nothing else. Only what was built when the power failed was built
      twice.
    - every node had work, and a job was begun again
    - a machine that has never seen any of it gets all images from the cache, and builds nothing; now a plan has no job
    - these images, and those that the last job has published, are those that one machine makes of all recipes, one
      layer at a time, without a cache: the same tags, and under each the same digest, of both layer types and
      platforms; which is the same image, to the byte. (SOURCE_DATE_EPOCH is set; without it images say when and by whom
      they were made.)

Exit status: 0 if it is so, 1 with what differs.
"""

import argparse
import collections
import contextlib
import hashlib
import json
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import claimed_platforms
from fleet_recipes import Recipe, write_recipes

TOP = pathlib.Path(__file__).resolve().parents[2]
USER = "stacker-test"
OPTIONS = ["--layer-type", "tar", "--layer-type", "squashfs"]
# What stacker says of each layer that it has built.
BUILT = r"filesystem (\S+?)(?:@\S+)? built successfully"
TAKEN = r"took layer (\S+?)(?:@\S+)? from"
TAG = "v1"
PUBLISH = "publish"
# Seconds until all jobs have to be through.
PATIENCE = 1800


class Difference(Exception):
    """What is not as it has to be."""


@contextlib.contextmanager
def ordinary_user() -> Iterator[None]:
    """The user that tests run as, with ranges of ids; made, and removed, where there is none."""
    made = False
    try:
        pwd.getpwnam(USER)
    except KeyError:
        made = True
        subprocess.run(["useradd", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin",
                        USER], check=True)
    try:
        for kind in ("uid", "gid"):
            if f"\n{USER}:" not in "\n" + pathlib.Path(f"/etc/sub{kind}").read_text():
                subprocess.run(["usermod", f"--add-sub{kind}s", "2000000000-2000065535", USER], check=True)
        yield
    finally:
        if made:
            subprocess.run(["userdel", USER])


class Fleet:
    """The cluster, as the user who has recipes and jobs sees it."""

    def __init__(self, stacker: pathlib.Path) -> None:
        self.top = pathlib.Path(os.environ["CLUSTER"])
        self.local = pathlib.Path(os.environ["CLUSTER_LOCAL"])
        self.registry = os.environ["CLUSTER_REGISTRY"]
        self.sources = self.top / "sources"
        self.output = self.top / "output"
        self.stacker = self.top / "stacker"
        shutil.copy(stacker, self.stacker)
        self.stacker.chmod(0o755)
        for directory in (self.sources, self.output):
            directory.mkdir()
            shutil.chown(directory, USER, USER)
        self.cache = f"docker://{self.registry}/cache"

    def put_base(self) -> str:
        """Puts a base for several platforms into the registry. Returns what a `from:` says of it."""
        layout = self.top / "busybox"
        subprocess.run([TOP / "tools/fixtures/make-busybox-image", layout], check=True, stdout=subprocess.DEVNULL)
        claimed_platforms.claim_platforms(layout)
        subprocess.run(["skopeo", "copy", "--quiet", "--all", f"oci:{layout}:latest",
                        f"docker://{self.registry}/busybox:latest"], check=True)
        return f"{{type: docker, url: 'docker://{self.registry}/busybox:latest'}}"

    def as_user(self, *words: str | os.PathLike[str]) -> str:
        """Runs a program as the user, where the recipes are, and returns what it prints."""
        # What a site tells its users to have: jobs work on the node's own disk.
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1000000000", "HOME": str(self.top),
                       "STACKER": str(self.stacker), "TMPDIR": str(self.local), "SBATCH_OPEN_MODE": "append"}
        done = subprocess.run(["runuser", "-u", USER, "--", *words], cwd=self.sources, env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise Difference(f"{' '.join(map(str, words))}: status {done.returncode}\n{done.stdout[-4000:]}")
        return done.stdout

    def plan(self, form: str) -> str:
        return self.as_user(self.stacker, "plan", "--log-file", self.output / "plan.log", f"--format={form}", *OPTIONS,
                            "--cache-from", self.cache, "--cache-to", self.cache,
                            "--publish", f"docker://{self.registry}/images", "--tag", TAG)

    def submit(self, recipes: list[Recipe]) -> dict[str, int]:
        """Submits the jobs of a plan. Returns their numbers, by the names of recipes, and of the job that publishes."""
        names = {job["file"]: job["name"] for job in json.loads(self.plan("json"))["jobs"]}
        script = self.output / "submit"
        script.write_text(self.plan("slurm"))
        numbers = {name: int(number) for number, name in map(str.split, self.as_user("bash", script).splitlines())}
        return {PUBLISH: numbers[PUBLISH], **{recipe.name: numbers[names[recipe.file]] for recipe in recipes}}

    def states(self) -> dict[int, dict[str, str]]:
        """What Slurm says of each job."""
        said = subprocess.run(["scontrol", "show", "jobs", "--oneliner"], check=True, capture_output=True, text=True)
        lines = said.stdout.splitlines()
        jobs = [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines]
        return {int(job["JobId"]): job for job in jobs if "JobId" in job}

    def wait(self, jobs: dict[str, int]) -> None:
        """Until all jobs are through; half-way, the power of a node that is busy fails, and comes back later."""
        end = time.monotonic() + PATIENCE
        dead, back = None, False
        while True:
            states = self.states()
            count = collections.Counter(job["JobState"] for job in states.values())
            over = len(jobs) - count["PENDING"] - count["RUNNING"] - count["COMPLETING"] - count["CONFIGURING"]
            if over == len(jobs):
                return
            for number, job in states.items():
                if job["JobState"] in ("FAILED", "CANCELLED", "TIMEOUT"):
                    raise Difference(f"{job['JobName']}: {job['JobState']}\n{self.log(number)[-3000:]}")
            if time.monotonic() > end:
                raise Difference(f"not through after {PATIENCE} s: {dict(count)}")
            # In a script, which waits for a moment.
            busy = [job["NodeList"] for job in states.values() if job["JobState"] == "RUNNING"
                    and self.log(int(job["JobId"])).rpartition("\n+ ")[2].startswith("sleep ")]
            if dead is None and 2 * over >= len(jobs) and busy:
                dead = busy[0]
                print(f"{over} of {len(jobs)} jobs are through: the power of {dead} fails", flush=True)
                self.cluster("kill", dead)
            elif (dead and not back and 4 * over >= 3 * len(jobs)
                  and any(int(job["Restarts"]) for job in states.values())):
                print(f"{over} of {len(jobs)} jobs are through: {dead} is back", flush=True)
                self.cluster("start", dead)
                back = True
            time.sleep(0.1)

    def cluster(self, verb: str, node: str) -> None:
        subprocess.run([TOP / "tools/test/slurm-cluster.py", verb, node], check=True)

    def log(self, job: int) -> str:
        """What a job has said, each time that it was begun."""
        with contextlib.suppress(OSError):
            return (self.sources / f"slurm-{job}.out").read_text(errors="replace")
        return ""

    def check_jobs(self, recipes: list[Recipe], jobs: dict[str, int]) -> None:
        states = self.states()
        built: collections.Counter[str] = collections.Counter()
        for recipe in recipes:
            state, said = states[jobs[recipe.name]], self.log(jobs[recipe.name])
            if state["JobState"] != "COMPLETED":
                raise Difference(f"{recipe.name}: {state['JobState']}\n{said[-3000:]}")
            made = set(re.findall(BUILT, said))
            if others := made - {layer.name for layer in recipe.layers}:
                raise Difference(f"the job of {recipe.name} has built what is not its own: {sorted(others)}\n{said}")
            if missing := {layer.name for layer in recipe.layers} - made:
                raise Difference(f"the job of {recipe.name} has not built {sorted(missing)}\n{said}")
            if unneeded := set(re.findall(TAKEN, said)) - recipe.takes:
                raise Difference(f"the job of {recipe.name} has taken {sorted(unneeded)} without need\n{said}")
            built[recipe.name] = 1 + int(state["Restarts"])
        nodes = {state["NodeList"] for state in states.values()}
        again = [name for name, times in built.items() if times > 1]
        if len(nodes) < 2 or not again:
            raise Difference(f"of the nodes {sorted(nodes)} had work, and {len(again)} jobs were begun again")
        print(f"{len(jobs)} jobs on {len(nodes)} nodes; begun again: {', '.join(again)}")

    def images(self, place: str) -> dict[str, str]:
        """The digest under each tag of a layout, all of which is there."""
        layout = self.local / place / "oci"
        subprocess.run([TOP / "tools/look/show-image.py", "check", layout], check=True)
        entries = json.loads((layout / "index.json").read_text())["manifests"]
        return {entry["annotations"]["org.opencontainers.image.ref.name"]: entry["digest"] for entry in entries}

    def published(self, name: str, tag: str) -> str:
        """What an independent reader finds in the registry."""
        manifest = subprocess.run(["skopeo", "inspect", "--raw", f"docker://{self.registry}/images/{name}:{tag}"],
                                  check=True, capture_output=True).stdout
        return f"sha256:{hashlib.sha256(manifest).hexdigest()}"

    def compare(self, recipes: list[Recipe]) -> None:
        self.as_user(self.stacker, "recursive-build", "--work-dir", self.local / "serial", "--jobs", "1", *OPTIONS)
        if jobs := json.loads(self.plan("json"))["jobs"]:
            raise Difference(f"a plan still has jobs: {jobs}")
        said = self.as_user(self.stacker, "recursive-build", "--work-dir", self.local / "reader", *OPTIONS,
                            "--cache-from", self.cache)
        if built := re.findall(BUILT, said):
            raise Difference(f"not in the cache: {', '.join(built)}\n{said[-4000:]}")
        wanted, found = self.images("serial"), self.images("reader")
        tags = {layer.name + suffix for recipe in recipes for layer in recipe.images for suffix in ("", "-squashfs")}
        if set(wanted) != tags:
            raise Difference(f"one machine made {sorted(wanted)}, wanted {sorted(tags)}")
        if found != wanted:
            raise Difference("differ: " + ", ".join(sorted(tag for tag, _ in set(found.items()) ^ set(wanted.items()))))
        for tag, digest in wanted.items():
            name = tag.removesuffix("-squashfs")
            suffix = tag.removeprefix(name)
            if (published := self.published(name, TAG + suffix)) != digest:
                raise Difference(f"{name}:{TAG}{suffix} was published as {published}, wanted {digest}")
        print(f"{len(found)} images of {len(recipes)} recipes, the same as those of one machine, to the byte")


def check(arguments: argparse.Namespace) -> None:
    fleet = Fleet(arguments.stacker)
    try:
        recipes = write_recipes(fleet.sources, arguments.seed, arguments.recipes, fleet.put_base(), arguments.pause)
        begin = time.monotonic()
        jobs = fleet.submit(recipes)
        fleet.wait(jobs)
        print(f"{len(jobs)} jobs took {time.monotonic() - begin:.0f} s", flush=True)
        fleet.check_jobs(recipes, jobs)
        fleet.compare(recipes)
    finally:
        if arguments.keep:
            for name in ("sources", "output", "log"):
                shutil.copytree(fleet.top / name, arguments.keep / name, dirs_exist_ok=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--nodes", type=int, default=2)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds that a script waits at most, to be killed in")
    parser.add_argument("--keep", type=pathlib.Path, help="keeps recipes, jobs and logs in this directory")
    parser.add_argument("stacker", type=lambda path: pathlib.Path(path).resolve())
    arguments = parser.parse_args()
    if "CLUSTER" not in os.environ:
        with ordinary_user():
            cluster = [TOP / "tools/test/slurm-cluster.py", "run", "--nodes", str(arguments.nodes)]
            return subprocess.run([*cluster, __file__, *sys.argv[1:]]).returncode
    try:
        check(arguments)
    except Difference as difference:
        print(f"error: {difference}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

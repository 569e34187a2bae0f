#!/usr/bin/env python3
"""Measures what a layer costs a builder and a registry, for tools/scale/simulate.py.

    tools/scale/measure.py [--directory DIR] STACKER >tools/scale/measured.json

Builds small recipes, with a docker-registry on 127.0.0.1 as shared cache, in DIR (default: a temporary directory), as
root:

    flat    images of one layer each on busybox, each with a file of 4 KiB
    large   the same with files of 16 MiB of random bytes
    chain   images each of which stands on the one before

Each is built one layer at a time: without a cache, with --cache-to an empty one, and with --cache-from in directories
that know nothing; and `stacker plan` looks for all of it there. What is counted of each: seconds, the processor's
seconds of stacker and of the registry, requests by kind and how long the registry took for them, bytes on its disk.
Processor seconds do not depend on what else runs on the machine; the others do, so that each build is done RUNS times,
and the fastest counts. Then `ab` asks for a manifest over and over, by as many connections as --clients says.

Needs docker-registry, busybox-static and apache2-utils.
"""

import argparse
import collections
import contextlib
import dataclasses
import json
import os
import pathlib
import platform
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

TOP = pathlib.Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20
# What a request is, by its method and what it asks for.
KINDS = {("HEAD", "blobs"): "ask for a blob", ("GET", "blobs"): "fetch a blob", ("POST", "uploads"): "begin an upload",
         ("PUT", "uploads"): "send a blob", ("PATCH", "uploads"): "send a part",
         ("GET", "uploads"): "ask for an upload",
         ("HEAD", "manifests"): "ask for a manifest", ("GET", "manifests"): "fetch a manifest",
         ("PUT", "manifests"): "send a manifest", ("GET", ""): "ask for the version"}


@dataclasses.dataclass
class Counted:
    """What one build cost."""

    seconds: float
    builder_cpu: float
    registry_cpu: float
    requests: dict[str, int]
    request_seconds: dict[str, float]
    # Bytes of the files that it wrote, how many files those are, and what they take of the disk.
    disk: int
    files: int
    allocated: int

    @property
    def as_json(self) -> dict[str, object]:
        return {"seconds": round(self.seconds, 3), "builder_cpu": round(self.builder_cpu, 3),
                "registry_cpu": round(self.registry_cpu, 3), "disk": self.disk, "files": self.files,
                "allocated": self.allocated, "requests": self.requests,
                "request_milliseconds": {kind: round(1000 * self.request_seconds[kind] / count, 3)
                                         for kind, count in self.requests.items()}}


class Registry:
    def __init__(self, directory: pathlib.Path) -> None:
        self.data = directory / "registry"
        self.log = directory / "registry.log"
        configuration = directory / "registry.yml"
        configuration.write_text(f"version: 0.1\nlog: {{level: info}}\nhttp: {{addr: '127.0.0.1:0'}}\n"
                                 f"storage: {{filesystem: {{rootdirectory: {self.data}}}}}\n")
        with open(self.log, "wb") as file:
            self.process = subprocess.Popen(["docker-registry", "serve", configuration], stdout=file, stderr=file)
        end = time.monotonic() + 30
        while not (found := re.search(r"listening on (127\.0\.0\.1:\d+)", self.log.read_text())):
            if time.monotonic() > end:
                raise SystemExit(f"error: docker-registry does not listen\n{self.log.read_text()}")
            time.sleep(0.05)
        self.address = found[1]
        self.seen = 0

    @property
    def cpu(self) -> float:
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def disk(self) -> tuple[int, int, int]:
        """How many bytes there are, in how many files, and how many of the disk they and their directories take."""
        found = [(path.is_file(), path.lstat()) for path in self.data.rglob("*")]
        return (sum(state.st_size for is_file, state in found if is_file), sum(is_file for is_file, _ in found),
                sum(512 * state.st_blocks for _, state in found))

    def requests(self) -> tuple[dict[str, int], dict[str, float]]:
        """What it was asked since the last call, by kind, and how many seconds it took for all of a kind."""
        # What is answered is logged a moment later.
        time.sleep(0.2)
        text = self.log.read_text()
        lines, self.seen = text[self.seen:].splitlines(), len(text)
        counts: collections.Counter[str] = collections.Counter()
        seconds: collections.Counter[str] = collections.Counter()
        for line in lines:
            method, uri, duration = (re.search(rf'{name}="?([^" ]+)', line) for name in (
                r"http\.request\.method", r"http\.request\.uri", r"http\.response\.duration"))
            if not (method and uri and duration and "response completed" in line):
                continue
            parts = uri[1].partition("?")[0].split("/")
            what = next((part for part in ("uploads", "manifests", "blobs") if part in parts), "")
            kind = KINDS.get((method[1], what), f"{method[1]} {what}")
            counts[kind] += 1
            seconds[kind] += in_seconds(duration[1])
        return dict(sorted(counts.items())), dict(seconds)


def in_seconds(duration: str) -> float:
    """What Go writes: 1m2.5s, 3.4ms, 12µs."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)(ms|µs|ns|h|m|s)", duration))


@contextlib.contextmanager
def registry(directory: pathlib.Path) -> Iterator[Registry]:
    started = Registry(directory)
    try:
        yield started
    finally:
        started.process.send_signal(signal.SIGTERM)
        started.process.wait(30)


def recipe(kind: str, count: int) -> str:
    """A recipe of `count` images."""
    base = "{type: oci, url: 'busybox:latest'}"
    size = 16 * MIB if kind == "large" else 4096
    text = ""
    for number in range(count):
        below = f"{{type: built, tag: l{number - 1}}}" if kind == "chain" and number else base
        text += f"l{number}:\n  from: {below}\n  run: head -c {size} /dev/urandom > /l{number}\n"
    return text


class Builder:
    def __init__(self, stacker: pathlib.Path, directory: pathlib.Path, used: Registry) -> None:
        self.stacker = stacker
        self.directory = directory
        self.registry = used
        subprocess.run([TOP / "tools/fixtures/make-busybox-image", directory / "busybox"], check=True,
                       stdout=subprocess.DEVNULL)

    def run(self, verb: str, *options: str) -> Counted:
        """One build, or plan, in directories that know nothing, and what it cost."""
        self.registry.requests()
        cpu, disk, used = self.registry.cpu, self.registry.disk, resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.monotonic()
        work = self.directory / "work"
        done = subprocess.run([self.stacker, verb, "--work-dir", work, "--jobs", "1", *options], cwd=self.directory,
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, "SOURCE_DATE_EPOCH": "1000000000"})
        seconds = time.monotonic() - begin
        if done.returncode != 0:
            raise SystemExit(f"error: stacker failed\n{done.stdout[-3000:]}")
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        requests, durations = self.registry.requests()
        result = Counted(seconds, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime, self.registry.cpu - cpu,
                         requests, durations, *(now - then for now, then in zip(self.registry.disk, disk)))
        shutil.rmtree(work, ignore_errors=True)
        return result

    def measure(self, kind: str, count: int, runs: int) -> dict[str, Counted]:
        (self.directory / "stacker.yaml").write_text(recipe(kind, count))
        tries: dict[str, list[Counted]] = {"alone": [], "give": [], "take": [], "plan": []}
        for run in range(runs):
            cache = f"docker://{self.registry.address}/{kind}{run}"
            tries["alone"].append(self.run("build"))
            tries["give"].append(self.run("build", "--cache-skip-tls", f"--cache-to={cache}"))
            tries["take"].append(self.run("build", "--cache-skip-tls", f"--cache-from={cache}"))
            tries["plan"].append(self.run("plan", "--cache-skip-tls", f"--cache-from={cache}"))
        return {name: min(all_tries, key=lambda one: one.seconds) for name, all_tries in tries.items()}


def constants(found: dict[str, dict[str, Counted]], counts: dict[str, int]) -> dict[str, float]:
    """What the simulation takes from all that: per layer, per layer below it, and per MiB."""
    flat, large, chain = found["flat"], found["large"], found["chain"]
    number, size = counts["flat"], 16
    def per_layer(what: Counted, member: str) -> float:
        return float(getattr(what, member)) / number

    def per_mebibyte(step: str, member: str) -> float:
        """What remains of large layers without what small ones cost, too."""
        rest = getattr(large[step], member) / counts["large"] - getattr(flat[step], member) / number
        return max(0.0, float(rest) / size)

    def asked(what: Counted) -> int:
        return sum(what.requests.values())

    def per_layer_below(step: str) -> float:
        """What a chain costs more than as many layers of which none stands on another; one has half of all below it."""
        more = asked(chain[step]) / counts["chain"] - asked(flat[step]) / number
        return max(0.0, 2 * more / (counts["chain"] - 1))

    return {
        "build_seconds": per_layer(flat["alone"], "seconds"),
        "build_seconds_per_mib": per_mebibyte("alone", "seconds"),
        "give_seconds": max(0.0, per_layer(flat["give"], "seconds") - per_layer(flat["alone"], "seconds")),
        "give_seconds_per_mib": max(0.0, per_mebibyte("give", "seconds") - per_mebibyte("alone", "seconds")),
        "give_requests": asked(flat["give"]) / number,
        "give_requests_per_layer_below": per_layer_below("give"),
        "give_registry_cpu": per_layer(flat["give"], "registry_cpu"),
        "give_registry_cpu_per_mib": per_mebibyte("give", "registry_cpu"),
        "take_seconds": per_layer(flat["take"], "seconds"),
        "take_seconds_per_mib": per_mebibyte("take", "seconds"),
        "take_requests": asked(flat["take"]) / number,
        "take_requests_per_layer_below": per_layer_below("take"),
        "take_registry_cpu": per_layer(flat["take"], "registry_cpu"),
        "take_registry_cpu_per_mib": per_mebibyte("take", "registry_cpu"),
        "plan_seconds": per_layer(flat["plan"], "seconds"),
        "plan_requests": asked(flat["plan"]) / number,
        "plan_registry_cpu": per_layer(flat["plan"], "registry_cpu"),
        "entry_bytes": flat["give"].disk / number,
        "entry_files": flat["give"].files / number,
        "entry_allocated": flat["give"].allocated / number,
    }


def ask_at_once(used: Registry, clients: list[int], count: int) -> list[dict[str, float]]:
    """How many manifests a second it gives to how many connections, and how much of a processor a request takes."""
    repository = used.data / "docker/registry/v2/repositories/flat0/_manifests/tags"
    key = next(iter(sorted(repository.iterdir()))).name
    rows = []
    for number in clients:
        cpu = used.cpu
        done = subprocess.run(["ab", "-q", "-k", "-n", str(count), "-c", str(number),
                               "-H", "Accept: application/vnd.oci.image.manifest.v1+json",
                               f"http://{used.address}/v2/flat0/manifests/{key}"],
                              check=True, capture_output=True, text=True)
        rate = re.search(r"Requests per second:\s+([\d.]+)", done.stdout)
        if not rate or "Non-2xx" in done.stdout:
            raise SystemExit(f"error: ab does not say how many\n{done.stdout}")
        rows.append({"clients": number, "requests_per_second": float(rate[1]),
                     "registry_cpu_milliseconds": round(1000 * (used.cpu - cpu) / count, 3)})
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--layers", type=int, default=20, help="of large ones there are fewer")
    parser.add_argument("--clients", default="1,4,16,64")
    parser.add_argument("--requests", type=int, default=4000, help="how many manifests ab asks for, each time")
    parser.add_argument("stacker", type=lambda path: pathlib.Path(path).resolve())
    arguments = parser.parse_args()
    counts = {"flat": arguments.layers, "large": max(2, arguments.layers // 3), "chain": arguments.layers}
    with tempfile.TemporaryDirectory(prefix="measure.", dir=arguments.directory) as name:
        directory = pathlib.Path(name)
        with registry(directory) as used:
            builder = Builder(arguments.stacker, directory, used)
            found = {kind: builder.measure(kind, count, arguments.runs) for kind, count in counts.items()}
            rates = ask_at_once(used, [int(number) for number in arguments.clients.split(",")],
                                arguments.requests)
    version = subprocess.run([arguments.stacker, "--version"], check=True, capture_output=True, text=True).stdout
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    json.dump({
        "measured": {"on": time.strftime("%Y-%m-%d", time.gmtime()), "stacker": version.strip(),
                     "kernel": platform.release(), "processors": os.cpu_count(),
                     "processor": model[1] if model else platform.machine(), "load": round(os.getloadavg()[0], 1)},
        "constants": {name: round(value, 6) for name, value in constants(found, counts).items()},
        "layers": counts,
        "builds": {kind: {step: one.as_json for step, one in steps.items()} for kind, steps in found.items()},
        "manifests": rates,
    }, sys.stdout, indent=1, ensure_ascii=False)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())

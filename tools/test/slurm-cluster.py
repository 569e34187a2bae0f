#!/usr/bin/env python3
"""A Slurm cluster on one machine, for as long as a command runs: a controller and nodes, each a machine of its own.

    tools/test/slurm-cluster.py run [--nodes N] COMMAND…   starts it, runs COMMAND on the controller, takes all down
    tools/test/slurm-cluster.py kill NODE                  in COMMAND: the power of a node fails
    tools/test/slurm-cluster.py start NODE                 in COMMAND: it comes back

A machine is a set of namespaces: a network with an address on a bridge, a host name, process ids, mounts, a munged and
what of Slurm runs there. All are in one network, process and mount namespace around them: with its first process
everything ends, whatever ends that. Nothing of the real machine is changed, and no service of it is used. Needs root,
and what packages.txt lists for `fleet`.

COMMAND finds in its environment
    SLURM_CONF          what sbatch, squeue and the others read
    CLUSTER             a directory that all machines see: a tmpfs, which goes with the cluster
    CLUSTER_LOCAL       a directory of which each machine has its own: a node's disk, which outlives its death
    CLUSTER_REGISTRY    host and port of a docker-registry; its access log is $CLUSTER/log/registry
    SSL_CERT_FILE       by which its certificate is known

Exit status: that of COMMAND, or 1 with a message if there is no cluster.
"""

import argparse
import contextlib
import os
import pathlib
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

SELF = str(pathlib.Path(__file__).resolve())
PROGRAMS = ["ip", "unshare", "nsenter", "setpriv", "munged", "slurmctld", "slurmd", "sinfo", "docker-registry",
            "openssl"]
# In namespaces that end with whoever has begun them.
APART = ["unshare", "--mount", "--propagation", "private", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
NETWORK = "10.77.0"
REGISTRY = f"{NETWORK}.1:5000"
CONTROLLER = "control"
# Seconds until what was started has to answer.
PATIENCE = 60


class ClusterError(Exception):
    """What is wrong, and what to do about it."""


class Cluster:
    """Where things are in the directory that all machines see."""

    def __init__(self, top: pathlib.Path) -> None:
        self.top = top
        self.log = top / "log"
        self.disks = top / "disks"
        self.local = top / "local"
        self.pids = top / "pids"
        self.conf = top / "slurm.conf"
        self.munge_key = top / "munge.key"
        self.certificate = top / "ca.pem"

    @property
    def nodes(self) -> list[str]:
        return sorted(path.name for path in self.disks.iterdir() if path.name != CONTROLLER)

    def make(self, nodes: int) -> None:
        for directory in (self.log, self.pids, self.local, self.top / "slurmctld"):
            directory.mkdir()
        for name in [CONTROLLER] + [f"node{number}" for number in range(1, nodes + 1)]:
            (self.disks / name).mkdir(parents=True)
            (self.disks / name).chmod(0o1777)
        self.munge_key.touch(0o600)
        self.munge_key.write_bytes(secrets.token_bytes(1024))
        self.conf.write_text(self.configuration())

    def configuration(self) -> str:
        """slurm.conf: no accounting, no cgroups, and waits as short as they can be."""
        lines = [
            "ClusterName=test", f"SlurmctldHost={CONTROLLER}({NETWORK}.1)", "SlurmUser=root", "SlurmdUser=root",
            "AuthType=auth/munge", "CryptoType=crypto/munge",
            # A job that is requeued waits until what it was started with has expired.
            "AuthInfo=cred_expire=10",
            f"StateSaveLocation={self.top}/slurmctld", f"SlurmctldPidFile={self.top}/slurmctld.pid",
            f"SlurmctldLogFile={self.log}/slurmctld", f"SlurmdLogFile={self.log}/slurmd-%n",
            "SlurmdSpoolDir=/run/slurmd-%n", "SlurmdPidFile=/run/slurmd-%n.pid",
            "ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none", "JobAcctGatherType=jobacct_gather/none",
            "MpiDefault=none", "SwitchType=switch/none", "SelectType=select/cons_tres", "SelectTypeParameters=CR_CPU",
            # The nodes have the processors that are written here, whatever the machine has.
            "SlurmdParameters=config_overrides", "SchedulerType=sched/backfill",
            "SchedulerParameters=sched_min_interval=100000,sched_interval=1,batch_sched_delay=0",
            # A node that is silent for so many seconds is down, its jobs are begun anew, and it may come back by
            # itself.
            "SlurmdTimeout=5", "JobRequeue=1", "ReturnToService=2", "KillWait=5", "MinJobAge=3600",
        ]
        for number, name in enumerate(self.nodes):
            lines.append(f"NodeName={name} NodeAddr={NETWORK}.{10 + number} CPUs=1 RealMemory=1024 State=UNKNOWN")
        lines.append("PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP")
        return "\n".join(lines) + "\n"

    def tail(self, name: str) -> str:
        with contextlib.suppress(OSError):
            return "\n".join((self.log / name).read_text(errors="replace").splitlines()[-15:])
        return ""


def call(*words: str | os.PathLike[str]) -> str:
    """Runs a program that takes no time, and returns what it prints."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode != 0:
        raise ClusterError(f"{' '.join(map(str, words))}: status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def wait_until(is_so: Callable[[], bool], what: str, cluster: Cluster, log: str) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > end:
            raise ClusterError(f"{what}: not within {PATIENCE} s; the end of {cluster.log / log}:\n{cluster.tail(log)}")
        time.sleep(0.1)


def start_daemon(cluster: Cluster, log: str, *words: str | os.PathLike[str]) -> subprocess.Popen[bytes]:
    """One in the foreground, that says what it says in a log."""
    with open(cluster.log / log, "ab") as file:
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True)


def begin_machine(cluster: Cluster, name: str) -> None:
    """Makes the namespaces that this process is in one machine: its name, its disk, its munged."""
    call("hostname", name)
    call("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/run")
    pathlib.Path("/run/munge").mkdir(mode=0o755)
    call("mount", "--bind", cluster.disks / name, cluster.local)
    # It insists on directories that nobody else can write to, of its own log and seed; here is a tmpfs for it alone.
    start_daemon(cluster, f"munged-{name}", "munged", "--foreground", "--force", "--key-file", cluster.munge_key,
                 "--seed-file", "/run/munge/seed", "--log-file", "/run/munge/log", "--pid-file", "/run/munge/pid")
    wait_until(pathlib.Path("/run/munge/munge.socket.2").is_socket, f"munged of {name}", cluster, f"munged-{name}")


def wait_for(child: int) -> int:
    """As the first process of a process namespace, the parent of all orphans. Returns the exit status of `child`."""
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def be_node(top: pathlib.Path, name: str) -> int:
    cluster = Cluster(top)
    begin_machine(cluster, name)
    return wait_for(start_daemon(cluster, f"slurmd-{name}.out", "slurmd", "-D", "-f", cluster.conf, "-N", name).pid)


def is_idle(name: str) -> bool:
    return call("sinfo", "--noheader", "--nodes", name, "--format", "%T").strip() in ("idle", "mixed", "allocated")


def start_node(cluster: Cluster, name: str) -> None:
    started = start_daemon(cluster, f"{name}.out", "nsenter", f"--net={cluster.top}/net/{name}", "--", *APART, "--",
                           SELF, "node", str(cluster.top), name)
    (cluster.pids / name).write_text(str(started.pid))
    wait_until(lambda: is_idle(name), f"slurmd of {name}", cluster, f"slurmd-{name}")


def kill_node(cluster: Cluster, name: str) -> None:
    """Ends all of its processes at once, as a power failure does."""
    file = cluster.pids / name
    descriptor = os.pidfd_open(int(file.read_text()))
    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    if not select.select([descriptor], [], [], PATIENCE)[0]:
        raise ClusterError(f"{name} is still there after {PATIENCE} s")
    file.unlink()


def make_network(cluster: Cluster) -> None:
    """A bridge with the controller's address, and a cable from it to the network namespace of each node."""
    (cluster.top / "net").mkdir()
    call("ip", "link", "set", "lo", "up")
    call("ip", "link", "add", "bridge", "type", "bridge")
    call("ip", "address", "add", f"{NETWORK}.1/24", "dev", "bridge")
    call("ip", "link", "set", "bridge", "up")
    for number, name in enumerate(cluster.nodes):
        place = cluster.top / "net" / name
        place.touch()
        call("unshare", f"--net={place}", "ip", "link", "set", "lo", "up")
        inside = ["nsenter", f"--net={place}", "ip"]
        call("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", place)
        call("ip", "link", "set", name, "master", "bridge", "up")
        call(*inside, "address", "add", f"{NETWORK}.{10 + number}/24", "dev", "eth0")
        call(*inside, "link", "set", "eth0", "up")


def start_registry(cluster: Cluster) -> None:
    key = cluster.top / "ca.key"
    call("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=registry",
         "-addext", f"subjectAltName=IP:{NETWORK}.1", "-keyout", key, "-out", cluster.certificate)
    configuration = cluster.top / "registry.yml"
    configuration.write_text(
        "version: 0.1\nlog: {level: info}\n"
        f"storage: {{filesystem: {{rootdirectory: {cluster.top}/registry}}, delete: {{enabled: true}}}}\n"
        f"http: {{addr: '{REGISTRY}', tls: {{certificate: {cluster.certificate}, key: {key}}}}}\n")
    start_daemon(cluster, "registry", "docker-registry", "serve", configuration)
    wait_until(lambda: "listening on" in cluster.tail("registry"), "docker-registry", cluster, "registry")


def be_controller(top: pathlib.Path, nodes: int, command: list[str]) -> int:
    call("mount", "-t", "tmpfs", "-o", "mode=0755,size=50%", "tmpfs", top)
    cluster = Cluster(top)
    cluster.make(nodes)
    os.environ |= {"SLURM_CONF": str(cluster.conf), "CLUSTER": str(top), "CLUSTER_LOCAL": str(cluster.local),
                   "CLUSTER_REGISTRY": REGISTRY, "SSL_CERT_FILE": str(cluster.certificate)}
    make_network(cluster)
    begin_machine(cluster, CONTROLLER)
    start_registry(cluster)
    start_daemon(cluster, "slurmctld.out", "slurmctld", "-D", "-f", cluster.conf)
    wait_until(lambda: subprocess.run(["scontrol", "ping"], capture_output=True).returncode == 0,
               "slurmctld", cluster, "slurmctld")
    for name in cluster.nodes:
        start_node(cluster, name)
    return wait_for(subprocess.Popen(command).pid)


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Has a signal that ends this process end it by an exception: what it has made is taken down."""
    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, end)
    yield


def run(nodes: int, command: list[str]) -> int:
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    if os.geteuid() != 0:
        raise ClusterError("only root can make the network of a cluster")
    if missing:
        raise ClusterError(f"missing: {', '.join(missing)}\nhelp: tools/build/install-packages fleet")
    with ended_by_signals(), tempfile.TemporaryDirectory(prefix="slurm-cluster.") as top:
        os.chmod(top, 0o755)
        # The first process within ends with this one, and everything with that: processes, mounts, networks.
        words = ["setpriv", "--pdeathsig", "KILL", *APART, "--net", "--", SELF, "controller", top, str(nodes), *command]
        with subprocess.Popen(words) as inside:
            try:
                return inside.wait()
            finally:
                inside.kill()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("run")
    verb.add_argument("--nodes", type=int, default=2)
    verb.add_argument("command", nargs=argparse.REMAINDER)
    for name in ("kill", "start"):
        verbs.add_parser(name).add_argument("node")
    return parser.parse_args()


def main() -> int:
    # What runs as the first process of namespaces is not for others to call.
    match sys.argv[1:]:
        case ["node", top, name]:
            return be_node(pathlib.Path(top), name)
        case ["controller", top, nodes, *command]:
            return be_controller(pathlib.Path(top), int(nodes), command)
    arguments = parse()
    if arguments.verb == "run":
        if not arguments.command:
            raise ClusterError("there is no command to run")
        return run(arguments.nodes, arguments.command)
    cluster = Cluster(pathlib.Path(os.environ["CLUSTER"]))
    if arguments.node not in cluster.nodes:
        raise ClusterError(f"there is no {arguments.node}: {', '.join(cluster.nodes)}")
    (kill_node if arguments.verb == "kill" else start_node)(cluster, arguments.node)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ClusterError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)

#!/bin/bash
# Measures `stacker diff` beside what reads the same bytes: bench/diff.sh [DIRECTORY], in which 6 GB have room.
#
# Two images of 1 GB that differ in one small layer; a layer of 1 GB, plain and as zstd, that differs in one byte. The least of
# RUNS runs counts (default 5). What is read is in the page cache.
set -euo pipefail

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
stacker=$(realpath "${STACKER:-$here/../stacker}")
runs=${RUNS:-5}
work=$(mktemp -d "${1:-/var/tmp}/stacker-diff.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

# measure NAME COMMAND…: prints the least time of all runs; a status of 1 is fine, since images differ.
measure() {
    local name=$1
    shift
    python3 -IS - "$runs" "$name" "$@" <<'END'
import os, subprocess, sys, time

runs, name, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
best, memory = None, 0
for _ in range(runs):
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - begin
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"{command} failed")
    best, memory = min(took, best or took), max(memory, usage.ru_maxrss)
print(f"{name}: {best:.2f} s, {memory // 1024} MB")
END
}

# image LAYOUT LAYER…: an image of these blobs, as they are.
image() {
    python3 -IS - "$@" <<'END'
import hashlib, json, os, subprocess, sys

layout, layers = sys.argv[1], sys.argv[2:]
os.makedirs(f"{layout}/blobs/sha256")

def digest(command):
    return subprocess.run(f"{command} | sha256sum", shell=True, check=True, capture_output=True, text=True).stdout.split()[0]

def put(data, kind):
    name = hashlib.sha256(data).hexdigest()
    with open(f"{layout}/blobs/sha256/{name}", "wb") as file:
        file.write(data)
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{name}", "size": len(data)}

descriptors, diff_ids = [], []
for layer in layers:
    packed = layer.endswith(".zst")
    name = digest(f"cat {layer}")
    diff_ids.append("sha256:" + (digest(f"zstd -dc {layer}") if packed else name))
    os.link(layer, f"{layout}/blobs/sha256/{name}")
    kind = "application/vnd.oci.image.layer.v1.tar" + ("+zstd" if packed else "")
    descriptors.append({"mediaType": kind, "digest": f"sha256:{name}", "size": os.path.getsize(layer)})
config = put(json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode(), "config.v1+json")
manifest = put(json.dumps({"schemaVersion": 2, "config": config, "layers": descriptors}).encode(), "manifest.v1+json")
manifest["annotations"] = {"org.opencontainers.image.ref.name": "it"}
with open(f"{layout}/index.json", "w") as file:
    json.dump({"schemaVersion": 2, "manifests": [manifest]}, file)
with open(f"{layout}/oci-layout", "w") as file:
    file.write('{"imageLayoutVersion":"1.0.0"}')
END
}

# 1,000 files of 1 MB, half of which compresses.
mkdir tree small
python3 -IS -c '
import os
for number in range(1000):
    with open(f"tree/{number}", "wb") as file:
        file.write(os.urandom(500_000) + b"words of a text that repeats itself " * 13_889)'
options=(--sort=name --format=ustar --mtime=@0 --owner=0 --group=0 --numeric-owner)
tar -c "${options[@]}" -f large.tar tree
echo one >small/file
tar -c "${options[@]}" -f one.tar small
echo other >small/file
tar -c "${options[@]}" -f other.tar small
printf X | dd of=tree/500 bs=1 seek=700000 conv=notrunc status=none
tar -c "${options[@]}" -f changed.tar tree
rm -r tree
zstd -q -T0 -3 large.tar changed.tar
image a large.tar one.tar
image b large.tar other.tar
image c changed.tar
image d large.tar
image e changed.tar.zst
image f large.tar.zst

measure "images of 1 GB, a small layer differs" "$stacker" diff oci:a:it oci:b:it
measure "a layer of 1 GB, a byte differs" "$stacker" diff oci:d:it oci:c:it
measure "sha256sum of both, at once" bash -c 'sha256sum large.tar & sha256sum changed.tar; wait'
measure "the same as zstd, a byte differs" "$stacker" diff oci:f:it oci:e:it
measure "zstd -d | sha256sum of both, at once" bash -c 'zstd -qdc large.tar.zst | sha256sum & zstd -qdc changed.tar.zst | sha256sum; wait'

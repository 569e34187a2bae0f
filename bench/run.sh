#!/bin/bash
# Measures the three builds that people wait for, on a tmpfs, with hyperfine. Results are also left as
# JSON in .build/bench. bench/README.md says what each one is.
#
#   bench/run.sh [NAME…]     cold, cached, debian, imports; STACKER=/path measures another binary
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
stacker=$(cd "$top" && realpath "${STACKER:-stacker}")
results=$top/.build/bench
fixtures=$top/.build/fixtures
runs=${RUNS:-20}

if ((EUID != 0)); then
    echo "error: the builds measured run as root" >&2
    exit 1
fi

mkdir -p "$results" "$fixtures"
work=$(mktemp -d)
mount -t tmpfs -o size=3g stacker-bench "$work"
trap 'cd /; umount "$work"; rmdir "$work"' EXIT

# measure NAME PREPARE COMMAND
measure() {
    local prepare=()
    [[ -z $2 ]] || prepare=(--prepare "$2")
    printf '\n== %s\n' "$1"
    hyperfine --shell none --warmup 2 --runs "$runs" "${prepare[@]}" --export-json "$results/$1.json" "$3"
    jq -r '.results[0] | "median \(.median * 1000 | round) ms"' "$results/$1.json"
}

# enter_recipe NAME: a directory with a recipe of one layer on the layout "base".
enter_recipe() {
    mkdir "$work/$1"
    cd "$work/$1"
    printf 'it:\n  from: {type: oci, url: "base:latest"}\n  run: echo it > /it\n' >stacker.yaml
}

# copy_busybox_base: the layout "base" is the busybox image.
copy_busybox_base() {
    "$top/tools/make-busybox-image" "$fixtures/busybox"
    cp -a "$fixtures/busybox" base
}

measure_cold() {
    enter_recipe cold
    copy_busybox_base
    measure cold "rm -rf oci roots .stacker" "$stacker build"
}

measure_cached() {
    enter_recipe cached
    copy_busybox_base
    "$stacker" build >/dev/null 2>&1
    measure cached "" "$stacker build"
}

# The base stays unpacked: only what this build made is removed.
measure_debian() {
    enter_recipe debian
    [[ -d $fixtures/debian ]] || "$top/tools/make-debian-image" "$fixtures/debian"
    cp -a "$fixtures/debian" base
    "$stacker" build >/dev/null 2>&1
    measure debian "" "$stacker build --no-cache"
}

# Nothing changed, but that takes a look at 10,000 files.
measure_imports() {
    mkdir "$work/imports"
    cd "$work/imports"
    copy_busybox_base
    mkdir -p tree/{0..99}
    local directory number
    for directory in tree/*; do
        for number in {0..99}; do echo "$directory $number" >"$directory/$number"; done
    done
    cat >stacker.yaml <<'END'
one:
  from: {type: oci, url: "base:latest"}
  imports: [tree]
  run: cp -r /stacker/imports/tree /tree
two:
  from: {type: built, tag: one}
  run: echo two > /two
three:
  from: {type: built, tag: two}
  run: echo three > /three
END
    # A file that was written just now is not remembered: it could change again within the same tick of the clock.
    sleep 4
    "$stacker" build >/dev/null 2>&1
    measure imports "" "$stacker build"
}

(($# > 0)) || set -- cold cached debian imports
for name in "$@"; do
    "measure_$name"
done

#!/bin/bash
# Measures the builds that people wait for, and layers beside other tools, with hyperfine: on a tmpfs, or where BENCH_DIR
# says. Results are also left as JSON in .build/bench. bench/README.md says what each one is.
#
#   bench/run.sh [NAME…]     builds: cold, cached, debian, imports, changes; STACKER=/path measures another binary
#                            growth: the same with more and more to do; parallel: layers one by one and at once
#                            layers: pack, squashfs, levels, unpack, and registry, which LAYER_RUNS=N measures N times
#
# BENCH_DIR is a file system of bats/file-systems.bash, whose image is put in BENCH_IMAGES (/var/tmp), or a directory.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
stacker=$(cd "$top" && realpath "${STACKER:-stacker}")
place=${BENCH_DIR:-tmpfs}
if [[ $place == */* && ! -d $place ]]; then
    echo "error: BENCH_DIR is neither a directory nor a file system: $place" >&2
    exit 1
fi
if [[ ! -x $stacker ]]; then
    echo "error: there is no program $stacker" >&2
    echo "help: make, or name another one in STACKER" >&2
    exit 1
fi
results=$top/.build/bench
[[ $place == tmpfs ]] || results=$results/$(basename "$place")
fixtures=$top/.build/fixtures
runs=${RUNS:-20}
layer_runs=${LAYER_RUNS:-5}
layer_bench=$top/.build/release/LayerBench
# shellcheck source=bats/file-systems.bash
source "$top/bats/file-systems.bash"

if ((EUID != 0)); then
    echo "error: the builds measured run as root" >&2
    exit 1
fi

# end: takes down the registry, if there is one, and what was mounted and made.
end() {
    # timeout(1) and a terminal may signal twice, and half of this is not enough.
    trap '' INT TERM HUP
    cd /
    if [[ -n ${registry_process:-} ]]; then
        # A signal for all of this may have ended it.
        kill "$registry_process" 2>/dev/null || true
        wait "$registry_process" || true
    fi
    [[ -n ${scratch:-} ]] || return 0
    release_mounts_below "$scratch"
    rm -rf --one-file-system "$scratch"
}

mkdir -p "$results" "$fixtures"
trap end EXIT
# What leaves nothing to be written: what a disk still writes takes its time from what is measured.
settle=true
if [[ $place == */* ]]; then
    scratch=$(mktemp -d -p "$(realpath "$place")")
    work=$scratch
else
    lacks=$(say_what_file_system_lacks "$place")
    [[ -z $lacks ]] || { echo "error: can't measure on $place: $lacks" >&2 && exit 1; }
    scratch=$(mktemp -d -p "${BENCH_IMAGES:-/var/tmp}")
    work=$scratch/files
    # An image is sparse.
    attach_file_system "$place" "$scratch/image" "$work" "$([[ $place == tmpfs ]] && echo 12g || echo 24G)"
fi
[[ $(stat -f -c %T "$work") == tmpfs ]] || settle="sync -f $work"

# measure NAME PREPARE COMMAND: on a disk also until what it has written is there.
measure() {
    local synced=()
    [[ $settle == true ]] || synced=("sh -c '$3 && $settle'")
    printf '\n== %s\n' "$1"
    hyperfine --shell none --warmup 2 --runs "$runs" --prepare "sh -c '${2:-true}; $settle'" \
        --export-json "$results/$1.json" "$3" "${synced[@]}"
    jq -r '.results | map("\(.median * 1000 | round) ms") | "median " + join(", until it is on the disk ")' \
        "$results/$1.json"
}

# enter_recipe NAME: a directory with a recipe of one layer on the layout "base".
enter_recipe() {
    mkdir "$work/$1"
    cd "$work/$1"
    printf 'it:\n  from: {type: oci, url: "base:latest"}\n  run: echo it > /it\n' >stacker.yaml
}

# copy_busybox_base: the layout "base" is the busybox image.
copy_busybox_base() {
    "$top/tools/fixtures/make-busybox-image" "$fixtures/busybox"
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
    [[ -d $fixtures/debian ]] || "$top/tools/fixtures/make-debian-image" "$fixtures/debian"
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

# What a script changes, in numbers that matter: many small files, and bytes that nothing compresses.
measure_changes() {
    mkdir "$work/changes"
    cd "$work/changes"
    [[ -d $fixtures/debian ]] || "$top/tools/fixtures/make-debian-image" "$fixtures/debian"
    cp -a "$fixtures/debian" base
    mkdir tree
    head -c 500M /dev/urandom >tree/noise
    mkdir tree/{0..199}
    local directory number
    for directory in tree/[0-9]*; do
        for number in {0..99}; do echo "$directory $number" >"$directory/$number"; done
    done
    cat >stacker.yaml <<END
it:
  from: {type: oci, url: "base:latest"}
  binds: ["$PWD/tree -> /tree"]
  run: cp -r /tree /copy
END
    runs=$layer_runs
    # The script's own time, to be taken off.
    measure changes-script "rm -rf copy" "cp -r tree copy"
    rm -rf copy
    local types
    for types in tar squashfs "tar squashfs"; do
        # shellcheck disable=SC2086  # one option for each word
        measure "changes-${types// /-}" "rm -rf oci roots .stacker" \
            "$stacker build $(printf -- '--layer-type %s ' $types)"
    done
}

# compare NAME OURS PEER: the same job by two programs; $prepare comes before each run.
compare() {
    printf '\n== %s\n' "$1"
    hyperfine --warmup 1 --runs "$layer_runs" --prepare "${prepare:-rm -rf out}; $settle" \
        --export-json "$results/$1.json" "$2" "$3"
    jq -r '.results | map(.median) | "median \(.[0]) s and \(.[1]) s: \(.[1] / .[0] * 100 | round / 100)x"' \
        "$results/$1.json"
}

# A tree of about 1.2 GB and 60,000 files out of the machine's own /usr.
enter_large_tree() {
    mkdir "$work/layers"
    cd "$work/layers"
    # A reader that has enough ends the writer: not an error here.
    { find /usr/{lib,share,bin,sbin,include} -xdev \( -type d -o -type l -o -size -5M \) -print0 || true; } |
        awk -v RS='\0' -v ORS='\0' 'NR <= 60000 { print substr($0, 6) }' >list
    tar c -C /usr --null --no-recursion -T list | tar x --one-top-level=tree
}

measure_pack() {
    enter_large_tree
    compare pack-gzip "$layer_bench encode tree out tar.gz" "tar c -C tree . | pigz -6 >out"
    compare pack-zstd "$layer_bench encode tree out tar.zst" "tar c -C tree . | zstd -q -3 -T0 >out"
    local bytes
    rm -rf out
    bytes=$("$layer_bench" encode tree out tar.gz)
    echo "tar.gz: $bytes bytes, gzip -6: $(tar c -C tree . | gzip -6 | wc -c)"
    rm -rf out
    bytes=$("$layer_bench" encode tree out tar.zst)
    echo "tar.zst: $bytes bytes, zstd -3: $(tar c -C tree . | zstd -q -3 | wc -c)"
    cd ..
    rm -rf layers
}

measure_squashfs() {
    mkdir "$work/squashfs"
    cd "$work/squashfs"
    [[ -d $fixtures/debian ]] || "$top/tools/fixtures/make-debian-image" "$fixtures/debian"
    umoci raw unpack --image "$fixtures/debian:latest" tree
    compare squashfs "$layer_bench encode tree out squashfs" \
        "mksquashfs tree out -comp zstd -noappend -quiet -no-progress"
    hyperfine --runs "$layer_runs" --prepare "rm -rf out" "$layer_bench encode tree out tar.gz squashfs"
    mksquashfs tree peer -comp zstd -noappend -quiet -no-progress
    rm -rf out
    echo "squashfs: $("$layer_bench" encode tree out squashfs) bytes with dm-verity, mksquashfs: $(stat -c %s peer)"
}

# median COMMAND…: the seconds of $layer_runs runs; what is in ./out is removed before each.
median() {
    local run start
    for ((run = 0; run < layer_runs; run++)); do
        rm -rf out
        start=$EPOCHREALTIME
        bash -c "$1" >bytes
        echo "$start $EPOCHREALTIME"
    done | awk '{ printf "%.2f\n", $2 - $1 }' | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

# measure_level TYPE LEVEL PEER [COMMAND]: a line of the table. The command writes ./out, and may be missing.
measure_level() {
    local seconds size peer_seconds=- peer_size=-
    seconds=$(median "$layer_bench encode tree out $1=$2")
    size=$(cat bytes)
    if [[ -n ${4:-} ]]; then
        peer_seconds=$(median "$4")
        peer_size=$(stat -c %s out)
    fi
    printf '%s\t' "$1" "$2" "$seconds" "$size" "$3" "$peer_seconds" >>"$results/levels.tsv"
    printf '%s\n' "$peer_size" >>"$results/levels.tsv"
    tail -n 1 "$results/levels.tsv"
}

# What each level costs, in the Debian base's files; tools/report/draw-levels.py draws it.
measure_levels() {
    mkdir "$work/levels"
    cd "$work/levels"
    [[ -d $fixtures/debian ]] || "$top/tools/fixtures/make-debian-image" "$fixtures/debian"
    umoci raw unpack --image "$fixtures/debian:latest" tree
    printf 'type\tlevel\tseconds\tbytes\tpeer\tseconds\tbytes\n' >"$results/levels.tsv"
    local level
    for level in 1 3 5 6 9 12; do
        # pigz has no more than 9, but for 11, which is zopfli.
        measure_level tar.gz "$level" "pigz -$level" "$( ((level > 9)) || echo "tar c -C tree . | pigz -$level >out")"
    done
    for level in 1 3 6 9 12 15 19; do
        measure_level tar.zst "$level" "zstd -$level" "tar c -C tree . | zstd -q -$level -T0 >out"
    done
    for level in 1 3 6 9 12 14 15 19 22; do
        measure_level squashfs "$level" "mksquashfs" \
            "mksquashfs tree out -comp zstd -Xcompression-level $level -noappend -quiet -no-progress"
    done
    for level in 0 1 3 6 9 10 12; do
        measure_level erofs "$level" "mkfs.erofs" \
            "mkfs.erofs -d0 -z$( ((level == 0)) && echo lz4 || echo "lz4hc,$level") out tree"
    done
}

measure_unpack() {
    enter_large_tree
    umoci init --layout one
    umoci new --image one:latest
    tar c -C tree -f layer.tar .
    umoci raw add-layer --image one:latest layer.tar
    umoci init --layout eight
    umoci new --image eight:latest
    local part
    for part in {0..7}; do
        awk -v RS='\0' -v ORS='\0' -v part="$part" '(NR % 8) == part' list |
            tar c -C tree --null --no-recursion -T - -f layer.tar
        umoci raw add-layer --image eight:latest layer.tar
    done
    local blob
    blob=one/blobs/sha256/$(skopeo inspect --raw oci:one:latest | jq -r '.layers[0].digest | ltrimstr("sha256:")')
    compare unpack-umoci "$layer_bench unpack one latest out" "umoci unpack --image one:latest out"
    compare unpack-bsdtar "$layer_bench unpack one latest out" "mkdir out && bsdtar xpf $blob -C out"
    compare unpack-eight "$layer_bench unpack eight latest out" "$layer_bench unpack one latest out"
    cd ..
    rm -rf layers
}

# start_registry: Debian's docker-registry with its data in ./registry; $registry is its host and port.
start_registry() {
    mkdir registry
    printf 'version: 0.1\nlog: {accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %s}}\n' \
        "$PWD/registry/data" >registry/config.yml
    printf 'http: {addr: "127.0.0.1:0"}\n' >>registry/config.yml
    docker-registry serve registry/config.yml >registry/log 2>&1 &
    registry_process=$!
    local tenths
    for ((tenths = 0; tenths < 100; tenths++)); do
        registry=$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' registry/log | head -n 1)
        [[ -z $registry ]] || return 0
        sleep 0.1
    done
    echo "error: the registry does not start: $(cat registry/log)" >&2
    exit 1
}

# make_image_of_nine_layers: the layout "image", about 650 MB of blobs: the large tree in eight layers, and bytes that
# nothing compresses.
make_image_of_nine_layers() {
    enter_large_tree
    umoci init --layout image
    umoci new --image image:latest
    local part
    for part in {0..7}; do
        awk -v RS='\0' -v ORS='\0' -v part="$part" '(NR % 8) == part' list |
            tar c -C tree --null --no-recursion -T - -f layer.tar
        umoci raw add-layer --image image:latest layer.tar
    done
    head -c 250M /dev/urandom >noise
    tar c -f layer.tar noise
    umoci raw add-layer --image image:latest layer.tar
    umoci gc --layout image
    rm -rf tree noise layer.tar
}

# An image in a registry on this machine: fetched, fetched and unpacked, and sent, beside skopeo and umoci.
measure_registry() {
    make_image_of_nine_layers
    du -sm image | sed 's/\t.*/ MB in the image/'
    start_registry
    local remote=docker://$registry/image:latest
    skopeo copy --quiet --dest-tls-verify=false oci:image:latest "$remote"
    compare registry-pull "$layer_bench pull $remote out" "skopeo copy --quiet --src-tls-verify=false $remote oci:out:latest"
    rm -rf out

    # No script and no change: what takes time is the base.
    mkdir out
    printf 'it:\n  from: {type: docker, url: "%s", insecure: true}\n' "$remote" >stacker.yaml
    local build="$stacker --work-dir out build"
    compare registry-unpack "$build" \
        "mkdir out && skopeo copy --quiet --src-tls-verify=false $remote oci:out/image:latest && umoci unpack --image out/image:latest out/bundle"

    # The registry has nothing each time; where its data are, it looks with each request.
    rm -rf out
    mkdir out
    printf 'it:\n  from: {type: oci, url: "%s:latest"}\n' "$PWD/image" >stacker.yaml
    $build >/dev/null 2>&1
    prepare="rm -rf registry/data" compare registry-push \
        "$stacker --work-dir out publish --url docker://$registry --skip-tls --force --tag latest" \
        "skopeo copy --quiet --dest-tls-verify=false oci:image:latest $remote"
    cd ..
    rm -rf layers
}

# These two are files of their own.
# shellcheck source=bench/growth.sh
source "$top/bench/growth.sh"

# shellcheck source=bench/parallel.sh
source "$top/bench/parallel.sh"

(($# > 0)) || set -- cold cached debian imports changes pack squashfs levels unpack registry growth parallel
for name in "$@"; do
    declare -F "measure_$name" >/dev/null || { echo "error: there is no measurement $name" >&2 && exit 1; }
    "measure_$name"
done

# shellcheck shell=bash
# A part of bench/run.sh: layers that don't need each other, one by one and at once.
set -euo pipefail

# write_services SCRIPT: a recipe of eight layers that need nothing of each other, each with this script.
write_services() {
    local number
    for number in {1..8}; do
        printf 's%d:\n  from: {type: oci, url: "base:latest"}\n  run: |\n    %s\n' "$number" "$1"
    done >stacker.yaml
}

# write_chain: a recipe of eight layers, each on the one before.
write_chain() {
    printf 's1:\n  from: {type: oci, url: "base:latest"}\n  run: echo 1 > /1\n' >stacker.yaml
    local number
    for number in {2..8}; do
        printf 's%d:\n  from: {type: built, tag: s%d}\n  run: echo %d > /%d\n' \
            "$number" "$((number - 1))" "$number" "$number"
    done >>stacker.yaml
}

# time_cold PROGRAM ARGUMENT…: seconds of a build with nothing but the base unpacked.
time_cold() {
    rm -rf oci roots .stacker
    printf 'warm:\n  from: {type: oci, url: "base:latest"}\n' >warm.yaml
    "$stacker" build -f warm.yaml >words 2>&1
    $settle
    time_once "$@"
    echo
}

# compare_jobs NAME: builds stacker.yaml one layer at a time, and eight, in turn; prints the least of each and their ratio.
# Where PARALLEL_BEFORE names a program without --jobs, that is the third.
compare_jobs() {
    local run
    rm -f serial parallel before
    for ((run = 0; run < ${PARALLEL_RUNS:-3}; run++)); do
        time_cold "$stacker" build --jobs 1 >>serial
        time_cold "$stacker" build --jobs 8 >>parallel
        [[ -z ${PARALLEL_BEFORE:-} ]] || time_cold "$PARALLEL_BEFORE" build >>before
    done
    local least=() file
    for file in serial parallel before; do
        [[ ! -e $file ]] || least+=("$(sort -n "$file" | head -n 1)")
    done
    jq -cn --arg name "$1" --args '{$name, seconds: ($ARGS.positional | map(tonumber))}' "${least[@]}" |
        tee -a "$results/parallel.json" |
        jq -r '.seconds as [$serial, $parallel, $before]
            | "\(.name): one by one \($serial) s, eight at once \($parallel) s: "
            + "\($parallel / $serial * 1000 | round / 1000) of it, \($serial / $parallel * 100 | round / 100)x"
            + if $before then "; before \($before) s" else "" end'
}

# print_memory NAME ARGUMENT…: what the largest process of a build had at its peak, eight layers at once.
print_memory() {
    local name=$1
    shift
    rm -rf oci roots .stacker
    python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
print(sys.argv[1] + ":", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1000, "MB resident")' \
        "$name" "$stacker" build --jobs 8 "$@"
}

measure_parallel() {
    mkdir "$work/parallel"
    cd "$work/parallel"
    copy_busybox_base
    : >"$results/parallel.json"
    write_services "sleep 1"
    compare_jobs sleep
    # About 50 MB of text, which one process compresses.
    write_services "seq 6700000 >/data; gzip -c /data >/dev/null; rm /data"
    compare_jobs compress
    # The same in a layer, which stacker compresses, on all processors in any case.
    write_services "seq 6700000 >/data"
    compare_jobs pack
    print_memory "pack" --layer-type tar
    print_memory "pack as three types" --layer-type tar --layer-type squashfs --layer-type erofs
    write_chain
    compare_jobs chain
    cd ..
    rm -rf parallel
}

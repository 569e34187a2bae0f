# shellcheck shell=bash
# A part of bench/run.sh: what it costs where there is more to do.
set -euo pipefail

# time_once COMMAND…: seconds that it takes, once.
time_once() {
    local start=$EPOCHREALTIME
    "$@" >words 2>&1 || cat words >&2
    awk -v start="$start" -v end="$EPOCHREALTIME" 'BEGIN { printf "%.4f", end - start }'
}

# time_best COMMAND…: the least of $growth_runs, after one that warms up.
time_best() {
    local run
    "$@" >words 2>&1
    for ((run = 0; run < growth_runs; run++)); do
        time_once "$@"
        echo
    done | sort -n | head -n 1
}

# note_growth CURVE NUMBER SECONDS: prints and keeps a point.
note_growth() {
    printf '%-24s %8d %10.3f s %10.1f us each\n' "$1" "$2" "$3" "$(awk -v n="$2" -v s="$3" 'BEGIN { print s / n * 1e6 }')"
    jq -cn --arg curve "$1" --argjson n "$2" --argjson seconds "$3" '{$curve, $n, $seconds}' >>"$results/growth.json"
}

# write_layers NUMBER [FIRST]: a recipe's layers on the layout "base", one script each.
write_layers() {
    local number
    for ((number = ${2:-0}; number < $1 + ${2:-0}; number++)); do
        printf 'l%d:\n  from: {type: oci, url: "%s/base:latest"}\n  run: echo %d > /it\n' "$number" "$growth" "$number"
    done
}

# Without scripts: what is measured is the build that finds all in the cache.
grow_recipes() {
    local number
    mkdir recipes
    for ((number = 0; number < $1; number++)); do
        mkdir "recipes/$number"
        {
            write_layers 1 "$number"
            printf 'm%d:\n  from: {type: built, tag: l%d}\nn%d:\n  from: {type: built, tag: m%d}\n' \
                "$number" "$number" "$number" "$number"
        } | grep -v run: >"recipes/$number/stacker.yaml"
    done
    "$stacker" recursive-build -d recipes >words 2>&1
    note_growth "recipes, no change" "$1" "$(time_best "$stacker" recursive-build -d recipes)"
    rm -rf recipes oci roots .stacker
}

grow_files() {
    local directory
    for ((directory = 0; directory < $1 / 1000; directory++)); do
        mkdir -p "tree/$directory"
        (cd "tree/$directory" && seq "$((directory * 1000))" "$((directory * 1000 + 999))" | split -l 1 -a 3 -d)
    done
    { write_layers 1 && echo '  imports: [tree]'; } | grep -v run: >stacker.yaml
    # A file that was written just now is not remembered.
    sleep 4
    "$stacker" build >words 2>&1
    note_growth "files, no change" "$1" "$(time_best "$stacker" build)"
    python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, "kB resident")' "$stacker" build
    rm -rf tree oci roots .stacker
}

# Layers in one recipe, images to publish, recipes of three layers, imported files. The points stay in growth.json, of which
# bench/plot-growth makes the picture.
measure_growth() {
    growth_runs=${GROWTH_RUNS:-5}
    growth=$work/growth
    mkdir "$growth"
    cd "$growth"
    copy_busybox_base
    : >"$results/growth.json"
    local number
    for number in ${GROWTH_LAYERS:-10 100 400 1000}; do
        mkdir "layers$number"
        cd "layers$number"
        write_layers "$number" >stacker.yaml
        note_growth "layers, cold" "$number" "$(time_once "$stacker" build)"
        note_growth "layers, no change" "$number" "$(time_best "$stacker" build)"
        note_growth "layers, published" "$number" "$(time_once "$stacker" publish --url oci:to --tag v1)"
        cd ..
        rm -rf "layers$number"
    done
    for number in ${GROWTH_RECIPES:-10 100 1000}; do
        grow_recipes "$number"
    done
    for number in ${GROWTH_FILES:-10000 100000 1000000}; do
        grow_files "$number"
    done
    cd ..
    rm -rf growth
}

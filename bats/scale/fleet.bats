#!/usr/bin/env bats
# Jobs of a plan on machines that know nothing of each other: what `make check-fleet` does on a real cluster, without one. Slurm's
# sbatch is played by a script that runs each job at once, if those that it depends on have ended well.

load ../helpers
load ../registries

setup() {
    begin_test
    requires container docker_registry
    start_registry
    busybox_base
    # Of five recipes the seed 11 has what a job can need of others: bases, files of images and of build_only layers, collapsed
    # ones, two platforms.
    PYTHONPATH=$TOP/tools/test python3 - <<'PY'
import pathlib
import claimed_platforms, fleet_recipes
claimed_platforms.claim_platforms(pathlib.Path("busybox"))
fleet_recipes.write_recipes(pathlib.Path("."), 11, 5, "{type: oci, url: 'busybox:latest'}", 0.2)
PY
    cache=(--cache-from "docker://$registry/cache" --cache-skip-tls)
    types=(--layer-type tar --layer-type squashfs)
    export SOURCE_DATE_EPOCH=1000000000 STACKER
    mkdir bin disk jobs
    cat >bin/sbatch <<'SH'
#!/bin/bash
set -euo pipefail
script=$(cat)
number=$(($(ls jobs | wc -l) + 1))
for option; do
    case $option in
        --dependency=afterok:*) needs=${option#*:} ;;
        --job-name=*) name=${option#*=} ;;
    esac
done
for need in $(tr : ' ' <<<"${needs-}"); do grep -qx 0 "jobs/$need"; done
run() { SLURM_JOB_ID=$number TMPDIR=$PWD/disk bash -c "$script" &>"$name.out"; }
if [[ $name == *"${DIES-none}" ]]; then
    run & job=$!
    until grep -q '^+ ' "$name.out"; do sleep 0.05; kill -0 "$job"; done
    # The node is gone, with all that ran there.
    mapfile -t children < <(pgrep --parent "$job")
    kill -KILL "${children[@]}" "$job" || true
    wait "$job" || true
    mv "$name.out" "$name.died"
fi
status=0
run || status=$?
echo "$status" >"jobs/$number"
echo "$number"
SH
    chmod +x bin/sbatch
    PATH=$PWD/bin:$PATH
}

# submit: runs the jobs of a plan.
submit() {
    stacker plan --format slurm "${types[@]}" "${cache[@]}" --cache-to "docker://$registry/cache" >submission
    bash submission
    refute grep -vqx 0 jobs/*
}

# list_images DIR: tags and digests of its layout.
list_images() {
    assert_layout_whole "$1/oci"
    jq -r '.manifests[] | "\(.annotations["org.opencontainers.image.ref.name"]) \(.digest)"' "$1/oci/index.json" | sort
}

# assert_all_as_serial: a machine gets all images from the cache and builds nothing; they are what one machine makes, to the byte.
assert_all_as_serial() {
    stacker recursive-build --work-dir serial --jobs 1 "${types[@]}"
    run --separate-stderr stacker recursive-build --work-dir reader "${types[@]}" "${cache[@]}"
    assert_success
    refute_said "built successfully"
    list_images serial >wanted
    list_images reader >found
    assert_files_equal wanted found
    assert_file_not_empty wanted
    assert_equal "$(stacker plan --format json "${types[@]}" "${cache[@]}" | jq '.jobs | length')" 0
}

# behaviour: each job of a plan builds its recipe and no other, in directories that knew nothing; all images are those of one machine
# documented: docs/scale.md#choosing; docs/registries.md#shared-caches
# status: beyond
@test "jobs of a plan make what one machine makes" {
    submit
    for number in 0 1 2 3 4; do
        grep -q "filesystem r0$number built successfully\|filesystem r0$number@.* built successfully" ./*-r0$number.out
        refute grep -E "filesystem r0[^$number].* built successfully" ./*-r0$number.out
    done
    assert_all_as_serial
}

# behaviour: a job whose machine was gone in the middle of a script is begun anew, with the same result
# documented: docs/scale.md#choosing
# status: beyond
@test "a machine dies" {
    DIES=r03 submit
    assert_file_exists "$(echo ./*-r03.died)"
    assert_all_as_serial
}

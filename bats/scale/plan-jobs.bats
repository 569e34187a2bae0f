#!/usr/bin/env bats
# `stacker plan` for engines that this machine has: make runs what it says, and bash submits it to an sbatch.

load ../helpers
load ../registries
load plans

# behaviour: make builds each file in directories of its own, after what it requires; then the plan has nothing to do, and
# what is built on one machine stands on what was built on another
# documented: docs/scale.md#make
# status: beyond
@test "make builds what a plan says" {
    requires make
    recipes
    plan --format make >plan.mk
    run -0 plan
    assert_line --partial "2 of 2 layers must be built, in 2 jobs"
    run -0 make -j2 -f plan.mk STACKER="$STACKER"
    assert_not_exists canary
    run -0 plan
    assert_line --partial "0 of 2 layers must be built, in 0 jobs"
    local name=build-2-images-app
    layer_tar app 2 ".stacker-plan/$name/oci" | tar xO app >found
    name=$(plan --all --format json | jq -r '.jobs[0].name')
    layer_tar base 1 ".stacker-plan/$name/oci" | tar xO base | diff - found
    run -0 make -f plan.mk STACKER="$STACKER" clean
    assert_not_exists .stacker-plan
}

# behaviour: where a file can't be built, what requires it is not tried
# documented: docs/scale.md#make
# status: beyond
@test "make stops at what fails" {
    requires make
    recipes
    sed -i 's/run:.*/run: exit 7/' "images/$hostile/stacker.yaml"
    plan --format make >plan.mk
    run -2 make -k -f plan.mk STACKER="$STACKER"
    assert_not_exists .stacker-plan/build-2-images-app
}

# behaviour: the script for Slurm submits a job for each file; each builds what no cache has, and leaves nothing
# documented: docs/scale.md#slurm
# status: beyond
@test "Slurm's jobs build what a plan says" {
    recipes
    mkdir bin tmp
    # One job after the other, at once: what Slurm itself does is its own matter.
    cat >bin/sbatch <<'END'
#!/bin/bash
cat >job
SLURM_JOB_ID=1 bash job >&2 && echo 1
END
    chmod +x bin/sbatch
    plan --format slurm >plan.sh
    PATH=$PWD/bin:$PATH TMPDIR=$PWD/tmp STACKER=$STACKER run -0 bash plan.sh
    assert_line --regexp '^1 build-2-images-app$'
    assert_not_exists canary
    assert_equal "$(ls -A tmp)" ""
    run -0 plan
    assert_line --partial "0 of 2 layers must be built"
}

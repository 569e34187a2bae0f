#!/usr/bin/env bats
# The simulation of a fleet: what its numbers have to be where they can be worked out by hand, and the measurement that it takes
# its costs from.
# bound: 300 s: a measurement is thirteen builds, which wait for a registry that waits for a disk

load ../helpers
load ../registries

setup() { begin_test; }

# costs [NAME=VALUE…]: writes measured.json in which nothing costs anything, but what is named.
costs() {
    python3 - "$TOP/tools/scale" "$@" >measured.json <<'PY'
import dataclasses, json, sys
sys.path.insert(0, sys.argv[1])
from jobs import Costs
named = dict(word.split("=") for word in sys.argv[2:])
free = {field.name: 1.0 if field.name.endswith("_requests") else 0.0 for field in dataclasses.fields(Costs)}
print(json.dumps({"constants": free | {name: float(value) for name, value in named.items()}}))
PY
}

# plan FILE:SECONDS:NEEDS…: writes plan.json with a recipe of one layer for each word; NEEDS are other files, with commas.
plan() {
    printf '%s\n' "$@" | jq -R 'split(":") | {file: .[0], requires: (.[2] | split(",")),
        layers: [{name: .[0], needs: [], state: "missing", seconds: (.[1] | tonumber)}]}' |
        jq -s '{version: 1, recipes: ., jobs: map({file: .file})}' >plan.json
}

# simulated MEMBER [OPTION…]: that member of each number of workers, in one line.
simulated() {
    "$TOP/tools/scale/simulate.py" --json --measured measured.json --plan plan.json --engine-seconds 0 \
        --base-mebibytes 0 "${@:2}" | jq -r "[.[\"the plan\"][].$1 | if type == \"number\" then round else . end] | join(\" \")"
}

# behaviour: one worker takes as long as all work, many as long as the longest chain of what needs each other
# documented: docs/scale.md#how-far-it-scales
# status: beyond
# bats test_tags=level:priv
# why: no stacker runs
@test "work and the longest chain" {
    costs
    plan a:60: b:60:a c:60: d:30: e:30:
    assert_equal "$(simulated seconds --workers 1,2,100 --layer-median-mebibytes 0)" "240 120 120"
    assert_equal "$(simulated limit --workers 1,2,100 --layer-median-mebibytes 0)" "workers workers critical path"
    assert_equal "$(simulated seconds --workers 2,3 --engine-seconds 10 --layer-median-mebibytes 0)" "150 140"
}

# behaviour: an engine that knows what most is waiting for begins with that
# documented: docs/scale.md#how-far-it-scales
# status: beyond
# bats test_tags=level:priv
# why: no stacker runs
@test "the longest first" {
    costs
    plan a:10: b:10: c:10: d:10: x:10: y:30:x
    # In their order x begins after ten of twenty seconds; first of all, it is through after ten.
    assert_equal "$(simulated seconds --workers 2 --layer-median-mebibytes 0)" 60
    assert_equal "$(simulated seconds --workers 2 --layer-median-mebibytes 0 --longest-first)" 40
}

# behaviour: transfers share the registry's network and its processors, and are slower the more there are
# documented: docs/scale.md#how-far-it-scales
# status: beyond
# bats test_tags=level:priv
# why: no stacker runs
@test "what the registry can" {
    costs
    plan a:0: b:0: c:0: d:0:
    # 100 MiB each, by links of 10 MiB/s, to one of 20.
    options=(--layer-median-mebibytes 100 --worker-link 10 --registry-link 20)
    assert_equal "$(simulated seconds "${options[@]}" --workers 1,2,4)" "40 20 20"
    assert_equal "$(simulated limit "${options[@]}" --workers 1,4)" "workers registry's network"
    # A second of one of two processors for each, which by itself takes a quarter of one.
    costs give_registry_cpu=1 give_seconds=0.25
    options=(--layer-median-mebibytes 0 --registry-processors 0.5)
    assert_equal "$(simulated seconds "${options[@]}" --workers 4)" 8
    assert_equal "$(simulated limit "${options[@]}" --workers 4)" "registry's processors"
}

# behaviour: of a plan only what has a job is built
# documented: docs/scale.md#how-far-it-scales
# status: beyond
# bats test_tags=level:priv
# why: no stacker runs
@test "what is there is not built" {
    costs
    plan a:60: b:60:a c:60:b
    jq '.jobs |= .[1:]' plan.json >other && mv other plan.json
    assert_equal "$(simulated seconds --workers 5 --layer-median-mebibytes 0)" 120
    assert_equal "$(simulated jobs --workers 5)" 2
    "$TOP/tools/scale/simulate.py" --changed 0 --recipes 50 | grep "nothing to build"
}

# behaviour: the same seed gives the same repository, and another one another
# documented: docs/scale.md#how-far-it-scales
# status: beyond
# bats test_tags=level:priv
# why: no stacker runs
@test "a seed" {
    for name in one two; do "$TOP/tools/scale/simulate.py" --recipes 100 --seed 5 --svg $name.svg >$name; done
    "$TOP/tools/scale/simulate.py" --recipes 100 --seed 6 >three
    assert_files_equal one two
    assert_files_equal one.svg two.svg
    refute cmp --silent one three
    grep -E '^\| 100 \|' one
    python3 -c 'import xml.etree.ElementTree as tree; tree.parse("one.svg")'
}

# behaviour: the measurement gives what the simulation reads, and counts what the registry has logged
# documented: docs/scale.md#sizing
# status: beyond
# bats test_tags=level:priv
# why: what is measured is a build by root
@test "a measurement" {
    requires container docker_registry
    say_what_ab_lacks() { say_what_program_lacks ab; }
    requires ab
    "$TOP/tools/scale/measure.py" --runs 1 --layers 3 --clients 2 --requests 50 "$STACKER_BINARY" >measured.json
    # An entry has a manifest, and what is taken is fetched by one request each.
    assert_equal "$(jq '.builds.flat.give.requests["send a manifest"] >= 3' measured.json)" true
    assert_equal "$(jq '.builds.flat.alone.requests' measured.json)" "{}"
    assert_equal "$(jq '.builds.large.take.requests["fetch a blob"] >= 2' measured.json)" true
    "$TOP/tools/scale/simulate.py" --recipes 50 --measured measured.json | grep -E '^\| 100 \|'
}

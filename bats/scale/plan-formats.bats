#!/usr/bin/env bats
# What `stacker plan --format` writes, read by what reads it: a validator, Graphviz, the schemas and types of engines.

load ../helpers
load ../registries
load plans

# read_as FORMAT: what tools/test/read-plan.py makes of the plan in that format, in read.json.
read_as() {
    requires check_jsonschema
    plan --format "$1" >written
    "${check_jsonschema%/*}/python" "$TOP/tools/test/read-plan.py" "$1" written >read.json
}

# assert_jobs: in read.json are two jobs, each for its file, the second of which waits for the first.
assert_jobs() {
    assert_equal "$(jq -r '.[].argv[] | select(startswith("--stacker-file="))' read.json)" \
        "--stacker-file=images/$hostile/stacker.yaml"$'\n'"--stacker-file=images/app/stacker.yaml"
    assert_equal "$(jq -r '."build-2-images-app".needs[]' read.json)" "$(jq -r 'keys_unsorted[0]' read.json)"
    jq -e --arg word "--cache-to=$cache" 'all(.argv | index($word))' read.json
    assert_not_exists canary
}

# bats test_tags=group:quick-unpriv
# behaviour: for people, each recipe has its layers, with where they are, why and what they need; and then the sums
# documented: docs/scale.md#text
# status: beyond
@test "a plan for people" {
    recipes
    run -0 --separate-stderr plan
    assert_line "images/$hostile/stacker.yaml"
    assert_line --regexp '^  base +build +[?]'
    assert_line --regexp '^  app +build +[?] .*needs base$'
    assert_line "2 of 2 layers must be built, in 2 jobs; 0 here, 0 in a cache"
}

# behaviour: the JSON is what its schema says
# documented: docs/scale.md#json
# status: beyond
@test "a plan for programs" {
    requires check_jsonschema
    recipes
    plan --format json >plan.json
    run -0 "$check_jsonschema" --schemafile "$TOP/docs/plan.schema.json" plan.json
    assert_equal "$(jq -r '.recipes[0].file' plan.json)" "images/$hostile/stacker.yaml"
}

# behaviour: Graphviz draws recipes and layers under their names
# documented: docs/scale.md#dot
# status: beyond
@test "a plan as a picture" {
    requires dot
    recipes
    read_as dot
    assert_equal "$(jq -r '.cluster_1.label[]' read.json)" "images/$hostile/stacker.yaml"
    assert_equal "$(jq -r '[.n1.label[0], .n2.label[0], .n2.needs[0]] | join(" ")' read.json)" "base app n1"
}

# behaviour: GitLab's child pipeline is what its schema says, and its scripts have each file as it is named
# documented: docs/scale.md#gitlab
# status: beyond
@test "a plan for GitLab" {
    recipes
    read_as gitlab
    assert_jobs
}

# behaviour: Argo's Workflow has only what Argo's types have, and its pods have each file as it is named
# documented: docs/scale.md#argo
# status: beyond
@test "a plan for Argo" {
    recipes
    read_as argo
    assert_jobs
}

# behaviour: a step of a GitHub workflow has a matrix for each rank
# documented: docs/scale.md#github
# status: beyond
@test "a plan for GitHub" {
    recipes
    read_as github
    assert_jobs
    assert_equal "$(jq -c '[.[].rank]' read.json)" '[0,1]'
}

# behaviour: jobs between which there is no registry are refused for engines
# documented: docs/scale.md#formats
# status: beyond
@test "jobs that share nothing" {
    recipes
    for format in make slurm gitlab argo github; do
        refuse plan -d images --cache-from "$cache" --cache-skip-tls --format "$format"
        assert_said "help: name a registry that jobs both read and write"
    done
}

# behaviour: a password in an option is in no plan
# documented: docs/scale.md#names-and-credentials
# status: beyond
@test "no plan has a password" {
    recipes
    for format in text json dot make slurm gitlab argo github; do
        refuse plan -d images --cache-from "$cache" --cache-to "$cache" --cache-skip-tls --format "$format" \
            --substitute URL=https://me:s3cr3t@host.example/
        assert_said "--substitute has a URL with a user name or a password in it"
        refute_said s3cr3t
    done
}

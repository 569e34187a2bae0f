#!/usr/bin/env bats
# What stacker plan finds: which layers are here, which a cache has, which must be built, and why.

load ../helpers
load ../registries
load ../cache/shared-cache

# project NAME: a machine with two recipes, of which app requires base.
project() {
    machine "$1"
    rm "$1/stacker.yaml"
    mkdir "$1"/{base,app}
    cat >"$1/base/stacker.yaml" <<'END2'
tools:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: sleep 0.3; echo tools >/tools
library:
  from: {type: oci, url: "busybox:latest"}
  run: echo library >/library
END2
    cat >"$1/app/stacker.yaml" <<'END2'
config: {prerequisites: [../base/stacker.yaml]}
app:
  from: {type: built, tag: tools}
  imports: [main.c, "stacker://library/library"]
  run: cat /stacker/imports/library >/app
END2
    echo 'int main;' >"$1/app/main.c"
}

# plan NAME [ARGUMENT…]: $output is the plan.
plan() {
    local name=$1
    shift
    run --separate-stderr on "$name" plan "$@"
    assert_success
}

# states: the layers of a plan in JSON, each with its state.
states() { jq -r '[.recipes[].layers[] | "\(.name)=\(.state)"] | join(" ")' <<<"$output"; }

# behaviour: layers that were never built must be; what is built is here, and what changes an input makes it and what stands on it be built again, with the reason
# documented: docs/commands.md#plan
# status: beyond
@test "what is here" {
    project one
    plan one
    assert_line --regexp '^  library +build +\? +it was never built here$'
    assert_line --regexp '^  app +build +\? +library, which it needs, must be built; needs tools, library$'
    assert_line "3 of 3 layers must be built, in 2 jobs; 0 here, 0 in a cache"
    on one recursive-build
    built=$(image_manifest app one/oci)
    plan one --format json
    assert_equal "$(states)" "tools=here library=here app=here"
    assert_equal "$(jq '.jobs | length' <<<"$output")" 0
    echo 'int other;' >one/app/main.c
    plan one
    assert_line --regexp '^  tools +here +build_only$'
    assert_line --regexp '^  app +build +[0-9.]+ s +import content changed: main.c; needs tools, library$'
    assert_line "1 of 3 layers must be built, in 1 job; 2 here, 0 in a cache"
    plan one --all --format json
    assert_equal "$(jq -c '[.jobs[].file]' <<<"$output")" '["base/stacker.yaml","app/stacker.yaml"]'
    # Nothing has been built meanwhile.
    assert_equal "$(image_manifest app one/oci)" "$built"
    run --separate-stderr on one recursive-build
    assert_said "cache miss because import content changed: main.c"
}

# behaviour: what a cache has is known by the manifests of its entries, one for each layer, also by a machine that has nothing; with it come times
# documented: docs/commands.md#plan
# status: beyond
@test "what a cache has" {
    requires curl
    project one
    project two
    on one recursive-build --cache-to "$cache" --cache-skip-tls
    list_registry_requests >/dev/null
    plan two --cache-from "$cache" --cache-skip-tls --format json
    assert_equal "$(states)" "tools=shared library=shared app=shared"
    assert_equal "$(list_registry_requests | grep -c '^GET /v2/team/cache/manifests/')" 3
    assert_equal "$(jq '[.recipes[].layers[] | select(.seconds > 0)] | length' <<<"$output")" 3
    # What is built anew is known by the time of its last build.
    sed -i 's/echo tools/echo other/' two/base/stacker.yaml
    plan two --cache-from "$cache" --cache-skip-tls --format json
    assert_equal "$(states)" "tools=missing library=shared app=missing"
    assert_equal "$(jq '[.recipes[].layers[] | select(.seconds > 0)] | length' <<<"$output")" 3
    assert_equal "$(jq '.recipes[0].layers[0].seconds >= 0.3' <<<"$output")" true
    assert [ ! -e two/oci ]
}

# behaviour: what can't be shared must be built wherever it is needed; the plan says why
# documented: docs/commands.md#plan
# status: beyond
@test "what no cache can have" {
    project one
    project two
    sed -i 's/^library:/&\n  binds: [\/tmp]/' {one,two}/base/stacker.yaml
    on one recursive-build --cache-to "$cache" --cache-skip-tls
    plan two --cache-from "$cache" --cache-skip-tls
    assert_line --regexp '^  library +build .* no cache has it, since it binds directories of the host$'
    assert_line --regexp '^  tools +cached '
}

# behaviour: jobs are told all that the plan was told of how to build, and of nothing else; a last job publishes
# documented: docs/commands.md#plan; docs/scale.md#what-a-job-does
# status: beyond
@test "what jobs are told" {
    project one
    plan one --format json --cache-from "$cache" --cache-to "$cache" --cache-skip-tls --layer-type squashfs \
        --platform linux/amd64 --substitute A=b --no-verity --compression-level squashfs=3 --keep-going -j 2 \
        --publish docker://registry.example/team --tag 1 --tag latest
    assert_equal "$(jq -r '.jobs[0].arguments | join(" ")' <<<"$output")" \
        "build --stacker-file=base/stacker.yaml --only-missing --substitute=A=b --platform=linux/amd64 --layer-type=squashfs \
--compression-level=squashfs=3 --no-verity --cache-from=$cache --cache-skip-tls --cache-to=$cache --jobs=2 --keep-going"
    assert_equal "$(jq -r '.publish.arguments | join(" ")' <<<"$output")" \
        "publish --search-dir=. --url=docker://registry.example/team --tag=1 --tag=latest --substitute=A=b \
--platform=linux/amd64 --layer-type=squashfs --compression-level=squashfs=3 --no-verity --cache-from=$cache --cache-skip-tls"
}

# behaviour: options that are about a build as it runs, and half a publication, are refused
# documented: docs/commands.md#plan
# status: beyond
@test "what is no plan" {
    project one
    for option in --no-cache --only-missing --shell-fail --order-only --timing "--on-run-failure true"; do
        # shellcheck disable=SC2086  # an option and its value
        run -1 --separate-stderr on one plan $option
        assert_said "${option%% *}"
        assert_said "is not for plan"
        run -0 stacker help plan
        refute_output --partial -- "${option%% *}"
        run -0 stacker help build
        assert_output --partial -- "${option%% *}"
    done
    run -1 --separate-stderr on one plan --tag 1
    assert_said "--tag is for --publish"
    run -1 --separate-stderr on one plan --publish docker://registry.example/team
    assert_said "give at least one with --tag"
}

# behaviour: make does a plan: each job builds in directories of its own and takes what others have built; what is published is what one machine makes
# documented: docs/scale.md#make; docs/scale.md#what-a-job-does
# status: beyond
@test "make does it" {
    requires curl skopeo
    project one
    project alone
    export SOURCE_DATE_EPOCH=1700000000
    plan one --format make --cache-from "$cache" --cache-to "$cache" --cache-skip-tls \
        --publish "docker://$registry/out" --skip-tls --tag 1
    printf '%s\n' "$output" >one/plan.mk
    run -0 make --silent --directory one -j 2 -f plan.mk STACKER="$STACKER"
    assert_output --partial "took layer tools from $cache"
    on alone recursive-build
    for name in library app; do
        assert_equal "$(skopeo inspect --raw --tls-verify=false "docker://$registry/out/$name:1" | jq .layers)" \
            "$(image_manifest "$name" alone/oci | jq .layers)"
    done
    run -0 make --silent --directory one -f plan.mk clean STACKER="$STACKER"
    assert [ ! -e one/.stacker-plan ]
    plan one --cache-from "$cache" --cache-skip-tls
    assert_line "0 of 3 layers must be built, in 0 jobs; 0 here, 3 in a cache"
}

# behaviour: a cache that can't be asked is a warning to people, with the reason at its layers, and an error to an engine
# documented: docs/commands.md#plan
# status: beyond
@test "a cache that can't be asked" {
    project one
    stop_registry
    plan one --cache-from "$cache" --cache-skip-tls
    assert_said "warning: couldn't take layer"
    assert_output --partial "a cache could not be asked for it"
    refute_output --partial "no cache has it"
    run -1 --separate-stderr on one plan --cache-from "$cache" --cache-to "$cache" --cache-skip-tls --format make
    assert_output ""
    assert_said "couldn't ask $cache what it has"
}

# behaviour: a last job that could not publish an image, since no cache can have it, is refused where the plan is made
# documented: docs/commands.md#plan
# status: beyond
@test "an image that no last job can have" {
    project one
    sed -i 's/^library:/&\n  binds: [\/tmp]/' one/base/stacker.yaml
    options=(--format make --cache-from "$cache" --cache-to "$cache" --cache-skip-tls)
    plan one "${options[@]}"
    run -1 --separate-stderr on one plan "${options[@]}" --publish "docker://$registry/out" --tag 1
    assert_said "a last job can't publish image library, since no cache has it: it binds directories of the host"
    # A build_only layer is not published.
    sed -i 's/^library:/&\n  build_only: true/' one/base/stacker.yaml
    run -1 --separate-stderr on one plan "${options[@]}" --publish "docker://$registry/out" --tag 1
    assert_said "image app, since no cache has it: it needs library"
}

# behaviour: what jobs sign with need not be where the plan is made; with --cache-to, what is here counts for no format
# documented: docs/commands.md#plan; docs/scale.md#what-a-job-does
# status: beyond
@test "a plan for other machines" {
    requires openssl
    project one
    on one recursive-build
    options=(--cache-from "$cache" --cache-to "$cache" --cache-skip-tls --cache-sign /secrets/cache.pem --format json)
    run -1 --separate-stderr on one plan "${options[@]}"
    assert_said "a plan with --cache-sign needs --cache-trust"
    openssl genpkey -algorithm ed25519 | openssl pkey -pubout >one/cache.pub
    plan one "${options[@]}" --cache-trust cache.pub
    assert_equal "$(states)" "tools=missing library=missing app=missing"
    assert_equal "$(jq -c '.jobs[0].arguments | map(select(startswith("--cache-sign")))' <<<"$output")" \
        '["--cache-sign=/secrets/cache.pem"]'
}

#!/usr/bin/env bats
# A build of what nobody has built, on a machine that has nothing: of all else it takes from a shared cache what that needs.

load ../helpers
load ../registries
load ../cache/shared-cache

# project NAME: a machine with two recipes: base has a build_only layer with one on it, a library, and an image that nothing
# needs; app requires it, is built on the build_only layers and imports from the library.
project() {
    machine "$1"
    rm "$1/stacker.yaml"
    mkdir "$1"/{base,app}
    cat >"$1/base/stacker.yaml" <<'END2'
tools:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: echo tools >/tools
more:
  from: {type: built, tag: tools}
  build_only: true
  run: cat /tools >/more
library:
  from: {type: oci, url: "busybox:latest"}
  run: echo library >/library
unused:
  from: {type: oci, url: "busybox:latest"}
  run: cat /proc/sys/kernel/random/uuid >/unused
END2
    cat >"$1/app/stacker.yaml" <<'END2'
config: {prerequisites: [../base/stacker.yaml]}
app:
  from: {type: built, tag: more}
  imports: ["stacker://library/library"]
  run: cat /tools /more /stacker/imports/library >/app
over:
  from: {type: built, tag: app}
  run: cat /app >/over
END2
}

# job NAME RECIPE [ARGUMENT…]: what one job of many does on a machine of its own.
job() {
    local name=$1 recipe=$2
    shift 2
    run --separate-stderr on "$name" build -f "$recipe/stacker.yaml" --only-missing --cache-skip-tls --cache-from "$cache" \
        --cache-to "$cache" "$@"
    assert_success
}

# behaviour: of what others have built, a job takes what its own layers need, and no more; what comes of it is what one machine makes
# documented: docs/scale.md#what-a-job-does
# status: beyond
@test "a job takes what it needs" {
    requires curl
    export SOURCE_DATE_EPOCH=1700000000
    project one
    project two
    project alone
    job one base
    assert_said "filesystem unused built successfully"
    list_registry_requests >/dev/null
    job two app
    for name in tools more library; do assert_said "took layer $name from $cache"; done
    for name in app over; do assert_said "filesystem $name built successfully"; done
    refute_said "unused"
    assert_equal "$(list_registry_requests | grep -c "$(layer_digest unused 1 one/oci)")" 0
    on alone recursive-build
    for name in app over; do
        assert_equal "$(image_manifest "$name" two/oci | jq .layers)" "$(image_manifest "$name" alone/oci | jq .layers)"
    done
}

# behaviour: where all of it is in the cache, nothing is built, and nothing fetched but manifests
# documented: docs/scale.md#what-a-job-does
# status: beyond
@test "a job with nothing to do" {
    requires curl
    project one
    project two
    job one app
    for name in tools more library app over; do assert_said "filesystem $name built successfully"; done
    # Nothing asked for it.
    refute_said unused
    list_registry_requests >/dev/null
    job two app
    for name in app over; do assert_said "layer $name is in $cache"; done
    refute_said "built successfully"
    refute_said "took layer"
    assert_equal "$(list_registry_requests | grep -v '^GET /v2/$' | grep -vc '^\(GET\|HEAD\) /v2/team/cache/manifests/')" 0
    assert [ ! -e two/oci ]
}

# behaviour: a build that goes through all finds what a job has taken, and what others have built
# documented: docs/scale.md#what-a-job-does
# status: beyond
@test "everything after a job" {
    project one
    project two
    on one recursive-build --cache-to "$cache" --cache-skip-tls
    job two base
    refute_said "took layer"
    sed -i 's/over/above/' two/app/stacker.yaml
    job two app
    assert_said "took layer app from $cache"
    assert_said "filesystem above built successfully"
    refute_said "took layer library"
    run --separate-stderr on two recursive-build --cache-from "$cache" --cache-skip-tls
    assert_success
    for name in tools more library unused; do assert_said "took layer $name from $cache"; done
    assert_said "found cached layer app"
    refute_said "built successfully"
    for name in library app; do assert_same "$name"; done
}

# behaviour: layers of other types, and of several platforms, are found and taken like others
# documented: docs/scale.md#what-a-job-does
# status: beyond
@test "types and platforms" {
    for name in one two; do
        machine "$name"
        (cd "$name" && cat >stacker.yaml <<'END2'
it:
  from: {type: scratch}
  imports: [{path: file, dest: /file}]
on:
  from: {type: built, tag: it}
  imports: [{path: "stacker://it/file", dest: /copy}]
END2
        echo content >file)
    done
    types=(--platform "linux/amd64,linux/s390x" --layer-type squashfs --layer-type tar)
    share one "${types[@]}"
    printf 'more:\n  from: {type: built, tag: on}\n  imports: [{path: file, dest: /more}]\n' >>two/stacker.yaml
    job two . "${types[@]}"
    for name in on on@linux-s390x; do assert_said "took layer $name from $cache"; done
    refute_said "took layer it"
    for name in more more@linux-s390x; do assert_said "filesystem $name built successfully"; done
}

# behaviour: what a cache seems to have, and can't give, is built after all
# documented: docs/scale.md#what-a-job-does
# status: beyond
@test "an entry that is damaged" {
    project one
    project two
    job one base
    # The registry has its blobs by name: what one of them is can't be told by its manifest.
    blob=$(layer_digest library 1 one/oci)
    rm -r "registry/data/docker/registry/v2/repositories/team/cache/_layers/${blob/://}"
    job two app
    assert_said "couldn't take layer library from $cache"
    for name in library app over; do assert_said "filesystem $name built successfully"; done
    assert_said "took layer more from $cache"
}

# behaviour: options that contradict each other are refused
# documented: docs/scale.md#what-a-job-does
# status: beyond
@test "everything and only what is missing" {
    project one
    run -1 --separate-stderr on one build -f app/stacker.yaml --only-missing --no-cache
    assert_said "--only-missing and --no-cache don't go together"
}

# behaviour: a job that can't put what it has built into the cache fails, and says which layers others lack
# documented: docs/scale.md#what-a-job-does
# status: beyond
@test "a job that can't share" {
    project one
    stop_registry
    run -1 --separate-stderr on one build -f base/stacker.yaml --only-missing --cache-skip-tls --cache-from "$cache" \
        --cache-to "$cache"
    assert_said "filesystem library built successfully"
    assert_said "built, and not put into every cache that --cache-to names: library, tools, unused"
    # Where a cache is only a help, it is none.
    run -0 on one build -f base/stacker.yaml --no-cache --cache-skip-tls --cache-to "$cache"
}

# behaviour: what an earlier layer puts on this machine, by a bind, is there before a layer is looked for that takes it
# documented: docs/scale.md#what-a-job-does
# status: beyond
@test "files that another layer fills" {
    for name in one two; do
        machine "$name"
        rm "$name/stacker.yaml"
        mkdir "$name"/{writer,reader,shared}
        printf 'writer:\n  from: {type: oci, url: "busybox:latest"}\n  binds: [../shared -> /out]\n  run: echo %s >/out/file\n' \
            content >"$name/writer/stacker.yaml"
        printf 'config: {prerequisites: [../writer/stacker.yaml]}\nreader:\n  from: {type: scratch}\n  imports: [%s]\n' \
            '{path: ../shared/file, dest: /file}' >"$name/reader/stacker.yaml"
    done
    chmod 777 {one,two}/shared
    job one reader
    # What was there before would be another layer's.
    echo stale >two/shared/file
    job two reader
    assert_said "filesystem writer built successfully"
    assert_said "took layer reader from $cache"
    assert_equal "$(cat two/shared/file)" content
}

# shellcheck shell=bash
# A cache that machines share, for tests: two directories play two machines, and a registry has what they give each
# other. Loaded by `load shared-cache` after `load ../registries`.

setup() {
    begin_test
    requires container docker_registry
    start_registry
    use_cache "$registry"
    types=()
}

# use_cache [REGISTRY]: $cache is a repository in $registry, or in another one.
# shellcheck disable=SC2120  # tests name another one
use_cache() {
    cache=docker://${1:-$registry}/team/cache
}

# machine NAME: a machine with the base image and a recipe, whose script writes something else each time it is run.
machine() {
    mkdir -p "$1"
    (cd "$1" && busybox_base)
    cat >"$1/stacker.yaml" <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: cat /proc/sys/kernel/random/uuid >/random
END
}

# on NAME ARGUMENT…: runs stacker on a machine.
on() {
    (cd "$1" && shift && stacker "$@")
}

# share NAME [ARGUMENT…]: builds on a machine, and puts into the cache what it builds.
share() {
    local name=$1
    shift
    run --separate-stderr on "$name" build --cache-to "$cache" --cache-skip-tls "$@"
    assert_success
}

# build_from NAME [ARGUMENT…]: builds on a machine that takes what the cache has.
build_from() {
    local name=$1
    shift
    run --separate-stderr on "$name" build --cache-from "$cache" --cache-skip-tls "$@"
    assert_success
}

# forget NAME: what the machine has built and kept is gone.
forget() {
    rm -rf "$1"/{oci,roots,.stacker}
}

# assert_same TAG: one and two have the same image, to the byte.
assert_same() {
    assert_equal "$(image_manifest "$1" two/oci)" "$(image_manifest "$1" one/oci)"
    assert_layout_whole two/oci
}

# assert_built LAYER: the last build did not take it.
assert_built() {
    refute_said "took layer $1"
    assert_said "filesystem $1 built successfully"
}

# assert_local_hit LAYER NAME: the next build of the machine finds it in its own cache, and asks nobody.
assert_local_hit() {
    list_registry_requests >/dev/null
    run --separate-stderr on "$2" build --cache-from "$cache" --cache-skip-tls "${types[@]}"
    assert_success
    assert_said "found cached layer $1"
    assert_equal "$(list_registry_requests)" ""
}

# list_entries: the tags in the cache: keys, and whatever else there is but notes of times.
list_entries() {
    curl --silent --fail "http://$registry/v2/team/cache/tags/list" | jq -r '.tags[]' | grep -v '\.time$' | sort
}

# get_manifest KEY: prints the manifest of an entry.
get_manifest() {
    skopeo inspect --raw --tls-verify=false "$cache:$1"
}

# put_manifest FILE KEY: makes it the entry of that key.
put_manifest() {
    curl --silent --fail -X PUT --data-binary "@$1" -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
        "http://$registry/v2/team/cache/manifests/$2"
}

# send_blob FILE: puts it into the cache's repository; prints its digest.
send_blob() {
    local place digest
    digest=sha256:$(sha256sum <"$1" | cut -d' ' -f1)
    place=$(curl --silent --fail -X POST -D - "http://$registry/v2/team/cache/blobs/uploads/" |
        tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
    curl --silent --fail -X PUT --data-binary "@$1" -H 'Content-Type: application/octet-stream' "$place&digest=$digest"
    echo "$digest"
}

# describe FILE: its digest and size, as a descriptor that jq can add to.
describe() {
    jq -n --arg digest "$(send_blob "$1")" --argjson size "$(stat -c %s "$1")" '{digest: $digest, size: $size}'
}

# stages NAME: a machine with a chain of build_only layers, an image on it, and one that imports from it.
stages() {
    machine "$1"
    cat >"$1/stacker.yaml" <<'END'
tools:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  labels: {tool: hammer}
  generate_labels: printf saw >/stacker/oci-labels/second
  run: |
    cat /proc/sys/kernel/random/uuid >/tools
    ln /tools /link
    rm /bin/vi
more:
  from: {type: built, tag: tools}
  build_only: true
  run: cat /proc/sys/kernel/random/uuid >/more; chown 3:4 /more; rm /link
app:
  from: {type: built, tag: more}
  run: cat /proc/sys/kernel/random/uuid >/app
other:
  from: {type: oci, url: "busybox:latest"}
  imports: ["stacker://more/tools"]
  run: cat /stacker/imports/tools /proc/sys/kernel/random/uuid >/other
END
}

# assert_all_taken: the last build took every layer of stages.
assert_all_taken() {
    local name
    for name in tools more app other; do assert_said "took layer $name from"; done
}

#!/usr/bin/env bats
# Caches that machines share: what one has built, another one takes. Two directories play two machines.

load ../helpers
load ../registries

setup() {
    begin_test
    requires container docker_registry
    start_registry
    use_cache
    types=()
}

# use_cache [REGISTRY]: $cache is a repository in $registry, or in another one.
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

# list_entries: the keys in the cache.
list_entries() {
    curl --silent --fail "http://$registry/v2/team/cache/tags/list" | jq -r '.tags[]' | sort
}

# --- Taking -----------------------------------------------------------------------------------------

# behaviour: what one machine has built, another one takes, and has it as if it had built it
# documented: docs/registries.md#shared-caches; docs/commands.md#build
# status: beyond
@test "a layer that another machine built" {
    machine one
    mkdir other
    machine other/place
    ln -s other/place two
    # Times do not count.
    touch -d 2001-01-01 two/stacker.yaml two/busybox
    share one
    assert_said "shared layer it at $cache"
    assert_said "filesystem it built successfully"
    build_from two
    assert_said "took layer it from $cache"
    refute_said "found cached layer"
    refute_said "built successfully"
    assert_same it
    assert_local_hit it two
    run on two inspect it
    assert_output --partial "$(image_config it one/oci | jq -r .author)"
    run on two explain it
    assert_output --partial "it: built"
    assert_line --regexp "^  $(layer_digest it 1 one/oci) "
    run on two explain it:/random
    assert_output --partial "$(layer_digest it 1 one/oci)"
    on two grab it:/random
    assert_equal "$(cat two/random)" "$(layer_tar it 1 one/oci | tar xO random)"
    assert_equal "$(on two chroot it cat /random)" "$(cat two/random)"
    on two publish --url oci:out --tag v1
    assert_equal "$(image_manifest it_v1 two/out)" "$(image_manifest it one/oci)"
}

# behaviour: images of all types are shared together
# documented: docs/registries.md#shared-caches
# status: beyond
@test "all layer types" {
    machine one
    machine two
    types=(--layer-type squashfs --layer-type tar --layer-type erofs)
    share one "${types[@]}"
    build_from two "${types[@]}"
    assert_said "took layer it"
    for tag in it it-squashfs it-erofs; do assert_same "$tag"; done
    assert_local_hit it-squashfs two
    printf 'more:\n  from: {type: built, tag: it}\n  run: cat /random >/more\n' >>two/stacker.yaml
    on two build "${types[@]}"
    assert_equal "$(layer_tar more 2 two/oci | tar xO more)" "$(layer_tar it 1 one/oci | tar xO random)"
}

# behaviour: overlay dirs and imports are shared with the layer; afterwards their changes are seen as after a build
# documented: docs/registries.md#shared-caches
# status: beyond
@test "overlay dirs and imports" {
    for name in one two; do
        machine $name
        mkdir -p $name/dir $name/empty
        echo file >$name/dir/file
        echo import >$name/import
        cat >>$name/stacker.yaml <<'END'
  overlay_dirs: [{source: dir, dest: /opt/app}, {source: empty}]
  imports: [import, {path: import, dest: /etc/}]
END
    done
    share one
    build_from two
    assert_said "took layer it"
    assert_same it
    assert_local_hit it two
    assert_equal "$(on two chroot it 'cat /stacker/imports/import /opt/app/file /etc/import')" $'import\nfile\nimport'
    on two grab it:/opt/app/file
    echo changed >two/dir/file
    build_from two
    assert_said "cache miss because content of 1 overlay dirs changed:"
    assert_said "/dir/file"
    assert_built it
}

# behaviour: the copy of an overlay dir that is not a layer by itself is shared, too
# documented: docs/registries.md#shared-caches
# status: beyond
@test "an overlay dir that is no layer" {
    for name in one two; do
        machine $name
        mkdir $name/dir
        echo file >$name/dir/file
        echo "  overlay_dirs: [{source: dir, dest: /opt/app}]" >>$name/stacker.yaml
    done
    on one build
    copy=one/roots/it/overlay_dirs/dir
    cp -a "$copy/." copy
    rm "$copy"
    mv copy "$copy"
    share one
    assert_said "found cached layer it"
    build_from two
    assert_said "took layer it"
    assert_same it
    assert_equal "$(cat two/roots/it/overlay_dirs/dir/opt/app/file)" file
    assert_local_hit it two
}

# behaviour: a base of a registry is not fetched from there for an image that is taken
# documented: docs/registries.md#shared-caches
# status: beyond
@test "on a base of a registry" {
    requires skopeo
    push_base
    for name in one two; do
        mkdir $name
        (cd $name && docker_recipe "$registry/base" && sed -i 's,echo it,cat /proc/sys/kernel/random/uuid,' stacker.yaml)
    done
    share one
    list_registry_requests >/dev/null
    build_from two
    assert_said "took layer it"
    assert_same it
    run list_registry_requests
    refute_output --partial /v2/base/blobs
    # The base's tag is asked for in each build; nothing else is.
    build_from two
    assert_said "found cached layer it"
    assert_regex "$(list_registry_requests)" '^[A-Z]+ /v2/base/manifests/latest$'
}

# --- build_only layers ------------------------------------------------------------------------------

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

# behaviour: build_only layers are shared as well, with what stands on them and imports from them
# documented: docs/registries.md#shared-caches
# status: beyond
@test "build_only layers" {
    stages one
    stages two
    share one
    build_from two
    assert_all_taken
    assert_same app
    assert_same other
    assert_equal "$(image_config app two/oci | jq -c '.config.Labels')" '{"second":"saw","tool":"hammer"}'
    assert_local_hit app two
    for name in tools more; do
        run on two explain $name
        assert_output --partial "$name: built"
    done
    on two grab tools:/link
    assert_equal "$(cat two/link)" "$(layer_tar app 1 one/oci | tar xO link)"
    run on two explain more:/link
    assert_output --partial whiteout
}

# behaviour: what is built on a build_only layer that was taken is as on one that was built
# documented: docs/registries.md#shared-caches
# status: beyond
@test "a build on a build_only layer that was taken" {
    stages one
    stages two
    share one
    sed -i 's,>/app$,>/changed,' two/stacker.yaml
    build_from two
    assert_said "took layer more"
    assert_built app
    # Its lower layers come out as on the machine that built them.
    assert_equal "$(image_manifest app two/oci | jq -c '.layers[0:3]')" \
        "$(image_manifest app one/oci | jq -c '.layers[0:3]')"
    assert_equal "$(list_layer app -1 two/oci)" changed
    assert_equal "$(list_layer app 2 two/oci)" $'.wh.link\nmore'
    build_from two --no-cache
    for name in tools more app other; do
        refute_said "took layer $name"
        assert_equal "$(grep -c "^filesystem $name built" <<<"$stderr")" 1
    done
}

# behaviour: a collapsed image is shared as what it is, and taken by whoever collapses, too
# documented: docs/registries.md#shared-caches; docs/recipe.md#collapsing
# status: beyond
@test "a collapsed image" {
    stages one
    stages two
    share one --collapse-build-only
    build_from two
    # Its build_only layers are the same either way.
    assert_said "took layer more"
    assert_built app
    forget two
    build_from two --collapse-build-only
    assert_all_taken
    assert_same app
    assert_equal "$(image_manifest app two/oci | jq '.layers | length')" 2
    on two build --collapse-build-only
    # What one has not built yet is built on what is there, on both alike.
    cat >top <<'END'
top:
  from: {type: built, tag: app}
  run: ls / >/top
END
    for name in one two; do
        cat top >>$name/stacker.yaml
        on $name build --collapse-build-only
    done
    assert_equal "$(layer_tar top -1 two/oci | tar xO top)" "$(layer_tar top -1 one/oci | tar xO top)"
}

# behaviour: build_only layers are shared after an image was collapsed with them, also those of an earlier build
# documented: docs/registries.md#shared-caches; docs/recipe.md#collapsing
# status: beyond
@test "build_only layers that were collapsed" {
    stages one
    stages two
    on one build --collapse-build-only
    share one --collapse-build-only
    build_from two
    assert_said "took layer tools"
    assert_said "took layer more"
    assert_built app
    assert_equal "$(list_layer app 2 two/oci)" $'.wh.link\nmore'
}

# behaviour: a collapsed image is taken with its overlay dirs, though they are no layers of it
# documented: docs/registries.md#shared-caches; docs/recipe.md#collapsing
# status: beyond
@test "a collapsed image with overlay dirs" {
    for name in one two; do
        stages $name
        mkdir $name/dir
        echo file >$name/dir/file
        cat >>$name/stacker.yaml <<'END'
over:
  from: {type: built, tag: tools}
  overlay_dirs: [{source: dir, dest: /over}]
  run: cat /proc/sys/kernel/random/uuid >/own
END
    done
    share one --collapse-build-only
    build_from two --collapse-build-only
    assert_said "took layer over"
    assert_same over
    # The copy, with which the next build compares the directory, came too.
    run --separate-stderr on two build --collapse-build-only
    assert_success
    assert_said "found cached layer over"
}

# --- Keys -------------------------------------------------------------------------------------------

# behaviour: whatever decides what comes out of a build must be the same: each change alone is a miss
# documented: docs/registries.md#shared-caches
# status: beyond
@test "a change of each input is a miss" {
    requires umoci
    machine one
    echo one >one/file
    mkdir one/dir
    echo one >one/dir/file
    cat >>one/stacker.yaml <<'END'
  imports: [file]
  overlay_dirs: [{source: dir}]
END
    cp -a one two
    share one
    build_from two
    assert_said "took layer it"
    changes=(
        'sed -i s,random/uuid,random/boot_id, stacker.yaml'
        'echo "  environment: {A: b}" >>stacker.yaml'
        'echo two >file'
        'chmod +x file'
        'echo two >dir/file'
        'touch dir/more'
        'umoci config --image busybox:latest --config.env A=b'
    )
    for change in "${changes[@]}"; do
        rm -rf two
        cp -a one two
        forget two
        (cd two && eval "$change")
        build_from two
        assert_built it
    done
    rm -rf two
    cp -a one two
    for options in "--compression zstd" "--compression-level 1" "--layer-type squashfs" \
        "--layer-type tar --layer-type erofs" --no-verity "--annotations-namespace org.example"; do
        forget two
        # shellcheck disable=SC2086  # several words
        build_from two $options
        assert_built it
    done
    clamp_times
    forget two
    build_from two
    assert_built it
    unset SOURCE_DATE_EPOCH
    forget two
    build_from two
    assert_said "took layer it"
}

# behaviour: images are taken of the level that is asked for, and the level of a type that is not built does not count
# documented: docs/registries.md#shared-caches; docs/storage.md#compression-levels
# status: beyond
@test "levels of compression are kept apart" {
    machine one
    machine two
    share one --layer-type squashfs
    build_from two --layer-type squashfs --compression-level 1
    assert_built it
    forget two
    build_from two --layer-type squashfs --compression-level 14 --compression-level tar=5 --compression-level erofs=1
    assert_said "took layer it"
    assert_same it-squashfs
    forget one
    share one --layer-type squashfs --compression-level 1
    forget two
    build_from two --layer-type squashfs --compression-level squashfs=1
    assert_said "took layer it"
    assert_same it-squashfs
}

# behaviour: --debug shows what a key is made of, so that two machines can be compared
# documented: docs/debugging.md#a-shared-layer-that-is-not-taken
# status: beyond
@test "what a key is made of" {
    for name in one two; do
        machine $name
        echo $name >$name/file
        echo "  imports: [file]" >>$name/stacker.yaml
        run --separate-stderr on $name --debug build --cache-from "$cache" --cache-skip-tls
        assert_success
        grep '^shared key of it: ' <<<"$stderr" >$name.key
    done
    run diff one.key two.key
    assert_equal "$(grep -c '^[<>]' <<<"$output")" 2
    assert_line --partial "input import content file"
}

# behaviour: what stands on another build of its base is not taken
# documented: docs/registries.md#shared-caches
# status: beyond
@test "another build of the base is another base" {
    for name in one two; do
        machine $name
        printf 'more:\n  from: {type: built, tag: it}\n  run: cat /random >/more\n' >>$name/stacker.yaml
    done
    on two build
    share one
    rm "$(layer_blob more 2 two/oci)"
    build_from two
    assert_said "found cached layer it"
    assert_built more
    assert_equal "$(layer_tar more 2 two/oci | tar xO more)" "$(layer_tar it 1 two/oci | tar xO random)"
}

# behaviour: layers with binds, and what stands on them, are never shared
# documented: docs/registries.md#shared-caches
# status: beyond
@test "binds" {
    machine one
    mkdir one/bound
    cat >>one/stacker.yaml <<'END'
  binds: [bound -> /bound]
more:
  from: {type: built, tag: it}
  run: echo more >/more
last:
  from: {type: built, tag: more}
  run: echo last >/last
END
    list_registry_requests >/dev/null
    share one
    build_from one
    assert_built last
    assert_equal "$(list_registry_requests)" ""
}

# behaviour: --progress names the blobs that go into a cache and come from there
# documented: docs/registries.md#shared-caches; docs/commands.md#global-options
# status: beyond
@test "the blobs of an entry are named with --progress" {
    machine one
    machine two
    run --separate-stderr on one --progress build --cache-to "$cache" --cache-skip-tls
    assert_success
    assert_said "Copying blob $(layer_digest it 1 one/oci)"
    run --separate-stderr on two --progress build --cache-from "$cache" --cache-skip-tls
    assert_success
    assert_said "took layer it from"
    assert_said "Copying blob $(layer_digest it 1 one/oci)"
}

# --- Giving -----------------------------------------------------------------------------------------

# behaviour: what was built before is shared when that is asked for, and once; a new build is shared again
# documented: docs/registries.md#shared-caches
# status: beyond
@test "what is sent when" {
    requires curl
    stages one
    machine two
    on one build
    share one
    assert_said "found cached layer app"
    for name in tools more app other; do assert_said "shared layer $name at"; done
    assert_equal "$(list_entries | wc -l)" 4
    share one
    refute_said "shared layer"
    share one --no-cache
    for name in tools more app other; do assert_said "shared layer $name at"; done
    # tools is in the place of the other build; what stands on it, or imports from it, is something new.
    assert_equal "$(list_entries | wc -l)" 7
    cp one/stacker.yaml two/
    build_from two
    assert_all_taken
    assert_same app
}

# behaviour: several caches may be named: the first that has a layer is used, and what is taken from one is put into others
# documented: docs/registries.md#shared-caches
# status: beyond
@test "several caches" {
    machine one
    machine two
    share one --cache-to "docker://$registry/second"
    assert_said "shared layer it at $cache"
    assert_said "shared layer it at docker://$registry/second"
    build_from two --cache-from "docker://$registry/second" --cache-to "docker://$registry/third"
    assert_said "took layer it from $cache"
    assert_said "shared layer it at docker://$registry/third"
    forget two
    run --separate-stderr on two build --cache-skip-tls --cache-from "docker://$registry/empty" \
        --cache-from "docker://$registry/third"
    assert_success
    assert_said "took layer it from docker://$registry/third"
    assert_same it
}

# behaviour: recursive-build shares and takes, too
# documented: docs/commands.md#recursive-build
# status: beyond
@test "recursive-build" {
    machine one
    machine two
    on one recursive-build --cache-to "$cache" --cache-skip-tls
    run --separate-stderr on two recursive-build --cache-from "$cache" --cache-skip-tls
    assert_success
    assert_said "took layer it from $cache"
    assert_same it
}

# behaviour: an entry is an OCI artifact, which other programs read and copy
# documented: docs/registries.md#shared-caches
# status: beyond
@test "an entry is an artifact" {
    requires curl skopeo
    stages one
    stages two
    share one
    for key in $(list_entries); do
        assert_regex "$key" '^[0-9a-f]{64}$'
        skopeo inspect --raw --tls-verify=false "$cache:$key" >entry
        assert_equal "$(jq -r .artifactType entry)" application/vnd.stacker.shared-layer.v1
        skopeo copy --quiet --src-tls-verify=false --dest-tls-verify=false "$cache:$key" \
            "docker://$registry/copy:$key"
    done
    run --separate-stderr on two build --cache-from "docker://$registry/copy" --cache-skip-tls
    assert_success
    assert_all_taken
    assert_same app
}

# --- Faults -----------------------------------------------------------------------------------------

# behaviour: a layer of the cache with other bytes than it should have is a warning, and is built
# documented: docs/registries.md#shared-caches
# status: beyond
@test "wrong bytes" {
    machine one
    machine two
    share one
    blob=$(layer_digest it 1 one/oci)
    start_faults "GET $blob wrong 0"
    use_cache
    build_from two
    assert_said "warning: couldn't take layer it from $cache: couldn't get blob $blob"
    assert_built it
    assert_layout_whole two/oci
    unpack_image it rootfs two/oci
    assert_file_not_empty rootfs/random
}

# put_manifest FILE KEY: makes it the entry of that key.
put_manifest() {
    curl --silent --fail -X PUT --data-binary "@$1" -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
        "http://$registry/v2/team/cache/manifests/$2"
}

# behaviour: an entry that is another's, or none of stacker's, is a warning, and the layer is built; sharing that mends it
# documented: docs/registries.md#shared-caches
# status: beyond
@test "wrong entries" {
    requires curl skopeo
    machine one
    machine two
    share one
    key=$(list_entries)
    skopeo inspect --raw --tls-verify=false "$cache:$key" >right
    sed -i 's,/random$,/other,' one/stacker.yaml
    share one
    skopeo inspect --raw --tls-verify=false "$cache:$(list_entries | grep -v "$key")" >another
    jq 'del(.artifactType)' right >untyped
    jq '.config.size = 100000000' right >long
    for wrong in another:"it is the entry of another key" untyped:"no layer that a stacker has shared" \
        long:"more than is allowed here"; do
        put_manifest "${wrong%%:*}" "$key"
        forget two
        build_from two
        assert_said "warning: couldn't take layer it from $cache: "
        assert_said "${wrong#*:}"
        assert_built it
        assert_equal "$(list_layer it 1 two/oci)" random
    done
    forget two
    share two
    forget one
    sed -i 's,/other$,/random,' one/stacker.yaml
    build_from one
    assert_said "took layer it"
    assert_same it
}

# put_blob FILE: puts it into the cache's repository; prints its digest.
put_blob() {
    local place digest
    digest=sha256:$(sha256sum <"$1" | cut -d' ' -f1)
    place=$(curl --silent --fail -X POST -D - "http://$registry/v2/team/cache/blobs/uploads/" |
        tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
    curl --silent --fail -X PUT --data-binary "@$1" -H 'Content-Type: application/octet-stream' "$place&digest=$digest"
    echo "$digest"
}

# describe FILE: its digest and size, as a descriptor that jq can add to.
describe() {
    jq -n --arg digest "$(put_blob "$1")" --argjson size "$(stat -c %s "$1")" '{digest: $digest, size: $size}'
}

# behaviour: what a second type of an entry says that a layer is does not become the content of that layer for others
# documented: docs/registries.md#shared-caches
# status: beyond
@test "an entry that names another's layer as its second type" {
    requires curl skopeo
    machine one
    machine two
    types=(--layer-type squashfs --layer-type tar)
    share one "${types[@]}"
    layered_base 2 popular
    skopeo copy --quiet --dest-tls-verify=false oci:popular:latest "docker://$registry/popular:latest"
    layer=$(layer_blob latest 1 popular)
    put_blob "$layer" >/dev/null
    # The tar image has the popular layer in place of its own.
    image_config it one/oci | jq -c --arg diff "$(image_config latest popular | jq -r '.rootfs.diff_ids[1]')" \
        '.rootfs.diff_ids[1] = $diff' >config
    image_manifest it one/oci | jq -c --argjson layer "$(image_manifest latest popular | jq '.layers[1]')" \
        --argjson config "$(describe config)" '.layers[1] = $layer | .config += $config' >image
    key=$(list_entries)
    skopeo inspect --raw --tls-verify=false "$cache:$key" >entry
    curl --silent --fail "http://$registry/v2/team/cache/blobs/$(jq -r .config.digest entry)" |
        jq -c --argjson image "$(describe image)" '.images.tar += $image' >record
    jq -c --argjson record "$(describe record)" '.config += $record' entry >wrong
    put_manifest wrong "$key"
    build_from two "${types[@]}"
    cat >two/other.yaml <<END
other:
  from: {type: docker, url: "docker://$registry/popular", insecure: true}
  run: test ! -e /random; cat /layers/2 >/other
END
    on two build -f other.yaml
    assert_equal "$(layer_tar other -1 two/oci | tar xO other)" 2
}

# behaviour: a cache that can't be reached is one warning, however many layers there are, and a build like any other
# documented: docs/registries.md#shared-caches
# status: beyond
@test "unreachable" {
    stages one
    stop_registry
    share one --cache-from "$cache"
    assert_equal "$(grep -c '^warning: ' <<<"$stderr")" 1
    assert_said "warning: couldn't take layer tools from $cache"
    assert_said "connection refused"
    assert_said "filesystem app built successfully"
    share one --no-cache
    assert_equal "$(grep -c '^warning: ' <<<"$stderr")" 1
    assert_said "warning: couldn't share layer tools at $cache"
}

# behaviour: a registry that fails in the middle of it all never fails the build
# documented: docs/registries.md#shared-caches
# status: beyond
@test "a registry that fails" {
    machine one
    machine two
    direct=$registry
    start_faults "PUT /manifests/ status=502 0"
    use_cache
    share one
    assert_said "warning: couldn't share layer it at $cache"
    assert_said "the server says 502"
    refute_said "shared layer"
    assert_said "filesystem it built successfully"
    use_cache "$direct"
    share one
    assert_said "found cached layer it"
    assert_said "shared layer it"
    start_faults "GET $(layer_digest it 1 one/oci) status=404 0"
    use_cache
    build_from two
    assert_said "couldn't take layer it from $cache"
    assert_built it
}

# behaviour: a registry that wants a password gets the one that a login has kept; without one there is a warning. None is shown
# documented: docs/registries.md#shared-caches
# status: beyond
@test "a login" {
    requires htpasswd
    stop_registry
    rm -r registry
    start_registry login
    use_cache
    unset REGISTRY_AUTH_FILE XDG_RUNTIME_DIR DOCKER_CONFIG
    machine one
    machine two
    share one
    assert_said "warning: couldn't share layer it at $cache"
    assert_said "wants a user name and a password"
    jq -n --arg place "$registry" --arg auth "$(printf me:s3cr3t | base64)" '{auths: {($place): {auth: $auth}}}' \
        >auth.json
    export REGISTRY_AUTH_FILE=$PWD/auth.json
    run --separate-stderr on one --debug build --cache-to "$cache" --cache-skip-tls
    assert_success
    assert_said "shared layer it"
    refute_said s3cr3t
    refute_said "$(printf me:s3cr3t | base64)"
    run --separate-stderr on two --debug build --cache-from "$cache" --cache-skip-tls
    assert_success
    assert_said "took layer it"
    assert_same it
    refute_said s3cr3t
    refute_said "$(printf me:s3cr3t | base64)"
}

# behaviour: what names no repository is an error before anything is built, and shows no password
# documented: docs/commands.md#build
# status: beyond
@test "what is no repository" {
    machine one
    cd one
    for url in registry/name "docker://$registry" "docker://$registry/name:tag" "oci:directory:tag" docker:// \
        "docker://me:hunter2@$registry/name"; do
        refuse build --cache-from "$url"
        assert_said "does not name a repository"
        refute_said hunter2
        refuse build --cache-to "$url"
        assert_said "--cache-to docker://registry/team/cache"
    done
    assert_not_exists oci
}

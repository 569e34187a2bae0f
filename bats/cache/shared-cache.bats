#!/usr/bin/env bats
# Caches that machines share: what one has built, another one takes; what is sent there, and when.

load ../helpers
load ../registries
load shared-cache

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
    assert_line --regexp "^  1  $(layer_digest it 1 one/oci) "
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
    # "other" has two: by what it imports from, and by what is in the file.
    assert_equal "$(list_entries | wc -l)" 5
    share one
    refute_said "shared layer"
    share one --no-cache
    for name in tools more app other; do assert_said "shared layer $name at"; done
    # tools is in the place of the other build; what stands on it, or imports from it, is something new.
    assert_equal "$(list_entries | wc -l)" 9
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
        assert_equal "$(jq -r .artifactType entry)" application/vnd.stacker.shared-layer.v2
        assert_equal "$(jq -r '.annotations["vnd.stacker.shared-layer.key"]' entry)" "$key"
        skopeo copy --quiet --src-tls-verify=false --dest-tls-verify=false "$cache:$key" \
            "docker://$registry/copy:$key"
    done
    run --separate-stderr on two build --cache-from "docker://$registry/copy" --cache-skip-tls
    assert_success
    assert_all_taken
    assert_same app
}

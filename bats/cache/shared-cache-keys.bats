#!/usr/bin/env bats
# Caches that machines share: what decides whether a layer is another one.

load ../helpers
load ../registries
load shared-cache

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

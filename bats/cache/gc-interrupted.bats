#!/usr/bin/env bats
# gc: what a build or a gc that was killed has left, and a gc that others are in the way of.

load ../helpers
load gc

# behaviour: what a killed build has left goes, and the next build starts as if nothing had happened
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "what a killed build left" {
    two_images
    mkdir signal
    cat >stacker.yaml <<END
long:
  from: {type: oci, url: "busybox:latest"}
  binds: ["$PWD/signal -> /signal"]
  run: touch /signal/running; sleep 600
END
    start "$STACKER" build
    wait_for_file signal/running
    kill -KILL "$started"
    wait_for_end
    mkdir roots/.unpack-1-2 .stacker/oci-labels
    touch roots/.unpack-1-2/file oci/blobs/sha256/.blob.1.1.tmp .stacker/.build.cache.1.tmp roots/one/.overlay_metadata.json.1.tmp
    assert_exists .stacker/stacker-*/config
    wait_for_killed
    collect
    for path in roots/long roots/.unpack-1-2 .stacker/oci-labels oci/blobs/sha256/.blob.1.1.tmp .stacker/.build.cache.1.tmp \
        roots/one/.overlay_metadata.json.1.tmp; do
        assert_not_exists "$path"
    done
    assert_equal "$(compgen -G '.stacker/stacker-*')" ""
    two_images
    assert_all_cached
}

# behaviour: a gc that is killed does no harm: builds go on, and another gc finishes
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "kill -9 during gc" {
    for n in 1 2; do
        build_pair "mkdir /d; for i in \$(seq 300); do echo $n > /d/\$i; done" "echo $n > /2" --layer-type tar --layer-type squashfs
        rm -rf oci busybox
    done
    build_pair "echo 4 > /4" "echo 4 > /2" --layer-type tar --layer-type squashfs
    for gone in 1 2 3 4; do
        names=(roots/*)
        count=${#names[@]}
        start "$STACKER" gc
        # In the middle of it: until so many of them are gone.
        while kill -0 "$started" 2>/dev/null && ((${#names[@]} > count - gone)); do names=(roots/*); done
        kill -KILL "$started" 2>/dev/null || true
        wait_for_end
        wait_for_killed
        run -0 --separate-stderr stacker build --layer-type tar --layer-type squashfs
        refute_said "built successfully"
        # No name leads nowhere.
        assert_equal "$(find roots -maxdepth 1 -xtype l)" ""
    done
    collect
    sed -i 's,/2,/3,' stacker.yaml
    stacker build --layer-type tar --layer-type squashfs
    assert_layout_whole
}

# behaviour: gc refuses to work beside a build
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "gc beside another stacker" {
    two_images 'echo old > /old'
    old=$(layer_directory two -1)
    two_images
    for lock in roots/.lock .stacker/.lock; do
        exec 8<"$lock"
        flock 8
        for options in "" --dry-run; do
            # shellcheck disable=SC2086
            run -1 --separate-stderr stacker gc $options
            assert_said "couldn't acquire lock on $PWD/$lock"
        done
        exec 8<&-
    done
    assert_exists "$old"
    stacker gc
    assert_not_exists "$old"
}

# behaviour: where the cache can't be read, nothing is removed
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "a cache of another version" {
    two_images 'echo old > /old'
    two_images
    cp .stacker/build.cache cache
    for content in '{"version": 4711, "layers": {}}' damaged; do
        echo "$content" >.stacker/build.cache
        list_everything >before
        run -1 --separate-stderr stacker gc
        assert_said "couldn't use $PWD/.stacker/build.cache"
        list_everything >after
        diff before after
    done
    cp cache .stacker/build.cache
    run -0 --separate-stderr stacker gc
    assert_line --partial "removed 1"
}

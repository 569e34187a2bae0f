#!/usr/bin/env bats
# gc: cache directories of layers, recipes and paths that no build has any more.

load ../helpers
load gc

# behaviour: cache directories of a layer that is built stay; those of paths, recipes and layers that are gone go
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "cache directories" {
    requires container
    busybox_recipe '  cache_dirs: [/one, /two]
  run: echo one >/one/file; echo two >/two/file'
    stacker build
    slot=$(echo .stacker/cache_dirs/it/*)
    assert_equal "$(jq -c .paths "$slot/cache.json")" '["/one","/two"]'
    collect
    assert_output "nothing to remove"
    # A path that the recipe no longer names, and what a --no-cache that was killed has left.
    sed -i 's/, .two\]/]/; s/; echo.*//' stacker.yaml
    mkdir "$slot/.name.0123456789abcdef.tmp"
    stacker build
    run -0 --separate-stderr stacker gc --dry-run
    assert_line --partial "(cache directory that no build has, "
    assert_line --partial ".name.0123456789abcdef.tmp (left-over of a build that was killed, "
    collect
    assert_equal "$(cat "$slot"/*/file)" one
    assert_equal "$(find "$slot" -mindepth 1 -maxdepth 1 | wc -l)" 2
    # A recipe that is gone, and one whose record is none.
    mkdir sub
    sed 's/echo one/echo 1/' stacker.yaml >sub/stacker.yaml
    stacker build -f sub/stacker.yaml
    rm -r sub
    mkdir "$(dirname "$slot")/other"
    collect
    assert_equal "$(echo .stacker/cache_dirs/it/*)" "$slot"
    # A layer that is gone.
    rm -rf oci
    collect
    assert_not_exists .stacker/cache_dirs/it
}

#!/usr/bin/env bats
# gc where it can't be found out whether something is needed.

load ../helpers
load ../disturb
load gc

# behaviour: where what says of a cache directory that it is needed can't be opened, gc says so and leaves it
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "a cache directory of which it is not known whether it is needed" {
    busybox_recipe $'  cache_dirs: [/var/cache/it]\n  run: echo 1 > /var/cache/it/file'
    stacker build
    disturb EIO ' openat2 \S+/cache\.json to read' gc
    assert_equal "$status" 1
    assert_said "cache.json"
    assert_said "Input/output error"
    assert_equal "$(find .stacker/cache_dirs -name file | wc -l)" 1
    assert_all_cached
}

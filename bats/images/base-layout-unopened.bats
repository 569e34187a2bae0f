#!/usr/bin/env bats
# The layout of a base can't be opened while an image on a build_only layer is written.

load ../helpers
load ../disturb

# behaviour: a base's layout that is there and can't be opened is an error, whenever it is, and not one that is gone
# documented: docs/storage.md#after-run
# status: beyond
# why: layers of a base that is gone are encoded anew, and may have other bytes
@test "a base's layout that can't be opened" {
    busybox_base
    printf '%s\n' 'one:' '  from: {type: oci, url: "busybox:latest"}' '  build_only: true' '  run: echo 1 > /1' \
        'two:' '  from: {type: built, tag: one}' '  run: echo 2 > /2' >stacker.yaml
    local occurrence base
    base=$(layer_digest latest 0 busybox)
    for occurrence in {1..30}; do
        disturb_if_reached EIO "^stacker> openat busybox to read #$occurrence\$" build --jobs 1
        ((status != 125)) || break
        [[ $status != 0 ]] || assert_equal "$(layer_digest two 0)" "$base"
        stacker clean
    done
    ((occurrence > 1))
}

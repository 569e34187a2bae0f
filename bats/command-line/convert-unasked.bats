#!/usr/bin/env bats
# convert where it can't be found out whether a file is there that somebody has edited.

load ../helpers
load ../disturb

# behaviour: a recipe that can't be looked at is not replaced
# documented: docs/commands.md#convert
# status: beyond
@test "convert and a recipe that can't be looked at" {
    local occurrence
    printf 'FROM busybox\nRUN true\n' >Dockerfile
    for occurrence in {1..20}; do
        echo "# edited" >stacker.yaml
        disturb_if_reached EIO " (newfstatat|stat) stacker\.yaml #$occurrence\$" convert
        ((status != 125)) || break
        assert_equal "$status" 1
        assert_equal "$(cat stacker.yaml)" "# edited"
    done
    ((occurrence > 1))
}

#!/usr/bin/env bats
# The small commands: inspect, clean, --version, help.

load helpers

two_images() {
    busybox_base
    cat >stacker.yaml <<'END'
one:
  from: {type: oci, url: "busybox:latest"}
  run: echo one > /one
two:
  from: {type: built, tag: one}
  cmd: /bin/two
END
    stacker build
}

# behaviour: inspect prints every image, its layers with digest, size and media type, and its config
# documented: docs/commands.md#inspect
# status: documented
@test "inspect shows every image" {
    two_images
    run --separate-stderr stacker inspect
    assert_success
    assert_line one
    assert_line two
    assert_output --partial "/bin/two"
    # The first twelve digits of the digest.
    digest=$(layer_digest one 0)
    assert_output --partial "${digest:7:12}"
}

# behaviour: inspect TAG prints that image only
# documented: docs/commands.md#inspect
# status: documented
@test "inspect shows one image" {
    two_images
    run --separate-stderr stacker inspect one
    assert_success
    assert_line one
    refute_line two
}

# behaviour: inspect of a tag that does not exist is an error
# documented: docs/commands.md#inspect
# status: documented
@test "inspect of an unknown tag" {
    two_images
    refuse inspect no-such-tag
}

# behaviour: inspect writes to stdout only
# documented: docs/commands.md#output
# status: beyond
@test "inspect writes to stdout" {
    two_images
    run --separate-stderr stacker inspect
    assert_equal "$stderr" ""
}

# behaviour: clean removes the roots, output and stacker directories, and nothing else
# documented: docs/commands.md#clean
# status: documented
@test "clean removes what builds made" {
    two_images
    stacker clean
    assert_not_exists roots
    assert_not_exists oci
    assert_exists busybox
    assert_exists stacker.yaml
}

# behaviour: clean removes the stacker directory too
# documented: docs/commands.md#clean
# status: beyond
@test "clean removes the stacker directory" {
    two_images
    stacker clean
    assert_not_exists .stacker
}

# behaviour: clean where nothing was built succeeds
# documented: docs/commands.md#clean
# status: documented
@test "clean of nothing succeeds" {
    stacker clean
    stacker clean
}

# behaviour: a build after clean starts from nothing and gives the image again
# documented: docs/commands.md#clean
# status: documented
@test "a build after clean" {
    two_images
    stacker clean
    run --separate-stderr stacker build
    assert_success
    refute_said "found cached layer"
    assert_equal "$(list_tags)" $'one\ntwo'
}

# behaviour: --version prints stacker's version on stdout
# documented: docs/commands.md#global-options
# status: documented
@test "--version" {
    run -0 --separate-stderr stacker --version
    assert_output --partial stacker
}

# behaviour: --version names liblxc's version too
# documented: docs/commands.md#global-options
# status: beyond
@test "--version names liblxc's" {
    run -0 --separate-stderr stacker --version
    assert_output --regexp 'liblxc.* [0-9]+\.[0-9]+'
}

# behaviour: stacker alone prints its commands and succeeds
# documented: docs/commands.md#commands
# status: documented
@test "stacker alone lists its commands" {
    run -0 --separate-stderr stacker
    assert_output --partial COMMANDS
    assert_output --partial build
}

# behaviour: --help succeeds, for stacker and for a command
# documented: docs/commands.md#commands
# status: documented
@test "--help" {
    run -0 --separate-stderr stacker --help
    run -0 --separate-stderr stacker build --help
    assert_output --partial layer-type
}

# behaviour: clean refuses to take the directories away from a stacker that is at work in them
# documented: docs/commands.md#clean
# status: documented
@test "clean waits for nobody and takes nothing from a build under way" {
    mkdir roots
    touch roots/.lock
    exec 8<roots/.lock
    flock 8
    run --separate-stderr stacker clean
    exec 8<&-
    assert_failure
    assert_said "couldn't acquire lock"
    assert_exists roots/.lock
}

# behaviour: a clean and builds in the same directories either succeed or say that another stacker uses them
# documented: docs/commands.md#clean
# status: beyond
@test "clean beside builds" {
    printf 'it:\n  from: {type: scratch}\n' >stacker.yaml
    local round command
    for ((round = 0; round < 12; round++)); do
        for command in build clean clean; do
            "$STACKER" "$command" 3>&- 4>&- &
        done
        wait
    done >said 2>&1
    run grep '^error' said
    assert_equal "$(grep -v "couldn't acquire lock on" <<<"$output")" ""
    # None of them has left a lock that nobody has.
    stacker build
    assert_equal "$(list_tags)" it
}

# behaviour: what can't be written to stdout is an error
# documented: docs/commands.md#output
# status: beyond
@test "a full stdout" {
    run -1 sh -c "'$STACKER' --version >/dev/full"
    assert_output --partial "couldn't write to standard output: No space left on device"
}

# behaviour: stdout and stderr stand in their order where they are one pipe
# documented: docs/commands.md#output
# status: documented
@test "one pipe for both" {
    run -1 sh -c "'$STACKER' --roots-dir /proc/none check 2>&1 | cat; exit 1"
    assert_line --index 0 --regexp '^ok'
    assert_line --partial "error: a build would fail here"
    refute_line --index 0 --partial error
}

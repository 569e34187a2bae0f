#!/usr/bin/env bats
# How a script runs: by which interpreter, with which input and output, with which descriptors.

load ../helpers

# build_with_run LINES: builds the image "it" on busybox with the given YAML as the value of run:.
build_with_run() {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: %s\n' "$1" >stacker.yaml
    run --separate-stderr stacker build
}

# behaviour: run: may be a list; its commands run in order, as one script
# documented: docs/recipe.md#run
# status: documented
@test "run: takes a list of commands" {
    build_with_run '["one=1", "echo $one > /one", "echo 2 > /two"]'
    assert_success
    unpack_image it rootfs
    assert_equal "$(cat rootfs/one rootfs/two)" $'1\n2'
}

# behaviour: a script runs under /bin/sh -xe: the first command that fails ends it
# documented: docs/recipe.md#run
# status: documented
@test "the first failing command ends the script" {
    build_with_run '["false", "echo reached > /reached"]'
    assert_failure
    assert_layout_whole
    run list_tags
    refute_output --partial it
}

# behaviour: a script that starts with #! runs under the interpreter that it names
# documented: docs/recipe.md#run
# status: documented
@test "a script's own #! line is respected" {
    build_with_run '|
    #!/bin/sh
    false
    echo "went on" > /went-on'
    assert_success
    unpack_image it rootfs
    assert_equal "$(cat rootfs/went-on)" "went on"
}

# behaviour: the script is told the name of the layer
# documented: docs/recipe.md#build_env
# status: documented
@test "STACKER_LAYER_NAME is the layer's name" {
    build_with_run 'echo $STACKER_LAYER_NAME > /name'
    assert_success
    unpack_image it rootfs
    assert_equal "$(cat rootfs/name)" it
}

# behaviour: the script's stdout is stacker's stdout, and its stderr stacker's stderr
# documented: docs/commands.md#output
# status: beyond
@test "the script's stdout and stderr stay apart" {
    build_with_run '["echo to-the-out", "echo to-the-err >&2"]'
    assert_success
    assert_line to-the-out
    [[ $stderr == *to-the-err* ]]
    refute_line to-the-err
}

# behaviour: a script has no input: what it reads is at its end, whatever stacker's stdin is
# documented: docs/recipe.md#run
# status: beyond
@test "the script's stdin is empty" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: cat > /input
END
    echo "from outside" | stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/input)" ""
}

# bats test_tags=group:quick-priv
# behaviour: no descriptor of the host reaches the container but 0, 1 and 2
# documented: docs/security.md#descriptors
# status: beyond
@test "no open file of the caller reaches the script" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: |
    #!/bin/sh
    ls -l /proc/self/fd > /descriptors
END
    exec 9</etc/hostname
    stacker build
    exec 9<&-
    unpack_image it rootfs
    run cat rootfs/descriptors
    refute_output --partial hostname
    refute_output --partial "$BATS_TEST_TMPDIR"
}

# behaviour: the script sees the host's network and name resolution
# documented: docs/recipe.md#run
# status: documented
@test "the script has the host's network and resolv.conf" {
    # Interfaces come and go with other programs; that the network is the same one stays.
    build_with_run '["readlink /proc/self/ns/net > /network", "cat /etc/resolv.conf > /resolv.conf.seen"]'
    assert_success
    unpack_image it rootfs
    assert_equal "$(cat rootfs/network)" "$(readlink /proc/self/ns/net)"
    assert_equal "$(cat rootfs/resolv.conf.seen)" "$(cat /etc/resolv.conf)"
}

# behaviour: the script has the caller's limit of open files, though stacker itself needs a higher one
# documented: docs/security.md#descriptors
# status: beyond
@test "the limit of open files is the caller's" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: ulimit -S -n > /limit
END
    ulimit -S -n 300
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/limit)" 300
}

# behaviour: a run: that is an empty list is none: there is no container, and no shell is needed
# documented: docs/recipe.md#run
# status: documented
@test "an empty list" {
    printf 'it:\n  from: {type: scratch}\n  run: []\n  generate_labels: []\n' >stacker.yaml
    stacker build
    assert_equal "$(skopeo inspect --raw oci:oci:it | jq '.layers | length')" 0
}

# behaviour: a clock that is before 1970, as on a machine without a battery, is none to be afraid of
# documented: docs/recipe.md#run
# status: beyond
@test "a clock before 1970" {
    requires faketime
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo hello > /hello\n' >stacker.yaml
    TZ=UTC faketime '1969-12-31 23:00:00' "$STACKER" build
    assert_equal "$(layer_tar it -1 | tar xO hello)" hello
    run image_config it
    assert_output --partial '"created":"1969-12-31T23:00:'
}

# behaviour: the line that a shell names is that of run:, and so is that of another interpreter
# documented: docs/recipe.md#run
# status: beyond
@test "the lines of a script" {
    build_with_run '|
    echo "line $LINENO"
    no-such-command || echo "and $LINENO"'
    assert_success
    assert_line "line 1"
    assert_line "and 2"
    assert_said ".stacker-run.sh: line 2: no-such-command: not found"
    build_with_run '|
    #!/bin/sh
    echo "line $LINENO"'
    assert_success
    assert_line "line 2"
}

# behaviour: what stdin, stdout and stderr are keeps its mode and its owner
# documented: docs/security.md#descriptors
# status: beyond
@test "a log that stacker writes to stays as it is" {
    local before
    touch log input
    chmod 664 log input
    # Only root can give a file to others.
    chgrp 33 log input 2>/dev/null || true
    busybox_base
    # What is here becomes the user's who runs stacker.
    "$STACKER" --version
    before=$(stat -c '%a %u %g' log input)
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo said\n' >stacker.yaml
    {
        "$STACKER" build
        "$STACKER" chroot it true
        "$STACKER" check
    } >>log 2>&1 <input
    grep -q said log
    assert_equal "$(stat -c '%a %u %g' log input)" "$before"
}

# behaviour: a build by a caller that has closed stdin, stdout and stderr writes nothing where it doesn't belong
# documented: docs/security.md#descriptors
# status: beyond
# why: what runs stacker as a user is a script, whose shell opens files under the closed numbers
# bats test_tags=level:priv
@test "closed descriptors" {
    local closed
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo said; echo said >&2; echo hello > /hello\n' \
        >stacker.yaml
    for closed in '>&-' '2>&-' '<&-' '<&- >&- 2>&-'; do
        run -0 sh -c "'$STACKER' build --no-cache $closed"
        assert_equal "$(list_layer it -1)" hello
        assert_equal "$(cat roots/.lock .stacker/.lock)" ""
    done
}

#!/usr/bin/env bats
# A look from inside: chroot into a layer that was built, and into one whose script failed.

load ../helpers

build_two() {
    busybox_base
    mkdir -p shared
    echo bound >shared/bound
    echo imported >imported
    cat >stacker.yaml <<END
one:
  from: {type: oci, url: "busybox:latest"}
  imports: [imported]
  binds: ["$PWD/shared -> /shared"]
  build_env: {ASKED: "for it"}
  environment: {LASTING: "yes"}
  run: |
    echo one > /one
    printf '#!/bin/sh\ncat /one /two 2>/dev/null; exit 3\n' > /bin/tell
    chmod +x /bin/tell
two:
  from: {type: built, tag: one}
  run: |
    echo two > /two
    rm /one
END
    stacker build
}

failing_recipe() {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: |
    printf '#!/bin/sh\necho left\n' > /bin/tell
    chmod +x /bin/tell
    echo left > /left
    exit 7
END
}

# behaviour: a program runs in a layer as it was built, and its exit status is stacker's; exec is another name
# documented: docs/commands.md#chroot
# status: documented
@test "a program in a layer" {
    build_two
    run -3 --separate-stderr stacker chroot two /bin/tell
    assert_output two
    run -3 --separate-stderr stacker exec one /bin/tell
    assert_output one
}

# behaviour: a program has arguments, and the layer's PATH; one argument alone is a line for the shell
# documented: docs/commands.md#chroot
# status: beyond
@test "a command with its arguments" {
    build_two
    run -0 --separate-stderr stacker chroot two cat /two
    assert_output two
    run -1 stacker exec two test -e /one
    run -0 --separate-stderr stacker chroot one "cat '/one'"
    assert_output one
    run -3 stacker chroot two sh -c "exit 3"
    refute_said error
}

# behaviour: without a layer it is the file's first, and without a command a shell, which reads stdin
# documented: docs/commands.md#chroot
# status: documented
@test "a shell in the first layer, from a pipe" {
    build_two
    run -5 --separate-stderr stacker chroot <<<'cat /one; exit 5'
    assert_output one
    run -0 --separate-stderr stacker chroot two <<<'ls /two'
    assert_output /two
}

# behaviour: binds and build_env are those of run:
# documented: docs/commands.md#chroot
# status: documented
@test "what run: binds is there" {
    build_two
    run -0 --separate-stderr stacker chroot one <<<'cat /shared/bound; echo "$ASKED"; touch /shared/made'
    assert_output $'bound\nfor it'
    assert_exists shared/made
}

# behaviour: imports and the environment are those of run:, too
# documented: docs/commands.md#chroot
# status: beyond
@test "what run: sees is there" {
    build_two
    run -0 --separate-stderr stacker chroot one sh -c \
        'cat /shared/bound /stacker/imports/imported; echo "$ASKED $LASTING $STACKER_LAYER_NAME"'
    assert_output $'bound\nimported\nfor it yes one'
}

# behaviour: what the command changes is thrown away
# documented: docs/commands.md#chroot
# status: documented
@test "changes are thrown away" {
    build_two
    find oci -type f -exec sha256sum {} + | sort >before
    stacker chroot two <<<'rm -rf /bin/vi /two; echo new > /new; chmod 700 /'
    run -0 --separate-stderr stacker chroot two <<<'ls /new /two /bin/vi 2>/dev/null; stat -c %a /'
    assert_output $'/bin/vi\n/two\n755'
    find oci -type f -exec sha256sum {} + | sort >after
    diff before after
    # What was built is still what the cache has.
    sed -i '/binds/d' stacker.yaml
    stacker build
    stacker chroot two <<<true
    run -0 stacker build
    assert_line "found cached layer two"
}

# behaviour: a build_only layer, and one that is there as squashfs only, can be entered
# documented: docs/commands.md#chroot
# status: beyond
@test "build_only and squashfs layers" {
    busybox_base
    cat >stacker.yaml <<'END'
below:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: echo below > /below
above:
  from: {type: built, tag: below}
  run: echo above > /above
END
    stacker build --layer-type squashfs
    run -0 --separate-stderr stacker chroot below cat /below
    assert_output below
    # What only the layout still has is unpacked again.
    rm -rf roots/sha256_*
    run -0 --separate-stderr stacker chroot above cat /below /above
    assert_output $'below\nabove'
}

# behaviour: a command that the layer does not have is said to be that
# documented: docs/commands.md#chroot
# status: beyond
@test "a command that is not in the layer" {
    build_two
    run -127 --separate-stderr stacker chroot two no-such-command
    assert_said "help: command not found"
    run -127 --separate-stderr stacker chroot two /bin/no-such-command
    assert_said "help: the image lacks it"
}

# behaviour: the program has a terminal if stacker has one
# documented: docs/commands.md#chroot
# status: beyond
@test "the terminal is the command's" {
    requires terminal
    build_two
    run -0 script --quiet --return --command "'$STACKER' chroot two sh -c 'test -t 0 && test -t 1 && echo terminal'" typescript </dev/null
    assert_output --partial terminal
}

# behaviour: --help is chroot's own before the layer, and the command's after it; -- may stand before the command
# documented: docs/commands.md#chroot
# status: beyond
@test "--help" {
    build_two
    run -0 --separate-stderr stacker chroot --help
    assert_output --partial "USAGE: stacker chroot"
    run -0 --separate-stderr stacker exec -h
    assert_output --partial "USAGE: stacker chroot"
    run -0 stacker chroot one sh -c 'echo "$@"' sh --help --debug
    assert_output "--help --debug"
    run -0 --separate-stderr stacker chroot one -- cat /one
    assert_output one
    refuse chroot --nonsense
    assert_said "--nonsense"
}

# behaviour: a layer whose script failed is entered as the script left it, with a warning
# documented: docs/commands.md#chroot
# status: beyond
@test "a layer whose build failed" {
    failing_recipe
    run -7 stacker build
    run -0 --separate-stderr stacker chroot it cat /left
    assert_output left
    assert_said "it is as its last build left it, which failed or was stopped"
    run -0 stacker chroot it rm /left
    run -0 --separate-stderr stacker chroot it cat /left
    run -7 stacker build
}

# behaviour: without a stacker file, a layer that is named is entered all the same
# documented: docs/commands.md#chroot
# status: documented
# original: it says that it does so as best effort, and then runs the program in a directory where nothing was mounted
@test "without a stacker file" {
    build_two
    mv stacker.yaml elsewhere.yaml
    run -3 --separate-stderr stacker chroot two /bin/tell
    assert_output two
    assert_said "couldn't find stacker file, chrooting to two as best effort"
}

# behaviour: without a stacker file, what is no layer is refused, and so is no name at all
# documented: docs/commands.md#chroot
# status: beyond
@test "without a stacker file and a layer" {
    build_two
    mv stacker.yaml elsewhere.yaml
    refuse chroot
    assert_said "stacker.yaml"
    refuse chroot other
    assert_said "couldn't enter layer other: it has not been built"
    refuse chroot ../roots
}

# behaviour: a layer that is not in the recipe, or not built, is an error
# documented: docs/commands.md#chroot
# status: documented
@test "what can't be entered" {
    failing_recipe
    refuse chroot other
    assert_said other
    refuse chroot it
}

# behaviour: the error about what can't be entered says why, and what there is
# documented: docs/commands.md#chroot
# status: beyond
@test "why a layer can't be entered" {
    failing_recipe
    run -1 --separate-stderr stacker chroot other
    assert_said 'no layer "other"'
    assert_said "there are it"
    run -1 --separate-stderr stacker chroot it
    assert_said "it has not been built"
}

# behaviour: --on-run-failure runs a program where the script failed, in the state that it left; the build fails as it would
# documented: docs/commands.md#build
# status: documented
@test "--on-run-failure" {
    failing_recipe
    run ! --separate-stderr stacker build --on-run-failure /bin/tell
    assert_line left
    assert_said 'run commands failed for image "it"'
    sed -i /exit/d stacker.yaml
    run -0 --separate-stderr stacker build --on-run-failure /bin/tell
    run ! grep -qx left <<<"$output"
}

# behaviour: what --on-run-failure runs may be a line for the shell, and changes nothing of the build's exit status
# documented: docs/commands.md#build; docs/commands.md#exit-status
# status: beyond
@test "--on-run-failure with a command" {
    failing_recipe
    run -7 --separate-stderr stacker build --on-run-failure "cat /left"
    assert_output left
    run -7 --separate-stderr stacker build --on-run-failure /no/such/program
    assert_said "/no/such/program"
}

# behaviour: --shell-fail opens a shell there, which reads stdin
# documented: docs/commands.md#build
# status: documented
@test "--shell-fail" {
    failing_recipe
    run ! --separate-stderr stacker build --shell-fail <<<'cat /left; exit 3'
    assert_line left
    assert_nothing_left
    refuse build --shell-fail --on-run-failure /bin/true
    assert_said "--shell-fail is incompatible with --on-run-failure=/bin/true"
}

# behaviour: what the shell of --shell-fail ends with is not the build's exit status, and there is nothing of stacker's in it
# documented: docs/commands.md#build; docs/commands.md#exit-status
# status: beyond
@test "--shell-fail and the exit status" {
    failing_recipe
    run -7 --separate-stderr stacker build --shell-fail <<<'cat /left; ls /stacker/imports; exit 3'
    assert_output left
}

# behaviour: what another stacker has unpacked can't be entered, and stays
# documented: docs/storage.md#roots
# status: beyond
@test "another stacker's layers" {
    build_two
    rm roots/.stacker-roots
    find roots | sort >before
    run -1 --separate-stderr stacker chroot two true
    assert_said "couldn't enter layer two: it has not been built"
    find roots | sort | diff before -
}

#!/usr/bin/env bats
# What stacker's exit status says, and what a failed script leaves behind.

load ../helpers

recipe_with() {
    busybox_base
    cat >stacker.yaml <<END
failing:
  from: {type: oci, url: "busybox:latest"}
  run: |
    echo started > /started
    $1
END
}

# behaviour: a build that succeeds ends with status 0, and so does its cached repetition
# documented: docs/commands.md#exit-status
# status: documented
@test "success is 0, cached or not" {
    recipe_with "true"
    run -0 --separate-stderr stacker build
    run -0 --separate-stderr stacker build
}

# behaviour: a script that fails makes the build fail, and the error names the image and the recipe
# documented: docs/commands.md#exit-status; docs/commands.md#messages
# status: documented
@test "a failed script is a failed build that names image and file" {
    recipe_with "exit 3"
    run --separate-stderr stacker build
    assert_failure
    assert_said 'run commands failed for image "failing" in'
    assert_said "stacker.yaml"
}

# behaviour: the exit status of a failed script is stacker's own
# documented: docs/commands.md#exit-status
# status: beyond
@test "a failed script's status is stacker's" {
    recipe_with "exit 42"
    run -42 --separate-stderr stacker build
}

# behaviour: a script that a signal killed gives 128 and the signal's number, as in a shell
# documented: docs/commands.md#exit-status
# status: beyond
@test "a script killed by signal 9 gives 137" {
    recipe_with 'kill -9 $$'
    run -137 --separate-stderr stacker build
}

# behaviour: a script that does not exist as a program is a failed build, not a hang
# documented: docs/commands.md#exit-status
# status: documented
@test "an interpreter that is not there fails the build" {
    busybox_base
    cat >stacker.yaml <<'END'
failing:
  from: {type: oci, url: "busybox:latest"}
  run: |
    #!/no/such/interpreter
    true
END
    run --separate-stderr stacker build
    assert_failure
}

# behaviour: a failed script leaves no image, no mount and no container, and the next build runs it again
# documented: docs/commands.md#exit-status
# status: documented
@test "after a failure nothing is left, and the repaired recipe builds" {
    recipe_with "exit 1"
    run --separate-stderr stacker build
    assert_failure
    assert_nothing_left
    assert_layout_whole
    sed -i 's/exit 1/true/' stacker.yaml
    stacker build
    assert_equal "$(list_tags)" failing
}

# behaviour: images built before the failing one are kept and valid
# documented: docs/commands.md#exit-status
# status: documented
@test "what was built before the failure is there" {
    recipe_with "exit 1"
    cat >stacker.yaml <<'END'
good:
  from: {type: oci, url: "busybox:latest"}
  run: echo good > /good
bad:
  from: {type: built, tag: good}
  run: exit 1
END
    run --separate-stderr stacker build
    assert_failure
    assert_layout_whole
    run --separate-stderr stacker build
    assert_failure
    assert_said "found cached layer good"
}

# behaviour: a script that a signal ended is named with the signal; the status is 128 and its number
# documented: docs/commands.md#exit-status
# status: beyond
@test "a signal ends a script" {
    recipe_with 'kill -9 $$'
    run -137 --separate-stderr stacker build
    assert_said "the script at stacker.yaml:3:3 ended with exit status 137: signal 9 (Killed)"
}

# behaviour: a mistake on the command line is status 1
# documented: docs/commands.md#exit-status
# status: documented
@test "an unknown option is status 1" {
    run -1 --separate-stderr stacker build --no-such-option
    assert_said "no-such-option"
}

# behaviour: an unknown command is status 1 and named
# documented: docs/commands.md#exit-status
# status: beyond
@test "an unknown command is status 1 and named" {
    run -1 --separate-stderr stacker no-such-command
    assert_said "no-such-command"
}

# behaviour: the error about a failed script says where in the recipe it is, and how to look at what it left
# documented: docs/recipe.md#run
# status: beyond
@test "what to do about a failed script" {
    recipe_with "exit 3"
    run -3 --separate-stderr stacker build
    assert_said 'run commands failed for image "failing" in "stacker.yaml": the script at stacker.yaml:3:3 ended with exit status 3'
    assert_said "help: stacker chroot failing enters the layer as the script left it; stacker build --shell-fail opens a shell there at once"
    mv stacker.yaml other.yaml
    run -3 --separate-stderr stacker build -f other.yaml --on-run-failure true
    assert_said "help: stacker chroot -f other.yaml failing enters the layer as the script left it"
    refute_said "--shell-fail"
}

# behaviour: a command that is misspelled is an error that names the nearest
# documented: docs/commands.md#commands
# status: beyond
@test "a misspelled command" {
    refuse buidl -f stacker.yaml
    assert_said 'there is no command "buidl"'
    assert_said "did you mean stacker build?"
    refuse --debug --oci-dir somewhere pubish
    assert_said "did you mean stacker publish?"
    refuse help buidl
    assert_said "did you mean stacker build?"
    run -0 stacker help build
    run -0 stacker help --help
    refuse --oci-dir help help buidl
    assert_said "did you mean stacker build?"
}

#!/usr/bin/env bats
# A script that fails: which lines of the stacker file are those that its shell counts.

load ../helpers

# fails_with STATUS LINES: a layer with these lines, which begin in the third line of the file, fails so.
fails_with() {
    busybox_recipe "$2"
    run "-$1" --separate-stderr stacker build
}

# behaviour: an error of a script that fails says which lines of the recipe its lines are; the shell counts as it says
# documented: docs/recipe.md#run
# status: beyond
@test "the lines of a block" {
    fails_with 127 $'  # A comment.\n  run: |  # and another one\n\n    echo first\n    no-such-command\n    echo last'
    assert_said ".stacker-run.sh: line 3: no-such-command: not found"
    assert_said "the script at stacker.yaml:4:3 ended with exit status 127; its lines 1 to 4 are lines 5 to 8 of stacker.yaml"
    assert_equal "$(sed -n 7p stacker.yaml)" "    no-such-command"
}

# behaviour: entries of a list are lines, wherever each stands; of folded text nothing is said, nor of what the place says
# documented: docs/recipe.md#run
# status: beyond
@test "the lines of a list" {
    fails_with 3 $'  run:\n    - echo first\n    # A comment.\n    - |\n      echo second\n      exit 3\n    - >-\n      echo third\n    - echo fourth'
    assert_said "status 3; its line 1 is line 4, lines 2 to 3 are lines 7 to 8, line 6 is line 11 of stacker.yaml"
    fails_with 3 '  run: ["exit 3"]'
    assert_said "the script at stacker.yaml:3:3 ended with exit status 3"
    refute_said "its line"
    fails_with 3 $'  run: >\n    echo first;\n    exit 3'
    assert_said "the script at stacker.yaml:3:3 ended with exit status 3"
    refute_said "its line"
}

# behaviour: lines are those of the file that was written, whatever substitution put above and into the script
# documented: docs/recipe.md#errors
# status: beyond
@test "lines and substitution" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "${{BASE}}"}
  labels: {a: "${{LABEL}}"}
  run: &script |
    ${{COMMANDS}}
    exit 3
END
    run -3 --separate-stderr stacker build --substitute BASE=busybox:latest --substitute $'LABEL=one\n  two' \
        --substitute $'COMMANDS=echo one\n    echo two'
    assert_said "the script at stacker.yaml:4:3 ended with exit status 3; its lines 1 to 2 are line 5, line 3 is line 6 of stacker.yaml"
}

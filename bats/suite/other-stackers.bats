#!/usr/bin/env bats
# Another stacker than ours in the suite: what it may fail since the original does, and how a run of it ends.
#
# bats file_tags=level:priv

load ../helpers

# A copy of the tree that has one file of tests, and ./other: our program, but for what SPOILS names, of which it says nothing.
setup() {
    begin_test
    requires container
    mkdir -p tree/bats/recipe
    cp "$TOP"/bats/*.bash tree/bats
    cp -r "$TOP/tools" tree
    cat >other <<END
#!/bin/bash
[[ " \$* " == *" \${SPOILS:-nothing} "* ]] || exec "$STACKER_BINARY" "\$@"
END
    chmod +x other
    # bats would take an @test in here for one of its own.
    sed 's/^TEST /@test /' >tree/bats/recipe/three.bats <<'END'
load ../helpers

# behaviour: inspect tells of images
# documented: the guide
# status: documented
# original: it says nothing, which tells nobody of an image
TEST "inspect" {
    printf 'it:\n  from: {type: scratch}\n' >stacker.yaml
    stacker build
    run -0 stacker inspect
    assert_line it
}

# behaviour: --version tells of stacker
# documented: the guide
# status: documented
TEST "--version" {
    run -0 stacker --version
    assert_output --partial stacker
}

# behaviour: gc is a command
# documented: the guide
# status: beyond
TEST "gc" {
    run -0 stacker gc
    assert_output "nothing to remove"
}
END
}

# run_three [VARIABLE=VALUE…]: runs those tests with ./other.
run_three() {
    run --separate-stderr env -i PATH="${PATH#"$BATS_LIBEXEC:"}" TMPDIR="$PWD" STACKER="$PWD/other" PRIVILEGE_LEVEL=priv \
        "$@" tree/tools/test/run-bats three.bats
}

# behaviour: what the original fails, another stacker may fail: the run is green and ends with a list, the report has it as skipped
# documented: CONTRIBUTING.md
# status: beyond
# why: nothing of it depends on who runs stacker
@test "what the original fails" {
    run_three SPOILS=inspect
    assert_success
    assert_line --regexp '^not ok 1 inspect'
    assert_line "3 tests, 0 failures, 2 skipped"
    assert_line "1 known to fail, as the original does:"
    assert_line '  three.bats: "inspect"'
    assert_equal "${lines[-1]}" "    the original: it says nothing, which tells nobody of an image"
    run grep -h -e '<failure' -e '<skipped' tree/.build/report/*.xml
    refute_line --partial '<failure'
    assert_line --partial 'message="the original: it says nothing, which tells nobody of an image"'
}

# behaviour: another stacker may do better than the original, which the run tells; what it is not known to fail is a failure
# documented: CONTRIBUTING.md
# status: beyond
# why: nothing of it depends on who runs stacker
@test "better and worse than the original" {
    run_three
    assert_success
    assert_line "3 tests, 0 failures, 1 skipped"
    assert_line "1 passed, where the original fails:"
    assert_line '  three.bats: "inspect"'
    refute_line --partial "known to fail"
    run_three SPOILS=--version
    assert_failure
    assert_line "3 tests, 1 failures, 1 skipped"
    assert_line "1 that no header excuses:"
    assert_line '  three.bats: "--version" failed'
}

# behaviour: nothing that the original fails excuses the program of this tree
# documented: CONTRIBUTING.md
# status: beyond
# why: nothing of it depends on who runs stacker
@test "ours fails what the original fails" {
    cp other tree/stacker
    run_three SPOILS=inspect STACKER="$PWD/tree/stacker"
    assert_failure
    assert_line "3 tests, 1 failures, 0 skipped"
    refute_line --partial "the original"
}

# behaviour: a test of which the report tells nothing is none that passed
# documented: CONTRIBUTING.md
# status: beyond
# why: nothing of it depends on who runs stacker
@test "a test without an outcome" {
    cat >bats-priv.ext4.xml <<'END'
<testsuites><testsuite name="three.bats">
<testcase classname="three.bats" name="inspect" time="0.5" />
<testcase classname="three.bats" name="gc" time="0.1"><skipped>not applicable</skipped></testcase>
</testsuite></testsuites>
END
    run -1 tree/tools/report/known-failures.py bats-priv.ext4.xml tree/bats/recipe/three.bats
    assert_line '  three.bats: "--version" has no outcome'
}

# behaviour: what is known to fail on a file system is no failure of another stacker there, and is one elsewhere
# documented: CONTRIBUTING.md
# status: beyond
# why: nothing of it depends on who runs stacker
@test "what fails on a file system" {
    sed -i '/^@test "--version"/i # fails-on: ext4: for whatever reason' tree/bats/recipe/three.bats
    cat >bats-priv.ext4.xml <<'END'
<testsuites><testsuite name="three.bats">
<testcase classname="three.bats" name="inspect" time="0.5" />
<testcase classname="three.bats" name="--version" time="0.5"><failure>none</failure></testcase>
<testcase classname="three.bats" name="gc" time="0.1"><skipped>not applicable</skipped></testcase>
</testsuite></testsuites>
END
    cp bats-priv.ext4.xml bats-priv.xfs.xml
    run -0 tree/tools/report/known-failures.py bats-priv.ext4.xml tree/bats/recipe/three.bats
    grep -q '<failure>none' bats-priv.ext4.xml
    run -1 tree/tools/report/known-failures.py bats-priv.xfs.xml tree/bats/recipe/three.bats
    assert_line '  three.bats: "--version" failed'
}

# behaviour: only what is documented can say what the original does instead
# documented: CONTRIBUTING.md
# status: beyond
# why: nothing of it depends on who runs stacker
@test "what is beyond has no original" {
    touch tree/bats/recipe/README.md
    tree/tools/report/check-headers bats/recipe/three.bats
    sed -i 's/^# status: beyond/&\n# original: it has no gc/' tree/bats/recipe/three.bats
    run -1 tree/tools/report/check-headers bats/recipe/three.bats
    assert_output --partial "\"gc\": '# original:' excuses a stacker from what is documented"
}

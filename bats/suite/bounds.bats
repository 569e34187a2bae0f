#!/usr/bin/env bats
# No test hangs the suite: what one may take is bounded, and what it has started ends with it.
#
# It is run-file.py's work, whoever runs stacker.
# bats file_tags=level:priv

load ../helpers

setup() {
    begin_test
}

# run_file: runs the bats file that stdin is, TEST standing for @test, which bats would take for one of this file's. Teardowns
# and bats itself have two seconds to end.
run_file() {
    { printf '#!/usr/bin/env bats\n' && sed 's/^TEST/@test/'; } >it.bats
    run env -i PATH="${PATH#"$BATS_LIBEXEC:"}" TMPDIR="$PWD" GRACE=2 "$TOP/tools/test/run-file.py" priv report.xml it.bats
}

# count_outcomes: how many passed and failed, by the report.
count_outcomes() {
    "$TOP/tools/report/sum-reports.py" report.xml
}

# behaviour: a test that takes longer than its bound fails with what it had started and where that waited; teardown has its turn and the next test runs
# documented: CONTRIBUTING.md, "How the suite runs"
# status: beyond
# why: it is the suite's own work
@test "a test that hangs" {
    run_file <<'END'
# bound: 2 s
teardown() { echo "$BATS_TEST_NUMBER" >>"${TMPDIR%/}/torn-down"; }
TEST "a fifo that nobody writes to" {
    mkfifo "$BATS_TEST_TMPDIR/fifo"
    cat "$BATS_TEST_TMPDIR/fifo"
}
TEST "a loop that ends nothing of it" { while true; do sleep 0.1 || true; done; }
TEST "a program in the background, and a shell that waits" {
    setsid sleep 1001 &
    wait
}
TEST "the next" { true; }
END
    assert_failure 1
    assert_line --regexp '^not ok 1 a fifo that nobody writes to # in 2[0-9]{3} ms$'
    assert_line '# over its bound of 2 s; there was'
    assert_line --regexp '^#   process [0-9]+: cat .*/fifo \(S \(sleeping\).*\)$'
    assert_line --regexp '^not ok 2 a loop'
    assert_line --regexp '^#   process [0-9]+: sleep 1001 \(S'
    assert_line --regexp '^ok 4 the next'
    assert_equal "$(<torn-down)" $'1\n2\n3\n4'
    assert_equal "$(count_outcomes)" "1 passed, 3 failed"
    assert_file_contains report.xml 'over its bound of 2 s'
}

# behaviour: a program that outlives its test and holds on to what bats reads from is killed, and fails the file
# documented: CONTRIBUTING.md, "How the suite runs"
# status: beyond
# why: it is the suite's own work
@test "a descriptor that is held for ever" {
    run_file <<'END'
TEST "it starts a program that nobody ends" {
    (cd / && exec env -i setsid sleep 1002 &)
}
TEST "the next" { true; }
END
    assert_failure 2
    assert_line --regexp '^ok 2 the next'
    assert_line --regexp '^error: .* process [0-9]+: sleep 1002 '
    run -1 grep -lszF 1002 /proc/[0-9]*/cmdline
}

# behaviour: a test whose shell is gone, and one that doesn't end when it is told to, fail, and the next test runs
# documented: CONTRIBUTING.md, "How the suite runs"
# status: beyond
# why: it is the suite's own work
@test "a test that is gone, or can't be ended" {
    run_file <<'END'
# bound: 2 s
TEST "it kills its own shell" { kill -KILL $$; }
TEST "its teardown hangs" { trap '' TERM; while true; do sleep 0.1 || true; done; }
TEST "the next" { true; }
END
    assert_failure 1
    assert_line --regexp '^not ok 1 it kills its own shell'
    assert_line '# it ended without a word'
    assert_line --regexp '^not ok 2 its teardown hangs'
    assert_line --regexp '^ok 3 the next'
    assert_equal "$(count_outcomes)" "1 passed, 2 failed"
}

# behaviour: files run side by side, each with its output in one piece, and one that says so runs when the others are through
# documented: CONTRIBUTING.md, "How the suite runs"
# status: beyond
# why: it is the suite's own work
@test "files side by side" {
    mkdir here
    for name in one two alone; do
        {
            printf '#!/usr/bin/env bats\n'
            [[ $name != alone ]] || printf '# runs: alone\n'
            cat <<'END'
here=$BATS_TEST_DIRNAME/here
wait_for() { for ((n = 0; n < 200; n++)); do [[ -e $here/$1 ]] && return; sleep 0.1; done; false; }
END
            case $name in
            one) printf '@%s "one" { : >"$here/one"; wait_for two; sleep 0.2; : >"$here/through"; }\n' test ;;
            two) printf '@%s "two" { : >"$here/two"; wait_for one; [[ ! -e $here/alone ]]; }\n' test ;;
            alone) printf '@%s "alone" { : >"$here/alone"; [[ -e $here/through ]]; }\n' test ;;
            esac
        } >"$name.bats"
    done
    mkdir reports
    run -0 env -i PATH="${PATH#"$BATS_LIBEXEC:"}" TMPDIR="$PWD" JOBS=2 \
        "$TOP/tools/test/run-files.py" --named --level=priv reports none alone.bats one.bats two.bats
    assert_equal "$(grep -A 1 '^== .*bats' <<<"$output" | grep -c '^1\.\.1$')" 3
    assert_equal "$("$TOP/tools/report/sum-reports.py" reports/bats-priv.none.xml)" "3 passed, 0 failed"
}

# behaviour: where a second try is asked for, a file that failed and passes by itself counts as passed and is named with what it said first; one that fails twice has failed
# documented: CONTRIBUTING.md, "How the suite runs"
# status: beyond
# why: it is the suite's own work
@test "a second try" {
    for name in once twice; do
        cat <<'END' | sed 's/^TEST/@test/'
#!/usr/bin/env bats
TEST "it fails" {
    echo "this is why"
    [[ -e $BATS_TEST_FILENAME.ran ]] || { : >"$BATS_TEST_FILENAME.ran" && false; }
    [[ $BATS_TEST_FILENAME != *twice* ]]
}
END
    done | split --lines=6 --additional-suffix=.bats - it-
    mv it-aa.bats once.bats
    mv it-ab.bats twice.bats
    mkdir reports
    run_files() {
        rm -f ./*.ran
        run -"$1" env -i PATH="${PATH#"$BATS_LIBEXEC:"}" TMPDIR="$PWD" "${@:3}" \
            "$TOP/tools/test/run-files.py" --named --level=priv reports none "$2.bats"
    }
    run_files 1 once
    assert_file_not_exists reports/second-tries

    run_files 0 once SECOND_TRY=true
    assert_equal "$("$TOP/tools/report/sum-reports.py" reports/bats-priv.none.xml)" "1 passed, 0 failed"
    assert_equal "$(head -n 1 reports/second-tries)" "once.bats (priv) passed at its second try; at the first:"
    assert_file_contains reports/second-tries '^    # this is why$'

    rm reports/second-tries
    run_files 1 twice SECOND_TRY=true
    assert_equal "$("$TOP/tools/report/sum-reports.py" reports/bats-priv.none.xml)" "0 passed, 1 failed"
    assert_file_not_exists reports/second-tries
}

# behaviour: where a second try is asked for, the Swift tests that failed are run once more and alone, and named with what they said first
# documented: CONTRIBUTING.md, "How the suite runs"
# status: beyond
# why: it is the suite's own work
@test "a second try of a Swift test" {
    # It plays `swift test`: the first time a test fails, by its report; what it is called with is written down.
    cat >swift <<'END'
#!/bin/bash
cd "$HERE" || exit
echo "$*" >>calls
again=$(($(wc -l <calls) - 1))
((again)) || rm -f second-tries
{
    echo '<testsuites><testsuite><testcase classname="Unit.LayoutTests" name="refuses(isFile:)">'
    ((again)) && [[ $(<status) == 0 ]] || echo '<failure message="why"/>'
    echo '</testcase>'
    ((again)) || echo '<testcase classname="Unit.LayoutTests" name="keeps()"/>'
    echo '</testsuite></testsuites>'
} >r-swift-testing.xml
((again)) && exit "$(<status)"
exit 1
END
    chmod +x swift
    run_tests() {
        rm -f calls
        run -"$1" env --unset=SECOND_TRY SWIFT="$PWD/swift" HERE="$PWD" TMPDIR="$PWD" "${@:2}" \
            "$TOP/tools/test/run-swift-tests" --xunit-output "$PWD/r.xml"
    }
    sum() { "$TOP/tools/report/sum-reports.py" r-swift-testing.xml; }
    run_tests 1
    assert_equal "$(wc -l <calls)" 1
    assert_equal "$(sum)" "1 passed, 1 failed"

    echo 0 >status
    run_tests 0 SECOND_TRY=true
    assert_equal "$(sed -n 2p calls)" "test --xunit-output $PWD/r.xml --filter ^Unit\\.LayoutTests/refuses\\(isFile:\\)"
    assert_equal "$(<second-tries)" $'has a second try: Unit.LayoutTests: refuses(isFile:)\n    why'
    assert_equal "$(sum)" "2 passed, 0 failed"

    echo 1 >status
    run_tests 1 SECOND_TRY=true
    assert_equal "$(sum)" "1 passed, 1 failed"
}

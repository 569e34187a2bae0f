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

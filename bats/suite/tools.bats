#!/usr/bin/env bats
# The page of the tools, and reports of whatever a test prints.

load ../helpers

setup() {
    begin_test
}

# behaviour: tools/README.md has a line for each script, and for none that is not there
# documented: CONTRIBUTING.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "each tool is on the page" {
    cd "$TOP/tools"
    sed -n 's/^| \[\(.*\)\](\(.*\)) | .*/\2/p' README.md | sort >"$BATS_TEST_TMPDIR/on-the-page"
    printf '%s\n' */* | grep -v __pycache__ | sort | diff "$BATS_TEST_TMPDIR/on-the-page" -
}

# behaviour: a report is made whatever a failing test prints: control characters, bytes that are no text, and very much of it
# documented: README.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "a failure that prints everything" {
    cat >it.sh <<'END'
for ((n = 1; n < 256; n++)); do printf "\\x$(printf %x "$n")|"; done
printf 'end of the bytes\n'
head -c 200000 /dev/zero | tr '\0' x
printf '\nend of all\n'
exit 1
END
    printf '#!/usr/bin/env bats\n@%s "it prints" { bash "%s"; }\n' test "$PWD/it.sh" >hello.bats
    mkdir reports
    run env -i PATH="${PATH#"$BATS_LIBEXEC:"}" TMPDIR="$PWD" REPORT="$PWD/reports" PRIVILEGE_LEVEL=priv \
        "$TOP/tools/test/run-bats" "$PWD/hello.bats"
    assert_failure
    assert_line "1 tests, 1 failures, 0 skipped"
    report=$(echo reports/bats-priv.*.xml)
    assert_equal "$("$TOP/tools/report/sum-reports.py" "$report")" "0 passed, 1 failed"
    run "$TOP/tools/report/sum-reports.py" --failed "$report"
    assert_line --index 0 "failed: hello.bats: it prints"
    assert_line --index 1 --partial "    (in test file"
    python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$report"
    assert_file_contains "$report" 'end of the bytes'
    assert_file_contains "$report" 'characters are left out here'
    assert_file_contains "$report" 'end of all'
    (($(stat -c %s "$report") < 100000))
}

# behaviour: a report of another program's, with characters that XML refuses, as they are or by their numbers, is read
# documented: README.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "a report that is no XML" {
    {
        printf '<testsuites><testsuite name="hello.bats"><testcase classname="hello.bats" name="--no-cache builds again" time="1">'
        printf '<failure>a &#27;[6n b &#x1B; &#0; &#xFFFE; &#1114112; &#99999999999; \x07\xff &#233;&lt;</failure>'
        printf '</testcase></testsuite>\n</testsuites>\n'
    } >bats-priv.tmpfs.xml
    assert_equal "$("$TOP/tools/report/sum-reports.py" bats-priv.tmpfs.xml)" "0 passed, 1 failed"
    "$TOP/tools/report/write-report.py" "$PWD"
    assert_file_contains index.html 'a \[6n b .*é&lt;'
}

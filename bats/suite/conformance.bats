#!/usr/bin/env bats
# The suite's own account of itself: the report that people read, and new reproducers.

load ../helpers

setup() {
    begin_test
    requires container
    # A symlink leads to it below, also where no other test has made one yet.
    mkdir -p "$FIXTURES"
}

# report_of NAME FAILURE: what a run of three tests of hello.bats leaves, of which one fails.
report_of() {
    cat >"$1" <<'END'
<testsuites><testsuite name="hello.bats">
<testcase classname="hello.bats" name="what run: writes is the image&#39;s top layer" time="0.5" />
<testcase classname="hello.bats" name="rm in run: leaves a whiteout" time="1.25"><failure>no whiteout &lt;here&gt;</failure></testcase>
<testcase classname="hello.bats" name="--no-cache builds again" time="0.1"><skipped>no reason</skipped></testcase>
</testsuite></testsuites>
END
}

# text_of FILE: a page without its markup, a line for each row or paragraph.
text_of() {
    python3 - "$1" <<'END'
import html, re, sys
text = open(sys.argv[1]).read()
text = re.sub(r"<(style|script)>.*?</\1>", "", text, flags=re.S)
print(re.sub(" +", " ", html.unescape(re.sub("<[^>]*>", " ", text))))
END
}

# behaviour: the report has failures first, then each behaviour with its outcome and time at each level and file system
# documented: README.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "the report for people" {
    report_of bats-priv.ext4.xml
    report_of bats-unpriv.tmpfs.xml
    "$TOP/tools/report/write-report.py" "$PWD"
    run text_of index.html
    assert_line --regexp '^ *2 failures'
    assert_line --partial 'user, tmpfs: make check PRIVILEGE_LEVEL=unpriv TEST=hello.bats'
    assert_line --partial 'no whiteout <here>'
    assert_line --regexp 'behaviour status root, ext4 user, tmpfs'
    assert_line --regexp 'adds what it wrote as one layer .* documented yes 0.5 s yes 0.5 s'
    assert_line --regexp 'a deleted file of the base .* documented fails 1.2 s fails 1.2 s'
    assert_line --regexp 'builds again what the cache holds .* skipped no reason skipped no reason'
    failure=$(grep -n 'no whiteout' <<<"$output" | head -n 1 | cut -d: -f 1)
    matrix=$(grep -n 'behaviour status' <<<"$output" | head -n 1 | cut -d: -f 1)
    ((failure < matrix))
}

# behaviour: where a test is known to fail on a file system, its failure there is none, and that it passes is one
# documented: README.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "the report knows what is known to fail" {
    "$TOP/tools/report/check-headers" --list "$TOP/bats/file-systems/link-limits.bats" >headers
    name=$(awk -F '\t' '$8 ~ /btrfs-noextref-4k/ { print $2; exit }' headers)
    [[ -n $name ]]
    for file_system in btrfs-noextref-4k:"<failure>as ever</failure>" xfs:; do
        cat >"bats-priv.${file_system%%:*}.xml" <<END
<testsuites><testsuite name="link-limits.bats">
<testcase classname="link-limits.bats" name="$name" time="0.5">${file_system#*:}</testcase>
</testsuite></testsuites>
END
    done
    "$TOP/tools/report/write-report.py" "$PWD"
    run text_of index.html
    assert_line --regexp '^ *0 failures'
    assert_line --regexp 'fails, as known 0.5 s .* yes 0.5 s'
    sed -i 's,<failure>as ever</failure>,,' bats-priv.btrfs-noextref-4k.xml
    "$TOP/tools/report/write-report.py" "$PWD"
    run text_of index.html
    assert_line --regexp '^ *1 failures'
    assert_line --partial 'passes, should fail'
}

# behaviour: what `make reproducer` writes is a test that runs, passes, and has a header as it should be
# documented: CONTRIBUTING.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "a new reproducer runs" {
    mkdir tree tree/.build
    cp -a "$TOP/bats" "$TOP/tools" "$TOP/docs" tree
    ln -s "$FIXTURES" tree/.build/fixtures
    cd tree
    tools/test/new-reproducer my-bug layers
    tools/report/check-headers bats/layers/my-bug.bats
    run env -i PATH="${PATH#"$BATS_LIBEXEC:"}" TMPDIR="$PWD" STACKER="$STACKER_BINARY" STACKER_IS_OURS=true CI=true \
        bats --tap bats/layers/my-bug.bats
    assert_success
    assert_line --regexp '^ok 1 '
    # Not a second time, over what somebody wrote.
    run ! tools/test/new-reproducer my-bug layers
}

# behaviour: the map says of each test on which kernels it is known to fail, with the reason, and what of it is run on other kernels
# documented: docs/conformance.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "the map and kernels" {
    copy_suite
    cd tree
    sed -i '/^@test "rm in run: leaves a whiteout"/i # fails-where: kernel<6.6 level=unpriv: it is too <old>' bats/recipe/hello.bats
    sed -i '/^@test "--no-cache builds again"/i # fails-where: lsm=apparmor: for whatever reason' bats/recipe/hello.bats
    run -1 tools/report/write-conformance.py --check
    tools/report/write-conformance.py
    run -0 grep -F '| any; quick; fails where kernel\<6.6 level=unpriv: it is too \<old\> |' docs/conformance.md
    assert_output --partial 'a deleted file of the base is a whiteout in the layer'
    assert_file_contains docs/conformance.md '| any; fails where lsm=apparmor: for whatever reason |'
    run -0 grep -F '| its own; quick |' docs/conformance.md
    assert_output --partial 'named by the layer'
}

#!/usr/bin/env bats
# The list of public bugs: it and what names them agree, and the page that is made of it says what vectors/known says.
# bats file_tags=level:priv

load ../helpers

setup() {
    begin_test
    mkdir -p vectors/{layers/a,changes/a,known,judges} bats/museum docs
    : >vectors/judges/tool
}

write_bugs() {
    "$TOP/tools/vectors/write-bugs.py" --top="$PWD" "$@"
}

# write_vector NAME VERDICT BUG… [LINE]: sections, if it needs some, are stdin.
write_vector() {
    printf 'behaviour: it is as it is\ndocumented: this test\nverdict: %s\nbug: %s\n\n' "$2" "$3" >"vectors/$1.vector"
    cat >>"vectors/$1.vector"
}

# write_known LINE…: what is known of version 1 of the tool.
write_known() {
    printf '%s\n' "# runs: layers changes" "$@" >vectors/known/tool-1
}

# write_test BUG: in the museum.
write_test() {
    printf '%s\n' "# behaviour: it is here" "# documented: docs/page.md; $1, \"It is gone\"" "# status: documented" \
        '@test "an exhibit" {' '    true' '}' >bats/museum/exhibit.bats
}

# list_rows HEADING: the first cells and those of who was tried, of the table below it.
list_rows() {
    sed -n "/^## $1/,/^## /p" docs/bugs.md | sed -n 's/^| \[\([^]]*\)\].* | \([^|]*\) | [^|]* |$/\1: \2/p'
}

# behaviour: a bug that a vector or a test of the museum names is listed, one that is listed is named, and lint says which isn't
# documented: docs/bugs.md; vectors/README.md
# status: beyond
# why: stacker has no part in it
@test "what is listed and what is named" {
    printf '%s\n' 'program tool | tool' 'a/b issue 1 | tool 0 | it was lost' 'a/b issue 2 | tool | it came back' \
        'CVE-2020-1 | tool 0 | it got out' >vectors/bugs
    write_vector layers/a/one must 'a/b issue 1; CVE-2020-1' </dev/null
    write_test 'a/b issue 2'
    write_known
    write_bugs
    write_bugs --check

    write_vector layers/a/two must 'a/b pull request 3' </dev/null
    write_test 'a/b issue 4'
    write_bugs
    run -1 write_bugs --check
    assert_line "layers/a/two.vector: names a/b pull request 3, which vectors/bugs doesn't list"
    assert_line "exhibit.bats: names a/b issue 4, which vectors/bugs doesn't list"
    assert_line "bugs:3: no vector and no test of bats/museum names a/b issue 2"
}

# behaviour: a line that says nothing is refused, with its place: no program, no adapter, no outcome, no bug, twice the same
# documented: docs/bugs.md; vectors/README.md
# status: beyond
# why: stacker has no part in it
@test "lines that say nothing" {
    write_vector layers/a/one must 'a/b issue 1' </dev/null
    write_known
    local line
    for line in 'a/b issue 1 | other 2 | it was lost' 'a/b 1 | tool | it was lost' 'a/b issue 1 | tool' \
        'a/b issue 1 | tool | it was lost | often' 'program other' 'program tool | tool'; do
        printf '%s\n' 'program tool | tool' "$line" >vectors/bugs
        run -2 write_bugs
        assert_line --partial "error: bugs:2: "
        assert_line --partial "help: "
    done

    printf '%s\n' 'program tool | tool nothing' 'program other | - | it is none' 'a/b issue 1 | tool | it was lost | open late' \
        >vectors/bugs
    write_bugs
    run -1 write_bugs --check
    assert_line "vectors/bugs: tool is judged by nothing, and there is no judges/nothing"
    assert_line "vectors/bugs: no bug is other's"
    assert_line "bugs:3: no open vector of a/b issue 1 has an outcome late"
}

# behaviour: a bug is seen where vectors/known says so of a program that had it, and a new file there moves it on the page
# documented: docs/bugs.md; vectors/judges/README.md
# status: beyond
# why: stacker has no part in it
@test "where a bug is seen" {
    printf '%s\n' 'program tool | tool' 'program gone | - | it is none' 'a/b issue 1 | tool 0 | it was lost' \
        'a/b issue 2 | tool 0 | it was late | open late' 'a/b issue 3 | tool | it wrote that | writes' \
        'a/b issue 4 | gone | it was lost' >vectors/bugs
    write_vector layers/a/one must 'a/b issue 1; a/b issue 3; a/b issue 4' </dev/null
    write_vector layers/a/two open 'a/b issue 2' <<<$'tree early\ntree late'
    write_bugs
    assert_equal "$(list_rows 'Not tried')" $'a/b issue 1: \na/b issue 2: \na/b issue 3: \na/b issue 4: '
    assert_file_contains docs/bugs.md '^| tool | there is an adapter, tool, and nothing known yet |$'
    assert_file_contains docs/bugs.md '^| gone | it is none |$'

    write_known 'layers/a/two | late | it waits'
    run -1 write_bugs --check
    assert_line --partial "docs/bugs.md is not current: make judges"
    write_bugs
    assert_equal "$(list_rows 'Seen in a program that had it')" 'a/b issue 2: **tool 1**: late'
    assert_equal "$(list_rows 'Right where it was tried')" 'a/b issue 1: tool 1: right'
    assert_equal "$(list_rows 'Not tried')" $'a/b issue 3: \na/b issue 4: '

    write_known 'layers/a/one | refuses: it is lost | it is lost' 'layers/a/two | early | it does not wait'
    write_bugs
    assert_equal "$(list_rows 'Seen in a program that had it')" 'a/b issue 1: **tool 1**: refuses'
    assert_equal "$(list_rows 'Right where it was tried')" 'a/b issue 2: tool 1: right'
    # Issue 4 is seen in a tool that isn't known to have had it.
    assert_file_contains docs/bugs.md '^4 bugs: of 2, a vector is red in .*: of 1 in a program that had the bug.* 2 are red nowhere'
    assert_file_contains docs/bugs.md ' Of 1 of these, who had them comes out right .* The other 1 could not be tried'

    # What is wrong in the tool may be something else.
    sed -i '/issue [14] /s/$/ | otherwise tool/' vectors/bugs
    write_bugs
    assert_equal "$(list_rows 'Seen in a program that had it')" ""
    assert_equal "$(list_rows 'Not tried')" $'a/b issue 1: \na/b issue 3: \na/b issue 4: '
    assert_file_contains docs/bugs.md '^4 bugs: of 0, '
}

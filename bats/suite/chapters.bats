#!/usr/bin/env bats
# How a test is found among the chapters: by its name, which no other one has.

load ../helpers

setup() {
    begin_test
}

# copy_tree: goes to a copy of the suite and its tools, which a test can change.
copy_tree() {
    mkdir tree
    cp -a "$TOP/bats" "$TOP/tools" "$TOP/docs" tree
    cd tree || return
}

# behaviour: a test is found by its name alone, with its chapter, and by its path; of one that is not there the near are said
# documented: bats/README.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "a test by its name" {
    for name in squashfs squashfs.bats layers/squashfs bats/layers/squashfs.bats bats/squashfs.bats; do
        assert_equal "$("$TOP/tools/report/find-tests.py" "$name")" bats/layers/squashfs.bats
    done
    assert_equal "$("$TOP/tools/report/find-tests.py" erofs hello)" $'bats/layers/erofs.bats\nbats/recipe/hello.bats'
    run -1 "$TOP/tools/report/find-tests.py" hello cache/squashfs
    assert_line "error: there is no test cache/squashfs"
    assert_line "help: near are: bats/layers/squashfs.bats"
    run -1 "$TOP/tools/test/run-bats" import-htp
    assert_line --partial bats/imports/import-http.bats
    run -1 "$TOP/tools/report/find-tests.py" qqq
    assert_line --regexp '^help: .* CHAPTER=.*: cache, .*, suite$'
}

# behaviour: a chapter is run as a whole, or what is named of it; of one that is not there, all that are there are said
# documented: bats/README.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "a chapter" {
    assert_equal "$("$TOP/tools/report/find-tests.py" --chapter=layers)" "$(cd "$TOP" && printf '%s\n' bats/layers/*.bats)"
    assert_equal "$("$TOP/tools/report/find-tests.py")" "$(cd "$TOP" && printf '%s\n' bats/*/*.bats)"
    assert_equal "$("$TOP/tools/report/find-tests.py" --chapter=layers squashfs)" bats/layers/squashfs.bats
    run -1 "$TOP/tools/report/find-tests.py" --chapter=cache squashfs
    assert_line "error: there is no test squashfs in cache"
    run -1 "$TOP/tools/test/run-bats" --chapter=layer
    assert_line "error: there is no chapter layer in bats/"
    assert_line --regexp '^help: one of: cache, .*, suite$'
    run -0 make -C "$TOP" --dry-run bats STACKER="$STACKER_BINARY" CHAPTER="layers cache" TEST=squashfs
    assert_line --partial "run-bats --chapter=layers --chapter=cache squashfs"
}

# behaviour: two files of one name, a file that is in no chapter and a chapter without a page are found by `make lint`
# documented: bats/README.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "a name is used once" {
    copy_tree
    tools/report/check-headers bats/{layers,cache}/*.bats
    cp bats/layers/squashfs.bats bats/cache/squashfs.bats
    run -1 tools/report/check-headers bats/cache/*.bats
    assert_line --partial "bats/cache/squashfs.bats: \"the file\": bats/layers/squashfs.bats has the same name"
    mkdir bats/layers/more
    mv bats/cache/squashfs.bats bats/layers/more/other.bats
    mv bats/recipe/hello.bats bats
    run -1 tools/report/check-headers bats/hello.bats bats/layers/more/other.bats
    assert_line --partial 'bats/hello.bats: "the file": it is in no chapter'
    assert_line --partial 'bats/layers/more/other.bats: "the file": it is in no chapter'
    rm bats/museum/README.md
    run -1 tools/report/check-headers bats/museum/*.bats
    assert_line --partial "bats/museum has no README.md"
}

# behaviour: a reproducer is made in a chapter, under a name that no chapter has; without one, the chapters are said
# documented: CONTRIBUTING.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "a new reproducer has a chapter" {
    copy_tree
    for chapter in "" layer; do
        run -1 tools/test/new-reproducer my-bug "$chapter"
        assert_line "help: make reproducer NAME=my-bug CHAPTER=…"
        assert_line --regexp '^  overlay  +[A-Z]'
    done
    run -1 tools/test/new-reproducer squashfs cache
    assert_line "error: bats/layers/squashfs.bats is there already"
    assert_equal "$(find bats -name my-bug.bats)" ""
}

# steps VARIABLE…: what `make check` would do with these.
steps() {
    env -u MAKEFLAGS -u MFLAGS -u MAKEOVERRIDES -u STACKER -u TEST -u CHAPTER -u FS make -n -C "${TREE:-$TOP}" check "$@" 2>&1
}

# behaviour: make check runs the Swift tests and all bats files; with a choice it runs what was chosen, and only that
# documented: bats/README.md
# status: beyond
# why: it is make's work, whoever runs stacker
# bats test_tags=level:priv
@test "everything, or what is chosen" {
    run -0 steps
    assert_output --partial "tools/test/run-swift-tests"
    assert_output --partial "check-budget --all"
    for choice in TEST=hello.bats CHAPTER=layers FS=ext4; do
        run -0 steps "$choice"
        refute_output --partial "tools/test/run-swift-tests"
    done
    run -0 steps CHAPTER=layers
    assert_output --partial "tools/test/run-bats --chapter=layers"
}

# behaviour: make -n check says what would be done, and does nothing: no report is written or taken away
# documented: GNU make manual "Instead of Executing Recipes"
# status: beyond
# why: it is make's work, whoever runs stacker
# bats test_tags=level:priv
@test "a dry run runs nothing" {
    copy_suite
    TREE=tree run -0 steps
    assert_output --partial "tools/report/write-report.py .build/report"
    assert_not_exists tree/.build/report
    mkdir tree/.build/report
    TREE=tree run -0 steps
    assert_equal "$(ls -A tree/.build/report)" ""
}

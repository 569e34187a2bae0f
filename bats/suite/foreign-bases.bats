#!/usr/bin/env bats
# Bases for other processors: how the suite runs on them, and what it needs for that.

load ../helpers
load ../platforms/foreign

setup() {
    begin_test
    requires container foreign_busybox
}

# behaviour: PLATFORM has a reproducer run on a base for that processor; one that there are no bases for is refused
# documented: CONTRIBUTING.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "a reproducer on another processor" {
    requires handlers
    copy_suite
    cd tree
    # bats takes each line for a test of this file's that begins as one.
    sed 's/^TEST/@test/' >bats/layers/my-bug.bats <<'END'
load ../helpers

TEST "the machine" {
    busybox_recipe $'  run: uname -m > /machine'
    stacker build
    assert_equal "$(layer_tar it -1 | tar xO --wildcards '*machine')" s390x
}
END
    run env -i PATH="${PATH#"$BATS_LIBEXEC:"}" TMPDIR="$PWD" STACKER="$STACKER_BINARY" STACKER_IS_OURS=true CI=true \
        PLATFORM=linux/s390x bats --tap bats/layers/my-bug.bats
    assert_success
    assert_line --regexp '^ok 1 '
    PLATFORM=linux/sparc run -1 tools/test/run-bats my-bug
    assert_line --partial "error: there are no bases for PLATFORM=linux/sparc: it can be"
}

# behaviour: handlers that a run of tests has registered are there as long as any run is, and a handler of others stays
# documented: CONTRIBUTING.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "handlers go with the last that needs them" {
    requires handlers
    show_handlers
    # Ours, of another name than those of the run that this test is in.
    copy_suite
    sed -i "s/stacker-test-/stacker-nested-/; s/is_registered \"qemu-/false \"qemu-/" tree/tools/test/with-handlers
    grep -q 'prefix=stacker-nested-' tree/tools/test/with-handlers
    sed -i "s,^state=.*,state=$PWD/state," tree/tools/test/with-handlers
    before=$(ls "$binfmt")
    run -3 tree/tools/test/with-handlers sh -c "tree/tools/test/with-handlers true; ls $binfmt; exit 3"
    assert_line stacker-nested-aarch64
    assert_line stacker-nested-s390x
    assert_equal "$(ls "$binfmt")" "$before"
    "$FIXTURES/foreign/s390x/busybox" true
}

# behaviour: without a mirror the foreign busyboxes are an error that says what goes untested, and fails where CI is true only
# documented: CONTRIBUTING.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "no mirror to fetch from" {
    copy_suite
    rm tree/.build/fixtures
    CI='' DEBIAN_MIRROR=file:/nonexistent run -0 tree/tools/fixtures/fetch-foreign-busybox
    assert_line --partial "error: couldn't fetch busybox-static for arm64 armhf s390x"
    assert_line --partial "help: it takes Debian, and a mirror of it, which DEBIAN_MIRROR names"
    CI=true DEBIAN_MIRROR=file:/nonexistent run -1 tree/tools/fixtures/fetch-foreign-busybox
    assert_equal "$(ls -A tree/.build/fixtures)" ""
}

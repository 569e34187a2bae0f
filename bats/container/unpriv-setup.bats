#!/usr/bin/env bats
# unpriv-setup: what root does once so that a user can build.
# bats file_tags=level:priv

load ../helpers

setup() {
    begin_test
    requires root
    cp -a /etc etc
    echo 'somebody:x:4321:4322::/nonexistent:/bin/sh' >>etc/passwd
    sed -i /^somebody:/d etc/subuid etc/subgid
    unset "${!SUDO_@}"
}

# set_up ARGUMENT…: unpriv-setup where ./etc is /etc, and nobody else sees that.
set_up() {
    unshare --mount sh -euc 'mount --bind etc /etc; exec "$@"' sh "$STACKER" unpriv-setup "$@"
}

# behaviour: a user without ranges gets 65536 uids and gids that nobody else has, and stacker's directories
# documented: docs/unprivileged.md#set-up
# status: documented
# why: it is root's command
@test "ranges and directories are given" {
    echo 'other:100000:65536' | tee etc/subuid >etc/subgid
    set_up --username somebody --uid 4321 --gid 4322
    for kind in uid gid; do
        assert_equal "$(head -n 1 "etc/sub$kind")" other:100000:65536
        assert_regex "$(tail -n 1 "etc/sub$kind")" '^somebody:[0-9]+:65536$'
        (($(tail -n 1 "etc/sub$kind" | cut -d: -f2) >= 165536))
    done
    assert_equal "$(stat -c %u:%g roots .stacker | sort -u)" 4321:4322
}

# behaviour: a name is enough; the ranges follow the last of others, and directories that are there change hands with what is in them
# documented: docs/unprivileged.md#set-up
# status: beyond
# why: it is root's command
@test "ranges follow those of others" {
    echo 'other:100000:65536' | tee etc/subuid >etc/subgid
    mkdir -p oci/blobs .stacker/imports
    touch oci/index.json
    run -0 set_up --username somebody
    assert_equal "$(cat etc/subuid)" $'other:100000:65536\nsomebody:165536:65536'
    assert_equal "$(cat etc/subgid)" "$(cat etc/subuid)"
    assert_equal "$(stat -c %u:%g roots .stacker .stacker/imports oci oci/blobs oci/index.json | sort -u)" 4321:4322
    assert_said "gave somebody the uids 165536-231071"
}

# behaviour: a second run changes nothing
# documented: docs/unprivileged.md#set-up
# status: beyond
# why: it is root's command
@test "the second time nothing changes" {
    set_up --uid 4321
    find . -exec stat -c '%n %i %Y %u %g' {} + >before
    run -0 --separate-stderr set_up --uid 4321
    assert_equal "$output$stderr" ""
    find . -exec stat -c '%n %i %Y %u %g' {} + | grep -v '^\./before \|^\. ' >"$BATS_TEST_TMPDIR/after"
    diff <(grep -v '^\./before \|^\. ' before) "$BATS_TEST_TMPDIR/after"
}

# behaviour: without an option it is the user who called sudo
# documented: docs/commands.md#unpriv-setup
# status: documented
# why: it is root's command
@test "the user who called sudo" {
    SUDO_USER=somebody SUDO_UID=4321 SUDO_GID=4322 set_up
    assert_equal "$(grep -c '^somebody:' etc/subuid etc/subgid)" $'etc/subuid:1\netc/subgid:1'
}

# behaviour: the name of who called sudo is enough; without it, or with one that nobody has, it is an error that says so
# documented: docs/commands.md#unpriv-setup
# status: beyond
# why: it is root's command
@test "the user who called sudo, by name alone" {
    SUDO_USER=somebody set_up
    assert_equal "$(grep -c '^somebody:' etc/subuid etc/subgid)" $'etc/subuid:1\netc/subgid:1'
    run -1 --separate-stderr set_up
    assert_said "--username"
    run -1 --separate-stderr set_up --username nobody-of-that-name
    assert_said "no user nobody-of-that-name"
}

# behaviour: layers that somebody else has built are not given away, since their ids would be others
# documented: docs/commands.md#unpriv-setup
# status: beyond
# why: it is root's command
@test "another builder's roots are refused" {
    mkdir -p roots/sha256_0/overlay
    run -1 --separate-stderr set_up --username somebody
    assert_said "holds what uid 0 has built"
    assert_said "stacker clean"
    assert_equal "$(stat -c %u roots/sha256_0)" 0
}

# behaviour: a work directory that is not there yet is made, and is the user's with all that is made on the way; what is there stays root's
# documented: docs/unprivileged.md#set-up
# status: beyond
# why: it is root's command
@test "a work directory that is new" {
    mkdir there
    set_up --username somebody --work-dir there/on/way
    assert_equal "$(find there/on -printf '%P %U:%G\n' | sort)" \
        $' 4321:4322\nway 4321:4322\nway/.stacker 4321:4322\nway/oci 4321:4322\nway/roots 4321:4322'
    assert_equal "$(stat -c %u there)" 0
    # Another place for one of the three.
    set_up --username somebody --oci-dir there/other/oci
    assert_equal "$(stat -c %u:%g there/other there/other/oci .stacker | sort -u)" 4321:4322
    assert_equal "$(stat -c %u . there)" $'0\n0'
}

# behaviour: a directory that is a symlink is refused: root must not be led to give other files away
# documented: docs/security.md#set-up-as-root
# status: beyond
# why: it is root's command
@test "a symlink is not followed" {
    mkdir precious
    touch precious/file
    ln -s precious .stacker
    run -1 --separate-stderr set_up --username somebody
    assert_said ".stacker"
    assert_equal "$(stat -c %u precious precious/file)" $'0\n0'
}

# behaviour: a file of root's that has names elsewhere, which the user may have made here, stays root's, and that is said
# documented: docs/security.md#set-up-as-root
# status: beyond
# why: it is root's command
@test "a file with names elsewhere is not given away" {
    mkdir .stacker oci
    echo precious >precious
    ln precious .stacker/mine
    echo blob >oci/one
    ln oci/one .stacker/two
    run -0 --separate-stderr set_up --username somebody
    assert_equal "$(stat -c %u precious)" 0
    assert_said "left $PWD/.stacker/mine as it is"
    # All names of this one are here.
    assert_equal "$(stat -c %u oci/one)" 4321
}

# behaviour: /etc/subuid and /etc/subgid keep their owner, mode and extended attributes, as SELinux's label is one
# documented: docs/security.md#set-up-as-root
# status: beyond
# why: it is root's command
@test "the files of ranges keep what they have" {
    local file
    for file in etc/subuid etc/subgid; do
        chown 0:4 "$file"
        chmod 0640 "$file"
        setfattr -n trusted.label -v mark "$file"
    done
    run -0 set_up --username somebody
    for file in etc/subuid etc/subgid; do
        assert_equal "$(stat -c %u:%g:%a "$file")" 0:4:640
        assert_equal "$(getfattr --only-values -n trusted.label "$file")" mark
        assert_file_contains "$file" ^somebody:
    done
}

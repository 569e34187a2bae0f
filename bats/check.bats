#!/usr/bin/env bats
# What `stacker check` finds out about a machine, and what it and a build do about file systems that fall short.

load helpers

setup() {
    begin_test
    requires container loop ext4 btrfs
}

# behaviour: where everything is there, each line begins with ok and the status is 0
# documented: docs/commands.md#check
# status: beyond
@test "a machine that can build has only ok lines" {
    mount_file_system ext4 fs
    run -0 --separate-stderr stacker --work-dir fs check
    refute_output --regexp '^(warn|fail)'
    local name
    for name in kernel liblxc user 'id maps' roots 'hard links' whiteouts 'user xattrs' overlay; do
        assert_line --partial "$name: "
    done
    # Nothing is left, and nothing was made.
    assert_equal "$(ls fs)" lost+found
}

# behaviour: btrfs without extref is a warning with its remedy, in JSON too, and --fix mends it
# documented: docs/commands.md#check
# status: beyond
# why: only root may mend a file system
# bats test_tags=level:priv
@test "check warns of btrfs without extref, and --fix mends it" {
    mount_file_system btrfs-noextref-4k fs
    run -0 --separate-stderr stacker --work-dir fs check --json
    assert_equal "$(jq -r '.[] | select(.status != "ok") | .name' <<<"$output")" "hard links"
    assert_equal "$(jq -r '.[] | select(.name == "hard links") | .detail' <<<"$output")" \
        "btrfs without extended inode refs (nodesize 4096)"
    run -0 --separate-stderr stacker --work-dir fs check --fix
    assert_said "switching extended inode refs on"
    assert_line $'ok\thard links: btrfs'
    mkdir fs/names
    assert_equal "$(count_names fs/names 1000)" 1000
    run -0 stacker --work-dir fs check --fix
    assert_said "nothing to mend"
}

# behaviour: roots on an overlay are refused by check and build, naming directory, file system and a way out
# documented: docs/file-systems.md#where-roots-can-be
# status: beyond
@test "roots on an overlay are an error first" {
    mount_file_system ext4 fs
    mount_overlay fs "$PWD/merged"
    run -1 --separate-stderr stacker --roots-dir merged/roots check
    assert_line --partial "fail"
    assert_line --partial "is on overlay"
    cat >stacker.yaml <<'END'
it:
  from: {type: scratch}
END
    run -1 --separate-stderr stacker --roots-dir merged/roots build
    assert_said "error: the roots directory $PWD/merged/roots is on overlay"
    assert_said "help: name another with --roots-dir"
    assert_dir_not_exists merged/roots
    umount merged
}

# behaviour: a build on btrfs without extref says so once, before it starts
# documented: docs/file-systems.md#what-a-build-does
# status: beyond
@test "build warns of btrfs without extref once, before work starts" {
    mount_file_system btrfs-noextref-4k fs
    cat >stacker.yaml <<'END'
it:
  from: {type: scratch}
END
    run -0 stacker --work-dir fs build
    assert_line --index 0 --partial "warning: the roots directory $PWD/fs/roots is on btrfs without extended inode refs"
    assert_equal "$(grep -c "extended inode refs" <<<"$output")" 1
}

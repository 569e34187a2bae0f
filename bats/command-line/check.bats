#!/usr/bin/env bats
# What `stacker check` finds out about a machine, and what it and a build do about file systems that fall short.

load ../helpers

setup() {
    begin_test
    requires container loop ext4 btrfs
}

# bats test_tags=group:quick
# behaviour: where everything is there, each line begins with ok and the status is 0
# documented: docs/commands.md#check
# status: beyond
@test "a machine that can build has only ok lines" {
    mount_file_system ext4 fs
    run -0 --separate-stderr stacker --work-dir fs check
    refute_output --regexp '^(warn|fail)'
    local name
    for name in kernel liblxc user 'id maps' roots 'hard links' whiteouts 'user xattrs' overlay stacker oci container; do
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

# hello_recipe: a layer whose script writes a file.
hello_recipe() {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo hello > /hello\n' >stacker.yaml
}

# behaviour: what a killed check, or the check of a killed build, has left stops no later one, and goes
# documented: docs/commands.md#check
# status: beyond
@test "a left probe is no obstacle" {
    hello_recipe
    mkdir -p .stacker-check.1/work roots/.stacker-check.1
    stacker build
    run -0 --separate-stderr stacker check
    refute_line --regexp '^fail'
    run -0 --separate-stderr stacker --work-dir new check
    assert_equal "$(find . -name '.stacker-check.*')" ""
}

# behaviour: checks under one directory don't disturb each other
# documented: docs/commands.md#check
# status: beyond
@test "checks at once" {
    local number
    for ((number = 0; number < 8; number++)); do
        "$STACKER" check >"said.$number" 2>&1 3>&- 4>&- &
    done
    wait
    run cat said.*
    refute_line --regexp '^fail'
    assert_equal "$(grep -c '^ok.container: started' <<<"$output")" 8
}

# with_run OPTIONS COMMAND…: runs it where /run is a directory of its own with the file "it", mounted with these options.
with_run() {
    unshare --mount sh -euc 'mount -t tmpfs none /run
        echo it >/run/it
        mount -o "remount,$0" /run
        exec "$@"' "$@"
}

# behaviour: where /run can't be written to, check says ok and a build works; what is in there can be bound
# documented: docs/commands.md#check
# status: beyond
@test "a /run that can't be written to" {
    hello_recipe
    sed -i 's,  run: .*,  binds: ["/run/it -> /it"]\n  run: cp /it /copy,' stacker.yaml
    run -0 --separate-stderr with_run ro "$STACKER" check
    assert_line $'ok\tcontainer: started'
    run -0 --separate-stderr with_run ro "$STACKER" build
    refute_said lock
    assert_equal "$(layer_tar it -1 | tar xO copy)" it
}

# without_run COMMAND…: runs it in a root directory that has all but /run.
without_run() {
    mkdir root
    # shellcheck disable=SC2016  # for the inner shell
    unshare --mount --propagation private sh -euc 'here=$PWD
        mount -t tmpfs none root
        for place in /*; do
            [ "$place" != /run ] || continue
            if [ -L "$place" ]; then
                cp -P "$place" root/
            elif [ -d "$place" ]; then
                mkdir "root$place"
                mount --rbind "$place" "root$place"
            fi
        done
        mkdir root/old
        cd root
        pivot_root . old
        umount -l /old
        rmdir /old
        cd "$here"
        exec "$@"' sh "$@"
    rmdir root
}

# behaviour: where there is no /run, check says ok and a build works
# documented: docs/commands.md#check
# status: beyond
# bats test_tags=level:priv
# why: all of the machine is mounted in the test's directory, where files become the tests' user's
@test "no /run" {
    hello_recipe
    run -0 --separate-stderr without_run "$STACKER" check
    assert_line $'ok\tcontainer: started'
    without_run "$STACKER" build
    assert_equal "$(layer_tar it -1 | tar xO hello)" hello
}

# behaviour: without /dev/null both check and build say that it is what is missing
# documented: docs/commands.md#check
# status: beyond
# why: what becomes the tests' user needs a /dev/null itself
# bats test_tags=level:priv
@test "no /dev/null" {
    hello_recipe
    run -1 --separate-stderr unshare --mount sh -euc 'mount -t tmpfs none /dev; exec "$@"' sh "$STACKER" check
    assert_line --regexp '^fail.container: .*/dev/null'
    run -1 --separate-stderr unshare --mount sh -euc 'mount -t tmpfs none /dev; exec "$@"' sh "$STACKER" build
    assert_said "couldn't open /dev/null: No such file or directory"
    assert_said "help: "
}

# behaviour: with directories in which no build works, check says fail, and which
# documented: docs/commands.md#check
# status: beyond
@test "directories that can't be used" {
    hello_recipe
    echo >file
    run -1 --separate-stderr stacker --stacker-dir file check
    assert_line --regexp "^fail.stacker: .*$PWD/file"
    run -1 --separate-stderr stacker --oci-dir file check
    assert_line --regexp "^fail.oci: .*$PWD/file"
    run -1 --separate-stderr stacker --roots-dir file check
    assert_line --regexp "^fail.roots: .*$PWD/file"
    # As a build says.
    refuse --stacker-dir file build
}

# behaviour: where no more files can be opened, check ends and says so
# documented: docs/commands.md#check
# status: beyond
@test "check with too few descriptors" {
    local limit
    for limit in 6 8 10; do
        run -1 sh -c "ulimit -n $limit; exec timeout 60 '$STACKER' check"
        assert_said "too many open files"
    done
}

# behaviour: check names the directory in which nothing can be made
# documented: docs/commands.md#check
# status: beyond
@test "check names what is read-only" {
    mount_file_system ext4 fs
    mkdir fs/stacker
    mount -o remount,ro fs
    run -1 --separate-stderr stacker --stacker-dir fs/stacker check
    assert_line --regexp "^fail.stacker: .*$PWD/fs/stacker.*: Read-only file system"
    run -1 --separate-stderr stacker --roots-dir fs/roots check
    assert_line --regexp "^fail.*$PWD/fs.*: Read-only file system"
}

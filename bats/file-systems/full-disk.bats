#!/usr/bin/env bats
# Builds that run out of something: room, inodes, a network. Each ends, says on the terminal what, where, why and what to
# do, and the same build passes when there is what was missing.

load ../helpers

setup() {
    begin_test
    requires container tmpfs loop ext4
    busybox_base
}

# fail_loudly ARGUMENT…: runs a build, which has to fail within its time and say so without --debug.
fail_loudly() {
    run --separate-stderr timeout 300 "$STACKER" "$@" build
    assert_not_equal "$status" 0
    assert_not_equal "$status" 124
    assert_said "error: "
    assert_nothing_left
}

# enlarge DIR: gives a tmpfs room.
enlarge() {
    mount -o remount,size=64M "$1"
}

one_recipe() {
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: echo it >/it
END
}

# behaviour: a roots directory without room for the base is an error that says where and what to do
# documented: docs/file-systems.md#when-there-is-no-room; docs/storage.md#roots
# status: beyond
@test "no room to unpack the base" {
    one_recipe
    mount_tmpfs 1m full
    fail_loudly --roots-dir full/roots
    assert_said "error: couldn't write to $PWD/full/roots: couldn't unpack layer sha256:"
    assert_said "No space left on device"
    assert_said "help: make room on the tmpfs that $PWD/full/roots is on"
    assert_said "--roots-dir"
    assert_equal "$(find full -name 'sha256_*' -o -name '.unpack-*')" ""
    assert_layout_whole
    enlarge full
    stacker --roots-dir full/roots build
    assert_equal "$(list_layer it -1)" it
}

# behaviour: a script that fills the disk fails with its own status, and the error says which disk is full
# documented: docs/file-systems.md#when-there-is-no-room
# status: beyond
@test "a script fills the disk" {
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: dd if=/dev/zero of=/big bs=1M count=8 || exit 7
END
    mount_tmpfs 6m full
    fail_loudly --roots-dir full/roots
    assert_equal "$status" 7
    assert_said "No space left on device"
    assert_said 'run commands failed for image "it"'
    assert_said "help: make room on the tmpfs that $PWD/full/roots is on"
    assert_layout_whole
    enlarge full
    stacker --roots-dir full/roots build
    assert_equal "$(list_layer it -1)" big
}

# behaviour: an output layout without room is an error that says so; what was complete before stays
# documented: docs/file-systems.md#when-there-is-no-room; docs/storage.md#the-output-layout
# status: beyond
@test "no room for the image" {
    local blob
    blob=$(layer_blob latest 0 busybox)
    one_recipe
    mount_tmpfs "$(($(stat -c %s "$blob") / 1024 + 400))k" full
    stacker --oci-dir full/oci build
    cat >>stacker.yaml <<'END'
big:
  from: {type: built, tag: it}
  run: head -c 2000000 /dev/urandom >/big
END
    fail_loudly --oci-dir full/oci
    assert_said "error: couldn't write to $PWD/full/oci: couldn't pack layer big"
    assert_said "No space left on device"
    assert_said "help: make room on the tmpfs that $PWD/full/oci is on"
    assert_equal "$(list_tags full/oci)" it
    assert_layout_whole full/oci
    enlarge full
    stacker --oci-dir full/oci build
    assert_equal "$(list_layer big -1 full/oci)" big
}

# behaviour: a stacker directory without room for imports is an error that says so
# documented: docs/file-systems.md#when-there-is-no-room
# status: beyond
@test "no room for an import" {
    head -c 300000 /dev/urandom >import
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  imports: import
  run: cp /stacker/imports/import /it
END
    mount_tmpfs 200k full
    fail_loudly --stacker-dir full/stacker
    assert_said "couldn't write to $PWD/full/stacker: stacker.yaml:3:12: couldn't import import"
    assert_said "No space left on device"
    assert_said "help: make room on the tmpfs that $PWD/full/stacker is on"
    enlarge full
    stacker --stacker-dir full/stacker build
    layer_tar it -1 | tar xO it | cmp - import
}

# behaviour: a stacker directory without room for anything at all is an error that says so
# documented: docs/file-systems.md#when-there-is-no-room
# status: beyond
@test "no room for stacker's own files" {
    one_recipe
    mount_tmpfs 100k full
    head -c 200000 /dev/zero >full/ballast || true
    fail_loudly --stacker-dir full/stacker
    assert_said "No space left on device"
    assert_said "help: make room on the tmpfs that $PWD/full/stacker is on"
    rm full/ballast
    stacker --stacker-dir full/stacker build
    assert_equal "$(list_layer it -1)" it
}

# behaviour: a full inode table is told like a full disk, with the number that is free
# documented: docs/file-systems.md#when-there-is-no-room
# status: beyond
@test "no inodes" {
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: mkdir /many; cd /many; for n in $(seq 100); do echo >$n; done
END
    truncate -s 32M full.img
    mkfs.ext4 -q -F -N 256 full.img
    mount_file_system ext4 full
    touch full/ballast-{001..160}
    fail_loudly --roots-dir full/roots
    assert_said "No space left on device"
    assert_said "help: make room on the ext4 that $PWD/full/roots is on ("
    assert_said " inodes are free)"
    assert_layout_whole
    rm full/ballast-*
    stacker --roots-dir full/roots build
    assert_equal "$(list_layer it -1 | wc -l)" 101
}

# behaviour: without a network a download is an error that names the address and the reason, at once
# documented: docs/downloads.md#what-is-kept; docs/file-systems.md#when-there-is-no-room
# status: beyond
@test "no network" {
    local address
    for address in http://192.0.2.1/import http://127.0.0.1:9/import http://no-such-host.invalid/import; do
        cat >stacker.yaml <<END
it:
  from: {type: oci, url: "busybox:latest"}
  imports: $address
  run: cp /stacker/imports/import /it
END
        run -1 --separate-stderr timeout 300 unshare --net "$STACKER" build
        assert_said "couldn't get $address"
        assert_said "help: see whether this machine reaches it"
        assert_nothing_left
        assert_layout_whole
    done
    mkdir served
    echo it >served/import
    start "$TOP/tools/serve/serve-files.py" served state
    wait_for_file state/port
    sed -i "s,http://.*,http://127.0.0.1:$(<state/port)/import," stacker.yaml
    stacker build
    assert_equal "$(list_layer it -1)" it
}

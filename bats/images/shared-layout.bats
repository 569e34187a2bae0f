#!/usr/bin/env bats
# One output layout for several stackers, and for other programs: nobody's images are damaged or lost, at any kill.

load ../helpers

# project NAME SCRIPT: makes the directory NAME with a recipe for an image of that name, to be built into ./oci.
project() {
    mkdir -p "$1"
    printf '%s:\n  from: {type: oci, url: "../busybox:latest"}\n  run: |\n    %s\n' "$1" "$2" >"$1/stacker.yaml"
}

# in_project NAME COMMAND [ARGUMENT…]: runs stacker in a project, with the common layout.
in_project() {
    (cd "$1" && "$STACKER" --oci-dir ../oci "${@:2}")
}

# build_in NAME [ARGUMENT…]: builds the image of a project, into the common layout.
build_in() {
    in_project "$1" build "${@:2}"
}

# run_all COMMAND ARGUMENT…: runs the command with each of the arguments, all at once.
run_all() {
    local command=$1 name
    shift
    for name in "$@"; do
        {
            local status=0
            "$command" "$name" >"$name.log" 2>&1 || status=$?
            echo "$status" >"$name.status"
        } 3>&- 4>&- &
    done
    wait
    for name in "$@"; do
        [[ $(cat "$name.status") == 0 ]] || fail "$name: $(cat "$name.log")"
    done
}

# assert_layout_clean: the layout is whole, and there is nothing beside it.
assert_layout_clean() {
    assert_layout_whole
    assert_equal "$(ls -A oci)" $'blobs\nindex.json\noci-layout'
}

# behaviour: builds that share an output layout and nothing else leave all of their images in it, each whole
# documented: docs/storage.md#a-layout-for-several
# status: beyond
@test "several builds into one layout" {
    busybox_base
    names=(one two three four)
    for name in "${names[@]}"; do project "$name" 'head -c 3000000 /dev/urandom > /random'; done
    for round in 1 2; do
        run_all build_in "${names[@]}"
        assert_layout_clean
        assert_equal "$(list_tags | sort | xargs)" "four one three two"
        for name in "${names[@]}"; do
            unpack_image "$name" "rootfs-$name-$round"
            assert_equal "$(stat -c %s "rootfs-$name-$round/random")" 3000000
            echo "    echo $round" >>"$name/stacker.yaml"
        done
    done
}

# publish_own TAG: publishes the image of the project TAG, which has all of its directories to itself, under that tag.
publish_own() {
    (cd "$1" && "$STACKER" publish --url oci:../published --tag "$1")
}

# behaviour: images that are published to one layout at the same time all have their tags there
# documented: docs/storage.md#a-layout-for-several
# status: beyond
@test "several publishers to one layout" {
    busybox_base
    names=(one two three four five six seven eight)
    project one 'echo > /file'
    (cd one && "$STACKER" build)
    for name in "${names[@]:1}"; do cp -a one "$name"; done
    run_all publish_own "${names[@]}"
    assert_equal "$(list_tags published | sort)" "$(printf 'one_%s\n' "${names[@]}" | sort)"
    assert_layout_whole published
}

# behaviour: builds that are killed in a shared layout spoil nobody's images, and what they leave goes with a later build
# documented: docs/storage.md#a-layout-for-several
# status: beyond
@test "builds that are killed" {
    busybox_base
    names=(a b c d e f g h i j k l)
    for name in "${names[@]}"; do project "$name" 'head -c 1000000 /dev/urandom > /random'; done
    for round in 1 2; do
        ids=()
        for name in "${names[@]}"; do
            (cd "$name" && exec "$STACKER_BINARY" --oci-dir ../oci build --no-cache) >"$name.log" 2>&1 3>&- 4>&- &
            ids+=($!)
        done
        for id in "${ids[@]:0:11}"; do
            sleep "0.$((RANDOM % 3 + 1))"
            kill -KILL "$id" 2>/dev/null || true
        done
        wait "${ids[11]}"
        for id in "${ids[@]:0:11}"; do wait "$id" || true; done
        assert_layout_whole
    done
    for name in "${names[@]}"; do build_in "$name" --no-cache; done
    assert_layout_clean
    assert_equal "$(list_tags | sort | xargs)" "a b c d e f g h i j k l"
}

# behaviour: an image that another program copies into the layout while stacker builds loses none of its blobs
# documented: docs/storage.md#a-layout-for-several
# status: beyond
@test "skopeo copies into the layout" {
    requires skopeo
    busybox_base
    project one 'echo > /file'
    build_in one
    for round in 1 2 3 4 5 6; do
        busybox_base theirs
        head -c 3000000 /dev/urandom >file
        umoci insert --image theirs:latest file /file
        { build_in one --no-cache || echo failed >failed; } >one.log 2>&1 3>&- 4>&- &
        skopeo copy --quiet oci:theirs:latest "oci:oci:copy$round"
        wait
        assert_not_exists failed
        # skopeo writes the index that it has read at its beginning; the image that had our tag then may be gone by now.
        build_in one
        assert_layout_whole
        assert_equal "$(image_manifest "copy$round")" "$(image_manifest latest theirs)"
        rm -r theirs
    done
}

# behaviour: an index that another program is writing just now is read again, until all of it is there
# documented: docs/storage.md#a-layout-for-several
# status: beyond
# why: a process that is traced gets no rights of others, which an ordinary user's namespace needs
# bats test_tags=level:priv
@test "an index that is being written" {
    requires strace
    busybox_base
    project one 'echo > /file'
    build_in one
    # Its beginning was written: for who reads it now, its end comes at once.
    touch -d '+1 minute' oci/index.json
    run strace -f -qq -o trace -P "$PWD/oci/index.json" -e inject=read:retval=0:when=1 \
        "$STACKER" --oci-dir oci inspect one
    assert_success
    run -0 grep INJECTED trace
    # What has been so for longer is nobody's work.
    : >oci/index.json
    touch -d '-1 minute' oci/index.json
    run -1 --separate-stderr stacker --oci-dir oci inspect one
    assert_said "couldn't read $PWD/oci/index.json"
}

# behaviour: a layout that another program has not finished is an error that says so, and stays as it is
# documented: docs/storage.md#a-layout-for-several
# status: beyond
@test "a layout that another program is making" {
    busybox_base
    project one 'echo > /file'
    mkdir -p oci/blobs/sha256
    echo theirs >oci/oci-put-blob123
    run -1 --separate-stderr in_project one build
    assert_said "$PWD/oci exists but is no OCI layout yet: there are blobs, and no index.json"
    assert_equal "$(cd oci && find . -type f)" ./oci-put-blob123
}

# behaviour: what another program has just written stays though no image has it, until it is an hour old or `gc --all`
# documented: docs/storage.md#what-gc-removes; docs/commands.md#gc
# status: beyond
@test "another program's blob" {
    busybox_base
    project one 'echo > /file'
    build_in one
    theirs=oci/blobs/sha256/$(echo theirs | sha256sum | cut -d' ' -f1)
    echo theirs >"$theirs"
    ours=$(layer_blob one -1)
    sed -i 's/echo/echo other/' one/stacker.yaml
    build_in one
    assert_not_exists "$ours"
    run -0 --separate-stderr in_project one gc
    refute_line --partial "$(basename "$theirs")"
    assert_exists "$theirs"
    run -0 --separate-stderr in_project one gc --all
    assert_line --partial "$(basename "$theirs") (blob, 7 B)"
    assert_not_exists "$theirs"
}

# waiting_build NAME: begins to build a project, whose script waits for let_go_on.
waiting_build() {
    mkdir go-on
    touch go-on/wait
    project "$1" 'while [ -e /go-on/wait ]; do sleep 0.1; done'
    printf '  binds: ["../go-on -> /go-on"]\n' >>"$1/stacker.yaml"
    start bash -c "cd $1 && exec '$STACKER' --oci-dir ../oci build"
    wait_for_file "$1/roots/$1/overlay"
}

let_go_on() {
    rm go-on/wait
    wait_for_end
}

# behaviour: gc leaves the blobs of a layout alone that another stacker is building into, and says so
# documented: docs/commands.md#gc
# status: beyond
@test "gc beside a build of others" {
    busybox_base
    project one 'echo > /file'
    build_in one
    theirs=oci/blobs/sha256/$(echo theirs | sha256sum | cut -d' ' -f1)
    echo theirs >"$theirs"
    waiting_build two
    run -0 --separate-stderr in_project one gc --all
    assert_line "left alone $PWD/oci: another stacker is writing to it, or publishing from it"
    assert_exists "$theirs"
    run -0 --separate-stderr in_project one gc --all --json
    assert_equal "$(jq -r '.skipped[0]' <<<"$output")" \
        "$PWD/oci: another stacker is writing to it, or publishing from it"
    let_go_on
    assert_equal "$status" 0
    in_project one gc --all
    assert_not_exists "$theirs"
}

# behaviour: a layout whose making was broken off, by a kill or a full disk, is made by the next build
# documented: docs/storage.md#the-output-layout
# status: beyond
# bats test_tags=level:priv
# why: only root can mount a file system to fill
@test "a layout that was half made" {
    requires tmpfs
    busybox_base
    project one 'echo > /file'
    for options in nr_inodes=2 nr_inodes=3 nr_inodes=4 nr_inodes=5 nr_inodes=6 nr_inodes=7 size=4k size=8k; do
        mkdir full
        mount -t tmpfs -o "$options" stacker-test full
        realpath full >>"$BATS_TEST_TMPDIR/mounted"
        (cd one && run -1 "$STACKER" --oci-dir ../full/oci build)
        mount -o remount,size=64m,nr_inodes=10000 full
        (cd one && "$STACKER" --oci-dir ../full/oci build)
        assert_layout_whole full/oci
        assert_equal "$(list_tags full/oci)" one
        umount full
        rm -r full one/roots one/.stacker
    done
}

# behaviour: a layout may belong to a group: root and its members build into it in turn, and what one of them left when it
#   was killed stops nobody
# documented: docs/storage.md#a-layout-for-several
# status: beyond
# bats test_tags=level:unpriv
# why: it takes two users
@test "a layout of root's and a user's" {
    requires root
    busybox_base
    # Not by bats/as-user, which would make the user's what is root's.
    chmod -R a+rX busybox
    as_member() { (cd mine && setpriv --reuid "$STACKER_TEST_USER" --regid "$STACKER_TEST_USER" --init-groups "$@"); }
    umask 002
    project mine 'echo > /file'
    project roots 'echo > /other'
    (cd roots && "$STACKER_BINARY" --oci-dir ../oci build)
    chown -R "$STACKER_TEST_USER" mine
    chgrp -R "$STACKER_TEST_USER" oci
    chmod -R g+rwX oci
    find oci -type d -exec chmod g+s {} +
    for round in 1 2; do
        # Left by a user who was killed, and by root.
        install -d -o "$STACKER_TEST_USER" -m 0700 oci/.stacker.0123456789abcdef.tmp
        install -d -m 0700 oci/.stacker.fedcba9876543210.tmp
        as_member "$STACKER_BINARY" --oci-dir ../oci build
        sed -i 's/echo/echo again/' roots/stacker.yaml mine/stacker.yaml
        (cd roots && "$STACKER_BINARY" --oci-dir ../oci build)
        assert_layout_clean
        assert_equal "$(list_tags | sort | xargs)" "mine roots"
    done
}

# cut_power IMAGE DIR: mounts as DIR what is in the file system IMAGE, as it is on its disk at this moment.
cut_power() {
    cp --sparse=always "$1" cut.img
    mkdir -p "$2"
    mount -o loop cut.img "$2"
    realpath "$2" >>"$BATS_TEST_TMPDIR/mounted"
}

# behaviour: after a power cut, an image that the index names has all of its blobs
# documented: docs/storage.md#power-cuts
# status: beyond
# bats test_tags=level:priv
# why: only root can mount file systems
@test "a power cut" {
    requires loop ext4
    busybox_base
    project one 'head -c 3000000 /dev/urandom > /random'
    for type in tar squashfs erofs; do
        mount_file_system ext4 disk
        (cd one && "$STACKER" --oci-dir ../disk/oci build --layer-type "$type" --no-cache)
        # The index, but not what is in other files: fsync(2) of the directory.
        sync disk/oci
        cut_power disk.img after
        assert_equal "$(list_tags after/oci | wc -l)" 1
        assert_layout_whole after/oci
        umount after disk
        wait_for_device_to_go disk.img
        wait_for_device_to_go cut.img
        rm disk.img cut.img
    done
}

# behaviour: after a power cut, an image that the index names has all of its blobs, though a build has made the same ones anew
# documented: docs/storage.md#power-cuts
# status: beyond
# bats test_tags=level:priv
# why: only root can mount file systems
@test "a power cut after the same build" {
    requires loop ext4
    busybox_base
    project one 'seq 30000 > /numbers; touch -d "2001-01-01 00:00:00" /numbers'
    export SOURCE_DATE_EPOCH=1000000000
    mount_file_system ext4 disk
    # Otherwise ext4 has a file that takes another one's place on the disk by itself, as few others do.
    mount -o remount,noauto_da_alloc disk
    (cd one && "$STACKER" --oci-dir ../disk/oci build)
    sync -f disk
    (cd one && "$STACKER" --oci-dir ../disk/oci build --no-cache)
    sync disk/oci
    cut_power disk.img after
    assert_layout_whole after/oci
}

# behaviour: clean removes no layout that another stacker is building into
# documented: docs/commands.md#clean
# status: beyond
@test "clean beside a build of others" {
    busybox_base
    project one 'echo > /file'
    build_in one
    waiting_build two
    run -1 --separate-stderr in_project one clean
    assert_said "another stacker is writing to it"
    assert_equal "$(list_tags)" one
    let_go_on
    assert_equal "$status" 0
    in_project one clean
    assert_not_exists oci
}

# behaviour: the layout of an oci base counts as used while a layer is built on it, so that no other stacker removes blobs
# documented: docs/storage.md#a-layout-for-several
# status: beyond
@test "a base is in use while it is built on" {
    busybox_base
    cp -r busybox images
    mkdir sync
    chmod 0777 sync
    cat >stacker.yaml <<END
it:
  from: {type: oci, url: "images:latest"}
  binds: ["$PWD/sync -> /sync"]
  run: touch /sync/began; until test -e /sync/go; do sleep 0.1; done
END
    start "$STACKER" build
    wait_for_file sync/began
    # Who collects needs it alone, who reads does not.
    flock -n -s images/blobs/sha256 true
    run ! flock -n -x images/blobs/sha256 true
    touch sync/go
    wait_for_end
    # Not any longer than that.
    flock -n -x images/blobs/sha256 true
    assert_equal "$(count_layers it)" 1
}

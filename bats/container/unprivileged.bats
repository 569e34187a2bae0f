#!/usr/bin/env bats
# What only an ordinary user meets: ids that have to be mapped, and what the kernel keeps for root. That everything
# else works as it does for root, the whole suite shows: it runs at both privilege levels.
# bats file_tags=level:unpriv

load ../helpers

# with_file SOURCE TARGET COMMAND…: runs it where SOURCE is seen at TARGET, and nobody else sees that.
with_file() {
    unshare --mount sh -euc 'mount --bind "$1" "$2"; shift 2; exec "$@"' sh "$@"
}

# in_user_namespace MAP PROGRAM ARGUMENT…: runs the program in Python as root of a user namespace with this map of uids and
# gids, and then the arguments that it leaves.
in_user_namespace() {
    python3 - "$@" <<'END'
import ctypes, os, sys

ids, program, *words = sys.argv[1:]
ready, go = os.pipe()
namespace = os.getpid()
if os.fork() == 0:
    os.read(ready, 1)
    for name in ("uid_map", "gid_map"):
        with open(f"/proc/{namespace}/{name}", "w") as file:
            file.write(ids)
    os._exit(0)
if ctypes.CDLL(None).unshare(0x10000000) != 0:  # CLONE_NEWUSER
    sys.exit("unshare")
os.write(go, b"x")
if os.wait()[1] != 0:
    sys.exit("the maps can't be written")
exec(program)
os.execv(words[0], words)
END
}

# without_user_namespaces COMMAND…: runs it in a user namespace that maps every id to itself and allows no other below,
# a limit that nobody else has.
without_user_namespaces() {
    in_user_namespace "0 0 4294967295" 'open("/proc/sys/user/max_user_namespaces", "w").write("0")' "$@"
}

# as_inner_user UID COMMAND…: runs it as that user of a user namespace whose ids are others outside.
as_inner_user() {
    in_user_namespace "0 500000 65536" \
        'user = int(words.pop(0)); os.setgroups([]); os.setgid(user); os.setuid(user)' "$@"
}

echo_recipe() {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: echo it > /it
END
}

# base_with_layer TAR: the layout "base" is busybox and this layer on it.
base_with_layer() {
    busybox_base base
    umoci raw add-layer --image base:latest "$1"
}

list_owners() {
    layer_tar "$@" | tar tv --numeric-owner | awk '{ sub(/^\.\//, "", $6); print $2, $6 }' | LC_ALL=C sort -k 2
}

# bats test_tags=group:quick
# behaviour: what a script makes belongs to root, or to whom the script gives it, by the numbers inside
# documented: docs/unprivileged.md#ids
# status: documented
# why: root needs no id maps
@test "owners come out as the script set them" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir /d
    touch /d/root /d/other /d/nobody
    chown 5:7 /d/other
    chown 65534:65534 /d/nobody
END
    stacker build
    assert_equal "$(list_owners it -1)" "0/0 d/
65534/65534 d/nobody
5/7 d/other
0/0 d/root"
}

# behaviour: a base's files of many uids keep their numbers, also when the base is encoded again as another type
# documented: docs/unprivileged.md#ids
# status: documented
# why: root needs no id maps
@test "a base's owners come out as they went in" {
    mkdir -p tree/home
    echo a >tree/home/a
    chown 1234:4321 tree/home tree/home/a
    chmod 4711 tree/home/a
    tar c -C tree home >layer.tar
    base_with_layer layer.tar
    printf 'it:\n  from: {type: oci, url: "base:latest"}\n  run: echo b > /home/b\n' >stacker.yaml
    stacker build --layer-type tar --layer-type squashfs
    mount_layer it-squashfs 1 layer
    assert_equal "$(stat -c '%u:%g %a' layer/home layer/home/a)" "1234:4321 755
1234:4321 4711"
    assert_equal "$(list_owners it -1)" "1234/4321 home/
0/0 home/b"
}

# behaviour: a file whose owner is beyond the user's ranges is an error that names the file and the id
# documented: docs/unprivileged.md#ids
# status: beyond
# why: root needs no id maps
@test "an owner beyond the ranges is refused" {
    mkdir tree
    touch tree/far
    chown 3000000 tree/far
    tar c -C tree far >layer.tar
    base_with_layer layer.tar
    printf 'it:\n  from: {type: oci, url: "base:latest"}\n  run: "true"\n' >stacker.yaml
    refuse build
    assert_said far
    assert_said 3000000
    assert_said /etc/subuid
}

# behaviour: directories without any permission, of any owner, are no obstacle to a rebuild or to clean
# documented: docs/unprivileged.md#files-on-disk
# status: documented
# why: root passes over permissions
@test "closed directories of others are rebuilt and removed" {
    busybox_base
    cat >stacker.yaml <<'END'
below:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: |
    mkdir -p /closed/in /readable/in
    touch /closed/in/file /readable/in/file
    chown -R 33:33 /closed /readable
    chmod 000 /closed/in/file /closed/in /closed
    chmod 500 /readable/in /readable
END
    stacker build
    echo '    touch /more' >>stacker.yaml
    stacker build
    stacker clean
    assert_not_exists roots
    assert_not_exists .stacker
}

# behaviour: an import of files that only their owner may read, and that are read-only, can be imported again and again
# documented: docs/unprivileged.md#files-on-disk
# status: documented
# why: root passes over permissions
@test "read-only imports can be imported again" {
    busybox_base
    mkdir -p tree/sub
    echo a >tree/sub/a
    chmod 400 tree/sub/a
    chmod 500 tree/sub tree
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  imports: [tree]
  run: cp /stacker/imports/tree/sub/a /a
END
    stacker build
    stacker build --no-cache
    assert_equal "$(layer_tar it -1 | tar xO ./a 2>/dev/null || layer_tar it -1 | tar xO a)" a
}

# behaviour: a device node in a base is left out, and that is said once
# documented: docs/unprivileged.md#what-only-root-can
# status: beyond
# why: root can make device nodes
@test "device nodes of a base are left out" {
    mkdir -p tree/nodes
    mknod tree/nodes/disk b 8 0
    mknod tree/nodes/null c 1 3
    mkfifo tree/nodes/fifo
    tar c -C tree nodes >layer.tar
    base_with_layer layer.tar
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "base:latest"}
  run: ls /nodes > /list
END
    run --separate-stderr stacker build
    assert_success
    assert_equal "$(grep -c 'nodes/disk\|nodes/null' <<<"$stderr")" 1
    assert_equal "$(layer_tar it -1 | tar xO list)" fifo
}

# bats test_tags=group:quick
# behaviour: a file's capabilities come through from base to image
# documented: docs/unprivileged.md#what-only-root-can
# status: documented
# why: the kernel keeps them in another form for a user
@test "capabilities of files are kept" {
    mkdir tree
    cp /bin/true tree/able
    setcap cap_net_raw+ep tree/able
    tar c --xattrs --xattrs-include='security.*' -C tree able >layer.tar
    base_with_layer layer.tar
    printf 'it:\n  from: {type: oci, url: "base:latest"}\n  run: cp /able /other && touch /able\n' >stacker.yaml
    stacker build --layer-type squashfs
    mount_layer it-squashfs 1 base-layer
    mount_layer it-squashfs 2 own-layer
    assert_equal "$(getcap base-layer/able)" "base-layer/able cap_net_raw=ep"
    assert_equal "$(getcap own-layer/able)" "own-layer/able cap_net_raw=ep"
    # As setcap has made it for root: with an id of the user's ranges in it, it would be four bytes longer.
    assert_equal "$(python3 -c 'import os; print(len(os.getxattr("own-layer/able", "security.capability")))')" 20
}

# behaviour: the author in the image config is who ran stacker, by the name outside
# documented: docs/unprivileged.md#ids
# status: beyond
# why: for root the name is the same inside and outside
@test "the author is the user outside" {
    echo_recipe
    unset SUDO_USER
    stacker build
    assert_equal "$(image_config it | jq -r .author)" "$STACKER_TEST_USER@$(uname -n)"
}

# behaviour: a script has neither the user's groups nor any descriptor beyond 0 to 2
# documented: docs/security.md#descriptors
# status: beyond
# why: root runs the same test in traces.bats
@test "the user's groups don't reach the script" {
    echo_recipe
    sed -i 's,echo it,grep Groups /proc/self/status,' stacker.yaml
    # The files become the user's by any call; then groups that the user does not really have.
    stacker --version
    setpriv --reuid "$STACKER_TEST_USER" --regid "$STACKER_TEST_USER" --groups 4,24 "$STACKER_BINARY" build
    assert_equal "$(layer_tar it -1 | tar xO it | tr -d '[:space:]')" Groups:
}

# --- What is missing ---------------------------------------------------------------------------------

# behaviour: a user without id ranges is told so, and which command gives them
# documented: docs/unprivileged.md#set-up
# status: beyond
# why: root needs no id maps
@test "without id ranges the remedy is said" {
    echo_recipe
    echo other:100000:65536 >ids
    for kind in subuid subgid; do
        run -1 --separate-stderr with_file ids "/etc/$kind" "$STACKER" build
        assert_said "$STACKER_TEST_USER has no subordinate ${kind#sub}s in /etc/$kind"
        assert_said "stacker unpriv-setup --username $STACKER_TEST_USER"
    done
    assert_not_exists oci
}

# behaviour: ranges that are too small, or overlap, are told apart from missing ones
# documented: docs/unprivileged.md#set-up
# status: beyond
# why: root needs no id maps
@test "unusable id ranges are told apart" {
    echo_recipe
    echo "$STACKER_TEST_USER:100000:1000" >ids
    run -1 --separate-stderr with_file ids /etc/subuid "$STACKER" build
    assert_said "has only 1000 subordinate uids"
    printf "$STACKER_TEST_USER:%s:65536\n" 100000 165535 >ids
    run -1 --separate-stderr with_file ids /etc/subgid "$STACKER" build
    assert_said "overlap: 100000-165535 and 165535-231070"
}

# behaviour: no newuidmap, one without rights, and one that fails are each an error of its own
# documented: docs/unprivileged.md#set-up
# status: beyond
# why: root needs no id maps
@test "newuidmap missing, without rights, failing" {
    echo_recipe
    newuidmap=$(command -v newuidmap)
    touch empty
    run -1 --separate-stderr with_file empty "$newuidmap" "$STACKER" build
    assert_said "there is none in \$PATH"
    assert_said uidmap
    cp "$newuidmap" plain
    chmod 755 plain
    run -1 --separate-stderr with_file plain "$newuidmap" "$STACKER" build
    assert_said "neither set-user-ID root nor has it a capability"
    assert_said "chmod u+s"
    setcap cap_setuid+ep plain
    run -0 with_file plain "$newuidmap" "$STACKER" build
    # Not where as-user would make it the user's. The set-user-ID bit of a script counts for nothing, but looks right.
    printf '#!/bin/sh\nexit 3\n' >"$BATS_TEST_TMPDIR/failing"
    chmod 4755 "$BATS_TEST_TMPDIR/failing"
    run -1 --separate-stderr with_file "$BATS_TEST_TMPDIR/failing" "$newuidmap" "$STACKER" build --no-cache
    assert_said "newuidmap ended with status 3"
}

# bats test_tags=group:quick
# behaviour: a kernel that allows no more user namespaces is an error with the switch to turn
# documented: docs/unprivileged.md#set-up
# status: beyond
# why: root needs no user namespace
@test "a kernel that refuses user namespaces" {
    echo_recipe
    run -1 --separate-stderr without_user_namespaces "$STACKER" build
    assert_said "user namespace"
    assert_said "user.max_user_namespaces"
}

# build_after_root: a build by the user where root has built; not through as-user, which would make the directories the user's.
build_after_root() {
    echo_recipe
    "$STACKER_BINARY" build
    run -1 --separate-stderr setpriv --reuid "$STACKER_TEST_USER" --regid "$STACKER_TEST_USER" --init-groups \
        "$STACKER_BINARY" build
}

# behaviour: directories in which another user has built are refused, with that user's uid
# documented: docs/unprivileged.md#files-on-disk
# status: documented
# why: the first builder is root
@test "another user's directories are refused" {
    build_after_root
    assert_said "previous run of stacker found with uid 0"
}

# behaviour: what to do about another user's directories is said
# documented: docs/unprivileged.md#files-on-disk
# status: beyond
# why: the first builder is root
@test "another user's directories: the remedy" {
    build_after_root
    assert_said "stacker clean"
}

# behaviour: check, run by a user, looks at what the user has, and tries an overlay in a user namespace
# documented: docs/commands.md#check
# status: beyond
# why: root's check is in check.bats
@test "check says whether the user can build" {
    run -0 stacker check
    assert_line --partial "$STACKER_TEST_USER, uid $(id -u "$STACKER_TEST_USER")"
    assert_line $'ok\tid maps: /etc/subuid and /etc/subgid'
    assert_line $'ok\toverlay: set up'
    touch empty
    run -1 with_file empty /etc/subuid "$STACKER" check --json
    assert_equal "$(sed '/^error\|^help/d' <<<"$output" | jq -r '.[] | select(.name == "id maps") | .status')" fail
    assert_said unpriv-setup
}

# behaviour: what becomes the tests' user's is what a test has made, not what of the machine it has mounted
# documented: CONTRIBUTING.md
# status: beyond
# bats test_tags=level:unpriv
# why: at the other level nothing becomes anybody's
@test "a directory of the machine in a test" {
    requires root
    mkdir machine shown made
    touch machine/file
    mv machine "$BATS_TEST_TMPDIR/machine"
    mount --bind "$BATS_TEST_TMPDIR/machine" shown
    stacker --version
    owners=$(stat -c %U shown/file made)
    umount shown
    assert_equal "$owners" "root"$'\n'"$STACKER_TEST_USER"
}

# behaviour: a user of a container without root is the one that they are in there, not the one that the host knows
# documented: docs/unprivileged.md#in-a-container
# status: beyond
# why: root needs no id maps
@test "a user inside of a user namespace" {
    run as_inner_user 60123 "$STACKER_BINARY" check
    assert_failure
    assert_line --regexp '(user|id maps).* 60123'
    refute_output --partial 560123
}

# behaviour: where a part of /proc is hidden, as in a container, the error says what hides it and how to show it
# documented: docs/unprivileged.md#in-a-container
# status: beyond
# why: root needs no user namespace
@test "a hidden part of /proc" {
    echo_recipe
    run with_file /dev/null /proc/uptime "$STACKER" build
    assert_failure
    assert_line --regexp "^error: .*mounting /proc: Operation not permitted"
    assert_line --regexp "^help: .*systempaths=unconfined"
}

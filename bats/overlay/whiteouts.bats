#!/usr/bin/env bats
# What a script deletes: whiteouts in the layer, and what others make of them.
#
# file-systems: all

load ../helpers

# whiteouts_of DIR: the names in DIR that are character devices 0:0.
whiteouts_of() {
    (cd "$1" && find . -type c -exec stat -c '%n %t:%T' {} + | sed -n 's,^\./\(.*\) 0:0$,\1,p' | LC_ALL=C sort)
}

# behaviour: a deleted file, symlink and directory are one .wh. entry each in a tar, and a device 0:0 in a squashfs
# documented: docs/storage.md#whiteouts; docs/storage.md#layer-types
# status: documented
@test "a file, a symlink and a directory that the script deletes" {
    requires umoci loop
    build_pair_of_both 'mkdir -p /d/sub; touch /d/sub/x; echo f > /f; ln -s f /s; echo kept > /kept' 'rm -r /d /f /s'
    assert_equal "$(list_layer above -1)" $'.wh.d\n.wh.f\n.wh.s'
    mount_layer above-squashfs -1 layer
    assert_equal "$(whiteouts_of layer)" $'d\nf\ns'
    assert_readers_agree above
    for name in d f s; do
        assert_not_exists "rootfs/$name"
        assert_not_exists "mounted/$name"
    done
    assert_equal "$(cat rootfs/kept)" kept
}

# behaviour: what was deleted and made again is in the layer as it is now, without a whiteout beside it
# documented: docs/storage.md#whiteouts
# status: documented
@test "a file that is deleted and made again has no whiteout" {
    requires umoci loop
    build_pair_of_both 'echo old > /f; ln -s f /s' 'rm /f /s; echo new > /f; echo file > /s'
    assert_equal "$(list_layer above -1)" $'f\ns'
    assert_readers_agree above
    assert_equal "$(cat rootfs/f rootfs/s)" $'new\nfile'
}

# bats test_tags=group:quick
# behaviour: a file that one script made and deleted leaves no whiteout
# documented: docs/storage.md#whiteouts
# status: documented
@test "a file that came and went in one script leaves nothing" {
    build_pair 'echo below > /below' 'echo it > /it; echo it > /kept; rm /it'
    assert_equal "$(list_layer above -1)" kept
}

# behaviour: the symlink is deleted, not what it points to
# documented: docs/storage.md#whiteouts
# status: documented
@test "a whiteout of a symlink to a directory" {
    requires umoci loop
    build_pair_of_both 'mkdir /d; echo it > /d/it; ln -s d /s' 'rm /s'
    assert_equal "$(list_layer above -1)" .wh.s
    assert_readers_agree above
    assert_not_exists rootfs/s
    assert_equal "$(cat rootfs/d/it)" it
}

# behaviour: a file deleted through a symlinked directory is a whiteout in the real directory
# documented: docs/storage.md#whiteouts
# status: documented
@test "a file that is deleted through a symlink to its directory" {
    requires umoci loop
    build_pair_of_both 'mkdir /d; echo it > /d/it; ln -s d /s' 'rm /s/it'
    assert_equal "$(list_layer above -1)" $'d\nd/.wh.it'
    assert_readers_agree above
    assert_equal "$(readlink rootfs/s)" d
    assert_equal "$(ls -A rootfs/d)" ""
}

# behaviour: whiteouts, which overlayfs makes hard links of each other, are plain empty files in a tar
# documented: docs/storage.md#whiteouts
# status: documented
@test "whiteouts are no hard links in a tar" {
    build_pair 'cd /; touch 1 2 3 4' 'cd /; rm 1 2 3 4'
    # The premise: in the upperdir, which was moved to where layers are, they are one file.
    find "$(layer_directory above -1)/overlay" -type c -printf '%i\n' >inodes
    assert_equal "$(wc -l <inodes)" 4
    assert_equal "$(sort -u inodes | wc -l)" 1
    # Whether there is an entry for the root directory, nobody says.
    layer_tar above -1 | tar tv | grep -v ' \./$' >listing
    assert_equal "$(wc -l <listing)" 4
    assert_equal "$(grep -c '^-' listing)" 4
    assert_equal "$(awk '{ print $3 }' listing | sort -u)" 0
}

# behaviour: a base's whiteouts hide what they are to hide from the next script, whoever wrote them
# documented: docs/storage.md#whiteouts
# status: documented
@test "whiteouts in a base that umoci wrote" {
    requires umoci
    local bundle name
    bundle=$(elsewhere)/bundle
    # With few names: umoci reads a file once for each, to see what was changed.
    mkdir -p tree/{bin,dev,etc,proc,sys}
    cp "$(command -v busybox)" tree/bin
    for name in sh ls vi; do ln tree/bin/busybox "tree/bin/$name"; done
    touch tree/etc/{group,passwd,resolv.conf}
    tar -C tree -cf tree.tar .
    umoci init --layout busybox
    umoci new --image busybox:latest
    umoci raw add-layer --image busybox:latest tree.tar
    umoci unpack --image busybox:latest "$bundle"
    rm "$bundle"/rootfs/{bin/vi,etc/group}
    umoci repack --image busybox:latest "$bundle"
    assert_equal "$(list_layer latest -1 busybox | grep -c '\.wh\.')" 2
    cat >stacker.yaml <<'EOF'
it:
  from: {type: oci, url: "busybox:latest"}
  run: |
    test ! -e /bin/vi
    test ! -e /etc/group
    test -e /etc/passwd
    ls / > /it
EOF
    stacker build
    assert_equal "$(list_layer it -1)" it
    run ! grep -F .wh. <(layer_tar it -1 | tar xO --wildcards '*it')
}

# behaviour: what a lower layer deleted and an upper one made again is there, on the image and in the next script
# documented: docs/storage.md#whiteouts; docs/storage.md#the-mount
# status: documented
@test "deleted in one layer, made again in the next" {
    requires umoci loop
    spread_base
    cat >stacker.yaml <<'EOF'
one:
  from: {type: oci, url: "busybox:latest"}
  run: rm /bin/vi /etc/group
two:
  from: {type: built, tag: one}
  run: echo again > /etc/group
three:
  from: {type: built, tag: two}
  run: |
    test ! -e /bin/vi
    cat /etc/group > /seen
EOF
    stacker build --layer-type tar --layer-type squashfs
    assert_readers_agree three
    assert_equal "$(cat rootfs/seen rootfs/etc/group)" $'again\nagain'
    assert_not_exists rootfs/bin/vi
}

# stray_whiteouts: adds a layer to the busybox image, in which the directory /srv/app has a whiteout that hides nothing.
stray_whiteouts() {
    requires umoci
    busybox_base
    mkdir -p layer/srv/app
    touch layer/srv/app/{kept,.wh.gone}
    tar c -C layer srv >layer.tar
    umoci raw add-layer --image busybox:latest layer.tar
}

# behaviour: a whiteout in a base that hides nothing is no name in a script's directory
# documented: docs/storage.md#whiteouts
# status: beyond
# why: overlayfs reads a directory that one layer alone has as it is, with the device that a whiteout is: ls shows a file
# that is not there, and chown -R and tar fail
@test "whiteouts that hide nothing" {
    local type
    stray_whiteouts
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: |
    ls -l /srv/app
    chown -R 5 /srv/app
    tar cf /dev/null /srv
    test "$(echo /srv/app/*)" = /srv/app/kept
END
    stacker build --layer-type tar --layer-type squashfs --layer-type erofs
    # The base's own layer has it as before.
    assert_equal "$(layer_digest it 1)" "$(layer_digest latest 1 busybox)"
    assert_equal "$(list_layer it -1)" $'srv\nsrv/app\nsrv/app/kept'
    for type in squashfs erofs; do
        rm -rf roots .stacker
        printf 'on:\n  from: {type: oci, url: "oci:it-%s"}\n  run: ls -l /srv/app; echo /srv/app/* >/seen\n' \
            "$type" >stacker.yaml
        stacker --oci-dir "on-$type" build
        assert_equal "$(layer_tar on -1 "on-$type" | tar xO seen)" /srv/app/kept
    done
}

# behaviour: a whiteout that hides nothing stays in a layer that is made anew of its directory
# documented: docs/storage.md#whiteouts
# status: beyond
@test "a whiteout that hides nothing is carried over" {
    stray_whiteouts
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    stacker build --layer-type squashfs
    requires squashfs_tools
    run unsquashfs -ll "$(layer_blob it-squashfs 1)"
    assert_line --regexp '^c.* 0,  0 .*/srv/app/gone$'
}

# behaviour: a whiteout that hides nothing is no name in an image of squashfs or erofs layers that is mounted, by stacker or by the kernel alone
# documented: docs/storage.md#whiteouts
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices
@test "whiteouts that hide nothing, mounted" {
    local type
    requires loop
    stray_whiteouts
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    stacker build --layer-type squashfs --layer-type erofs
    mount_image it-squashfs mounted
    assert_equal "$(ls mounted/srv/app)" kept
    mkdir mnt
    for type in squashfs erofs; do
        stacker mount "it-$type" mnt
        ls mnt/srv/app >seen
        stacker umount mnt
        assert_equal "$(cat seen)" kept
    done
}

# behaviour: where a script put a socket, what the layers below have under that name is not in the image
# documented: docs/storage.md#whiteouts
# status: beyond
@test "a socket in place of a file" {
    mkdir host
    python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("host/socket")'
    busybox_base
    cat >stacker.yaml <<'END'
below:
  from: {type: oci, url: "busybox:latest"}
  run: mkdir -p /srv/dir; touch /srv/dir/in /srv/file /file
above:
  from: {type: built, tag: below}
  binds: [host -> /host]
  run: |
    rm -r /srv/dir /srv/file /file
    for name in /srv/dir /srv/file /file /srv/new; do
      cp -a /host/socket $name
      test -S $name
    done
END
    stacker build
    assert_equal "$(list_layer above -1)" $'.wh.file\nsrv\nsrv/.wh.dir\nsrv/.wh.file'
}

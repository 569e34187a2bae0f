#!/usr/bin/env bats
# Mounting a container's file systems makes mount points. They are stacker's traces and never reach a layer;
# what the user's script did at the same places does.

load ../helpers

# build_it LINES: builds "it" on a base that has nothing to mount on.
build_it() {
    bare_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n%s\n' "$1" >stacker.yaml
    stacker build
}

# behaviour: a base without /proc, /sys, /dev and /etc/resolv.conf gets none of them from a build
# documented: docs/storage.md#traces
# status: beyond
@test "proc, sys, dev and etc/resolv.conf stay out of the layer" {
    build_it '  run: echo it > /it'
    assert_equal "$(list_layer it -1)" it
}

# behaviour: /stacker, where imports are mounted, never reaches a layer
# documented: docs/storage.md#traces
# status: documented
@test "/stacker stays out of the layer" {
    busybox_recipe '  run: ls /stacker > /it'
    stacker build
    assert_equal "$(list_layer it -1)" it
}

# behaviour: the mount point of a bind stays out of the layer, and so does what is in the bind
# documented: docs/recipe.md#binds; docs/storage.md#traces
# status: beyond
@test "bind targets stay out of the layer" {
    mkdir shared
    echo shared >shared/file
    build_it "  binds:
    - $PWD/shared -> /deep/er/shared
    - $PWD/shared/file -> /one-file
  run: cat /deep/er/shared/file /one-file > /it"
    assert_equal "$(list_layer it -1)" it
}

# behaviour: a mount point that the script unmounted and removed leaves no whiteout
# documented: docs/storage.md#traces
# status: beyond
@test "a bind target that the script removed" {
    mkdir shared
    build_it "  binds: [$PWD/shared -> /deep/er/shared]
  run: umount /deep/er/shared && rm -r /deep && echo it > /it"
    assert_equal "$(list_layer it -1)" it
}

# behaviour: a script writes to a bind on the host, not into the layer
# documented: docs/recipe.md#binds
# status: beyond
@test "what is written to a bind is on the host" {
    mkdir shared
    build_it "  binds: [$PWD/shared -> /shared]
  run: |
    echo out > /shared/out
    echo it > /it"
    assert_equal "$(cat shared/out)" out
    assert_equal "$(list_layer it -1)" it
}

# add_layer PATH…: puts another layer on the base, with these of ./more.
add_layer() {
    tar -C more -cf more.tar "$@"
    umoci raw add-layer --image busybox:latest more.tar
}

# behaviour: directories like /proc that the base has keep their metadata and add nothing to the layer
# documented: docs/storage.md#traces
# status: documented
@test "mount points that the base has are untouched" {
    bare_base
    mkdir more
    mkdir -m 0555 more/proc more/sys
    mkdir -m 0755 more/dev more/etc
    echo base >more/etc/resolv.conf
    add_layer proc sys dev etc
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo it > /it\n' >stacker.yaml
    stacker build
    assert_equal "$(list_layer it -1)" it
    unpack_image it rootfs
    assert_equal "$(stat -c %a rootfs/proc)" 555
    assert_equal "$(cat rootfs/etc/resolv.conf)" base
}

# behaviour: a directory in which a mount point was made is in the layer, if the script changed it, with its own metadata
# documented: docs/storage.md#traces
# status: beyond
@test "a directory with a mount point, and a script's file" {
    bare_base
    mkdir -p more/etc
    chmod 0711 more/etc
    add_layer etc
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo it > /etc/it\n' >stacker.yaml
    stacker build
    assert_equal "$(list_layer it -1)" $'etc\netc/it'
    unpack_image it rootfs
    assert_equal "$(stat -c %a rootfs/etc)" 711
}

# behaviour: an /etc/resolv.conf that the script itself made is in the layer
# documented: docs/storage.md#traces
# status: beyond
@test "the script's own /etc/resolv.conf is in the layer" {
    # The host's file is mounted there: what follows must not happen while it is.
    build_it '  run: |
    umount /etc/resolv.conf
    ! grep -q " /etc/resolv.conf " /proc/mounts
    echo "nameserver 192.0.2.1" > /etc/resolv.conf'
    list_layer it -1 | grep -qx etc/resolv.conf
    unpack_image it rootfs
    assert_equal "$(cat rootfs/etc/resolv.conf)" "nameserver 192.0.2.1"
}

# behaviour: a file that the script wrote into a bind's place below the mount is in the layer
# documented: docs/storage.md#traces
# status: beyond
@test "a file that the script put under a bind is in the layer" {
    mkdir shared
    build_it "  binds: [$PWD/shared -> /shared]
  run: |
    umount /shared
    echo mine > /shared/mine"
    assert_equal "$(list_layer it -1)" $'shared\nshared/mine'
    assert_not_exists shared/mine
}

# behaviour: a file that the script wrote into /stacker is in the layer
# documented: docs/storage.md#traces
# status: beyond
@test "the script's own file in /stacker is in the layer" {
    build_it '  run: echo mine > /stacker/mine'
    list_layer it -1 | grep -qx stacker/mine
}

# behaviour: a change of mode of a directory that holds a mount point is in the layer, the mount point is not
# documented: docs/storage.md#traces
# status: beyond
@test "the script's chmod of /etc is in the layer, resolv.conf is not" {
    build_it '  run: chmod 0711 /etc'
    assert_equal "$(list_layer it -1)" etc
    unpack_image it rootfs
    assert_equal "$(stat -c %a rootfs/etc)" 711
}

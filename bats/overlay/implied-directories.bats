#!/usr/bin/env bats
# Directories that a layer has no entry for, but files in: what lower layers say of them holds.

load ../helpers

# layout_of TAR…: puts an OCI layout "base" with the tag "latest" here, whose layers are these tars, bottom first.
layout_of() {
    local tar
    umoci init --layout base
    umoci new --image base:latest
    for tar in "$@"; do umoci raw add-layer --image base:latest "$tar"; done
}

# tar_of NAME NAMES…: makes NAME of just these names in ./tree, in their order.
tar_of() {
    tar cf "$1" -C tree --no-recursion --format pax "${@:2}"
}

# make_layers: a layer with the busybox of the fixtures, one with /srv, and one with a file in it and no entry for it.
make_layers() {
    requires umoci
    mkdir -p tree/bin tree/srv/deep
    cp "$(command -v busybox)" tree/bin/busybox
    ln -s busybox tree/bin/sh
    echo old >tree/srv/deep/old
    chown 3:4 tree/srv
    chmod 1777 tree/srv
    chmod 0700 tree/srv/deep
    tar_of shell.tar bin bin/busybox bin/sh
    tar_of srv.tar srv srv/deep
    tar_of old.tar srv/deep/old
    layout_of shell.tar srv.tar old.tar
}

# behaviour: a file in a lower layer's directory, which its own layer has no entry for, leaves the directory what it was, for the script and in the image
# documented: docs/storage.md#implied-directories; opencontainers/image-spec issue 737
# status: beyond
@test "a directory that a layer only implies" {
    make_layers
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "base:latest"}
  run: |
    cd /
    busybox stat -c '%a %u:%g' srv srv/deep >/srv/seen
END
    stacker build
    assert_equal "$(layer_tar it -1 | tar xO srv/seen)" $'1777 3:4\n700 0:0'
    unpack_image it rootfs
    assert_equal "$(stat -c '%a %u:%g' rootfs/srv rootfs/srv/deep)" $'1777 3:4\n700 0:0'
}

# behaviour: beside a directory that a layer only implies, what it says stays as it says: directories with an entry, symlinks on the way, and what it hid has no say any more
# documented: docs/storage.md#implied-directories; OCI image-spec, layer.md "Applying Changesets"
# status: beyond
@test "what a layer says beside what it implies" {
    make_layers
    mkdir -p tree/etc/x tree/real/x tree/gone/x
    chmod 0711 tree/etc tree/etc/x tree/real/x tree/gone tree/gone/x
    tar_of lower.tar etc etc/x real real/x gone gone/x
    echo it | tee tree/etc/x/f tree/real/x/f >tree/gone/x/f
    chmod 0700 tree/etc
    ln -s real tree/way
    touch tree/.wh.gone
    mkdir -p linked/way/x
    echo it >linked/way/x/g
    tar_of upper.tar etc etc/x/f real way .wh.gone gone/x/f
    tar rf upper.tar -C linked --no-recursion way/x/g
    rm -rf base
    layout_of shell.tar lower.tar upper.tar
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "base:latest"}
  run: |
    cd /
    busybox stat -c '%n %F %a' etc etc/x way real/x gone gone/x >/seen
END
    stacker build
    run -0 tar xO -f <(layer_tar it -1) seen
    assert_output - <<'END'
etc directory 700
etc/x directory 711
way symbolic link 777
real/x directory 711
gone directory 755
gone/x directory 755
END
}

# behaviour: layers that are made of such a layer in another type have the directory as it is in the image
# documented: docs/storage.md#implied-directories
# status: beyond
@test "a directory that a layer only implies, in another type" {
    requires loop
    make_layers
    printf 'it:\n  from: {type: oci, url: "base:latest"}\n' >stacker.yaml
    stacker build --layer-type squashfs --layer-type erofs
    mount_image it-squashfs mounted
    assert_equal "$(stat -c '%a %u:%g' mounted/srv mounted/srv/deep)" $'1777 3:4\n700 0:0'
    assert_equal "$(cat mounted/srv/deep/old)" old
    stacker build --layer-type squashfs
    assert_layout_whole
}

# behaviour: the same layer on another base has that base's directory
# documented: docs/storage.md#implied-directories
# status: beyond
@test "one layer that implies a directory, on two bases" {
    requires loop
    make_layers
    mv base first
    chmod 0711 tree/srv
    tar_of srv.tar srv srv/deep
    layout_of shell.tar srv.tar old.tar
    cat >stacker.yaml <<'END'
one:
  from: {type: oci, url: "first:latest"}
  run: busybox stat -c %a /srv >/srv/seen
two:
  from: {type: oci, url: "base:latest"}
  run: busybox stat -c %a /srv >/srv/seen
END
    stacker build --layer-type squashfs
    mount_image one-squashfs one
    mount_image two-squashfs two
    assert_equal "$(cat one/srv/seen two/srv/seen)" $'1777\n711'
    assert_equal "$(stat -c %a one/srv two/srv)" $'1777\n711'
}

# behaviour: a layer whose root is opaque hides all below it, for the script and in an image of another type
# documented: docs/storage.md#implied-directories; OCI image-spec, layer.md "Opaque Whiteout"
# status: beyond
@test "an opaque root" {
    requires loop
    make_layers
    mkdir tree/bin/more
    touch tree/.wh..wh..opq
    tar_of more.tar bin/more
    tar_of again.tar .wh..wh..opq bin bin/busybox bin/sh
    rm -rf base
    layout_of srv.tar old.tar more.tar again.tar
    printf 'it:\n  from: {type: oci, url: "base:latest"}\n  run: echo /srv /bin/* >/seen; test ! -e /srv\n' >stacker.yaml
    stacker build --layer-type squashfs
    mount_image it-squashfs mounted
    assert_equal "$(find mounted -mindepth 1 -printf '%P\n' | LC_ALL=C sort)" $'bin\nbin/busybox\nbin/sh\nseen'
    assert_equal "$(cat mounted/seen)" "/srv /bin/busybox /bin/sh"
}

# behaviour: a whiteout of a directory takes it away, also where whiteouts of what is in it stand before or behind
# documented: OCI image-spec, layer.md "Whiteouts"
# status: beyond
@test "whiteouts of a directory, and of what is in it" {
    make_layers
    rm -rf base tree/srv
    mkdir -p tree/srv/deep
    touch tree/.wh.srv tree/srv/.wh.deep
    tar_of before.tar srv/.wh.deep .wh.srv
    tar_of behind.tar .wh.srv srv/.wh.deep
    local order
    for order in before behind; do
        rm -rf base
        layout_of shell.tar srv.tar old.tar "$order.tar"
        printf 'it:\n  from: {type: oci, url: "base:latest"}\n  run: echo /* >/seen\n' >stacker.yaml
        stacker build
        assert_equal "$(layer_tar it -1 | tar xO seen | tr ' ' '\n' | grep -c srv)" 0
    done
}

# implying_base COUNT: puts the OCI layout ./layered with the tag "latest" here, of that many layers, each of which has a
# file in /layers, and only the second one an entry for it.
implying_base() {
    make_fixture busybox "$TOP/tools/fixtures/make-busybox-image"
    rm -rf layered
    "$TOP/tools/fixtures/make-layered-image.py" layered "$FIXTURES/busybox" "$1" implied
}

# behaviour: a base of very many layers that imply a directory is one as any other: what they imply takes one lowerdir in all
# documented: docs/storage.md#implied-directories; docs/storage.md#many-layers
# status: beyond
@test "many layers that imply a directory" {
    implying_base 300
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "layered:latest"}
  run: |
    stat -c %a /layers >/seen
    ls /layers | wc -l >>/seen
    touch /layers/more
END
    stacker build
    assert_equal "$(layer_tar it -1 | tar xO seen)" $'711\n299'
    assert_equal "$(list_layer it -1)" $'layers\nlayers/more\nseen'
    assert_equal "$(layer_tar it -1 | tar tv layers/ | head -n1 | cut -c1-10)" drwx--x--x
}

# behaviour: where a base has more layers than the kernel stacks, nothing of the layer's last build is given up
# documented: docs/storage.md#many-layers
# status: beyond
@test "too many layers that imply a directory" {
    implying_base 3
    printf 'it:\n  from: {type: oci, url: "layered:latest"}\n  run: echo kept >/kept\n' >stacker.yaml
    stacker build
    find roots -printf '%p %i\n' | LC_ALL=C sort >before
    implying_base 500
    refuse build
    assert_said "overlayfs takes 500 lowerdirs"
    diff before <(find roots -printf '%p %i\n' | LC_ALL=C sort)
}

# behaviour: gc removes what a layer implies on a base that no image has any more, and leaves it on others
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "what a layer implies on a base that is gone" {
    local layer
    make_layers
    cp -r base first
    chmod 0711 tree/srv
    tar_of srv.tar srv srv/deep
    rm -rf base
    layout_of shell.tar srv.tar old.tar
    printf 'one:\n  from: {type: oci, url: "first:latest"}\n' >one.yaml
    printf 'two:\n  from: {type: oci, url: "base:latest"}\n  run: busybox stat -c %%a /srv >/seen\n' >two.yaml
    stacker build -f one.yaml
    stacker build -f two.yaml
    layer=$(layer_directory one -1)
    assert_equal "$(find "$layer" -maxdepth 1 -name 'on_*' | wc -l)" 2
    assert_equal "$(stacker gc --dry-run)" "nothing to remove"
    printf 'one:\n  from: {type: oci, url: "base:latest"}\n' >one.yaml
    stacker build -f one.yaml
    run -0 --separate-stderr stacker gc
    assert_line --partial "/$layer/on_"
    assert_equal "$(find "$layer" -maxdepth 1 -name 'on_*' | wc -l)" 1
    rm -r .stacker
    stacker build -f two.yaml
    assert_equal "$(layer_tar two -1 | tar xO seen)" 711
}

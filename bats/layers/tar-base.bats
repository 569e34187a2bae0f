#!/usr/bin/env bats
# from: tar. The archive is unpacked into the layer's own upperdir: archive and script are one layer.

load ../helpers

# busybox_tar FILE: puts the busybox base here as an uncompressed tar.
busybox_tar() {
    busybox_base
    layer_tar latest 0 busybox >"$1"
    rm -r busybox
}

# behaviour: a tar base and what its run: changed come out as one layer
# documented: docs/recipe.md#from
# status: documented
@test "a tar base and its run: are one layer" {
    busybox_tar base.tar
    cat >stacker.yaml <<'END'
it:
  from: {type: tar, url: base.tar}
  run: |
    echo it > /it
    rm /bin/vi
END
    stacker build
    assert_equal "$(count_layers it)" 1
    unpack_image it rootfs
    assert_equal "$(cat rootfs/it)" it
    assert_not_exists rootfs/bin/vi
    # Deleted from what has nothing below it: there is nothing to hide.
    run ! grep -q '\.wh\.' <<<"$(list_layer it 0)"
}

# behaviour: a gzip-compressed tar is a base too, whatever its name
# documented: docs/recipe.md#from
# status: documented
@test "a gzip tar base" {
    busybox_tar base.tar
    gzip -1 base.tar
    cat >stacker.yaml <<'END'
it:
  from: {type: tar, url: base.tar.gz}
  run: echo it > /it
END
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/it)" it
}

# behaviour: a tar base without run: is an image of one layer with the archive's contents
# documented: docs/recipe.md#from
# status: documented
@test "a tar base without run:" {
    busybox_tar base.tar
    printf 'it:\n  from: {type: tar, url: base.tar}\n' >stacker.yaml
    stacker build
    assert_equal "$(count_layers it)" 1
    unpack_image it rootfs
    assert_equal "$(stat -c %h rootfs/bin/busybox)" 404
    assert_equal "$(stat -c %a rootfs/tmp)" 1777
}

# behaviour: owners, modes, times, links and devices of the archive are the layer's
# documented: docs/storage.md#layers
# status: documented
@test "metadata of the archive is kept" {
    mkdir -p tree/dir
    echo one >tree/dir/file
    ln tree/dir/file tree/dir/hard
    ln -s ../dir/file tree/dir/soft
    mkfifo tree/dir/fifo
    # A user can't make device nodes.
    ! runs_as_root || mknod tree/dir/null c 1 3
    chown -h 1234:5678 tree/dir/file tree/dir/soft
    chmod 4711 tree/dir/file
    chmod 0700 tree/dir
    find tree -exec touch -h -d '2001-02-03 04:05:06 UTC' {} +
    list() { (cd "$1" && find dir -printf '%p %y %m %U:%G %n %TY-%Tm-%Td %l\n' | sort); }
    listed=$(list tree)
    tar cf base.tar -C tree .
    printf 'it:\n  from: {type: tar, url: base.tar}\n' >stacker.yaml
    stacker build
    mkdir out
    layer_tar it 0 | tar x -p --same-owner -C out
    assert_equal "$(list out)" "$listed"
    ! runs_as_root || assert_equal "$(stat -c '%t %T' out/dir/null)" "1 3"
    assert_equal "$(stat -c %i out/dir/file)" "$(stat -c %i out/dir/hard)"
}

# behaviour: a tar base that already is its own place in the stacker directory is used where it is
# documented: docs/storage.md#the-stacker-directory
# status: documented
@test "a tar base that is its own cached copy" {
    mkdir -p .stacker/layer-bases
    busybox_tar .stacker/layer-bases/base.tar
    cat >stacker.yaml <<'END'
it:
  from: {type: tar, url: .stacker/layer-bases/base.tar}
  run: echo it > /it
END
    stacker build
    assert_exists .stacker/layer-bases/base.tar
    unpack_image it rootfs
    assert_equal "$(cat rootfs/it)" it
}

# behaviour: a tar base of other content under the same name is a new build
# documented: docs/recipe.md#cache
# status: documented
@test "a changed tar is a cache miss" {
    mkdir tree
    echo 1 >tree/file
    tar cf base.tar -C tree file
    printf 'it:\n  from: {type: tar, url: base.tar}\n' >stacker.yaml
    stacker build
    echo 2 >tree/file
    tar cf base.tar -C tree file
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/file)" 2
}

# behaviour: an image built on a tar base stands on its one layer
# documented: docs/recipe.md#from
# status: documented
@test "a built layer on a tar base" {
    busybox_tar base.tar
    cat >stacker.yaml <<'END'
base:
  from: {type: tar, url: base.tar}
  build_only: true
it:
  from: {type: built, tag: base}
  run: echo it > /it
END
    stacker build
    assert_equal "$(count_layers it)" 2
    assert_equal "$(list_layer it 1)" it
}

# compressed_recipe NAME: a recipe on that archive of the directory "tree", and a user of its file.
compressed_recipe() {
    printf 'it:\n  from: {type: tar, url: %s}\n' "$1" >stacker.yaml
}

# behaviour: a tar base may be compressed with xz or bzip2, in one stream or in several, as root file systems are published
# documented: docs/recipe.md#from
# status: beyond
@test "an xz and a bzip2 tar base" {
    local program
    mkdir tree
    head -c 3000000 /dev/urandom >tree/file
    tar cf base.tar -C tree .
    for program in xz bzip2; do
        # What it is called does not count. Two streams are one file to both programs.
        { head -c 1000000 base.tar | $program -c1 && tail -c +1000001 base.tar | $program -c1; } >"$program"
        compressed_recipe "$program"
        stacker build
        assert_equal "$(layer_tar it 0 | tar xO ./file file 2>/dev/null | sha256sum)" "$(sha256sum <tree/file)"
    done
}

# behaviour: an xz or bzip2 archive that is damaged, cut off, or wants more memory than it may is an error that says so
# documented: docs/recipe.md#from; docs/security.md#hostile-input
# status: beyond
@test "a damaged xz or bzip2 tar base" {
    local program
    mkdir tree
    head -c 300000 /dev/urandom >tree/file
    tar cf base.tar -C tree .
    for program in xz bzip2; do
        $program -c1 base.tar >good
        head -c 200000 good >short
        compressed_recipe short
        refuse build
        assert_said "couldn't unpack $PWD/short: the $program stream is truncated"
        { head -c 100000 good && printf 'damaged' && tail -c +100008 good; } >damaged
        compressed_recipe damaged
        refuse build
        assert_said "couldn't unpack $PWD/damaged: the $program stream is damaged"
    done
    for end in $'\n' 'not xz' 'more than a header of xz, and none'; do
        { cat <(xz -c base.tar) && printf %s "$end"; } >trailing
        compressed_recipe trailing
        refuse build
        assert_said "couldn't unpack $PWD/trailing: the xz stream is damaged: what follows it is none"
    done
    xz -c --lzma2=dict=512MiB base.tar >greedy
    compressed_recipe greedy
    refuse build
    assert_said "MiB of memory, more than 256"
}

# behaviour: an archive that unpacks to more than the disk has free is refused before it fills it
# documented: docs/security.md#hostile-input
# status: beyond
@test "an xz bomb" {
    requires root
    mount_tmpfs 64M small
    # A file in a tar is written with holes: it is the size that counts.
    truncate -s 256M bomb
    tar c bomb | xz -0 >small/bomb.tar.xz
    rm bomb
    compressed_recipe small/bomb.tar.xz
    refuse --work-dir "$PWD/small" build
    assert_said "it unpacks to more than"
}

# behaviour: what follows the end of an archive or of a gzip stream is passed over
# documented: docs/recipe.md#from
# status: beyond
@test "bytes after the end of a tar and of a gzip stream" {
    mkdir tree
    echo file >tree/file
    tar cf base.tar -C tree file
    cp base.tar after.tar
    printf 'something else%.0s' {1..300} >>after.tar
    gzip -c base.tar >after.gz
    printf 'something else' >>after.gz
    gzip -c after.tar >both.gz
    head -c 1000 /dev/zero >>both.gz
    for name in after.tar after.gz both.gz; do
        compressed_recipe "$name"
        stacker build
        assert_equal "$(list_layer it 0)" file
    done
    # One that was cut off has no end, whatever it ends in.
    head -c 1024 base.tar >cut.tar
    compressed_recipe cut.tar
    refuse build
    assert_said "its end is missing"
}

# behaviour: an extended attribute that is too large for the file system is an error that says so, and no full disk
# documented: docs/file-systems.md#when-there-is-no-room
# status: beyond
@test "an attribute that is too large for ext4" {
    requires ext4
    mount_file_system ext4 small
    python3 - <<'END'
import tarfile
with tarfile.open("base.tar", "w", format=tarfile.PAX_FORMAT) as tar:
    entry = tarfile.TarInfo("file")
    entry.pax_headers = {"SCHILY.xattr.user.large": "v" * 60000}
    tar.addfile(entry)
END
    compressed_recipe base.tar
    refuse --roots-dir "$PWD/small/roots" build
    assert_said "couldn't set its attribute user.large of 60000 bytes: ext4 does not hold so many bytes"
    refute_said "make room"
}

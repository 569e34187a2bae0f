#!/usr/bin/env bats
# A layer's bytes depend on the files in it, and on nothing that a working directory gives to what is made in it: its
# group, if it has the set-group-ID bit, and its default ACL, which takes the place of the umask.
#
# file-systems: all

load ../helpers

# make_inputs: what the recipes below are built from, beside the directories that they are built in.
make_inputs() {
    spread_base
    mkdir -p tree/deep/er
    echo file >tree/deep/er/file
    cp -r tree brought
    tar c -C tree . >base.tar
    clamp_times
    find tree brought -exec touch -d '2001-02-03 04:05:06 UTC' {} +
}

# write_recipe: every way in which files come into an image.
write_recipe() {
    local here=$PWD
    cat >"$1/stacker.yaml" <<END
it:
  from: {type: oci, url: "$here/busybox:latest"}
  imports:
    - $here/brought
    - {path: $here/brought, dest: /new/place/}
  overlay_dirs: [{source: $here/tree, dest: /opt/tree}]
  run: |
    umask >/umask
    id -g >/group
    mkdir -p /dir/in /usr/new
    echo 1 >/dir/in/file
    mkfifo /dir/pipe
    ln -s file /dir/link
    cp -a /stacker/imports/brought /copy
    cp -p /stacker/imports/.stacker-run.sh /script
    touch /stacker/beside
tar:
  from: {type: tar, url: $here/base.tar}
  overlay_dirs: [{source: $here/tree, dest: /opt/tree}]
built:
  from: {type: built, tag: it}
  run: echo 2 >/dir/more; rm /dir/pipe
END
}

# layers_of DIR: the layers of the images in there, of all types.
layers_of() {
    local tag
    for tag in {it,tar,built}{,-squashfs,-erofs}; do
        image_manifest "$tag" "$1/oci" | jq -r '.layers[].digest'
    done
}

# build_in DIR COMMAND…: builds with the directory as the working directory, by a command in front.
build_in() {
    local dir=$1
    shift
    write_recipe "$dir"
    (cd "$dir" && "$@" "$STACKER" build --layer-type={tar,squashfs,erofs})
}

# give_default_acl DIR: other users get nothing, and this group everything, in all that is made in there.
give_default_acl() {
    python3 - "$1" <<'END'
import os, struct, sys
entries = [(0x01, 7, -1), (0x04, 5, -1), (0x08, 7, 50), (0x10, 7, -1), (0x20, 0, -1)]
acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
os.setxattr(sys.argv[1], "system.posix_acl_default", acl)
END
}

# behaviour: a working directory with the set-group-ID bit gives neither its group nor the bit to the files of an image
# documented: docs/recipe.md#reproducible-builds
# status: beyond
@test "a working directory with the set-group-ID bit is not in the image" {
    make_inputs
    mkdir plain shared
    chown "${STACKER_TEST_USER:-0}:50" shared
    chmod g+rwxs shared
    build_in plain env
    build_in shared env
    assert_equal "$(layers_of shared)" "$(layers_of plain)"
}

# behaviour: a default ACL of the working directory is in no layer, and changes no mode in one
# documented: docs/recipe.md#reproducible-builds
# status: beyond
@test "a default ACL of the working directory is not in the image" {
    make_inputs
    mkdir plain shared
    give_default_acl shared
    build_in plain env
    build_in shared env
    assert_equal "$(layers_of shared)" "$(layers_of plain)"
}

# behaviour: the same holds where the directories of stacker are there already, and have a group and an ACL of their own
# documented: docs/recipe.md#reproducible-builds
# status: beyond
@test "directories that were made for stacker are not in the image" {
    local name
    make_inputs
    mkdir plain shared shared/{roots,.stacker,oci}
    for name in shared/{roots,.stacker}; do
        chown "${STACKER_TEST_USER:-0}:50" "$name"
        chmod g+rwxs "$name"
        give_default_acl "$name"
    done
    build_in plain env
    build_in shared env
    assert_equal "$(layers_of shared)" "$(layers_of plain)"
}

# behaviour: the umask of whoever builds is not the script's, and changes no mode in an image
# documented: docs/recipe.md#reproducible-builds
# status: beyond
@test "the umask is not in the image" {
    local mask
    make_inputs
    for mask in 022 077 002; do
        mkdir "$mask"
        # shellcheck disable=SC2016  # the shell within expands it
        build_in "$mask" sh -c 'umask "$0" && exec "$@"' "$mask"
    done
    assert_equal "$(layers_of 077)" "$(layers_of 022)"
    assert_equal "$(layers_of 002)" "$(layers_of 022)"
}

# bats test_tags=level:priv
# why: only root can take on any group
# behaviour: a build by root in another group gives the same files as one in root's own
# documented: docs/recipe.md#reproducible-builds
# status: beyond
@test "the group of root's shell is not in the image" {
    make_inputs
    mkdir plain shared
    build_in plain env
    build_in shared setpriv --regid 50 --clear-groups
    assert_equal "$(layers_of shared)" "$(layers_of plain)"
}

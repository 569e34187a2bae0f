#!/usr/bin/env bats
# overlay_dirs: directories of the host that become layers of the image.

load ../helpers

# overlay_recipe [DEST]: the image "it" on busybox, with the directory "dir" as an overlay dir.
overlay_recipe() {
    busybox_base
    cat >stacker.yaml <<END
it:
  from: {type: oci, url: "busybox:latest"}
  overlay_dirs:
    - source: dir${1:+
      dest: $1}
END
}

# behaviour: the contents of an overlay dir are in the image, and the script sees them
# documented: docs/recipe.md#overlay_dirs
# status: documented
@test "an overlay dir is seen by run: and is in the image" {
    mkdir dir
    echo file >dir/file
    touch dir/executable
    chmod +x dir/executable
    overlay_recipe
    echo '  run: test -f /file && test -x /executable' >>stacker.yaml
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/file)" file
    assert_file_executable rootfs/executable
}

# behaviour: dest says where the contents go
# documented: docs/recipe.md#overlay_dirs
# status: documented
@test "dest of an overlay dir is a directory in the image" {
    mkdir dir
    echo file >dir/file
    overlay_recipe /usr/local
    stacker build
    assert_equal "$(list_layer it -1 | tail -n 1)" usr/local/file
}

# behaviour: files of an overlay dir belong to root, and keep their modes and times
# documented: docs/recipe.md#overlay_dirs
# status: documented
@test "an overlay dir's files belong to root and keep modes and times" {
    mkdir dir
    touch -d '2001-02-03 04:05:06 UTC' dir/file
    chmod 0644 dir/file
    chown 1234:1234 dir/file
    overlay_recipe /data
    echo '  run: stat -c "%u %g %a %Y" /data/file > /seen' >>stacker.yaml
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" "0 0 644 981173106"
}

# behaviour: each overlay dir is a layer of its own, in order, below what run: changed
# documented: docs/recipe.md#overlay_dirs
# status: documented
@test "overlay dirs are layers in their order" {
    busybox_base
    mkdir one two
    echo one | tee one/both >one/one
    echo two | tee two/both >two/two
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  overlay_dirs:
    - source: one
    - source: two
  run: cat /both > /seen
END
    stacker build
    assert_equal "$(count_layers it)" 4
    assert_equal "$(list_layer it 1)" $'both\none'
    assert_equal "$(list_layer it 2)" $'both\ntwo'
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" two
}

# behaviour: the history says which layers are overlay dirs
# documented: docs/storage.md#layers
# status: beyond
@test "an overlay dir has an entry in the history" {
    mkdir dir
    touch dir/file
    overlay_recipe
    stacker build
    run jq -r '.history[].created_by' <<<"$(image_config it)"
    assert_line "stacker overlay dir for it"
}

# behaviour: a layer built on one that has overlay dirs sees them, in the run and in imports
# documented: docs/recipe.md#overlay_dirs
# status: documented
@test "a layer on top sees the overlay dirs below" {
    mkdir dir
    echo file >dir/file
    overlay_recipe
    cat >>stacker.yaml <<'END'
two:
  from: {type: built, tag: it}
  imports: stacker://it/file
  run: cmp /file /stacker/imports/file
END
    stacker build
    unpack_image two rootfs
    assert_equal "$(cat rootfs/file)" file
}

# behaviour: overlay dirs of a build_only layer are right below what its run: changed
# documented: docs/recipe.md#overlay_dirs
# status: beyond
@test "overlay dirs of a build_only layer reach the image" {
    mkdir dir dir2
    echo file | tee dir/file >dir/deleted
    echo over >dir2/file
    overlay_recipe
    cat >>stacker.yaml <<'END'
  build_only: true
  run: rm /deleted
two:
  from: {type: built, tag: it}
  overlay_dirs: [{source: dir2}]
  run: cat /file > /seen; test ! -e /deleted
END
    stacker build
    unpack_image two rootfs
    assert_equal "$(cat rootfs/seen)" over
    assert_not_exists rootfs/deleted
    run stacker build
    assert_said "found cached layer two"
}

# behaviour: a symlink in the base on the way to dest is followed within the base, and the user is told
# documented: docs/recipe.md#dest
# status: beyond
@test "a symlinked dest is resolved within the base" {
    busybox_base
    mkdir dir
    echo file >dir/file
    cat >stacker.yaml <<'END'
base:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir -p /real/place
    ln -s /real /link
it:
  from: {type: built, tag: base}
  overlay_dirs: [{source: dir, dest: /link/place}]
END
    run stacker build
    assert_success
    assert_said "/real/place"
    unpack_image it rootfs
    assert_equal "$(readlink rootfs/link)" /real
    assert_equal "$(cat rootfs/real/place/file)" file
}

# behaviour: a source that is missing, or no directory, is an error
# documented: docs/recipe.md#overlay_dirs
# status: documented
@test "a missing overlay dir and a file are refused" {
    overlay_recipe
    refuse build
    assert_said "dir"
    touch dir
    refuse build
    assert_said "should be a directory"
    assert_layout_whole
}

# behaviour: an overlay dir that did not change is taken from the cache
# documented: docs/recipe.md#cache
# status: documented
@test "an unchanged overlay dir is a cache hit" {
    mkdir dir
    touch dir/file
    overlay_recipe
    stacker build
    touch dir/file
    run stacker build
    assert_success
    assert_said "found cached layer it"
}

# behaviour: a miss names each changed file once, of two overlay dirs at most; with --debug, of all
# documented: docs/recipe.md#cache
# status: documented
@test "a miss says which files of overlay dirs changed" {
    local n
    busybox_base
    for n in 1 2 3; do
        mkdir "dir$n"
        echo one >"dir$n/file$n.txt"
    done
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  overlay_dirs:
    - {source: dir1, dest: /usr/local1}
    - {source: dir2, dest: /usr/local2}
    - {source: dir3, dest: /usr/local3}
END
    stacker build
    for n in 1 2 3; do echo changed >"dir$n/file$n.txt"; done
    run stacker build
    assert_success
    assert_said "cache miss because content of 3 overlay dirs changed:"
    assert_said "Changed overlay_dir:"
    assert_equal "$(grep -o '/dir[1-3]/file[1-3].txt' <<<"$output" | wc -l)" 2
    assert_said "and 1 other overlay_dirs. use --debug for complete output"

    for n in 1 2 3; do echo "changed again" >"dir$n/file$n.txt"; done
    run stacker --debug build
    assert_success
    assert_equal "$(grep -o '/dir[1-3]/file[1-3].txt' <<<"$output" | sort -u | wc -l)" 3
    refute_said "use --debug for complete output"
}

# behaviour: an overlay dir whose copy under the roots directory is gone is copied again
# documented: docs/recipe.md#cache
# status: documented
@test "a lost copy of an overlay dir is a miss" {
    mkdir dir
    touch dir/file
    overlay_recipe /data
    stacker build
    for lost in roots/it/overlay_dirs/dir roots; do
        assert_file_exists roots/it/overlay_dirs/dir/data/file
        rm -r "$(realpath "$lost")"
        run stacker build
        assert_success
        assert_said "cache miss because overlay_dir was missing"
    done
    assert_file_exists roots/it/overlay_dirs/dir/data/file
}

# behaviour: building a layer anew takes nothing from others that have the same overlay dir
# documented: docs/storage.md#roots
# status: beyond
@test "a rebuild leaves equal overlay dirs of other layers alone" {
    mkdir dir
    echo file >dir/file
    overlay_recipe
    sed 's/^it:/other:/' stacker.yaml >other.yaml
    stacker build
    stacker build -f other.yaml
    echo '  run: test -e /file' >>stacker.yaml
    stacker build
    run stacker build -f other.yaml
    assert_success
    assert_said "found cached layer other"
    echo '  run: cat /file' >>other.yaml
    stacker build -f other.yaml
}

# damaged_recipe LINE FILE: "T" with FILE in /x, which LINE brings, and "U" on it, which reads that.
damaged_recipe() {
    busybox_base
    mkdir -p dir
    echo file | tee dir/file >single
    cat >stacker.yaml <<END
T:
  from: {type: oci, url: "busybox:latest"}
  $1
  run: touch /r
U:
  from: {type: built, tag: T}
  run: cat /x/$2
END
}

# assert_repaired COPY [ARGUMENT…]: removes the copy after a build, and builds again: once.
assert_repaired() {
    local copy=$1
    shift
    stacker build "$@"
    assert_exists "$copy"
    rm -r "$copy"
    run stacker build "$@"
    assert_success
    assert_said "cache miss because"
    assert_exists "$copy"
    run stacker build "$@"
    assert_success
    assert_said "found cached layer T"
    # Something new on it.
    echo "    # and more" >>stacker.yaml
    sed -i 's,cat ,cat /r ,' stacker.yaml
    stacker build "$@"
}

# behaviour: an overlay dir whose copy is gone is a miss that makes it whole again, for layers on it, too
# documented: docs/storage.md#roots
# status: beyond
@test "a copy of an overlay dir that is gone is made again" {
    damaged_recipe "overlay_dirs: [{source: dir, dest: /x}]" file
    assert_repaired roots/T/overlay_dirs/dir/x
    assert_repaired roots/T/overlay_dirs/dir/x --layer-type tar --layer-type squashfs
    assert_repaired roots/T/overlay_dirs/dir/x --layer-type squashfs --layer-type tar
    assert_repaired roots/T/overlay_dirs/dir/x --layer-type squashfs
    # What the other type has is whole, and stays when rubbish goes.
    stacker gc
    echo "    # and more" >>stacker.yaml
    sed -i 's,cat ,cat /r ,' stacker.yaml
    stacker build --layer-type tar
}

# behaviour: an import with a dest whose copy is gone is a miss that makes it whole again, for layers on it, too
# documented: docs/storage.md#roots
# status: beyond
@test "a copy of an import that is gone is made again" {
    damaged_recipe "imports: [{path: single, dest: /x/}]" single
    assert_repaired roots/T/overlay_dirs/single/x
}

# behaviour: a build without the cache mends the directories of its layers that have lost files
# documented: docs/storage.md#roots
# status: beyond
@test "a build without the cache mends directories of layers" {
    clamp_times
    damaged_recipe "overlay_dirs: [{source: dir, dest: /x}]" file
    sed -i 's,touch /r,touch -d @1500000000 /r,; s,cat /x,cat /r /x,' stacker.yaml
    stacker build --layer-type tar --layer-type erofs
    rm roots/T/overlay_dirs/dir/x/file "$(layer_directory T -1)/overlay/r"
    stacker build --no-cache --layer-type tar --layer-type erofs
    assert_file_exists roots/T/overlay_dirs/dir/x/file
    assert_file_exists "$(layer_directory T -1)/overlay/r"
    assert_equal "$(find roots -path '*/sha256_*/overlay/r' | wc -l)" 1
    # Whichever of the types is a symlink to the other.
    rm roots/T/overlay_dirs/dir/x/file "$(layer_directory T -1)/overlay/r"
    stacker build --no-cache --layer-type erofs --layer-type tar
    assert_file_exists "$(layer_directory T -1)/overlay/r"
    assert_file_exists "$(layer_directory T-erofs -1)/overlay/r"
    assert_equal "$(find roots -path '*/sha256_*/overlay/r' | wc -l)" 1
    assert_equal "$(find roots -name '.unpack-*')" ""
}

# make_files DIR: files with hard links, a capability, another attribute, an ACL and a hole.
make_files() {
    mkdir -p "$1/sub"
    head -c 100000 /dev/urandom >"$1/file"
    ln "$1/file" "$1/link"
    ln "$1/file" "$1/sub/link"
    echo ping >"$1/ping"
    truncate -s 8M "$1/sparse"
    echo end >>"$1/sparse"
    # Before the capability, which a change of the owner takes away.
    chown -R "${STACKER_TEST_USER:-root}:" "$1"
    python3 - "$1" <<'END'
import os, struct, sys
os.chdir(sys.argv[1])
os.setxattr("ping", "security.capability", struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0))
os.setxattr("file", "user.mime_type", b"text/plain")
os.setxattr("sub", "user.of", b"sub")
entries = [(0x01, 6, -1), (0x02, 6, 1234), (0x04, 4, -1), (0x10, 6, -1), (0x20, 0, -1)]
acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
os.setxattr("ping", "system.posix_acl_access", acl)
END
}

# assert_files_in TAG N PREFIX: the layer has those files, with what make_files gave them; not the ACL.
assert_files_in() {
    local seen
    seen=$(layer_tar "$1" "$2" | tar tv)
    assert_equal "$(sed -n 's/^h.* \([^ ]* link to .*\)$/\1/p' <<<"$seen")" \
        "$3/link link to $3/file"$'\n'"$3/sub/link link to $3/file"
    for seen in security.capability user.mime_type=text/plain user.of=sub; do
        layer_tar "$1" "$2" | grep -aq "SCHILY.xattr.$seen" || fail "no $seen in $1"
    done
    run ! grep -aq posix_acl <(layer_tar "$1" "$2")
}

# behaviour: an overlay dir, and an import with a dest, keep hard links, file capabilities and user attributes, not ACLs
# documented: docs/recipe.md#what-is-copied
# status: beyond
# why: with each name a copy, a busybox of 2 MB becomes an image of 800 MB; without its capability, ping is for root alone
@test "hard links and attributes of overlay dirs and imports" {
    make_files files
    busybox_base
    cat >stacker.yaml <<'END'
overlay:
  from: {type: oci, url: "busybox:latest"}
  overlay_dirs: [{source: files, dest: /to}]
import:
  from: {type: oci, url: "busybox:latest"}
  imports: [{path: files, dest: /to}]
again:
  from: {type: oci, url: "busybox:latest"}
  imports: [{path: "stacker://overlay/to", dest: /from}]
script:
  from: {type: oci, url: "busybox:latest"}
  imports: files
  run: |
    test "$(stat -c %h /stacker/imports/files/file)" = 3
    test "$(stat -c %b /stacker/imports/files/sparse)" -lt 1000
END
    stacker build
    assert_files_in overlay -1 to
    assert_files_in import -1 to
    assert_files_in again -1 from
    assert_equal "$(layer_tar overlay -1 | tar xO to/sparse | sha256sum)" "$(sha256sum <files/sparse)"
    run stacker build
    assert_said "found cached layer overlay"
    assert_said "found cached layer script"
}

# behaviour: an ACL in a layer goes with a file that is imported from it
# documented: docs/recipe.md#what-is-copied
# status: beyond
@test "ACLs of another layer's files" {
    make_files files
    tar c --xattrs --xattrs-include='*' -C files ping >acl.tar
    cat >stacker.yaml <<'END'
one:
  from: {type: tar, url: acl.tar}
two:
  from: {type: scratch}
  imports: [{path: stacker://one/ping, dest: /ping}]
END
    stacker build
    layer_tar two -1 | grep -aq SCHILY.xattr.system.posix_acl_access
}

# behaviour: another capability or attribute, and a hard link that became a copy, are changes
# documented: docs/recipe.md#cache
# status: beyond
@test "a changed attribute or hard link is a cache miss" {
    make_files dir
    overlay_recipe
    stacker build
    python3 -c 'import os; os.removexattr("dir/ping", "security.capability")'
    run stacker build
    assert_said "cache miss because content of 1 overlay dirs changed"
    assert_said "$PWD/dir/ping"
    cp dir/link copy
    mv copy dir/link
    run stacker build
    assert_said "cache miss because content of 1 overlay dirs changed"
    assert_said "$PWD/dir/link"
    python3 -c 'import os; os.setxattr("dir/sub", "user.of", b"another")'
    run stacker build
    assert_said "cache miss because content of 1 overlay dirs changed"
    assert_line --regexp "$PWD/dir/sub\$"
    run stacker build
    assert_said "found cached layer it"
}

# behaviour: a tree of more directories within each other than a process may have descriptors is copied
# documented: docs/recipe.md#what-is-copied
# status: beyond
@test "a deep overlay dir" {
    busybox_base
    # Its path is longer than a system call takes.
    python3 -c 'import os
os.mkdir("dir")
os.chdir("dir")
for number in range(400):
    os.mkdir("deeper-and-deeper")
    os.chdir("deeper-and-deeper")
open("file", "w").write("deep")
os.link("file", "link")'
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  overlay_dirs: [{source: dir}]
script:
  from: {type: oci, url: "busybox:latest"}
  imports: dir
END
    (ulimit -n 300 && stacker build)
    assert_equal "$(layer_tar it -1 | tar t | tail -n 1 | tr -dc / | wc -c)" 400
    python3 -c 'import os
os.chdir("dir")
for number in range(400):
    os.chdir("deeper-and-deeper")
open("file", "a").write("er")'
    ulimit -n 300
    run stacker build
    assert_said "cache miss because content of 1 overlay dirs changed"
}

# behaviour: a layer whose overlay_metadata.json is damaged, as a crash of the machine can leave it, is built anew
# documented: docs/storage.md#roots
# status: beyond
@test "damaged metadata of a layer mend themselves" {
    busybox_base
    mkdir dir
    echo file >dir/file
    cat >stacker.yaml <<'END'
below:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  overlay_dirs: [{source: dir, dest: /x}]
  run: touch /below
it:
  from: {type: built, tag: below}
  imports: [{path: dir/file, dest: /}]
  run: cat /file /x/file >/it
END
    stacker build
    for name in below it; do
        for damage in "" "{"; do
            printf %s "$damage" >"roots/$name/overlay_metadata.json"
            run --separate-stderr stacker build
            assert_success
            assert_said "cache miss because $PWD/roots/$name/overlay_metadata.json is damaged"
            assert_said "filesystem it built successfully"
        done
    done
    run --separate-stderr stacker build
    assert_said "found cached layer it"
}

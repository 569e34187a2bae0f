#!/usr/bin/env bats
# What files and trees bring along into a layer: hard links, capabilities, attributes, ACLs, depth.

load ../helpers
load overlay-dirs

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

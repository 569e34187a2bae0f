#!/usr/bin/env bats
# ext4 without a journal searches long for an inode beside what was deleted a moment ago: builds don't make files there.

load ../helpers

setup() {
    begin_test
    requires loop ext4
}

# mount_ext4 DIR [OPTION…]: an ext4 with 32 groups in sixteen flexible ones, where the place of a directory shows.
mount_ext4() {
    truncate -s 256M "$1.img"
    mkfs.ext4 -q -F -g 2048 -G 2 "${@:2}" "$1.img"
    mount_file_system ext4 "$1"
}

# count_places: in how many flexible groups the inodes are that stdin has.
count_places() {
    awk '{ print int(($1 - 1) / 1024) }' | sort -u | wc -l
}

# make_files DIR: a hundred, and prints their inodes.
make_files() {
    mkdir "$1"
    touch "$1"/{1..100}
    stat -c %i "$1"/*
}

# behaviour: ext4 takes the inodes of files that were deleted just now again, but for one without a journal
# documented: docs/file-systems.md#after-a-large-tree-was-removed
# status: documented
# why: it is what the others of this file are about; nothing in it is stacker's
@test "ext4 and the inodes of deleted files" {
    local name
    mount_ext4 journal
    mount_ext4 none -O ^has_journal
    for name in journal none; do
        make_files "$name/files" | sort >"$name.before"
        rm -r "$name/files"
    done
    # Within the same second, nothing counts as deleted.
    sleep 2
    for name in journal none; do make_files "$name/files" | sort >"$name.after"; done
    assert_equal "$(comm -12 journal.before journal.after | wc -l)" 100
    assert_equal "$(comm -12 none.before none.after | wc -l)" 0
}

# behaviour: on ext4 without a journal, layers that are unpacked lie far from each other; with one, as in any directory
# documented: docs/file-systems.md#after-a-large-tree-was-removed
# status: beyond
@test "the places of unpacked layers" {
    layered_base 12
    printf 'it:\n  from: {type: oci, url: "layered:latest"}\n' >stacker.yaml
    mount_ext4 journal
    mount_ext4 none -O ^has_journal
    stacker --work-dir journal build
    stacker --work-dir none build
    assert_equal "$(stat -L -c %i journal/roots/sha256_*/overlay | count_places)" 1
    assert [ "$(stat -L -c %i none/roots/sha256_*/overlay | count_places)" -gt 3 ]
}

# behaviour: on ext4 without a journal, a layer that is built again, and what it imports, begin elsewhere than before
# documented: docs/file-systems.md#after-a-large-tree-was-removed
# status: beyond
@test "the places of a layer that is built again and again" {
    requires container
    busybox_base
    echo content >file
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  imports: [file]
  run: cp /stacker/imports/file /file
END
    mount_ext4 none -O ^has_journal
    local place
    for _ in {1..12}; do
        stacker --work-dir none build --no-cache
        for place in roots/it .stacker/imports/it; do stat -c %i "none/$place" >>"${place%%/*}.seen"; done
        assert_equal "$(ls -A none/.stacker/imports)" it
    done
    for place in roots .stacker; do assert [ "$(count_places <"$place.seen")" -gt 3 ]; done
    # Only where directories are made that begin elsewhere.
    assert_equal "$(lsattr -d none/roots none/roots/it | cut -d' ' -f1 | tr -d e-)" T
}

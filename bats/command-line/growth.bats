#!/usr/bin/env bats
# What a command does grows with what there is to do, not with its square. Counted are system calls and bytes, since time
# depends on the machine.

load ../helpers

# write_layers NUMBER [KEY]: a recipe of so many layers on busybox, with a line for each.
write_layers() {
    local number
    for ((number = 0; number < $1; number++)); do
        printf 'layer%04d:\n  from: {type: oci, url: "busybox:latest"}\n%s' "$number" "${2:-}"
    done >stacker.yaml
}

# count_work CALLS NAME: prints how many system calls of these kinds the command of `work` made that the trace NAME is of, or, if
# they are reads or writes, how many bytes.
count_work() {
    awk -v calls=" $1 " '
        { name = $2 ~ /^<\.\.\./ ? $3 : substr($2, 1, index($2, "(") - 1) }
        index(calls, " " name " ") && $NF ~ /^[0-9]+$/ { sum += name ~ /read|write/ ? $NF : 1 }
        END { print sum + 0 }' "$2"
}

# trace NAME ARGUMENT…: runs stacker and leaves its system calls in the file NAME.
trace() {
    local file=$PWD/$1
    shift
    strace -f -qq -o "$file" "$STACKER" "$@"
}

# assert_even CALLS: in the traces 1, 2 and 4, of one, two and four times as much to do, the second step is about twice the
# first. Where each of n things looks at all n, it is four times that.
assert_even() {
    local one two four
    one=$(count_work "$1" 1)
    two=$(count_work "$1" 2)
    four=$(count_work "$1" 4)
    # Nothing counted is nothing seen.
    ((0 < one && one < two && two < four)) || fail "$1: $one, $two, $four"
    ((four - two <= (two - one) * 5 / 2 + ${2:-0})) || fail "$1: $one, $two, $four"
}

# build_twice ARGUMENT…: builds, and has the next build learn of what was built: it is read once, when it has not been written
# just now, since it could change again within the same tick of the clock.
build_twice() {
    stacker "$@"
    sleep 0.2
    stacker "$@"
}

# assert_index_use NUMBER: in the trace 4, in which so many images get a tag, index.json is written once for each and once when
# the layout is made, and opened twice for each at most: before the lock is taken, and under it.
assert_index_use() {
    local opened
    opened=$(grep -c 'open.*"index.json".*O_RDONLY' 4)
    assert_equal "$(grep -c 'rename.*"index.json"' 4)" $(($1 + 1))
    ((opened <= 2 * $1 + 10)) || fail "index.json was opened $opened times for $1 images"
}

files="open openat openat2 newfstatat fstat stat lstat statx getdents64 rename renameat2 unlinkat flock fsync fdatasync"
bytes="read pread64"

# behaviour: a build that finds n layers in the cache looks at about n times as many files as one that finds one, and reads n times as much
# documented: docs/storage.md#many-layers
# status: beyond
# why: a process that is traced gets no rights of others, which an ordinary user's namespace needs
# bats test_tags=level:priv
@test "many layers in the cache" {
    requires strace
    busybox_base
    for factor in 1 2 4; do
        write_layers $((factor * 25))
        build_twice build
        trace $factor build
    done
    assert_even "$files"
    assert_even "$bytes"
}

# behaviour: n layers that are built ask for about n times as many files as one, and the index is not written more often than there are images
# documented: docs/storage.md#many-layers
# status: beyond
# why: a process that is traced gets no rights of others, which an ordinary user's namespace needs
# bats test_tags=level:priv
@test "many layers that are built" {
    requires strace
    busybox_base
    for factor in 1 2 4; do
        write_layers $((factor * 5)) $'  run: echo it > /it\n'
        trace $factor --work-dir "at$factor" build
    done
    assert_even "$files" 300
    assert_index_use 20
}

# behaviour: recipes that are found in the cache cost the same each, however many there are
# documented: docs/storage.md#many-layers
# status: beyond
# why: a process that is traced gets no rights of others, which an ordinary user's namespace needs
# bats test_tags=level:priv
@test "many recipes in the cache" {
    requires strace
    busybox_base
    local number
    for factor in 1 2 4; do
        for ((number = 0; number < factor * 20; number++)); do
            mkdir -p "recipes/$number"
            printf 'one%s:\n  from: {type: oci, url: "busybox:latest"}\ntwo%s:\n  from: {type: built, tag: one%s}\n' \
                "$number" "$number" "$number" >"recipes/$number/stacker.yaml"
        done
        build_twice recursive-build -d recipes
        trace $factor recursive-build -d recipes
    done
    assert_even "$files"
    assert_even "$bytes"
}

# behaviour: n images that are published to a layout cost about n times as much as one
# documented: docs/storage.md#many-layers
# status: beyond
# why: a process that is traced gets no rights of others, which an ordinary user's namespace needs
# bats test_tags=level:priv
@test "many images that are published" {
    requires strace
    busybox_base
    for factor in 1 2 4; do
        write_layers $((factor * 10))
        build_twice build
        trace $factor publish --url "oci:to$factor" --tag v1
    done
    assert_even "$files"
    assert_index_use 40
}

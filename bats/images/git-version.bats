#!/usr/bin/env bats
# What an image says of the git repository that its recipe is from.

load ../helpers

setup() {
    begin_test
    requires git
    git config --global user.name tests
    git config --global user.email tests@example.org
    git config --global init.defaultBranch main
    # The repository becomes the user's who runs stacker.
    git config --global --add safe.directory '*'
    git init -q recipe
    printf 'it:\n  from: {type: scratch}\n' >recipe/stacker.yaml
    git -C recipe add -A
    git -C recipe commit -q -m one
}

# git_version: builds the recipe anew and prints what the image says.
git_version() {
    stacker build --no-cache -f recipe/stacker.yaml >&2
    image_manifest it | jq -r '.annotations["io.stackeroci.stacker.git_version"]'
}

# behaviour: the image says the tag, or without any the commit, and -dirty if a tracked file was changed
# documented: docs/storage.md#annotations
# status: documented
@test "the state of the recipe's repository" {
    touch recipe/untracked
    assert_equal "$(git_version)" "$(git -C recipe rev-parse HEAD)"
    git -C recipe tag -a -m one v1
    assert_equal "$(git_version)" v1
    echo >>recipe/stacker.yaml
    assert_equal "$(git_version)" v1-dirty
}

# behaviour: what git can't tell is not called clean, and a warning says why
# documented: docs/storage.md#annotations
# status: beyond
@test "a repository that can't be read is not clean" {
    git -C recipe tag -a -m one v1
    echo garbage >recipe/.git/index
    run git_version
    assert_line v1-dirty
    assert_said "counts as changed"
}

# behaviour: a repository with so many changes that they are not read to the end is not clean
# documented: docs/storage.md#annotations
# status: beyond
@test "very many changes are changes" {
    local long
    long=$(printf 'n%.0s' {1..240})
    mkdir recipe/many
    (cd recipe/many && seq -f "$long%05.0f" 5000 | xargs touch)
    git -C recipe add -A
    git -C recipe commit -q -m many
    git -C recipe tag -a -m one v1
    rm -r recipe/many
    assert_equal "$(git_version)" v1-dirty
}

# behaviour: variables that name another repository, as in a hook of git's, count for nothing
# documented: docs/storage.md#annotations
# status: beyond
@test "another repository's variables count for nothing" {
    local own
    own=$(git -C recipe rev-parse HEAD)
    git init -q other
    git -C other commit -q --allow-empty -m other
    export GIT_DIR=$PWD/other/.git GIT_WORK_TREE=$PWD/other GIT_INDEX_FILE=$PWD/other/.git/index
    run git_version
    assert_line "$own"
}

# read_signals SET FILE: one of the sets of signals that the file has of /proc/PID/status.
read_signals() {
    sed -n "s/^$1:[[:space:]]*//p" "$2" | grep -x '[0-9a-f]\{16\}'
}

# behaviour: programs that stacker starts can be interrupted, and have the limit of open files that it was started with
# documented: docs/security.md#descriptors
# status: beyond
@test "git has the signals, the limit and no descriptor of whoever called stacker" {
    mkdir bin
    cat >bin/git <<END
#!/bin/sh
{ grep -E '^Sig(Blk|Ign)' /proc/self/status; ulimit -S -n; ls /proc/self/fd; } >$PWD/seen
exit 1
END
    chmod a+x bin/git
    touch seen
    printf '  run: "true"\n' >>recipe/stacker.yaml
    sed -i 's,scratch,oci\, url: "busybox:latest",' recipe/stacker.yaml
    busybox_base
    # Two signals are the C library's own, which lets nobody change them: one that the caller ignores stays ignored.
    (ulimit -S -n 1000 && env --default-signal bin/git </dev/null) || true
    mv seen alone
    touch seen
    (ulimit -S -n 1000 && PATH="$PWD/bin:$PATH" env --default-signal "$STACKER" build -f recipe/stacker.yaml 77</dev/null)
    local set
    for set in SigBlk SigIgn; do
        assert_equal "$((16#$(read_signals "$set" seen) & ~16#$(read_signals "$set" alone)))" 0
    done
    run cat seen
    assert_line 1000
    refute_line 77
}

# behaviour: a caller that ignores SIGCHLD is no obstacle to running git
# documented: docs/security.md#descriptors
# status: beyond
@test "git under a caller that ignores SIGCHLD" {
    run -0 timeout 60 env --ignore-signal=CHLD "$STACKER" build -f recipe/stacker.yaml
    refute_said "counts as changed"
    assert_equal "$(image_manifest it | jq -r '.annotations["io.stackeroci.stacker.git_version"]')" \
        "$(git -C recipe rev-parse HEAD)"
}

#!/usr/bin/env bats
# cache_dirs: directories that scripts find as the last build has left them, and that are in no image.

load ../helpers

setup() {
    begin_test
    requires container
}

# count_runs [PATH]: a recipe whose script writes to its cache that it ran once more, and into the image how often.
count_runs() {
    busybox_recipe "  cache_dirs: ['${1:-/var/cache/it}']
  run: |
    echo run >>${1:-/var/cache/it}/runs
    wc -l <${1:-/var/cache/it}/runs >/count"
}

# count: how often the script had run when the image was made.
count() {
    layer_tar it -1 | tar xO count
}

# build_again: the recipe's layer, which is not the same any more.
build_again() {
    echo "  labels: {again: '$RANDOM$RANDOM$RANDOM'}" >>stacker.yaml
    stacker build
}

# slot: the directory in which those of the layer are.
slot() {
    echo .stacker/cache_dirs/it/*
}

# behaviour: a script finds in its cache_dirs what the last build has left there, and no layer of any type shows them
# documented: docs/recipe.md#cache_dirs
# status: beyond
@test "kept from build to build, in no image" {
    requires squashfs_tools erofs_utils
    count_runs
    stacker build --layer-type tar --layer-type squashfs --layer-type erofs
    assert_equal "$(count)" 1
    sed -i 's/echo run/echo again/' stacker.yaml
    run -0 --separate-stderr stacker build --layer-type tar --layer-type squashfs --layer-type erofs
    assert_said "cache miss because layer definition was changed: run"
    assert_equal "$(count)" 2
    assert_equal "$(list_layer it -1)" count
    unsquashfs -q -d squashfs "$(layer_blob it-squashfs -1)" >unsquashfs.out
    assert_equal "$(ls -A squashfs)" count
    fsck.erofs --extract=erofs "$(layer_blob it-erofs -1)" >fsck.out
    assert_equal "$(ls -A erofs)" count
    assert_equal "$(stacker grab it:/count && cat count)" 2
    run -1 stacker explain it:/var/cache/it
}

# behaviour: what is in cache_dirs is no reason to build again; which they are is one
# documented: docs/recipe.md#cache_dirs; docs/recipe.md#cache
# status: beyond
@test "the definition counts, the content does not" {
    count_runs
    stacker build
    echo more >"$(slot)/$(print_name /var/cache/it)/runs"
    run -0 --separate-stderr stacker build
    assert_said "found cached layer it"
    sed -i 's,cache_dirs: .*,cache_dirs: [/var/cache/it\, /other],' stacker.yaml
    run -0 --separate-stderr stacker build
    assert_said "cache miss because layer definition was changed: cache_dirs"
    sed -i 's,cache_dirs: .*,cache_dirs: [/other\, {path: /var//cache/it}],' stacker.yaml
    run -0 --separate-stderr stacker build
    assert_said "found cached layer it"
}

# print_name PATH: how the directory for a path is called.
print_name() {
    printf %s "$1" | sha256sum | cut -d' ' -f1
}

# behaviour: each recipe, layer and platform has cache directories of its own
# documented: docs/recipe.md#cache_dirs
# status: beyond
@test "private to recipe, layer and platform" {
    count_runs
    stacker build
    sed 's/^it:/other:/' stacker.yaml >other.yaml
    stacker build -f other.yaml
    assert_equal "$(layer_tar other -1 | tar xO count)" 1
    cp stacker.yaml second.yaml
    stacker build -f second.yaml --no-cache
    assert_equal "$(count)" 1
    arch=arm64
    [[ $(uname -m) != aarch64 ]] || arch=amd64
    echo "  arch: $arch" >>stacker.yaml
    stacker build
    assert_equal "$(count)" 1
    sed -i '$d' stacker.yaml
    build_again
    assert_equal "$(count)" 2
}

# behaviour: --no-cache starts with empty cache directories
# documented: docs/recipe.md#cache_dirs; docs/commands.md#build
# status: beyond
@test "--no-cache" {
    count_runs
    stacker build
    build_again
    assert_equal "$(count)" 2
    stacker build --no-cache
    assert_equal "$(count)" 1
    assert_equal "$(find "$(slot)" -name '.*' -mindepth 1)" ""
}

# behaviour: nobody else can get into cache directories; the directory itself is like the image's, or as the recipe says
# documented: docs/recipe.md#cache_dirs; docs/security.md#cache-directories
# status: beyond
@test "owner and mode" {
    busybox_recipe '  run: mkdir -m 1770 /mine; chown 5:6 /mine'
    cat >>stacker.yaml <<'END'
two:
  from: {type: built, tag: it}
  cache_dirs: [/mine, /new, {path: /said, mode: 0701, uid: 7, gid: 8}]
  run: stat -c '%a %u:%g %n' /mine /new /said >/list
END
    # Whatever the umask is.
    (umask 0 && stacker build)
    assert_equal "$(layer_tar two -1 | tar xO list)" "1770 5:6 /mine
755 0:0 /new
701 7:8 /said"
    run stat -c %a .stacker/cache_dirs .stacker/cache_dirs/two .stacker/cache_dirs/two/*
    assert_output $'700\n700\n700'
}

# behaviour: what is a file in the image, has a place of the container's own or hides another mount can't be a cache directory
# documented: docs/recipe.md#cache_dirs
# status: beyond
@test "places where there can be none" {
    mkdir shared
    for dirs in '[/etc/passwd]' '[/]' '[/proc]' '[/stacker]' '[relative]' '[/a, /a/b]' '[/a, /a/]' '/a' '[{mode: 0700}]' \
        '[{path: /a, source: /b}]' '[{path: /a, mode: 755}]'; do
        busybox_recipe "  cache_dirs: $dirs
  run: 'true'"
        refuse build
        assert_said stacker.yaml:3:
    done
    assert_said "begin with 0"
    busybox_recipe '  cache_dirs: [/a/b]
  binds: [shared -> /a]
  run: "true"'
    refuse build
    assert_said "would hide each other"
    busybox_recipe '  run: ln -s / /link'
    cat >>stacker.yaml <<'END'
two:
  from: {type: built, tag: it}
  cache_dirs: [/link/proc]
  run: "true"
END
    refuse build
    assert_said "stacker.yaml:6:16: /link/proc is /proc in the image"
}

# behaviour: a symlink in the way of cache directories is not followed
# documented: docs/security.md#cache-directories
# status: beyond
@test "a symlink in the way" {
    count_runs
    stacker build
    mkdir outside
    for place in .stacker/cache_dirs/it .stacker/cache_dirs; do
        rm -rf "$place"
        ln -s "$PWD/outside" "$place"
        echo "  labels: {place: $place}" >>stacker.yaml
        run -1 --separate-stderr stacker build
        assert_said "couldn't open the cache directories of it"
        assert_equal "$(ls outside)" ""
        sed -i '$d' stacker.yaml
        rm "$place"
    done
}

# behaviour: a build that is killed leaves cache directories that can be used, with what its script has written
# documented: docs/recipe.md#cache_dirs
# status: beyond
@test "a build that is killed" {
    busybox_recipe '  cache_dirs: [/cache]
  run: |
    echo one >>/cache/runs
    [ -e /cache/two ] || { : >/cache/two; sleep 100; }
    cp /cache/runs /runs'
    start "$STACKER" build
    until compgen -G ".stacker/cache_dirs/it/*/*/two" >/dev/null; do
        kill -0 "$started" || fail "$(cat started.err)"
        sleep 0.1
    done
    kill -KILL "$started"
    wait_for_end
    wait_for_killed
    stacker build
    assert_equal "$(layer_tar it -1 | tar xO runs)" $'one\none'
}

# behaviour: a build waits for another process that has its cache directories, and says so
# documented: docs/recipe.md#cache_dirs
# status: beyond
@test "one build at a time" {
    count_runs
    stacker build
    sed -i 's/echo run/echo again/' stacker.yaml
    exec 5<"$(slot)"
    flock 5
    start "$STACKER" build 5<&-
    until grep -q "waiting for another build that has the cache directories of it" started.err; do
        kill -0 "$started" || fail "$(cat started.err)"
        sleep 0.1
    done
    exec 5<&-
    wait_for_end
    assert_equal "$status" 0
    assert_equal "$(count)" 2
}

# behaviour: generate_labels and chroot have the cache directories that run has
# documented: docs/recipe.md#cache_dirs; docs/commands.md#chroot
# status: beyond
@test "other scripts of the layer" {
    count_runs /cache
    echo '  generate_labels: cp /cache/runs /stacker/oci-labels/runs' >>stacker.yaml
    stacker build
    assert_equal "$(image_config it | jq -r .config.Labels.runs)" run
    assert_equal "$(stacker chroot it cat /cache/runs)" run
    assert_equal "$(list_layer it -1)" count
}

# behaviour: clean removes cache directories
# documented: docs/commands.md#clean
# status: beyond
@test "clean" {
    count_runs
    stacker build
    stacker clean
    assert_not_exists .stacker
    stacker build
    assert_equal "$(count)" 1
}

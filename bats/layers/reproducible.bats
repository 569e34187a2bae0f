#!/usr/bin/env bats
# With SOURCE_DATE_EPOCH, the same inputs give the same image, byte for byte, wherever and whenever it is built.

# shellcheck disable=SC2030,SC2031  # each test is a process of its own
load ../helpers

epoch=1700000000

# A recipe that has everything that could differ from one build to the next.
rich_recipe() {
    busybox_base
    mkdir -p tree/sub
    echo one >tree/one
    ln tree/one tree/sub/hard-link
    ln -s one tree/symlink
    cat >stacker.yaml <<'END'
lower:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  imports: [tree]
  overlay_dirs: [{source: tree, dest: /overlay}]
  run: |
    cp -a /stacker/imports/tree /tree
    mkdir -p /many && cd /many && for i in 3 1 2; do echo $i > $i; ln $i link-$i; done
    rm /etc/group
it:
  from: {type: built, tag: lower}
  imports: [{path: tree/one, dest: /imported/}]
  run: rm -r /many && mkdir /many && echo new > /many/new
  environment: {B: "2", A: "1"}
  labels: {z: "1", a: "2", m: "3"}
  annotations: {z: "1", a: "2"}
  volumes: [/z, /a]
  generate_labels: for i in c a b; do echo $i > /stacker/oci-labels/$i; done
END
}

# config_of FILTER: what jq finds in the config of "it".
config_of() {
    image_config it | jq -r "$1"
}

# behaviour: two builds from clean, in different directories, give the same manifest
# documented: docs/recipe.md#reproducible-builds
# status: documented
# original: it writes environment: in an order that changes from run to run; with luck it is twice the same
@test "two builds from clean are identical" {
    rich_recipe
    export SOURCE_DATE_EPOCH=$epoch
    stacker build
    image_manifest it >first
    stacker clean
    # Times on disk are others now, also in whole seconds.
    sleep 1.1
    touch tree tree/one tree/sub stacker.yaml
    stacker --roots-dir "$PWD/else/r" --stacker-dir "$PWD/else/s" --oci-dir "$PWD/else/o" build
    image_manifest it else/o >second
    cmp first second
}

# behaviour: a build that takes the lower layers from the cache gives what one from clean gives
# documented: docs/recipe.md#reproducible-builds; docs/recipe.md#cache
# status: documented
# original: a rebuild of a layer that has overlay_dirs, or imports with a dest, ends in an error: it looks for their layers where bases are
@test "a build with the cache is identical to one from clean" {
    rich_recipe
    export SOURCE_DATE_EPOCH=$epoch
    stacker build
    image_manifest it >first
    sed -i 's/echo new/echo other/' stacker.yaml
    stacker build
    run ! cmp -s first <(image_manifest it)
    sed -i 's/echo other/echo new/' stacker.yaml
    stacker build
    cmp first <(image_manifest it)
}

# behaviour: the order in which a directory lists its names does not show in the layer
# documented: docs/recipe.md#reproducible-builds
# status: documented
@test "the order of files on disk does not matter" {
    busybox_base
    export SOURCE_DATE_EPOCH=$epoch
    mkdir tree
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  imports: [{path: tree, dest: /tree}]\n' >stacker.yaml
    touch tree/file-{a..z}{0..9}
    stacker build
    first=$(layer_digest it -1)
    assert_equal "$(count_layers it)" 2
    stacker clean
    rm -r tree
    mkdir tree
    touch tree/file-{z..a}{9..0}
    stacker build
    assert_equal "$(layer_digest it -1)" "$first"
}

# behaviour: every time in the config is SOURCE_DATE_EPOCH, without a fraction
# documented: docs/recipe.md#reproducible-builds
# status: documented
@test "created is SOURCE_DATE_EPOCH" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo it > /it\n' >stacker.yaml
    SOURCE_DATE_EPOCH=$epoch stacker build
    assert_equal "$(config_of .created)" 2023-11-14T22:13:20Z
    config_of '[.history[] | select(.created_by | startswith("stacker build")) | .created] | unique | join(" ")' >history
    assert_equal "$(cat history)" 2023-11-14T22:13:20Z
}

# behaviour: without SOURCE_DATE_EPOCH, created is now
# documented: docs/recipe.md#reproducible-builds
# status: documented
@test "created is now" {
    printf 'it:\n  from: {type: scratch}\n' >stacker.yaml
    before=$(date +%s)
    stacker build
    created=$(date -d "$(config_of .created)" +%s)
    ((created >= before && created <= $(date +%s)))
}

# behaviour: with SOURCE_DATE_EPOCH the author is "stacker", otherwise user@host
# documented: docs/recipe.md#reproducible-builds
# status: documented
@test "the author" {
    printf 'it:\n  from: {type: scratch}\n' >stacker.yaml
    SUDO_USER=somebody stacker build
    assert_equal "$(config_of .author)" "somebody@$(uname -n)"
    SOURCE_DATE_EPOCH=$epoch SUDO_USER=somebody stacker build
    assert_equal "$(config_of .author)" stacker
}

# behaviour: times of files are SOURCE_DATE_EPOCH at most; older ones are kept
# documented: docs/recipe.md#reproducible-builds
# status: documented
@test "times of files are clamped" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir /d
    echo new > /d/new
    echo old > /d/old
    ln -s old /d/link
    touch -d @1000000000 /d/old
END
    SOURCE_DATE_EPOCH=$epoch stacker build
    layer_tar it -1 | TZ=UTC tar tv --full-time >list
    run awk '$6 ~ /^d\// { print $6, $4, $5 }' list
    assert_output "d/ 2023-11-14 22:13:20
d/link 2023-11-14 22:13:20
d/new 2023-11-14 22:13:20
d/old 2001-09-09 01:46:40"
}

# behaviour: the script is told SOURCE_DATE_EPOCH
# documented: docs/recipe.md#reproducible-builds; docs/recipe.md#build_env_passthrough
# status: documented
@test "the script has SOURCE_DATE_EPOCH" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo $SOURCE_DATE_EPOCH > /it\n' >stacker.yaml
    SOURCE_DATE_EPOCH=$epoch stacker build
    assert_equal "$(layer_tar it -1 | tar xO it)" "$epoch"
}

# behaviour: a SOURCE_DATE_EPOCH that is no number is an error that shows it, before anything is built
# documented: docs/recipe.md#reproducible-builds; docs/commands.md#messages
# status: documented
@test "a SOURCE_DATE_EPOCH that is no number" {
    local value
    printf 'it:\n  from: {type: scratch}\n' >stacker.yaml
    for value in yesterday 1.5 "1700000000 " 0x10; do
        SOURCE_DATE_EPOCH=$value refuse build
        assert_said "invalid SOURCE_DATE_EPOCH"
        assert_said "$value"
        assert_not_exists oci
    done
}

# behaviour: a number that no date can be is an error, not a crash
# documented: docs/recipe.md#reproducible-builds; docs/commands.md#messages
# status: beyond
@test "a SOURCE_DATE_EPOCH beyond all dates" {
    local value
    printf 'it:\n  from: {type: scratch}\n' >stacker.yaml
    for value in 99999999999999999999 9223372036854775807; do
        SOURCE_DATE_EPOCH=$value refuse build
        assert_said "invalid SOURCE_DATE_EPOCH"
    done
}

# behaviour: an empty SOURCE_DATE_EPOCH is none
# documented: docs/recipe.md#reproducible-builds
# status: documented
@test "an empty SOURCE_DATE_EPOCH is none" {
    printf 'it:\n  from: {type: scratch}\n' >stacker.yaml
    SOURCE_DATE_EPOCH="" stacker build
    [[ $(config_of .author) == *@* ]]
}

# behaviour: another SOURCE_DATE_EPOCH is a cache miss, and so is none any more
# documented: docs/recipe.md#cache
# status: documented
@test "another SOURCE_DATE_EPOCH is a miss" {
    printf 'it:\n  from: {type: scratch}\n' >stacker.yaml
    SOURCE_DATE_EPOCH=$epoch stacker build
    SOURCE_DATE_EPOCH=$epoch run --separate-stderr stacker build
    assert_said "found cached layer it"
    SOURCE_DATE_EPOCH=$((epoch + 1)) run --separate-stderr stacker build
    assert_said "cache miss because"
    assert_equal "$(config_of .created)" 2023-11-14T22:13:21Z
    run --separate-stderr stacker build
    assert_said "cache miss because"
}

# behaviour: the miss says that it was SOURCE_DATE_EPOCH
# documented: docs/recipe.md#cache
# status: beyond
@test "the miss names SOURCE_DATE_EPOCH" {
    printf 'it:\n  from: {type: scratch}\n' >stacker.yaml
    SOURCE_DATE_EPOCH=$epoch stacker build
    SOURCE_DATE_EPOCH=$((epoch + 1)) run --separate-stderr stacker build
    assert_said "cache miss because SOURCE_DATE_EPOCH"
}

# behaviour: also without SOURCE_DATE_EPOCH, a layer depends on nothing but its content
# documented: docs/recipe.md#reproducible-builds
# status: beyond
@test "without it, the same content is the same layer" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir /d
    for i in 3 1 2; do echo $i > /d/$i; done
    ln /d/1 /d/hard-link
    touch -d @1700000000 /d/* /d /
END
    stacker build
    first=$(layer_digest it -1)
    assert_equal "$(count_layers it)" 2
    stacker clean
    sleep 1.1
    stacker --roots-dir else build
    assert_equal "$(layer_digest it -1)" "$first"
}

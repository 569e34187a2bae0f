#!/usr/bin/env bats
# Commands that look at an image for several platforms: which of them they take, and what --platform says.

load ../helpers
load ../command-line/mount
load platforms
load indexes

# behaviour: inspect shows each platform of a tag, or the one that --platform names
# documented: docs/commands.md#inspect
# status: beyond
@test "inspect" {
    build_platforms
    run -0 --separate-stderr stacker inspect app
    for platform in $(index_platforms app); do assert_line "app ($platform)"; done
    run -0 --separate-stderr stacker inspect app --platform linux/s390x --json
    assert_equal "$(jq -c '[.[] | [.tag, .platform.architecture, .config.architecture]]' <<<"$output")" '[["app","s390x","s390x"]]'
    # Of a plain image the config says it.
    name_image plain linux/s390x
    name_image other linux/ppc64le
    run -0 --separate-stderr stacker inspect --platform linux/s390x --json
    assert_equal "$(jq -c '[.[].tag]' <<<"$output")" '["app","plain"]'
    run -1 --separate-stderr stacker inspect app --platform linux/riscv64
    assert_said "there is no image for linux/riscv64 in $PWD/oci"
    assert_said "help: there are some for $(index_platforms app | sort | paste -sd, | sed 's/,/, /g')"
    run -1 --separate-stderr stacker inspect app --platform linux/x390s
    assert_said 'unknown processor "x390s" in platform "linux/x390s": did you mean s390x?'
}

# run_app ARGUMENT…: the word in the image that is run. The busybox is this machine's in all of them.
run_app() { run -0 --separate-stderr stacker run "$@" cat /word; }

# behaviour: run takes the image for this machine, for the platform that --platform names, or the only one
# documented: docs/commands.md#run
# status: beyond
@test "run" {
    build_platforms
    run_app app
    assert_output machine
    run_app --platform linux/s390x app
    assert_output s390x
    run_app --platform=linux/ppc64le oci:oci:app
    assert_output ppc64le
    platform_entry linux/s390x | index_of_entries | name_index only
    run_app only
    assert_output s390x
    assert_said "warning: the image is for linux/s390x, and this machine is $machine"
    run_app --platform linux/s390x only
    refute_said warning
    run -1 --separate-stderr stacker run --platform linux/riscv64 app cat /word
    assert_said "has no image for linux/riscv64"
    assert_said "linux/s390x, linux/ppc64le"
}

# behaviour: a plain image is taken whatever it is for, but not for another platform than the one that --platform names
# documented: docs/commands.md#run
# status: beyond
@test "run of a plain image" {
    build_platforms
    name_image plain linux/s390x
    run_app plain
    assert_output s390x
    run_app --platform linux/s390x plain
    assert_output s390x
    run -1 --separate-stderr stacker run --platform linux/arm64 plain cat /word
    assert_said "couldn't run plain: it is for linux/s390x, and not for linux/arm64"
    assert_said "help: without --platform it is taken whatever it is for"
}

# behaviour: of a registry's index, run takes the platform that --platform names
# documented: docs/commands.md#run
# status: beyond
@test "run of an image of a registry" {
    load ../registries
    requires docker_registry skopeo
    start_registry
    build_platforms
    skopeo copy --quiet --multi-arch all --dest-tls-verify=false oci:oci:app "docker://$registry/app:v1"
    run_app --skip-tls "docker://$registry/app:v1"
    assert_output machine
    run_app --skip-tls --platform linux/s390x "docker://$registry/app:v1"
    assert_output s390x
}

# behaviour: mount takes the image for this machine, for the platform that --platform names, or the only one
# documented: docs/commands.md#mount
# status: beyond
# bats test_tags=level:priv
# why: only root can use loop devices
@test "mount" {
    build_platforms --layer-type squashfs
    platform_entry linux/ppc64le app-squashfs | index_of_entries | name_index only
    mkdir on
    for line in "app-squashfs:machine" "app-squashfs --platform linux/s390x:s390x" "only:ppc64le"; do
        # shellcheck disable=SC2086  # words
        stacker mount ${line%:*} on
        assert_equal "$(<on/word)" "${line#*:}"
        stacker umount on
    done
    run -1 --separate-stderr stacker mount app-squashfs on --platform linux/arm64
    assert_said "couldn't mount app-squashfs of $PWD/oci: app-squashfs in $PWD/oci has no image for linux/arm64"
}

# behaviour: gc leaves what an index names, and takes what only an index named that is gone
# documented: docs/storage.md#what-gc-removes
# status: beyond
@test "gc" {
    build_platforms
    # Only the index leads to them.
    rm -r .stacker roots
    stacker gc --all
    assert_layout_whole
    assert_equal "$(index_platforms app | wc -l)" 3
    gone=$(image_manifest app | jq -r '.manifests[1].digest')
    layer=$(print_blob "$gone" | jq -r '.layers[-1].digest')
    image_manifest app | jq -c 'del(.manifests[1])' | name_index app
    stacker gc --all
    assert_layout_whole
    assert_not_exists "oci/blobs/${gone/://}"
    assert_not_exists "oci/blobs/${layer/://}"
    assert_equal "$(index_platforms app | wc -l)" 2
}

# behaviour: the layer for another platform is looked into with --platform; one that there is once is the same for all
# documented: docs/commands.md#platforms-of-layers
# status: beyond
@test "layers for other platforms" {
    machine_base
    cat >stacker.yaml <<'END'
once:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  build_platform: true
  run: echo $STACKER_ARCH >/word
app:
  from: {type: oci, url: "busybox:latest"}
  imports: ["stacker://once/word", {path: "word-${{STACKER_ARCH}}", dest: /which}]
  build_env: {FOR: "${{STACKER_ARCH}}"}
END
    here=${machine#*/}
    for arch in "$here" s390x; do echo "$arch" >"word-$arch"; done
    stacker build --platform "$machine,linux/s390x"
    mkdir from
    grab() { (rm -f from/* && cd from && stacker --work-dir .. grab "$@" && cat ./*); }
    assert_equal "$(grab app:/which --platform linux/s390x)" s390x
    assert_equal "$(grab app:/which --platform "$machine")$(grab app:/which)" "$here$here"
    assert_equal "$(grab once:/word --platform linux/s390x)" "$here"
    for platform in linux/s390x:app@linux-s390x "$machine:app"; do
        assert_equal "$(stacker explain app --platform "${platform%:*}" --json | jq -r .layer)" "${platform#*:}"
    done
    run -0 --separate-stderr stacker chroot --platform linux/s390x app 'sh -c "echo $FOR"'
    assert_output s390x
    run -0 --separate-stderr stacker chroot app 'sh -c "echo $FOR"'
    assert_output "$here"
    run -0 --separate-stderr stacker chroot --platform linux/s390x once cat /word
    assert_output "$here"
    run -1 --separate-stderr stacker explain app --platform linux/ppc64le
    assert_said "error: layer app was not built here for linux/ppc64le"
    assert_said "help: it was for $machine, linux/s390x: choose with --platform"
    rm -r roots/app
    assert_equal "$(stacker explain app --json | jq -r .layer)" app@linux-s390x
    rm -rf oci roots .stacker
    stacker build
    run -1 --separate-stderr stacker explain app --platform linux/s390x
    assert_said "error: layer app was not built here for linux/s390x"
    assert_said "help: it was for $machine: choose with --platform"
    assert_equal "$(stacker explain once --platform linux/s390x --json | jq -r .layer)" once
    run -1 --separate-stderr stacker explain app --platform s390x
    assert_said 'error: "s390x" is no platform'
    assert_said 'help: write linux/s390x'
}

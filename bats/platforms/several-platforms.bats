#!/usr/bin/env bats
# One recipe, several platforms: what is built for which, and what comes together under one tag. The bases here only say
# that they are for other processors; before scripts are run on them a handler for these is asked for all the same.

load ../helpers
load ../registries
load foreign
load platforms

setup() {
    begin_test
    requires handlers
}

# app_recipe [LINES]: a layer "app" on the claimed bases, for amd64 and arm64.
app_recipe() {
    printf 'app:\n  from: {type: oci, url: "bases:latest"}\n  platforms: [linux/arm64, linux/amd64]\n%s\n' \
        "${1:-  run: echo \$STACKER_ARCH > /arch}" >stacker.yaml
}

# behaviour: a layer with platforms is built once for each, and its tag is an image index with these platforms in this order, which skopeo and umoci read
# documented: docs/platforms.md#several-platforms
# status: beyond
@test "one tag for several platforms" {
    claim_platforms bases linux/amd64 linux/arm64/v8 linux/s390x
    app_recipe
    stacker build
    assert_equal "$(list_tags)" app
    assert_equal "$(list_platforms app)" "linux/arm64/v8 linux/amd64"
    assert_equal "$(raw_index app | jq -c '[.schemaVersion, .mediaType]')" '[2,"application/vnd.oci.image.index.v1+json"]'
    assert_equal "$(print_file_for arm64 app /arch)" arm64
    assert_equal "$(print_file_for amd64 app /arch)" amd64
    for architecture in arm64 amd64; do
        assert_equal "$(skopeo --override-arch "$architecture" inspect --config oci:oci:app | jq -r .architecture)" \
            "$architecture"
    done
    SOURCE_DATE_EPOCH=1 stacker build --no-cache
    digest=$(jq -r '.manifests[0].digest' oci/index.json)
    rm -rf oci roots .stacker
    SOURCE_DATE_EPOCH=1 stacker build --jobs 4
    assert_equal "$(jq -r '.manifests[0].digest' oci/index.json)" "$digest"
}

# behaviour: for one platform the image is what it is without a word of platforms, to the byte, and is found in the cache as such
# documented: docs/platforms.md#several-platforms
# status: beyond
@test "one platform is an image as ever" {
    claim_platforms bases linux/amd64 linux/arm64
    machine=$(print_machine)
    # shellcheck disable=SC2016  # the script's own
    printf 'app:\n  from: {type: oci, url: "bases:latest"}\n  run: echo $STACKER_PLATFORM > /arch\n' >stacker.yaml
    SOURCE_DATE_EPOCH=1 stacker build
    before=$(jq -c . oci/index.json)
    export SOURCE_DATE_EPOCH=1
    run --separate-stderr stacker build --platform "linux/$machine"
    assert_said "found cached layer app"
    assert_equal "$(jq -c . oci/index.json)" "$before"
    rm -rf oci roots .stacker
    stacker build --platform "linux/$machine"
    assert_equal "$(jq -c . oci/index.json)" "$before"
}

# behaviour: --platform says what is built of what the recipe names, in its order; layers for none of these are left out with a word
# documented: docs/platforms.md#several-platforms
# status: beyond
@test "platforms of the command line" {
    claim_platforms bases linux/amd64 linux/arm64 linux/s390x
    app_recipe
    printf 'all:\n  from: {type: oci, url: "bases:latest"}\n' >>stacker.yaml
    stacker build --platform linux/amd64,linux/s390x --platform linux/arm64
    assert_equal "$(list_platforms app)" "linux/amd64 linux/arm64"
    assert_equal "$(list_platforms all)" "linux/amd64 linux/s390x linux/arm64"
    run --separate-stderr stacker build --platform linux/s390x
    assert_success
    assert_said "layer app is not built: it is for none of the platforms that were asked for"
    assert_equal "$(image_config all | jq -r .architecture)" s390x
    assert_equal "$(list_platforms app)" "linux/amd64 linux/arm64"
}

# behaviour: a base without one of the platforms is an error that lists those it has, before anything is built
# documented: docs/platforms.md#bases
# status: beyond
@test "a base that lacks a platform" {
    claim_platforms bases linux/amd64 linux/s390x
    claim_platforms more linux/amd64 linux/arm64
    app_recipe
    printf 'first:\n  from: {type: oci, url: "more:latest"}\n  run: touch /ran\n%s\n' "$(cat stacker.yaml)" >stacker.yaml
    refuse build
    assert_said "error: stacker.yaml:5:3: couldn't use the base of layer app@linux-arm64"
    assert_said "latest in $PWD/bases has no image for linux/arm64"
    assert_said "help: it has linux/amd64, linux/s390x"
    assert_not_exists roots/first
}

# behaviour: a plain base that says that it is for another platform is an error where platforms were asked for, and a warning with os and arch
# documented: docs/platforms.md#bases
# status: beyond
@test "a plain base for another platform" {
    busybox_base
    change_image busybox '.architecture = "s390x" | .os = "linux"'
    printf 'app:\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    refuse build --platform linux/arm64
    assert_said "error: stacker.yaml:2:3: "
    assert_said "the layer is built for linux/arm64, and its base is for linux/s390x"
    assert_not_exists oci
    stacker build --platform linux/s390x
    printf '  arch: arm64\n' >>stacker.yaml
    run --separate-stderr stacker build
    assert_success
    assert_said "warning: stacker.yaml:3:3: layer app is for linux/arm64, and its base says that it is for linux/s390x"
    refuse build --platform linux/arm64
    assert_said "error: stacker.yaml:3:3: layer app has arch, and --platform was given"
    assert_said "help: write platforms: [linux/arm64] in its place"
}

# behaviour: what an index or an image says of its platform stands on one line of a message, whatever it is
# documented: docs/platforms.md#bases
# status: beyond
@test "a base that says something hostile of its platform" {
    evil=$'linux/\e[31mevil\nerror: none'
    claim_platforms bases "$evil" linux/s390x
    app_recipe
    refuse build
    assert_said 'help: it has linux/\u{1B}[31mevil\nerror: none, linux/s390x'
    busybox_base
    change_image busybox '.architecture = "\u001b[31mevil\nerror: none"'
    printf 'app:\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    refuse build --platform linux/arm64
    assert_said 'and its base is for linux/\u{1B}[31mevil\nerror: none'
    run --separate-stderr stacker build
    assert_success
    assert_said 'it is for linux/\u{1B}[31mevil\nerror: none: its files stay what they are'
    assert_equal "$(grep -c $'\e' <<<"$stderr")" 0
}

# behaviour: STACKER_PLATFORM, STACKER_OS, STACKER_ARCH and STACKER_VARIANT are a platform's own in recipes and scripts, and a value that was given wins
# documented: docs/platforms.md#variables
# status: beyond
@test "variables of a platform" {
    claim_platforms bases linux/amd64 linux/arm/v7
    for file in amd64 armv7; do echo "$file" >"tool-$file"; done
    cat >stacker.yaml <<'END'
app:
  from: {type: oci, url: "bases:latest"}
  platforms: [linux/amd64, linux/arm/v7]
  imports: ["tool-${{STACKER_ARCH}}${{STACKER_VARIANT}}"]
  labels: {platform: "${{STACKER_PLATFORM}}"}
  run: |
    cat /stacker/imports/tool-* > /tool
    echo "$STACKER_PLATFORM $STACKER_OS $STACKER_ARCH ${STACKER_VARIANT?}" >> /tool
END
    stacker build
    assert_equal "$(print_file_for arm app /tool)" $'armv7\nlinux/arm/v7 linux arm v7'
    assert_equal "$(print_file_for amd64 app /tool)" $'amd64\nlinux/amd64 linux amd64 '
    assert_equal "$(skopeo --override-arch arm inspect --config oci:oci:app | jq -r '.config.Labels.platform, .variant')" \
        $'linux/arm/v7\nv7'
    printf 'one:\n  from: {type: scratch}\n  labels: {a: "${{STACKER_ARCH}}"}\n' >stacker.yaml
    stacker build --substitute STACKER_ARCH=mine
    assert_equal "$(image_config one | jq -r .config.Labels.a)" mine
}

# behaviour: build_platform is built once for the machine, each once for every platform of the images that need it, by the machine's own base
# documented: docs/platforms.md#cross-compiling
# status: beyond
@test "layers of the machine that builds" {
    claim_platforms bases linux/amd64 linux/arm64 linux/s390x
    cat >stacker.yaml <<'END'
compiler:
  from: {type: oci, url: "bases:latest"}
  build_only: true
  build_platform: true
  run: echo "compiler on $STACKER_ARCH" > /compiler
program:
  from: {type: built, tag: compiler}
  build_only: true
  build_platform: each
  run: echo "$(cat /compiler) for $STACKER_ARCH" > /program
app:
  from: {type: oci, url: "bases:latest"}
  platforms: [linux/s390x, linux/arm64]
  imports: [{path: stacker://program/program, dest: /}, {path: stacker://compiler/compiler, dest: /}]
END
    run --separate-stderr stacker build
    assert_success
    machine=$(print_machine)
    for architecture in s390x arm64; do
        assert_equal "$(print_file_for "$architecture" app /program)" "compiler on $machine for $architecture"
        assert_equal "$(cat "image-for-$architecture.unpacked/compiler")" "compiler on $machine"
    done
    assert_equal "$(grep -c 'preparing image compiler' <<<"$stderr")" 1
}

# behaviour: what a layer needs that says nothing of platforms is built for the layer's; a further platform leaves those that are built as they are
# documented: docs/platforms.md#several-platforms
# status: beyond
@test "a further platform" {
    claim_platforms bases linux/amd64 linux/arm64 linux/s390x
    cat >stacker.yaml <<'END'
below:
  from: {type: oci, url: "bases:latest"}
  build_only: true
  run: echo "$STACKER_ARCH" > /below
app:
  from: {type: built, tag: below}
  platforms: [linux/arm64, linux/amd64]
  run: cat /below > /app
END
    stacker build
    sed -i 's,linux/amd64],linux/amd64\, linux/s390x],' stacker.yaml
    run --separate-stderr stacker build
    assert_success
    for layer in below app below@linux-arm64 app@linux-arm64; do assert_said "found cached layer $layer"; done
    assert_said "preparing image app@linux-s390x"
    assert_equal "$(list_platforms app)" "linux/arm64 linux/amd64 linux/s390x"
    for architecture in arm64 amd64 s390x; do
        assert_equal "$(print_file_for "$architecture" app /app)" "$architecture"
    done
    # What was there of one platform is there no longer under the tag, and back with the next build.
    stacker build --platform linux/arm64
    assert_equal "$(image_config app | jq -r .architecture)" arm64
    stacker build
    assert_equal "$(list_platforms app)" "linux/arm64 linux/amd64 linux/s390x"
}

# behaviour: where a platform fails the tag stays what it was, whatever else is built; the next build goes on from what is there
# documented: docs/platforms.md#several-platforms
# status: beyond
@test "a platform that fails" {
    claim_platforms bases linux/amd64 linux/arm64
    app_recipe
    stacker build
    before=$(cat oci/index.json)
    mkdir good
    # shellcheck disable=SC2016  # the script's own
    app_recipe '  imports: [good]
  run: test -e /stacker/imports/good/it || test $STACKER_ARCH = amd64'
    refuse build --keep-going
    assert_equal "$(cat oci/index.json)" "$before"
    run --separate-stderr stacker build --keep-going
    assert_failure
    assert_said "found cached layer app"
    assert_equal "$(cat oci/index.json)" "$before"
    touch good/it
    stacker build
    refute [ "$(cat oci/index.json)" = "$before" ]
    assert_equal "$(list_platforms app)" "linux/arm64 linux/amd64"
}

# behaviour: an image of the output layout that an earlier layer makes is a base for each platform, whatever was there before
# documented: docs/platforms.md#bases
# status: beyond
@test "a base that an earlier layer puts there" {
    claim_platforms bases linux/amd64 linux/arm64
    app_recipe
    printf 'two:\n  from: {type: oci, url: "oci:app"}\n  platforms: [linux/arm64, linux/amd64]\n  run: cat /arch > /two\n' \
        >>stacker.yaml
    stacker build --platform linux/amd64
    stacker build --jobs 4
    for architecture in amd64 arm64; do
        assert_equal "$(print_file_for "$architecture" two /two)" "$architecture"
    done
}

# behaviour: each type of layer has an index of its own, and a platform's layers of all types have one content
# documented: docs/platforms.md#several-platforms
# status: beyond
@test "all types of layer" {
    requires squashfs_tools
    claim_platforms bases linux/amd64 linux/arm64
    app_recipe
    stacker build --layer-type tar --layer-type squashfs --layer-type erofs
    assert_equal "$(list_tags)" $'app\napp-squashfs\napp-erofs'
    for tag in app app-squashfs app-erofs; do
        assert_equal "$(list_platforms $tag)" "linux/arm64 linux/amd64"
    done
    blob=$(print_blob "$(raw_index app-squashfs | jq -r '.manifests[0].digest')" | jq -r '.layers[-1].digest')
    assert_equal "$(unsquashfs -no-progress -cat "oci/blobs/${blob/://}" arch)" arm64
    stacker gc
    assert_layout_whole
    assert_equal "$(list_platforms app-erofs)" "linux/arm64 linux/amd64"
}

# behaviour: other machines take the layers of each platform from a shared cache
# documented: docs/platforms.md#several-platforms
# status: beyond
@test "several platforms in a shared cache" {
    start_registry
    claim_platforms bases linux/amd64 linux/arm64
    app_recipe
    mkdir two
    cp -a bases stacker.yaml two/
    stacker build --cache-skip-tls --cache-to "docker://$registry/cache"
    cd two
    run --separate-stderr stacker build --cache-skip-tls --cache-from "docker://$registry/cache"
    assert_success
    assert_said "took layer app from"
    assert_said "took layer app@linux-arm64 from"
    assert_equal "$(raw_index app | jq -c .manifests)" "$(raw_index app ../oci | jq -c .manifests)"
}

# behaviour: what a recipe says of layers that can't be
# documented: docs/platforms.md#several-platforms
# status: beyond
@test "platforms that don't fit together" {
    printf 'a:\n  from: {type: scratch}\n  platforms: [linux/arm64]\nb:\n  from: {type: built, tag: a}\n  platforms: [linux/s390x]\n' \
        >stacker.yaml
    refuse build
    assert_said "error: stacker.yaml:4:1: layer b is built for linux/s390x, and base layer a, which it needs, only for linux/arm64 (stacker.yaml:1:1)"
    refuse build --platform linux/aarch64
    assert_said 'unknown processor "aarch64" in platform "linux/aarch64": did you mean arm64?'
    refuse build --platform linux/riscv64
    assert_said "no layer is for linux/riscv64"
    assert_said "help: there are a (linux/arm64), b (linux/s390x)"
    assert_not_exists oci
}

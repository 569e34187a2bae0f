#!/usr/bin/env bats
# For which machine an image is: os:, arch:, and what the base says of itself.

load ../helpers

# scratch_recipe LINE: a recipe for "it" on nothing.
scratch_recipe() {
    printf 'it:\n  from: {type: scratch}\n  %s\n' "$1" >stacker.yaml
}

# behaviour: an arch: or os: that is none of Go's names is an error with its place and the name that was probably meant
# documented: docs/recipe.md#os-and-arch
# status: beyond
@test "names of platforms that are none" {
    while read -r key value meant; do
        scratch_recipe "$key: $value"
        refuse build
        assert_said "error: stacker.yaml:3:3: unknown $key \"$value\": did you mean $meant?"
    done <<'END_OF_NAMES'
arch aarch64 arm64
arch x86_64 amd64
arch amr64 arm64
arch AMD64 amd64
arch linux/arm64/v8 arm64
arch i686 386
arch ppc64el ppc64le
os Linux linux
os macos darwin
END_OF_NAMES
    assert_not_exists oci
    scratch_recipe 'arch: abacus'
    refuse build
    assert_said 'error: stacker.yaml:3:3: unknown arch "abacus"'
    assert_said 'help: arch is one of arm64, amd64'
}

# behaviour: all of Go's names are taken, whatever machine builds
# documented: docs/recipe.md#os-and-arch
# status: documented
@test "names of platforms" {
    for platform in darwin/arm64 linux/386 windows/amd64 freebsd/riscv64 linux/s390x; do
        printf 'it:\n  from: {type: scratch}\n  os: %s\n  arch: "%s"\n' "${platform%/*}" "${platform#*/}" >stacker.yaml
        stacker build
        assert_equal "$(image_config it | jq -r '"\(.os)/\(.architecture)"')" "$platform"
    done
}

# behaviour: publish, which knows no values of substitutions, does not stumble over an arch: that is one
# documented: docs/commands.md#publish
# status: documented
@test "an arch that is a substitution, and publish" {
    # shellcheck disable=SC2016  # stacker's own
    scratch_recipe 'arch: ${{ARCH}}'
    stacker build --substitute ARCH=arm64
    stacker publish --url oci:out --tag 1 --force
    assert_equal "$(list_tags out)" it_1
}

# behaviour: a base for another platform than the recipe's is built on, with a warning that says what both say
# documented: docs/recipe.md#os-and-arch
# status: beyond
@test "a base for another platform" {
    busybox_base
    change_image busybox '.architecture = "s390x" | .os = "linux" | .variant = "v9"'
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  arch: arm64\n' >stacker.yaml
    run --separate-stderr stacker build
    assert_success
    assert_said "warning: stacker.yaml:3:3: layer it is for linux/arm64, and its base says that it is for linux/s390x"
    assert_equal "$(image_config it | jq -c '[.os, .architecture, .variant]')" '["linux","arm64",null]'
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  arch: s390x\n' >stacker.yaml
    run --separate-stderr stacker build
    assert_success
    refute_said warning
    assert_equal "$(image_config it | jq -c '[.os, .architecture, .variant]')" '["linux","s390x","v9"]'
}

# behaviour: a layer for another platform than the layer it is built on is built, with a warning that says what both say
# documented: docs/recipe.md#os-and-arch
# status: beyond
@test "a built base for another platform" {
    cat >stacker.yaml <<'END'
base:
  from: {type: scratch}
  imports: [{path: stacker.yaml, dest: /}]
  arch: arm64
it:
  from: {type: built, tag: base}
  arch: s390x
END
    run --separate-stderr stacker build
    assert_success
    assert_said "warning: stacker.yaml:7:3: layer it is for linux/s390x, and its base says that it is for linux/arm64"
}

#!/usr/bin/env bats
# Bases that can't be what a layer for a platform is built on: layers that are for another one whoever needs them, images that
# make two platforms one, and indexes whose platforms have names that nobody gives them.

load ../helpers
load platforms

# behaviour: a layer for another platform on one with os or arch is an error before anything is built; for that platform it is built
# documented: docs/platforms.md#bases
# status: beyond
@test "a base layer that is for one platform only" {
    machine=$(print_machine)
    claim_platforms bases "linux/$machine" linux/s390x
    cat >stacker.yaml <<END
first:
  from: {type: oci, url: "bases:latest"}
below:
  from: {type: oci, url: "bases:latest"}
  build_only: true
  arch: $machine
app:
  from: {type: built, tag: below}
  platforms: [linux/$machine, linux/s390x]
END
    refuse build
    assert_said "error: stacker.yaml:8:3: layer app is built for linux/s390x, and its base layer below is only for linux/$machine (stacker.yaml:6:3)"
    assert_said "help: leave os and arch out of below"
    assert_not_exists roots/first
    sed -i 's,\, linux/s390x],],' stacker.yaml
    stacker build
    assert_equal "$(image_config app | jq -r .architecture)" "$machine"
}

# behaviour: two platforms of one tag whose images would both be for the same one, since their base names its variant, are an error before anything is built
# documented: docs/platforms.md#bases
# status: beyond
@test "a base that makes two platforms one" {
    claim_platforms bases linux/amd64/v3 linux/s390x
    cat >stacker.yaml <<'END'
below:
  from: {type: oci, url: "bases:latest"}
  build_only: true
app:
  from: {type: built, tag: below}
  platforms: [linux/s390x, linux/amd64, linux/amd64/v3]
END
    refuse build
    assert_said "error: stacker.yaml:6:3: the images of app for linux/amd64 and for linux/amd64/v3 would both be for linux/amd64/v3"
    assert_not_exists roots/below
    claim_platforms more linux/amd64/v3 linux/s390x linux/amd64
    sed -i 's/bases:/more:/' stacker.yaml
    stacker build
    assert_equal "$(list_platforms app)" "linux/s390x linux/amd64 linux/amd64/v3"
}

# behaviour: what a base says that it is for stands in messages on one line and not at any length, whatever it is
# documented: docs/platforms.md#bases
# status: beyond
@test "platforms with names that are no names" {
    claim_platforms bases linux/s390x
    printf 'app:\n  from: {type: oci, url: "bases:latest"}\n  run: touch /ran\n' >stacker.yaml
    escape=$'\e' long=$(printf 'x%.0s' {1..3000})
    index=$(raw_index latest bases | jq -c --arg long "$long" '.manifests[0].platform
        = {os: "linux\u001b[31m\nerror: all is lost", architecture: $long}' | put_blob bases)
    jq -c --argjson index "$index" '.manifests[0] += $index' bases/index.json >index.new
    mv index.new bases/index.json
    refuse build --platform linux/s390x
    assert_said 'linux\u{1B}[31m\nerror: all is lost/xxx'
    refute_said "$escape"
    refute_said "${long:0:300}"
    run -1 --separate-stderr stacker --oci-dir bases run --platform linux/riscv64 latest -- true
    assert_said 'linux\u{1B}[31m\nerror: all is lost/xxx'
    refute_said "$escape"
    busybox_base
    change_image busybox '.architecture = "s390x\u001b[31m\nhelp: run me"'
    sed -i 's/bases/busybox/' stacker.yaml
    refuse build --platform linux/s390x
    assert_said 'its base is for linux/s390x\u{1B}[31m\nhelp: run me'
    refute_said "$escape"
    run --separate-stderr stacker build
    assert_success
    assert_said 'and arch: s390x\u{1B}[31m\nhelp: run me, or take'
    refute_said "$escape"
}

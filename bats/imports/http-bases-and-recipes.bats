#!/usr/bin/env bats
# Tar bases and recipes from web servers.

load ../helpers
load web-server

# behaviour: a tar base may be an http URL; it is kept
# documented: docs/downloads.md#bases
# status: documented
@test "a tar base from a server" {
    mkdir files
    busybox_base
    layer_tar latest 0 busybox >files/base.tar
    serve
    printf 'it:\n  from: {type: tar, url: "%s/base.tar"}\n  run: echo it > /it\n' "$url" >stacker.yaml
    stacker build
    assert_equal "$(count_layers it)" 1
    unpack_image it rootfs
    assert_equal "$(cat rootfs/it)" it
    assert_exists rootfs/bin/busybox
    list_requests
    run --separate-stderr stacker build
    assert_said "found cached layer it"
    assert_equal "$(list_requests)" "HEAD /base.tar"
    stop_serving
    sed -i 's/echo it/echo that/' stacker.yaml
    stacker build
}

# behaviour: a recipe may be an http URL, and so may its prerequisites be, relative to it
# documented: docs/downloads.md#recipes
# status: beyond
@test "a recipe from a server" {
    busybox_base
    serve
    mkdir files/a
    cat >files/a/stacker.yaml <<'END'
config:
  prerequisites: [../b.yaml]
it:
  from: {type: built, tag: base}
  imports: local
  run: cp /stacker/imports/local /it
END
    cat >files/b.yaml <<'END'
base:
  from: {type: oci, url: "busybox:latest"}
  run: touch /base
END
    # Paths in it are relative to where stacker works.
    echo local >local
    stacker build -f "$url/a/stacker.yaml"
    unpack_image it rootfs
    assert_equal "$(cat rootfs/it)" local
    assert_exists rootfs/base
    refuse build -f "http://me:s3cr3t@${url#http://}/missing.yaml"
    assert_said "$url/missing.yaml"
    assert_said "404"
    refute_said "s3cr3t"
}

#!/usr/bin/env bats
# A recipe to begin with: it builds as it was written, whatever there is on the machine, and takes nobody's place.

load ../helpers

# no_network: no registry answers from here on.
no_network() {
    export http_proxy=http://127.0.0.1:1 https_proxy=http://127.0.0.1:1 HTTPS_PROXY=http://127.0.0.1:1
}

# behaviour: without a network the image is made of the machine's static busybox; the recipe builds verbatim, and runs
# documented: docs/commands.md#init
# status: beyond
@test "without a network" {
    no_network
    run -0 --separate-stderr stacker init
    assert_said "busybox, since no registry answers"
    stacker build
    run -0 --separate-stderr stacker run app
    assert_output "hello from stacker"
    run -0 --separate-stderr stacker run app sh -c 'echo $GREETING'
    assert_output hello
}

# behaviour: without a network and a busybox the image has a file and no program; the recipe builds all the same
# documented: docs/commands.md#init
# status: beyond
@test "without anything" {
    no_network
    mkdir bin
    printf '#!/bin/sh\n' >bin/busybox
    chmod +x bin/busybox
    run -0 --separate-stderr env "PATH=$PWD/bin" "$STACKER_BINARY" init -f first.yaml
    assert_said "no static busybox"
    stacker build -f first.yaml
    list_layer app -1 | grep -qx srv/first.yaml
}

# behaviour: --from names what the image begins with: an image of a layout, an archive, nothing, an image of a registry
# documented: docs/commands.md#init
# status: beyond
@test "--from" {
    no_network
    busybox_base
    stacker init --from oci:busybox:latest
    stacker build
    unpack_image app rootfs
    tar --create --file root.tar --directory rootfs .
    stacker init --from root.tar -f archive.yaml
    stacker build -f archive.yaml --no-cache
    run -0 --separate-stderr stacker run app
    assert_output "hello from stacker"
    stacker init --from scratch -f scratch.yaml
    stacker build -f scratch.yaml
    run -0 --separate-stderr stacker run app
    assert_output "hello from stacker"
    stacker init --from docker://registry.example/a/b:1 -f registry.yaml
    grep -qxF '    url: "docker://registry.example/a/b:1"' registry.yaml
    run -0 stacker build -f registry.yaml --order-only
}

# behaviour: a file that is there, and a symlink that leads nowhere, stay as they are
# documented: docs/commands.md#init
# status: beyond
@test "nothing is overwritten" {
    no_network
    echo mine >stacker.yaml
    ln -s nowhere link.yaml
    refuse init
    assert_said "it is there already"
    refuse init --from scratch -f link.yaml
    assert_equal "$(cat stacker.yaml)" mine
    assert_not_exists nowhere
}

# behaviour: a base that is not there is an error that names it, and nothing is written
# documented: docs/commands.md#init
# status: beyond
@test "bases that are not there" {
    busybox_base
    for base in nosuch.tar busybox oci:busybox:other oci:nosuch:latest docker:// oci:busybox; do
        refuse init --from "$base"
        assert_said "$base"
        assert_not_exists stacker.yaml
    done
    assert_equal "$(ls -A)" busybox
}

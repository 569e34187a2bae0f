#!/usr/bin/env bats
# While scripts run, the bases of layers that wait for their turn are fetched and unpacked.

load ../helpers
load ../registries

# await_base_of FROM: builds two layers, the second of which needs the first one and begins with ./layered, as FROM says; the
# first one's script ends when the second one's base is there.
await_base_of() {
    busybox_base
    mkfifo -m 666 go
    cat >stacker.yaml <<END
first:
  from: {type: oci, url: "busybox:latest"}
  binds: ["go -> /go"]
  run: cat /go > /first
second:
  from: $1
  imports: ["stacker://first/first"]
  run: cp /stacker/imports/first /second
END
    start "$STACKER" build --jobs 2
    local digest
    digest=$(layer_digest latest 1 layered)
    wait_for_file "roots/${digest/:/_}"
    echo gone >go
    wait_for_end
    assert_equal "$status" 0
    unpack_image second second
    assert_equal "$(cat second/second)" gone
    assert_exists second/top
}

# behaviour: the base of a layer that waits for another one is fetched from its registry and unpacked while a script runs
# documented: docs/commands.md#several-layers-at-a-time
# status: beyond
@test "a base of a registry" {
    requires docker_registry skopeo
    start_registry
    layered_base 2
    skopeo copy --quiet --dest-tls-verify=false oci:layered:latest "docker://$registry/layered:latest"
    await_base_of "{type: docker, url: \"docker://$registry/layered:latest\", insecure: true}"
}

# behaviour: the base of a layer that waits for another one is unpacked from its layout while a script runs
# documented: docs/commands.md#several-layers-at-a-time
# status: beyond
@test "a base of a layout" {
    layered_base 2
    await_base_of '{type: oci, url: "layered:latest"}'
}

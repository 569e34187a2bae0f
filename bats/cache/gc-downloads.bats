#!/usr/bin/env bats
# gc: what came over a network, bases and files, stays as long as something is built on it.

load ../helpers
load ../registries
load gc

# behaviour: a pulled base that nothing is built on any more goes, with its blobs; what skopeo put beside it stays
# documented: docs/storage.md#what-gc-removes; docs/registries.md#what-is-kept
# status: beyond
@test "a pulled base that is not used any more" {
    requires docker_registry skopeo
    start_registry
    busybox_base
    skopeo copy -q --dest-tls-verify=false oci:busybox:latest "docker://$registry/base:1"
    layered_base 3
    skopeo copy -q --dest-tls-verify=false oci:layered:latest "docker://$registry/base:2"
    for tag in 1 2; do
        printf 'it:\n  from: {type: docker, url: "docker://%s/base:%s", insecure: true}\n  run: touch /it\n' \
            "$registry" "$tag" >stacker.yaml
        stacker build
    done
    printf 'it:\n  from: {type: docker, url: "docker://%s/base:1", insecure: true}\n  run: touch /it\n' "$registry" >stacker.yaml
    stacker build
    skopeo copy -q oci:busybox:latest oci:.stacker/layer-bases/oci:mine
    gone=$(layer_digest latest 2 layered)
    kept=$(layer_digest latest 0 busybox)
    assert_exists ".stacker/layer-bases/oci/blobs/${gone/://}"
    run -0 --separate-stderr stacker gc
    assert_line --partial "base:2+linux-"
    assert_not_exists ".stacker/layer-bases/oci/blobs/${gone/://}"
    assert_not_exists "roots/${gone/:/_}"
    assert_exists ".stacker/layer-bases/oci/blobs/${kept/://}"
    assert_layout_whole .stacker/layer-bases/oci
    assert_equal "$(list_tags .stacker/layer-bases/oci | grep -c .)" 2
    assert_all_cached
}

# behaviour: what a tag named before it moved, and what a killed pull has brought, goes
# documented: docs/storage.md#what-gc-removes; docs/registries.md#what-is-kept
# status: beyond
@test "a pulled base whose tag has moved" {
    requires docker_registry skopeo
    start_registry
    layered_base 2
    skopeo copy -q --dest-tls-verify=false oci:layered:latest "docker://$registry/base:1"
    printf 'it:\n  from: {type: docker, url: "docker://%s/base:1", insecure: true}\n  run: touch /it\n' "$registry" >stacker.yaml
    stacker build
    old=$(layer_digest latest 1 layered)
    busybox_base
    skopeo copy -q --dest-tls-verify=false oci:busybox:latest "docker://$registry/base:1"
    stacker build
    assert_exists ".stacker/layer-bases/oci/blobs/${old/://}"
    stacker gc
    assert_not_exists ".stacker/layer-bases/oci/blobs/${old/://}"
    assert_not_exists "roots/${old/:/_}"
    assert_layout_whole .stacker/layer-bases/oci
    assert_all_cached
    stacker build --no-cache
}

# serve: starts a web server for ./files; $url is its address.
serve() {
    start "$TOP/tools/serve/serve-files.py" files state
    wait_for_file state/port
    url=http://127.0.0.1:$(<state/port)
}

# behaviour: downloads that the last builds imported or were built on stay; others go
# documented: docs/storage.md#what-gc-removes; docs/downloads.md#what-is-kept
# status: beyond
@test "downloads" {
    mkdir -p files tree/bin
    cp "$(command -v busybox)" tree/bin/sh
    tar c -C tree . >files/base.tar
    echo 1 >files/one
    echo 2 >files/two
    serve
    recipe() {
        printf 'it:\n  from: {type: tar, url: "%s/base.tar"}\n  imports: ["%s/%s"]\n  run: echo > /it\n' \
            "$url" "$url" "$1" >stacker.yaml
    }
    recipe one
    stacker build
    recipe two
    stacker build
    for directory in .stacker/downloads/*/; do touch "$directory/download.tmp"; done
    assert_equal "$(find .stacker/downloads -mindepth 1 -type d | wc -l)" 2
    collect
    assert_equal "$(cat .stacker/downloads/*/*)" 2
    assert_equal "$(find .stacker/layer-bases/http -type f | wc -l)" 1
    kill -TERM "$started"
    wait_for_end
    assert_all_cached
    assert_said "using cached copy"
}

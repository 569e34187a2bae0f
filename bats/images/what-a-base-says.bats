#!/usr/bin/env bats
# What a base's documents say, and stacker need not understand, is in the image that is built on it.

load ../helpers

# build_on_base [LINES]: builds "it" on ./busybox, with the lines added to the layer.
build_on_base() {
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo it > /it\n%s\n' "${1-}" >stacker.yaml
    stacker build
}

# Members of a config that Docker has beside the specification, one that nobody knows, and one with all kinds of values.
says_more='.config += {Healthcheck: {Test: ["CMD", "true"], Interval: 30000000000}, Shell: ["/bin/bash", "-c"],
    StopTimeout: 10, ArgsEscaped: true, OnBuild: ["RUN x"], StopSignal: "SIGQUIT", ExposedPorts: {"80/tcp": {}}}
    | .["org.example.more"] = {nested: [null, true, 12345678901, 1.5, "text"]} | .history[0].comment = "first"'

# behaviour: members of the base's config that stacker doesn't know are in the image, at their places
# documented: docs/recipe.md#what-is-inherited
# status: beyond
@test "unknown members of a config are kept" {
    busybox_base
    change_image busybox "$says_more"
    build_on_base '  labels: {a: b}'
    printf 'on:\n  from: {type: built, tag: it}\n  run: echo on > /on\n' >>stacker.yaml
    stacker build
    for image in it on; do
        assert_equal "$(image_config "$image" | jq -Sc '.config | del(.Labels, .Env, .Cmd)')" \
            "$(image_config latest busybox | jq -Sc '.config | del(.Env, .Cmd)')"
        image_config "$image" | grep -q '"nested":\[null,true,12345678901,1.5,"text"\]'
        assert_equal "$(image_config "$image" | jq -r '.history[0].comment')" first
    done
}

# behaviour: ONBUILD instructions of the base stay in the image, with a warning that nothing ran them
# documented: docs/recipe.md#what-is-inherited
# status: beyond
@test "a base with ONBUILD" {
    busybox_base
    change_image busybox '.config.OnBuild = ["RUN x", "RUN y"]'
    run --separate-stderr build_on_base
    assert_success
    assert_said "stacker.yaml:2:3: the base of layer it has ONBUILD instructions (2)"
    assert_equal "$(image_config it | jq -c .config.OnBuild)" '["RUN x","RUN y"]'
}

# behaviour: what a config says of the build of the base itself is not in the image
# documented: docs/recipe.md#what-is-inherited
# status: beyond
@test "how the base was made is not inherited" {
    busybox_base
    change_image busybox '. += {container: "c0ffee", container_config: {Env: ["OLD=1"]}, docker_version: "1.2", author: "who"}'
    build_on_base
    assert_equal "$(image_config it | jq -c '[.container, .container_config, .docker_version]')" '[null,null,null]'
    refute [ "$(image_config it | jq -r .author)" = who ]
}

# behaviour: members of the base's manifest and of its layers' descriptors are kept, but not that it is attached to another
# documented: docs/recipe.md#what-is-inherited
# status: beyond
@test "unknown members of a manifest are kept" {
    busybox_base
    change_image busybox . '.annotations = {"org.example.a": "b"} | .["org.example.more"] = {n: 1}
        | .layers[0] += {urls: ["https://example.org/layer"], data2: {x: 1}} | .subject = .config'
    build_on_base
    assert_equal "$(image_manifest it | jq -c '[.annotations["org.example.a"], .["org.example.more"], .subject]')" \
        '["b",{"n":1},null]'
    assert_equal "$(image_manifest it | jq -Sc '.layers[0]')" "$(image_manifest latest busybox | jq -Sc '.layers[0]')"
}

# behaviour: entries of other programs in the output layout's index keep all of their members, and their places
# documented: docs/storage.md#the-output-layout
# status: beyond
@test "other programs' entries stay as they are" {
    busybox_base
    build_on_base
    artifact=$(printf '{"schemaVersion":2,"config":{"mediaType":"x/y","digest":"sha256:%064d","size":1}}' 1 | put_blob)
    index=$(jq -c --argjson blob "$artifact" '.["org.example.top"] = {a: [1]} | .manifests = [$blob + {
        mediaType: "application/vnd.oci.image.manifest.v1+json", artifactType: "text/x", data: "e30=", urls: ["https://x"],
        platform: {os: "windows", architecture: "amd64", variant: "v2", "os.version": "10.0", "os.features": ["win32k"],
            more: 1}, more: {b: null}}] + .manifests' oci/index.json)
    printf '%s\n' "$index" >oci/index.json
    build_on_base '  labels: {a: b}'
    assert_equal "$(jq -Sc '.manifests[0], .["org.example.top"]' oci/index.json)" \
        "$(jq -Sc '.manifests[0], .["org.example.top"]' <<<"$index")"
    assert_equal "$(list_tags)" $'null\nit'
}

# behaviour: an image in Docker's terms, in a layout, is a base like others
# documented: docs/recipe.md#what-is-inherited
# status: beyond
@test "Docker's documents in a layout are a base" {
    busybox_base
    docker=application/vnd.docker
    change_image busybox '.config.Healthcheck = {Test: ["NONE"]} | del(.rootfs.type)' '
        .mediaType = "'$docker'.distribution.manifest.v2+json"
        | .config.mediaType = "'$docker'.container.image.v1+json"
        | .layers[0].mediaType = "'$docker'.image.rootfs.diff.tar.gzip"' \
        '.mediaType = "'$docker'.distribution.manifest.v2+json"'
    build_on_base
    assert_equal "$(image_config it | jq -c .config.Healthcheck)" '{"Test":["NONE"]}'
    assert_equal "$(image_manifest it | jq -r '.layers[0].mediaType')" application/vnd.oci.image.layer.v1.tar+gzip
    assert_equal "$(image_config it | jq -r .rootfs.type)" layers
}

# behaviour: where the base's history says nothing of a layer, the image's has an entry for it: other builders count them
# documented: docs/recipe.md#what-is-inherited
# status: beyond
@test "a base without history" {
    for history in 'del(.history)' '.history = null' '.history = []' '.history = [{created_by: "x", empty_layer: true}]'; do
        rm -rf busybox oci roots .stacker
        layered_base 3 busybox
        change_image busybox "$history"
        build_on_base
        assert_equal "$(image_config it | jq -c '[.history[] | select(.empty_layer != true)] | length')" 4
        assert_equal "$(image_config it | jq -r '.history[-2].created_by')" "stacker build of it"
    done
}

# behaviour: buildah builds on an image whose base has no history
# documented: docs/recipe.md#what-is-inherited
# status: beyond
@test "buildah on an image whose base has no history" {
    requires buildah
    layered_base 2 busybox
    change_image busybox 'del(.history)'
    build_on_base
    buildah=(buildah --root "$PWD/storage" --runroot "$PWD/run" --storage-driver vfs)
    container=$("${buildah[@]}" from --quiet oci:oci:it)
    "${buildah[@]}" commit --quiet "$container" oci:out:on
    "${buildah[@]}" rm "$container" >/dev/null
    assert_equal "$(count_layers on out)" 4
}

# behaviour: of a history that tells of more layers than there are, the last ones count as empty
# documented: docs/recipe.md#what-is-inherited
# status: beyond
@test "a base with too long a history" {
    busybox_base
    change_image busybox '.history = [{created_by: "a"}, {created_by: "b", empty_layer: true}, {created_by: "c"}]'
    build_on_base
    assert_equal "$(image_config it | jq -c '[.history[:3][].empty_layer]')" '[null,true,true]'
    assert_equal "$(image_config it | jq -c '[.history[] | select(.empty_layer != true)] | length')" 2
}

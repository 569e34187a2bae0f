#!/usr/bin/env bats
# publish of a tag that is an index: the index goes, and all images that it names.

load ../helpers
load ../registries
load platforms
load indexes

# behaviour: of an image for several platforms all goes to the registry, each blob and manifest once; skopeo gets each of them
# documented: docs/registries.md#several-platforms
# status: beyond
@test "an index goes with its images" {
    requires docker_registry skopeo
    start_registry
    build_platforms
    stacker publish --url "docker://$registry" --tag v1 --tag v2 --skip-tls --image app
    list_registry_requests >requests
    # The busybox layer once, and of each image a layer and a config.
    assert_equal "$(grep -c '^PUT /v2/app/blobs/' requests)" 7
    assert_equal "$(grep -c '^PUT /v2/app/manifests/sha256' requests)" 3
    assert_equal "$(tail -n 1 requests)" "PUT /v2/app/manifests/v2"
    # The same bytes.
    cmp <(remote_index app:v1) <(print_blob "$(index_digest app)")
    assert_equal "$(remote_index app:v1 | list_platforms)" "$(index_platforms app)"
    for platform in "$machine" linux/s390x linux/ppc64le; do
        assert_equal "$(remote_config app:v1 "$platform" | jq -r '"\(.os)/\(.architecture)"')" "$platform"
    done
    skopeo copy --quiet --multi-arch all --src-tls-verify=false "docker://$registry/app:v2" oci:copy:app
    assert_equal "$(image_manifest app copy)" "$(image_manifest app)"
    assert_layout_whole copy
}

# behaviour: buildah takes the image for its platform, and the index as a whole
# documented: docs/registries.md#several-platforms
# status: beyond
@test "buildah reads an index" {
    requires docker_registry skopeo buildah
    start_registry
    build_platforms
    stacker publish --url "docker://$registry" --tag v1 --skip-tls --image app
    storage=(--root "$PWD/storage" --runroot "$PWD/run" --storage-driver vfs)
    buildah "${storage[@]}" pull --quiet --tls-verify=false --arch s390x "docker://$registry/app:v1" >pulled
    run buildah "${storage[@]}" inspect --type image --format '{{.OCIv1.Architecture}}' "$(<pulled)"
    assert_output s390x
    buildah "${storage[@]}" manifest create all >/dev/null
    buildah "${storage[@]}" manifest add --all --tls-verify=false all "docker://$registry/app:v1" >/dev/null
    assert_equal "$(buildah "${storage[@]}" manifest inspect all | list_platforms | sort)" \
        "$(index_platforms app | sort)"
}

# behaviour: of an image for several platforms all goes to another layout, which umoci and skopeo read
# documented: docs/commands.md#publish
# status: beyond
@test "an index goes to a layout" {
    requires skopeo umoci
    build_platforms
    stacker publish --url oci:out --tag v1 --image app
    assert_equal "$(list_tags out)" app_v1
    assert_equal "$(index_digest app_v1 out)" "$(index_digest app)"
    assert_layout_whole out
    assert_equal "$(umoci ls --layout out)" app_v1
    skopeo copy --quiet --override-arch s390x oci:out:app_v1 oci:one:app
    assert_equal "$(image_config app one | jq -r .architecture)" s390x
    unpack_image app rootfs one
    assert_equal "$(cat rootfs/word)" s390x
}

# behaviour: an index is published only if each of its images is what the recipe says; --force publishes what is there
# documented: docs/commands.md#publish
# status: beyond
@test "an index of which one image is not current" {
    build_platforms
    echo other >word-s390x
    refuse publish --url oci:out --tag v1
    assert_said "layer needs to be rebuilt before publishing: app@linux-s390x"
    assert_not_exists out
    stacker publish --url oci:out --tag v1 --force
    assert_equal "$(index_digest app_v1 out)" "$(index_digest app)"
}

# behaviour: --platform names what is published: one image by itself, or the index that has just these
# documented: docs/commands.md#publish
# status: beyond
@test "--platform" {
    build_platforms
    stacker publish --url oci:out --tag v1 --platform linux/s390x
    assert_equal "$(index_digest app_v1 out)" "$(platform_entry linux/s390x | jq -r .digest)"
    stacker publish --url oci:out --tag v2 --platform "linux/ppc64le,$machine" --platform linux/s390x
    assert_equal "$(index_digest app_v2 out)" "$(index_digest app)"
    refuse publish --url oci:out --tag v3 --platform "$machine,linux/s390x"
    assert_said "layer needs to be rebuilt before publishing: app: the tag is no index of images for $machine,linux/s390x"
    assert_said "help: build it for all of them at once: --platform $machine,linux/s390x"
    refuse publish --url oci:out --tag v3 --platform linux/riscv64
    assert_said "layer needs to be rebuilt before publishing: app@linux-riscv64"
    assert_equal "$(list_tags out)" $'app_v1\napp_v2'
}

# behaviour: platforms that stand in the recipe need not be named again; a layer for one platform is one image, to the byte
# documented: docs/commands.md#publish
# status: beyond
@test "platforms of the recipe" {
    requires docker_registry skopeo
    start_registry
    machine_base
    cat >stacker.yaml <<END
both:
  from: {type: oci, url: "busybox:latest"}
  platforms: [linux/s390x, $machine]
  imports: [{path: stacker.yaml, dest: /}]
one:
  from: {type: oci, url: "busybox:latest"}
  platforms: [linux/s390x]
  imports: [{path: stacker.yaml, dest: /}]
END
    stacker build
    run -0 --separate-stderr stacker publish --url "docker://$registry" --tag v1 --skip-tls
    # shellcheck disable=SC2154  # bats sets it
    assert_equal "$(grep -c '^publishing' <<<"$stderr")" 2
    cmp <(remote_index both:v1) <(print_blob "$(index_digest both)")
    assert_equal "$(remote_index both:v1 | list_platforms)" $'linux/s390x\n'"$machine"
    cmp <(remote_index one:v1) <(print_blob "$(index_digest one)")
    assert_equal "$(remote_config one:v1 linux/s390x | jq -r .architecture)" s390x
    refuse publish --url oci:out --tag v1 --image both@linux-s390x
    assert_said 'there is no layer "both@linux-s390x"'
}

# behaviour: an index that names an image which is not there is not published, and nothing is sent
# documented: docs/commands.md#publish
# status: beyond
@test "an index that is not whole" {
    build_platforms
    gone=$(image_manifest app | jq -r '.manifests[1].digest')
    rm "oci/blobs/${gone/://}"
    run -1 --separate-stderr stacker publish --url oci:out --tag v1
    assert_said "layer needs to be rebuilt before publishing: app@linux-s390x"
    assert_not_exists out
    run -1 --separate-stderr stacker publish --url oci:out --tag v1 --force
    assert_said "couldn't publish app to oci:out:app_v1: couldn't take all of index $(index_digest app)"
    assert_said "its image $gone for linux/s390x is not there"
    assert_said "help: bring all of it here"
    assert_equal "$(list_tags out)" ""
}

# behaviour: a build for other platforms than this machine's, of which the recipe says nothing, is published without naming them again
# documented: docs/commands.md#publish; docs/registries.md#several-platforms
# status: beyond
@test "a build for other platforms only" {
    machine_base
    printf 'app:\n  from: {type: oci, url: "busybox:latest"}\n  labels: {a: b}\n' >stacker.yaml
    stacker build --platform linux/s390x,linux/ppc64le
    stacker publish --url oci:out --tag 1
    assert_equal "$(index_platforms app_1 out)" $'linux/s390x\nlinux/ppc64le'
    stacker build --platform linux/s390x
    stacker publish --url oci:out --tag 2
    assert_equal "$(image_config app_2 out | jq -r .architecture)" s390x
    sed -i 's/a: b/a: c/' stacker.yaml
    refuse publish --url oci:out --tag 3
    assert_said "layer needs to be rebuilt before publishing: app@linux-s390x"
}

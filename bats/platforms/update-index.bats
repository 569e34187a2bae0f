#!/usr/bin/env bats
# publish --update-index: one runner for each processor fills one tag.

load ../helpers
load ../registries
load platforms
load indexes

# two_runners: "app" for this machine and for s390x, each built by itself in a directory of its own, ./machine and ./s390x, as two
# runners do.
two_runners() {
    local arch
    for arch in machine s390x; do
        mkdir "$arch"
        busybox_base "$arch/busybox"
        (
            cd "$arch" || exit
            echo "$arch" >word
            printf 'app:\n  from: {type: oci, url: "busybox:latest"}\n  imports: [{path: word, dest: /}]\n' >stacker.yaml
            [[ $arch == machine ]] || printf '  arch: %s\n' "$arch" >>stacker.yaml
            stacker build
        )
    done
    machine=$(index_entry app machine/oci | jq -r '.platform | "\(.os)/\(.architecture)"')
}

# publish_from RUNNER ARGUMENT…
publish_from() { (cd "$1" && stacker publish --skip-tls --update-index "${@:2}"); }

# word_of PLATFORM: what is in the image that a program gets which asks for the platform.
word_of() {
    rm -rf got
    skopeo copy --quiet --src-tls-verify=false --override-arch "${1#*/}" "docker://$registry/app:v1" oci:got:it
    layer_tar it -1 got | tar -xO word
}

# behaviour: two runners fill one tag; each replaces its own platform, in place, and leaves the other as it is
# documented: docs/registries.md#several-platforms
# status: beyond
@test "one runner after the other" {
    requires docker_registry skopeo
    start_registry
    two_runners
    run --separate-stderr publish_from machine --url "docker://$registry" --tag v1
    assert_success
    assert_said "docker://$registry/app:v1 is for $machine"
    assert_equal "$(remote_index app:v1 | jq -r .mediaType)" application/vnd.oci.image.index.v1+json
    assert_equal "$(remote_index app:v1 | jq -c .manifests)" "[$(index_entry app machine/oci | jq -cS .)]"
    publish_from s390x --url "docker://$registry" --tag v1
    assert_equal "$(remote_index app:v1 | list_platforms)" "$machine"$'\nlinux/s390x'
    assert_equal "$(word_of "$machine")$(word_of linux/s390x)" machines390x
    first=$(remote_index app:v1 | jq -c '.manifests[1]')
    (cd machine && echo new >word && stacker build)
    publish_from machine --url "docker://$registry" --tag v1
    assert_equal "$(remote_index app:v1 | list_platforms)" "$machine"$'\nlinux/s390x'
    assert_equal "$(word_of "$machine")$(word_of linux/s390x)" news390x
    assert_equal "$(remote_index app:v1 | jq -c '.manifests[1]')" "$first"
}

# behaviour: of a recipe for several platforms each runner builds and publishes its own, by --platform
# documented: docs/registries.md#several-platforms
# status: beyond
@test "one recipe for all runners" {
    requires docker_registry skopeo
    start_registry
    build_platforms
    rm -rf oci roots .stacker
    sed -i "s,^app:,&\\n  platforms: [$machine\, linux/s390x\, linux/ppc64le]," stacker.yaml
    for platform in linux/s390x "$machine"; do
        stacker --work-dir "${platform#*/}" build --platform "$platform"
        stacker --work-dir "${platform#*/}" publish --platform "$platform" --update-index --url "docker://$registry" --tag v1 \
            --skip-tls
    done
    assert_equal "$(remote_index app:v1 | list_platforms)" $'linux/s390x\n'"$machine"
    assert_equal "$(word_of "$machine")$(word_of linux/s390x)" machines390x
}

# behaviour: what is there already is not written again
# documented: docs/registries.md#several-platforms
# status: beyond
@test "nothing new" {
    requires docker_registry skopeo
    start_registry
    two_runners
    publish_from machine --url "docker://$registry" --tag v1
    list_registry_requests >/dev/null
    publish_from machine --url "docker://$registry" --tag v1
    run list_registry_requests
    refute_output --partial "PUT /v2/app/manifests/v1"
    refute_output --partial "POST"
}

# behaviour: a plain image under the tag becomes one of the index, for the platform that its config says
# documented: docs/registries.md#several-platforms
# status: beyond
@test "a plain image there" {
    requires docker_registry skopeo
    start_registry
    two_runners
    (cd machine && stacker publish --skip-tls --url "docker://$registry" --tag v1)
    assert_equal "$(remote_index app:v1 | jq -r .manifests)" null
    publish_from s390x --url "docker://$registry" --tag v1
    assert_equal "$(remote_index app:v1 | list_platforms)" "$machine"$'\nlinux/s390x'
    assert_equal "$(word_of "$machine")$(word_of linux/s390x)" machines390x
}

# behaviour: without --update-index the image replaces the whole index
# documented: docs/commands.md#publish
# status: beyond
@test "without --update-index" {
    requires docker_registry skopeo
    start_registry
    two_runners
    publish_from machine --url "docker://$registry" --tag v1
    (cd s390x && stacker publish --skip-tls --url "docker://$registry" --tag v1)
    cmp <(remote_index app:v1) <(print_blob "$(index_digest app s390x/oci)" s390x/oci)
}

# behaviour: what others say of the index, and entries for no platform, stay; arm64/v8 is arm64, whichever is written
# documented: docs/registries.md#several-platforms
# status: beyond
@test "an index of somebody else's" {
    requires docker_registry skopeo
    start_registry
    two_runners
    sed -i '/arch:/s/s390x/arm64/' s390x/stacker.yaml
    (cd s390x && stacker build && stacker publish --url oci:other --tag v0)
    {
        index_entry app_v0 s390x/other | jq -c '.platform.variant = "v8" | .annotations = {a: "b"}'
        index_entry app_v0 s390x/other | jq -c '.platform = {os: "windows", architecture: "amd64", "os.version": "1"}'
        index_entry app_v0 s390x/other | jq -c 'del(.platform)'
    } | jq -cs '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: .,
        annotations: {"org.example": "kept"}, "org.example.more": [1]}' | name_index all s390x/other
    skopeo copy --quiet --multi-arch all --dest-tls-verify=false oci:s390x/other:all "docker://$registry/app:v1"
    remote_index app:v1 >before
    (cd s390x && echo newer >word && stacker build)
    publish_from s390x --url "docker://$registry" --tag v1
    entry=$(index_entry app s390x/oci)
    assert_equal "$(remote_index app:v1 | jq -cS .)" "$(jq -cS --argjson entry "$entry" '.manifests[0] = $entry' before)"
}

# behaviour: what BuildKit says of an image goes when the image does, and what it says of others stays
# documented: docs/registries.md#several-platforms
# status: beyond
@test "attestations of what is replaced" {
    requires docker_registry skopeo
    start_registry
    two_runners
    publish_from machine --url "docker://$registry" --tag v1
    publish_from s390x --url "docker://$registry" --tag v1
    skopeo copy --quiet --multi-arch all --src-tls-verify=false "docker://$registry/app:v1" oci:copy:app
    image_manifest app copy | jq -c '.manifests[0].digest as $one | .manifests[1].digest as $two
        | (.manifests[0] | .platform = {os: "unknown", architecture: "unknown"}) as $said
        | def of($digest): $said + {annotations: {"vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": $digest}};
        .manifests += [of($one), of($two)]' | name_index attested copy
    skopeo copy --quiet --multi-arch all --dest-tls-verify=false oci:copy:attested "docker://$registry/app:v1"
    (cd machine && echo newer >word && stacker build)
    publish_from machine --url "docker://$registry" --tag v1
    assert_equal "$(remote_index app:v1 | jq -c '[.manifests[] | .annotations["vnd.docker.reference.digest"] // .platform.os]')" \
        "$(jq -cn --arg two "$(index_digest app s390x/oci)" '["linux", "linux", $two]')"
}

# behaviour: an index of several platforms goes into the one that is there, and its images replace those for the same ones
# documented: docs/registries.md#several-platforms
# status: beyond
@test "an index into an index" {
    requires docker_registry skopeo
    start_registry
    build_platforms
    for platform in linux/s390x linux/ppc64le; do platform_entry "$platform"; done | index_of_entries | name_index two
    skopeo copy --quiet --multi-arch all --dest-tls-verify=false oci:oci:two "docker://$registry/app:v1"
    before=$(remote_index app:v1 | jq -cS '.manifests')
    stacker publish --url "docker://$registry" --tag v1 --image app --skip-tls --update-index
    assert_equal "$(remote_index app:v1 | list_platforms)" $'linux/s390x\nlinux/ppc64le\n'"$machine"
    assert_equal "$(remote_index app:v1 | jq -cS '.manifests[:2]')" "$before"
}

# behaviour: what is no image, or doesn't say what it is for, is not made an index of
# documented: docs/registries.md#several-platforms
# status: beyond
@test "something else there" {
    requires docker_registry skopeo
    start_registry
    two_runners
    mkdir odd
    cp -r machine/oci odd/oci
    blob=$(echo '{}' | put_blob odd/oci)
    blob=$(jq -cn --argjson blob "$blob" '{schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
        artifactType: "text/plain", config: ($blob + {mediaType: "application/vnd.oci.empty.v1+json"}), layers: []}' |
        put_blob odd/oci)
    jq -c --argjson blob "$blob" '.manifests[0] += $blob' odd/oci/index.json >odd/index.json
    mv odd/index.json odd/oci/
    skopeo copy --quiet --dest-tls-verify=false oci:odd/oci:app "docker://$registry/app:v1"
    remote_index app:v1 >before
    run -1 --separate-stderr publish_from machine --url "docker://$registry" --tag v1
    assert_said "couldn't use what docker://$registry/app:v1 is: it is no image: its config is of type application/vnd.oci.empty.v1+json"
    assert_said "help: publish with another tag"
    remote_index app:v1 | cmp - before
}

# behaviour: runners that publish at the same time all find their image in the index afterwards
# documented: docs/registries.md#several-platforms
# status: beyond
@test "runners at the same time" {
    requires docker_registry skopeo
    start_registry
    build_platforms
    # Each with one image of the three as its "app".
    for number in 0 1 2; do
        mkdir "runner-$number"
        cp -r oci "runner-$number/oci"
        jq -c --argjson entry "$(image_manifest app | jq -c ".manifests[$number]")" '.manifests = [($entry | del(.platform))
            + {annotations: {"org.opencontainers.image.ref.name": "app"}}]' oci/index.json >"runner-$number/oci/index.json"
    done
    for number in 0 1 2; do
        stacker --work-dir "runner-$number" publish --url "docker://$registry" --tag v1 --force --skip-tls --update-index &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid"; done
    assert_equal "$(remote_index app:v1 | list_platforms | sort)" "$(index_platforms app | sort)"
}

# behaviour: an index that another runner puts in the place of ours is added to, and not more than six times
# documented: docs/registries.md#several-platforms
# status: beyond
@test "a runner that undoes ours" {
    requires docker_registry skopeo
    start_registry
    two_runners
    publish_from s390x --url "docker://$registry" --tag v1
    remote_index app:v1 >theirs
    direct=$registry
    # What the registry is sent under the tag is not kept, twice.
    start_faults "PUT app/manifests/v1 status=201 2"
    publish_from machine --url "docker://$registry" --tag v1
    registry=$direct
    assert_equal "$(remote_index app:v1 | list_platforms)" $'linux/s390x\n'"$machine"
    skopeo copy --quiet --multi-arch all --dest-tls-verify=false --src-tls-verify=false \
        "docker://$registry/app:v1" "docker://$registry/app:v2"
    start_faults "PUT app/manifests/v3 status=201 0"
    run -1 --separate-stderr publish_from machine --url "docker://$registry" --tag v3
    assert_said "others write the index of docker://$registry/app:v3 at the same time: ours was gone after each of 6 attempts"
    assert_said "help: publish it once more"
}

# behaviour: in a layout, too, an index is made and filled
# documented: docs/commands.md#publish
# status: beyond
@test "into a layout" {
    requires skopeo
    two_runners
    for runner in machine s390x machine; do publish_from "$runner" --url oci:../out --tag v1; done
    assert_equal "$(list_tags out)" app_v1
    assert_equal "$(index_platforms app_v1 out)" "$machine"$'\nlinux/s390x'
    assert_layout_whole out
    skopeo copy --quiet --override-arch s390x oci:out:app_v1 oci:one:app
    assert_equal "$(image_manifest app one)" "$(image_manifest app s390x/oci)"
    # A plain image.
    (cd machine && stacker publish --url oci:../out --tag v2)
    publish_from s390x --url oci:../out --tag v2
    assert_equal "$(index_platforms app_v2 out)" "$machine"$'\nlinux/s390x'
}

# behaviour: --show-only says what would go where, and changes nothing
# documented: docs/commands.md#publish
# status: beyond
@test "--show-only" {
    two_runners
    run -0 --separate-stderr publish_from machine --url oci:../out --tag v1 --show-only
    assert_said "would publish: stacker.yaml app to oci:../out:app_v1"
    assert_not_exists out
}

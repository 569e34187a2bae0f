#!/usr/bin/env bats
# publish: which images go where under which names, and what of them is sent.

load ../helpers
load ../registries

# build_images: child, on the build_only layer base, and other.
build_images() {
    busybox_base
    cat >stacker.yaml <<'END'
base:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: echo base >/base
child:
  from: {type: built, tag: base}
  run: echo child >/child
other:
  from: {type: oci, url: "busybox:latest"}
  run: echo ${{WORD:other}} >/other
END
    stacker build "$@"
}

# --- Layouts ----------------------------------------------------------------------------------------

# behaviour: a tag that is none is refused before anything is sent, whatever the target
# documented: docs/commands.md#publish
# status: beyond
@test "a tag that is none" {
    build_images
    refuse publish --url oci:target --tag good --tag 'bad tag'
    assert_said '"bad tag" is no tag'
    refuse publish --url oci:target --tag ''
    assert_not_exists target
}

# behaviour: --substitute-file gives values, as for build; --substitute wins
# documented: docs/commands.md#publish
# status: documented
@test "--substitute-file" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo ${{A}} ${{B}} >/it\n' >stacker.yaml
    printf 'A: 1\nB: 2\n' >values.yaml
    stacker build --substitute-file values.yaml --substitute A=3
    stacker publish --substitute-file values.yaml --substitute A=3 --url oci:target --tag t
    assert_equal "$(umoci ls --layout target)" it_t
    refuse publish --substitute-file values.yaml --url oci:target --tag t
    assert_said "layer needs to be rebuilt before publishing: it"
}

# behaviour: what was built with binds can be published, whatever is in them by now
# documented: docs/commands.md#publish
# status: documented
@test "a layer with binds" {
    busybox_base
    mkdir shared
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  binds: [%s]\n  run: echo 1 >/it\n' "$PWD/shared" >stacker.yaml
    stacker build
    touch shared/new
    stacker publish --url oci:target --tag t
    assert_equal "$(umoci ls --layout target)" it_t
    sed -i 's/echo 1/echo 2/' stacker.yaml
    refuse publish --url oci:target --tag t
    assert_said "layer needs to be rebuilt before publishing: it"
}

# behaviour: without a value for it, a base's url need not make sense; --force publishes what is there
# documented: docs/commands.md#publish
# status: documented
@test "a base that is a substitution" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "${{BASE}}"}\n  run: echo 1 >/it\n' >stacker.yaml
    stacker build --substitute BASE=busybox:latest
    refuse publish --url oci:target --tag t
    assert_said "layer needs to be rebuilt before publishing: it"
    stacker publish --url oci:target --tag t --force
    assert_equal "$(umoci ls --layout target)" it_t
}

# behaviour: in another layout the tag of an image is NAME_TAG, for each --tag; build_only layers stay out
# documented: docs/commands.md#publish
# status: documented
@test "to a layout" {
    build_images
    run --separate-stderr stacker publish --url oci:out --tag v1 --tag v2
    assert_success
    assert_said "will not publish: stacker.yaml build_only base"
    assert_equal "$(list_tags out)" $'child_v1\nchild_v2\nother_v1\nother_v2'
    assert_equal "$(image_manifest child_v1 out)" "$(image_manifest child)"
    assert_layout_whole out
    unpack_image child_v2 rootfs out
    assert_equal "$(cat rootfs/base rootfs/child)" $'base\nchild'
}

# behaviour: --image names the images that are meant
# documented: docs/commands.md#publish
# status: documented
@test "--image" {
    build_images
    stacker publish --url oci:out --tag v1 --image other
    assert_equal "$(list_tags out)" other_v1
}

# behaviour: an --image that the recipe does not have is an error that names it
# documented: docs/commands.md#publish
# status: beyond
@test "--image of no layer" {
    build_images
    refuse publish --url oci:out --tag v1 --image missing
    assert_said missing
}

# behaviour: images of other types have their type behind the tag
# documented: docs/commands.md#publish
# status: documented
@test "--layer-type" {
    build_images --layer-type tar --layer-type squashfs
    stacker publish --url oci:out --tag v1 --image other --layer-type squashfs --layer-type tar
    assert_equal "$(list_tags out)" $'other_v1-squashfs\nother_v1'
    assert_equal "$(image_manifest other_v1-squashfs out)" "$(image_manifest other-squashfs)"
    run --separate-stderr stacker publish --url docker://localhost:1/team --tag v1 --image other \
        --layer-type squashfs --show-only
    assert_said "would publish: stacker.yaml other to docker://localhost:1/team/other:v1-squashfs"
}

# behaviour: a type that the layer has no image of is an error that says how to get it
# documented: docs/commands.md#publish
# status: beyond
@test "a type that was not built" {
    build_images
    refuse publish --url oci:out --tag v1 --image other --layer-type squashfs
    assert_said "layer needs to be rebuilt before publishing: other: it has no squashfs image"
    assert_said "--layer-type squashfs"
    stacker build --layer-type squashfs
    stacker publish --url oci:out --tag v1 --image other --layer-type squashfs
    assert_equal "$(list_tags out)" other_v1-squashfs
}

# behaviour: a build_only layer that --image names is an error, and nothing is sent
# documented: docs/commands.md#publish
# status: beyond
@test "--image of a build_only layer" {
    build_images
    refuse publish --url oci:out --tag v1 --image other --image base
    assert_said "will not publish: stacker.yaml build_only base"
    assert_said "stacker.yaml:3:3: there is no image base to publish: the layer is build_only"
    assert_not_exists out
}

# behaviour: --show-only says what would go where, and sends nothing
# documented: docs/commands.md#publish
# status: documented
@test "--show-only" {
    build_images
    run --separate-stderr stacker publish --url docker://registry.invalid --tag v1 --tag v2 --show-only
    assert_success
    assert_said "will not publish: stacker.yaml build_only base"
    # shellcheck disable=SC2154  # bats sets it
    assert_equal "$(grep '^would' <<<"$stderr")" "$(
        for name in child other; do
            for tag in v1 v2; do
                echo "would publish: stacker.yaml $name to docker://registry.invalid/$name:$tag"
            done
        done
    )"
    stacker publish --url oci:out --tag v1 --show-only
    assert_not_exists out
}

# behaviour: without a tag, without a place, or with one of another kind, publish is an error
# documented: docs/commands.md#publish
# status: documented
@test "what publish needs" {
    build_images
    refuse publish --url oci:out
    assert_said "tag"
    refuse publish --tag v1
    assert_said "--url"
    refuse publish --url /out --tag v1
    assert_not_exists out
}

# behaviour: which places and tags there can be is said
# documented: docs/commands.md#publish
# status: beyond
@test "what publish needs: what there can be" {
    build_images
    refuse publish --url /out --tag v1
    assert_said "oci:directory"
    refuse publish --url docker://localhost:1 --tag "not a tag"
    assert_said "is no tag"
}

# behaviour: a layer that would be built anew is not published, nor is anything else then; --force publishes what is there
# documented: docs/commands.md#publish
# status: documented
@test "a layer that is not current" {
    build_images
    sed -i 's/echo child/echo new/' stacker.yaml
    refuse publish --url oci:out --tag v1
    assert_said "layer needs to be rebuilt before publishing: child"
    assert_not_exists out
    stacker publish --url oci:out --tag v1 --force
    assert_equal "$(image_manifest child_v1 out)" "$(image_manifest child)"
    stacker build
    stacker publish --url oci:out --tag v1
    assert_equal "$(image_manifest child_v1 out)" "$(image_manifest child)"
}

# behaviour: a layer that was never built is not published, with --force neither
# documented: docs/commands.md#publish
# status: documented
@test "a layer that was never built" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    refuse publish --url oci:out --tag v1
    refuse publish --url oci:out --tag v1 --force
    assert_not_exists out
}

# behaviour: a layer that was never built is said to need a build
# documented: docs/commands.md#publish
# status: beyond
@test "why a layer that was never built is not published" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    refuse publish --url oci:out --tag v1
    assert_said "layer needs to be rebuilt before publishing: it"
}

# behaviour: how a layer was written does not matter, nor does a SOURCE_DATE_EPOCH that is no longer set
# documented: docs/commands.md#publish
# status: beyond
@test "how it was built does not matter" {
    clamp_times
    build_images --compression zstd --compression-level 1 --layer-type tar --layer-type erofs --no-verity \
        --annotations-namespace org.example
    unset SOURCE_DATE_EPOCH
    stacker publish --url oci:out --tag v1 --layer-type tar --layer-type erofs
    assert_equal "$(image_manifest child_v1 out)" "$(image_manifest child)"
    assert_equal "$(image_manifest child_v1-erofs out)" "$(image_manifest child-erofs)"
}

# behaviour: with a SOURCE_DATE_EPOCH only images of that time are published
# documented: docs/commands.md#publish
# status: beyond
@test "images of another SOURCE_DATE_EPOCH" {
    clamp_times
    build_images
    stacker publish --url oci:out --tag v1
    export SOURCE_DATE_EPOCH=1800000000
    refuse publish --url oci:out --tag v2
    assert_said "layer needs to be rebuilt before publishing: child"
    assert_said "SOURCE_DATE_EPOCH"
    unset SOURCE_DATE_EPOCH
    stacker build
    export SOURCE_DATE_EPOCH=1800000000
    refuse publish --url oci:out --tag v2
    assert_equal "$(list_tags out)" $'child_v1\nother_v1'
}

# behaviour: a substitution without a value gets a dummy one; what was built with a value needs it again
# documented: docs/commands.md#publish
# status: documented
@test "substitutions" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: echo ${{WORD}} >/it
plain:
  from: {type: oci, url: "busybox:latest"}
  run: echo plain >/plain
END
    stacker build --substitute WORD=word
    stacker publish --url oci:out --tag v1 --image plain
    refuse publish --url oci:out --tag v1
    assert_said "layer needs to be rebuilt before publishing: it"
    stacker publish --url oci:out --tag v1 --substitute WORD=word
    assert_equal "$(list_tags out)" $'plain_v1\nit_v1'
}

# behaviour: --search-dir publishes the images of all stacker files below a directory, named as they are found from there
# documented: docs/commands.md#publish
# status: documented
@test "--search-dir" {
    busybox_base
    for name in a b; do
        mkdir -p "recipes/$name"
        printf '%s:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo %s >/it\n' $name $name \
            >"recipes/$name/stacker.yaml"
    done
    stacker recursive-build -d recipes
    run --separate-stderr stacker publish -d recipes --url docker://localhost:1 --tag v1 --show-only
    assert_success
    assert_said "would publish: recipes/a/stacker.yaml a to docker://localhost:1/a:v1"
    assert_equal "$(tail -n 1 <<<"$stderr")" "would publish: recipes/b/stacker.yaml b to docker://localhost:1/b:v1"
    stacker publish -d recipes -p 'b/stacker.yaml$' --url oci:out --tag v1
    assert_equal "$(list_tags out)" b_v1
    stacker publish -f recipes/a/stacker.yaml --url oci:out --tag v1
    assert_equal "$(list_tags out)" $'b_v1\na_v1'
}

# --- Registries -------------------------------------------------------------------------------------

# behaviour: in a registry an image is REG/NAME:TAG; other programs read it
# documented: docs/commands.md#publish
# status: documented
@test "to a registry" {
    requires docker_registry skopeo
    start_registry
    build_images
    stacker publish --url "docker://$registry/team" --tag v1 --skip-tls
    skopeo copy --quiet --src-tls-verify=false "docker://$registry/team/child:v1" oci:copy:child
    assert_equal "$(image_manifest child copy)" "$(image_manifest child)"
    assert_layout_whole copy
    refuse publish --url "docker://$registry/team" --tag v1
}

# behaviour: reading a blob goes on where a signal has interrupted it, as network file systems have it
# documented: docs/commands.md#publish
# status: beyond
# why: a process that is traced gets no rights of others, which an ordinary user's namespace needs
# bats test_tags=level:priv
@test "a read that is interrupted" {
    requires docker_registry skopeo strace
    start_registry
    busybox_base
    head -c 300000 /dev/urandom >random
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  imports: [{path: random, dest: /}]\n' >stacker.yaml
    stacker build
    run strace -f -qq -o trace -P "$PWD/$(layer_blob it -1)" -e inject=pread64:error=EINTR:when=1+2 \
        "$STACKER" publish --url "docker://$registry" --tag v1 --skip-tls
    assert_success
    run -0 grep INJECTED trace
    skopeo copy --quiet --src-tls-verify=false "docker://$registry/it:v1" oci:copy:it
    assert_equal "$(layer_digest it -1 copy)" "$(layer_digest it -1)"
}

# behaviour: skopeo and buildah read what stacker has pushed, of all types as far as they know them
# documented: docs/commands.md#publish
# status: beyond
@test "other programs read it" {
    requires docker_registry skopeo buildah
    start_registry
    types=(--layer-type tar --layer-type squashfs --layer-type erofs)
    build_images "${types[@]}"
    stacker publish --url "docker://$registry" --tag v1 --skip-tls --image child "${types[@]}"
    for suffix in "" -squashfs -erofs; do
        skopeo copy --quiet --src-tls-verify=false "docker://$registry/child:v1$suffix" "oci:copy:child$suffix"
        assert_equal "$(image_manifest "child$suffix" copy)" "$(image_manifest "child$suffix")"
        run skopeo inspect --tls-verify=false --format '{{len .Layers}}' "docker://$registry/child:v1$suffix"
        assert_output 3
    done
    assert_layout_whole copy
    storage=(--root "$PWD/storage" --runroot "$PWD/run" --storage-driver vfs)
    buildah "${storage[@]}" pull --quiet --tls-verify=false "docker://$registry/child:v1" >pulled
    run buildah "${storage[@]}" inspect --type image --format '{{.OCIv1.RootFS.DiffIDs}}' "$(<pulled)"
    assert_output "[$(image_config child | jq -r '.rootfs.diff_ids | join(" ")')]"
}

# behaviour: what stacker has published is a base
# documented: docs/registries.md#bases
# status: documented
@test "there and back" {
    requires docker_registry
    start_registry
    build_images
    stacker publish --url "docker://$registry" --tag v1 --skip-tls --image child
    manifest=$(image_manifest child)
    rm -rf oci roots .stacker
    docker_recipe "$registry/child:v1"
    stacker build
    assert_equal "$(image_manifest it | jq -c '.layers[0:3]')" "$(jq -c .layers <<<"$manifest")"
}

# behaviour: a blob that the registry has is not sent: not the same one twice, not one of another repository
# documented: docs/registries.md#publishing
# status: beyond
@test "nothing is sent twice" {
    requires docker_registry skopeo
    start_registry
    push_base
    docker_recipe "$registry/base"
    stacker build
    list_registry_requests >/dev/null
    stacker publish --url "docker://$registry" --tag v1 --skip-tls
    # Its own layer and its config: the base's is taken over from where it came from.
    assert_equal "$(list_registry_requests | grep -c '^PUT /v2/it/blobs/')" 2
    stacker publish --url "docker://$registry" --tag v1 --tag v2 --skip-tls
    run list_registry_requests
    refute_output --partial POST
    assert_output --partial "PUT /v2/it/manifests/v2"
}

# behaviour: an upload that breaks is begun again; a registry that keeps failing gets no manifest
# documented: docs/registries.md#faults
# status: beyond
@test "uploads that break" {
    requires docker_registry skopeo
    start_registry
    build_images
    direct=$registry
    start_faults "PUT /blobs/ reset" "PUT /blobs/ status=500" "POST /blobs/ status=503" "HEAD /blobs/ status=429,1" \
        "PUT other/manifests/ status=502 0"
    stacker publish --url "docker://$registry" --tag v1 --skip-tls --image child
    skopeo copy --quiet --src-tls-verify=false "docker://$direct/child:v1" oci:copy:child
    assert_equal "$(image_manifest child copy)" "$(image_manifest child)"
    refuse publish --url "docker://$registry" --tag v1 --skip-tls --image other
    assert_said "couldn't publish other to docker://$registry/other:v1"
    assert_said "the server says 502"
    run skopeo inspect --tls-verify=false "docker://$direct/other:v1"
    assert_failure
}

# behaviour: where something on the way takes only so much at once, an upload goes in parts
# documented: docs/registries.md#publishing
# status: beyond
@test "an upload in parts" {
    requires docker_registry skopeo
    start_registry
    build_images
    direct=$registry
    start_faults "PUT /blobs/ status=413"
    stacker publish --url "docker://$registry" --tag v1 --skip-tls --image child
    skopeo copy --quiet --src-tls-verify=false "docker://$direct/child:v1" oci:copy:child
    assert_layout_whole copy
    grep -q PATCH faults/requests
}

# --- Looking ----------------------------------------------------------------------------------------

# behaviour: publish takes nothing away that another stacker has unpacked
# documented: docs/storage.md#roots
# status: beyond
@test "another stacker's layers are left alone" {
    build_images
    rm roots/.stacker-roots
    find roots | sort >before
    refuse publish --url oci:out --tag v1 --show-only
    assert_said "layer needs to be rebuilt before publishing"
    refuse publish --url oci:out --tag v1
    stacker publish --url oci:out --tag v1 --force --show-only
    find roots | sort | diff before -
}

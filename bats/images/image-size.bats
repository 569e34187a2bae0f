#!/usr/bin/env bats
# Images that say more of themselves than anybody reads: manifests and configs have at most 4 MiB.

load ../helpers

# text BYTES: prints a text of that length.
text() {
    head -c "$1" /dev/zero | tr '\0' x
}

# behaviour: a label that is too long is an error before anything is built, which names it, its size and the limit
# documented: docs/recipe.md#labels-volumes-annotations
# status: beyond
@test "too long a label" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: touch /it\n  labels: {org.example.long: %s}\n' \
        "$(text 5000000)" >stacker.yaml
    refuse build
    assert_said "error: stacker.yaml:1:1: couldn't make an image of layer it: the "
    assert_said "of image it would have 50"
    assert_said "bytes, and may have 4194304"
    assert_not_exists roots
}

# behaviour: a recipe that is too long for an annotation is an error before anything is built
# documented: docs/storage.md#annotations
# status: beyond
@test "too long a recipe" {
    busybox_base
    {
        printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: touch /it\n# '
        text 5000000
    } >stacker.yaml
    refuse build
    assert_said "error: stacker.yaml:1:1: couldn't make an image of layer it: the manifest of image it would have 50"
    assert_said "its annotation io.stackeroci.stacker.stacker_yaml alone has 5.0 MB"
    assert_not_exists roots
}

# behaviour: labels that are too long together with those of a layer below are an error before anything is built
# documented: docs/recipe.md#labels-volumes-annotations
# status: beyond
@test "labels of several files that are too long together" {
    printf 'base:\n  from: {type: scratch}\n  labels: {a: %s}\n' "$(text 2500000)" >base.yaml
    printf 'config: {prerequisites: [base.yaml]}\nit:\n  from: {type: built, tag: base}\n  labels: {b: %s}\n' \
        "$(text 2500000)" >stacker.yaml
    refuse build
    assert_said "stacker.yaml:2:1: couldn't make an image of layer it: the config of image it would have 50"
    assert_said "alone has 2.5 MB"
    assert_not_exists roots
}

# behaviour: a file that is too long to be a recipe is an error that says its size and the limit
# documented: docs/recipe.md#errors
# status: beyond
@test "a file that is no recipe by its size" {
    truncate -s 17M stacker.yaml
    refuse build
    assert_said "couldn't read stacker.yaml: it has 17825792 bytes, and may have 16777216"
}

# behaviour: a label that a script finds out and that is too long is an error that names it, its size and the limit
# documented: docs/recipe.md#generate_labels
# status: beyond
@test "too long a generated label" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  generate_labels: head -c %s /dev/zero > /stacker/oci-labels/long\n' \
        1048577 >stacker.yaml
    refuse build
    assert_said "couldn't read label long: it has 1048577 bytes, and a label may have 1048576"
}

# behaviour: generated labels that are too long together are an error, and no image comes of them
# documented: docs/recipe.md#generate_labels
# status: beyond
@test "too many generated labels" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  generate_labels: |
    for n in 1 2 3 4 5; do head -c 900000 /dev/zero | tr '\0' x > /stacker/oci-labels/label$n; done
END
    refuse build
    assert_said "the config of image it would have 45"
    assert_said "its label label"
}

# behaviour: a base whose config is too long is an error that says its size and the limit
# documented: docs/recipe.md#from
# status: beyond
@test "a base with too long a config" {
    busybox_base
    text 5000000 | jq -Rs '{a: .}' >labels.json
    blob=$(image_config latest busybox | jq -c --slurpfile labels labels.json '.config.Labels = $labels[0]' | put_blob busybox)
    blob=$(image_manifest latest busybox | jq -c --argjson blob "$blob" '.config += $blob' | put_blob busybox)
    blob=$(jq -c --argjson blob "$blob" '.manifests[0] += $blob' busybox/index.json)
    printf '%s\n' "$blob" >busybox/index.json
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    refuse build
    assert_said "couldn't read blob sha256:"
    assert_said "bytes, and a manifest or config may have 4194304"
}

# behaviour: what a base's manifest says beside its annotations counts for the manifest of the image: too much is an error that names the part
# documented: docs/recipe.md#what-is-inherited
# status: beyond
@test "a base's manifest that is long by what its descriptors have" {
    busybox_base
    # A little more, and the base itself could not be read.
    text 4193000 >data
    blob=$(image_manifest latest busybox | jq -c --rawfile data data '.layers[0].data = $data' | put_blob busybox)
    blob=$(jq -c --argjson blob "$blob" '.manifests[0] += $blob' busybox/index.json)
    printf '%s\n' "$blob" >busybox/index.json
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: touch /it\n  annotations: {org.example.a: %s}\n' \
        "$(text 2000)" >stacker.yaml
    refuse build
    assert_said "the manifest of image it would have 41"
    assert_said "the member data alone has 4.2 MB"
}

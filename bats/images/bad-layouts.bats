#!/usr/bin/env bats
# Layouts that cannot be built on: the error names what is missing, damaged or misspelled.

load ../helpers

# behaviour: a base tag that the layout does not have is an error that names it
# documented: docs/recipe.md#from
# status: documented
@test "a tag that is not in the layout" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:no-such-tag"}\n' >stacker.yaml
    refuse build
    assert_said no-such-tag
}

# behaviour: a base layout that does not exist is an error that names it
# documented: docs/recipe.md#from
# status: documented
@test "a base layout that does not exist" {
    printf 'it:\n  from: {type: oci, url: "nowhere:latest"}\n' >stacker.yaml
    refuse build
    assert_said nowhere
}

# behaviour: the error about a base layout that does not exist has the place in the recipe
# documented: docs/recipe.md#errors
# status: beyond
@test "a base layout that does not exist has its place" {
    printf 'it:\n  from: {type: oci, url: "nowhere:latest"}\n' >stacker.yaml
    refuse build
    assert_said "stacker.yaml:2:"
}

# behaviour: a base that is no layout is an error that says what was expected there
# documented: docs/recipe.md#from
# status: beyond
@test "a base layout that is none" {
    mkdir somewhere
    : >somewhere/file
    printf 'it:\n  from: {type: oci, url: "somewhere:latest"}\n' >stacker.yaml
    refuse build
    assert_said "name a directory that holds oci-layout and index.json"
    [[ $output$stderr != *"new name"* ]]
}

# behaviour: an index.json that is no JSON is an error that says what to do
# documented: docs/storage.md#damage
# status: beyond
@test "an index that is no JSON" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    echo broken >busybox/index.json
    refuse build
    assert_said "stacker.yaml:2:"
    assert_said "couldn't read $PWD/busybox/index.json: not valid JSON"
    assert_said "help: put the index"
}

# behaviour: an index.json that is too long, or goes too deep, is an error that names it and, by its length, the limit
# documented: docs/storage.md#damage
# status: beyond
@test "an index that is too much" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    cp busybox/index.json right
    truncate -s 65M busybox/index.json
    refuse build
    assert_said "couldn't read $PWD/busybox/index.json: it is longer than 67108864 bytes"
    python3 -c 'print(open("right").read().rstrip()[:-1] + ",\"x\":" + "[" * 200000 + "]" * 200000 + "}")' \
        >busybox/index.json
    refuse build
    assert_said "couldn't read $PWD/busybox/index.json: not valid JSON"
}

# behaviour: a base layer whose blob is damaged is refused, and never unpacked under its digest
# documented: docs/storage.md#roots
# status: documented
@test "a damaged base layer" {
    busybox_recipe
    digest=$(layer_digest latest 0 busybox)
    # The same size, other bytes, in the middle of the compressed data.
    printf 'damaged' | dd of="busybox/blobs/${digest/://}" bs=1 seek=500000 conv=notrunc status=none
    refuse build
    assert_not_exists "roots/${digest/:/_}/overlay/bin/busybox"
}

# behaviour: a base layer whose blob is missing is an error
# documented: docs/storage.md#roots
# status: documented
@test "a missing base layer" {
    busybox_recipe
    digest=$(layer_digest latest 0 busybox)
    rm "busybox/blobs/${digest/://}"
    refuse build
}

# behaviour: a base with a layer of a type that is none is refused by that type, and not taken for a tar
# documented: docs/storage.md#layer-types
# status: beyond
@test "a layer of an unknown type" {
    busybox_base
    python3 - <<'END'
import hashlib, json, pathlib

layout = pathlib.Path("busybox")
blobs = layout / "blobs/sha256"
index = json.loads((layout / "index.json").read_text())
entry = index["manifests"][0]
manifest = json.loads((blobs / entry["digest"][7:]).read_text())
manifest["layers"][0]["mediaType"] = "application/vnd.example.lunch"
text = json.dumps(manifest).encode()
entry["digest"] = "sha256:" + hashlib.sha256(text).hexdigest()
entry["size"] = len(text)
(blobs / entry["digest"][7:]).write_bytes(text)
(layout / "index.json").write_text(json.dumps(index))
END
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    refuse build
    assert_said "application/vnd.example.lunch"
    assert_not_exists oci
}

# behaviour: an oci base with "oci:" in front, as other tools write it, is an error that says to leave it out
# documented: docs/recipe.md#from
# status: beyond
@test "an oci base with oci: in front" {
    mkdir -p bases
    busybox_base bases/base
    printf 'it:\n  from: {type: oci, url: "oci:bases/base:latest"}\n' >stacker.yaml
    refuse build
    assert_said 'url: "bases/base:latest"'
    # Also where there is a layout of that name, as the output is; and a tag there may look like that.
    printf 'it:\n  from: {type: oci, url: "bases/base:latest"}\n' >right.yaml
    stacker build -f right.yaml
    refuse build
    assert_said 'url: "bases/base:latest"'
    jq '.manifests[0].annotations["org.opencontainers.image.ref.name"] = "a:b"' oci/index.json >index
    mv index oci/index.json
    sed -i 's,oci:bases/base:latest,oci:a:b,' stacker.yaml
    stacker build
}

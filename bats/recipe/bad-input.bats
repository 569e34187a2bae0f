#!/usr/bin/env bats
# Input that cannot be built: status 1, an error that names what and where, and nothing left behind.

load ../helpers

# busybox_recipe LINES: a recipe for "it" on busybox with more lines.
busybox_recipe() {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n%s\n' "${1-}" >stacker.yaml
}

# tar_recipe: a recipe for "it" on base.tar.
tar_recipe() {
    printf 'it:\n  from: {type: tar, url: base.tar}\n' >stacker.yaml
}

# behaviour: a missing recipe is an error that names the file
# documented: docs/commands.md#exit-status
# status: documented
@test "no stacker.yaml" {
    refuse build
    assert_said stacker.yaml
}

# behaviour: a recipe named by -f that does not exist is an error that names it
# documented: docs/commands.md#build
# status: documented
@test "no such file for -f" {
    refuse build -f no-such.yaml
    assert_said no-such.yaml
}

# behaviour: the error about a missing recipe says how to name one, and which file is near
# documented: docs/commands.md#build
# status: beyond
@test "no stacker.yaml: what to do" {
    refuse build
    assert_said "help: name a stacker file with -f, or go to its directory with cd"
    printf 'it:\n  from: {type: scratch}\n' >stacker.yml
    refuse build
    assert_said "help: there is $PWD/stacker.yml; name a stacker file with -f"
}

# behaviour: a directory in place of the recipe is an error that names it
# documented: docs/commands.md#exit-status
# status: documented
@test "stacker.yaml is a directory" {
    mkdir stacker.yaml
    refuse build
    assert_said stacker.yaml
}

# behaviour: a recipe that is not YAML is an error that names the file
# documented: docs/recipe.md#errors
# status: documented
@test "stacker.yaml is not YAML" {
    printf 'it:\n  from: [oci\n  run: "x\n' >stacker.yaml
    refuse build
}

# behaviour: an error in the YAML has file, line and column
# documented: docs/recipe.md#errors
# status: beyond
@test "an error in the YAML has its place" {
    printf 'it:\n  from: [oci\n  run: true\n' >stacker.yaml
    refuse build
    grep -Eq 'stacker\.yaml:[0-9]+:[0-9]+' <<<"$stderr"
}

# behaviour: bytes that are not text are an error, not a crash
# documented: docs/recipe.md#errors
# status: documented
@test "stacker.yaml is binary" {
    head -c 4096 /bin/ls >stacker.yaml
    refuse build
}

# behaviour: an empty recipe has nothing to build, and that is not a crash
# documented: docs/recipe.md#errors
# status: beyond
@test "stacker.yaml is empty" {
    : >stacker.yaml
    run --separate-stderr stacker build
    ((status <= 1))
}

# behaviour: an unknown key of a layer is an error that names it
# documented: docs/recipe.md#errors
# status: documented
@test "an unknown key" {
    busybox_recipe '  enviroment: {A: b}'
    refuse build
    assert_said enviroment
}

# behaviour: the error about an unknown key has file, line, column and the nearest known key
# documented: docs/recipe.md#errors
# status: beyond
@test "an unknown key has its place and a suggestion" {
    busybox_recipe '  enviroment: {A: b}'
    refuse build
    assert_said stacker.yaml:3:3
    assert_said environment
}

# behaviour: a key that has another name here is an error that names ours, also where it is misspelled
# documented: docs/recipe.md#errors
# status: beyond
@test "keys by other names" {
    local pair
    for pair in env:environment user:runtime_user command:cmd comand:cmd workdir:working_dir image:from script:run; do
        printf 'it:\n  from: {type: scratch}\n  %s: x\n' "${pair%:*}" >stacker.yaml
        refuse build
        assert_said "stacker.yaml:3:3: unknown key \"${pair%:*}\" in layer it: did you mean ${pair#*:}"
        refute_said "known keys are"
    done
    printf 'it:\n  from: {type: scratch}\n  overlay_dirs: [{source: a, destination: /b}]\n' >stacker.yaml
    refuse build
    assert_said "did you mean dest?"
}

# behaviour: a command that YAML takes for a map is an error that says to quote it
# documented: docs/recipe.md#errors
# status: beyond
@test "a command with a colon" {
    printf 'it:\n  from: {type: scratch}\n  run:\n    - echo error: no\n' >stacker.yaml
    refuse build
    assert_said stacker.yaml:4:7
    assert_said "put it in quotes"
    printf 'it:\n  from: {type: scratch}\n  cmd: [sh, {echo error: no}]\n' >stacker.yaml
    refuse build
    assert_said "put it in quotes"
}

# behaviour: a recipe with the line ends of Windows, or a byte order mark, is read like any other
# documented: docs/recipe.md#values
# status: beyond
@test "line ends of Windows and a byte order mark" {
    busybox_recipe "  environment: {A: 'b \${{C}}'}
  run: |
    echo 1 > /one
    echo 2 > /two
  imports:
    - stacker.yaml"
    sed -i '1s/^/\xef\xbb\xbf/; s/$/\r/' stacker.yaml
    printf '\xef\xbb\xbfC: c\r\n' >subs.yaml
    stacker build --substitute-file subs.yaml
    assert_equal "$(list_layer it -1)" $'one\ntwo'
    assert_equal "$(layer_tar it -1 | tar xO one | od -An -c | tr -d ' ')" '1\n'
    assert_equal "$(image_config it | jq -c '.config.Env | index("A=b c") != null')" true
    sed -i 's/^  run:/  rum:/' stacker.yaml
    refuse build --substitute-file subs.yaml
    assert_said "stacker.yaml:4:3: unknown key"
}

# behaviour: a recipe in UTF-16 is an error that says which encoding it should have
# documented: docs/recipe.md#values
# status: beyond
@test "a recipe in UTF-16" {
    busybox_recipe
    iconv -f UTF-8 -t UTF-16 stacker.yaml >utf-16
    mv utf-16 stacker.yaml
    refuse build
    assert_said "stacker.yaml: not UTF-8 text"
    assert_said "save it as UTF-8"
}

# behaviour: an unknown key inside from: is an error that names it
# documented: docs/recipe.md#errors
# status: documented
@test "an unknown key inside from:" {
    busybox_base
    printf 'it:\n  from: {type: oci, uri: "busybox:latest"}\n' >stacker.yaml
    refuse build
    assert_said uri
}

# behaviour: a layer without from: is an error
# documented: docs/recipe.md#from
# status: documented
@test "a layer without from:" {
    printf 'it:\n  run: "true"\n' >stacker.yaml
    refuse build
}

# behaviour: the error about a missing from: names the layer
# documented: docs/recipe.md#from
# status: beyond
@test "a layer without from: is named" {
    printf 'lonely:\n  run: "true"\n' >stacker.yaml
    refuse build
    assert_said lonely
    assert_said from
}

# behaviour: an unknown type of base is an error that names it
# documented: docs/recipe.md#from
# status: documented
@test "an unknown from type" {
    printf 'it:\n  from: {type: floppy, url: a}\n' >stacker.yaml
    refuse build
    assert_said floppy
}

# behaviour: layers that are built on each other in a circle are an error
# documented: docs/recipe.md#from; docs/commands.md#messages
# status: documented
@test "a cycle" {
    cat >stacker.yaml <<'END'
a:
  from: {type: built, tag: b}
b:
  from: {type: built, tag: a}
END
    refuse build
    assert_said "couldn't resolve some dependencies"
}

# behaviour: a layer that is built on itself is an error
# documented: docs/recipe.md#from
# status: documented
@test "a layer built on itself" {
    printf 'a:\n  from: {type: built, tag: a}\n' >stacker.yaml
    refuse build
}

# behaviour: a base layer that no file defines is an error that names it
# documented: docs/recipe.md#from; docs/commands.md#messages
# status: documented
@test "a built base that does not exist" {
    printf 'a:\n  from: {type: built, tag: nowhere}\n' >stacker.yaml
    refuse build
    assert_said "couldn't resolve some dependencies"
    assert_said nowhere
}

# behaviour: two layers of one name are an error
# documented: docs/recipe.md#errors; docs/commands.md#messages
# status: documented
@test "two layers of one name" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
it:
  from: {type: oci, url: "busybox:latest"}
END
    refuse build
}

# behaviour: a layer name with a colon is an error
# documented: docs/recipe.md#layers; docs/commands.md#messages
# status: documented
@test "a colon in a layer name" {
    busybox_base
    printf '"a:b":\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    refuse build
    assert_said "is forbidden"
}

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

# behaviour: an output path that is a file is an error that names it, and the file is untouched
# documented: docs/storage.md#the-output-layout
# status: documented
@test "the oci-dir is a file" {
    busybox_recipe
    echo precious >oci
    refuse build
    assert_equal "$(cat oci)" precious
}

# behaviour: an output directory that is not a layout is an error that names it, and its files are untouched
# documented: docs/storage.md#the-output-layout
# status: documented
@test "the oci-dir is not a layout" {
    busybox_recipe
    mkdir oci
    echo precious >oci/file
    refuse build
    assert_equal "$(ls -A oci; cat oci/file)" $'file\nprecious'
}

# behaviour: the errors about the output directory say which path and what was expected there
# documented: docs/storage.md#the-output-layout
# status: beyond
@test "the error about the oci-dir names it" {
    busybox_recipe
    mkdir results
    echo precious >results/file
    refuse --oci-dir results build
    assert_said results
    assert_said layout
}

# behaviour: a directory that can't be made is one error that names it, before anything runs
# documented: docs/storage.md#the-output-layout
# status: beyond
@test "directories that can't be made" {
    busybox_recipe '  run: exit 7'
    : >file
    for option in --roots-dir --stacker-dir --work-dir --oci-dir; do
        for place in /proc/no-such/place file/place; do
            refuse "$option" "$place" build
            assert_said "${place%/place}"
            refute_output --partial "exit status 7"
            assert_equal "$(grep -c error <<<"$output$stderr")" 1
        done
    done
    # What was only tried is not there.
    run stacker --oci-dir new/layout build
    assert_failure
    assert_not_exists new
}

# behaviour: a roots directory with a colon is refused: it separates lowerdirs
# documented: docs/commands.md#global-options; docs/commands.md#messages
# status: documented
@test "a colon in the roots-dir" {
    busybox_recipe
    refuse --roots-dir "$PWD/a:b" build
    assert_said "is forbidden"
    assert_not_exists a:b
}

# behaviour: a truncated tar base is an error, and no image comes of it
# documented: docs/recipe.md#from
# status: documented
@test "a truncated tar" {
    busybox_base
    layer_tar latest 0 busybox | head -c 700000 >base.tar
    tar_recipe
    refuse build
}

# behaviour: the error about a damaged tar names the file
# documented: docs/recipe.md#from
# status: beyond
@test "the error about a truncated tar names it" {
    busybox_base
    layer_tar latest 0 busybox | head -c 700000 >base.tar
    tar_recipe
    refuse build
    assert_said base.tar
}

# behaviour: a truncated gzip base is an error, and no image comes of it
# documented: docs/recipe.md#from
# status: documented
@test "a truncated gzip" {
    busybox_base
    layer_tar latest 0 busybox | gzip -1 | head -c 700000 >base.tar
    tar_recipe
    refuse build
}

# behaviour: a base that is no tar is an error
# documented: docs/recipe.md#from
# status: documented
@test "a tar that is none" {
    yes "this is not a tar" | head -c 100000 >base.tar
    tar_recipe
    refuse build
}

# behaviour: of a tar base that can't be read, the error says which compressions can
# documented: docs/recipe.md#from
# status: beyond
@test "a tar of another compression" {
    # What compress(1) writes begins like this.
    printf '\037\235\220\144\000' >base.tar
    tar_recipe
    refuse build
    assert_said "gzip, zstd, xz or bzip2"
}

# behaviour: an empty file is no tar
# documented: docs/recipe.md#from
# status: beyond
@test "an empty file is no tar" {
    : >base.tar
    tar_recipe
    refuse build
    assert_said base.tar
}

# behaviour: a tar base that does not exist is an error that names it
# documented: docs/recipe.md#from
# status: documented
@test "a tar that does not exist" {
    tar_recipe
    refuse build
    assert_said base.tar
}

# behaviour: a tar whose names lead out of the tree writes nothing outside
# documented: docs/security.md#hostile-input
# status: documented
@test "a tar with names that lead out" {
    mkdir in
    echo evil >in/evil
    tar cf base.tar --transform 's,^evil,../../../../../../../../../../'"$PWD"'/escaped,' -P -C in evil
    tar_recipe
    run --separate-stderr stacker build
    assert_not_exists escaped
}

# behaviour: a roots directory without room is an error that says so, and no layer is half unpacked
# documented: docs/storage.md#roots
# status: documented
@test "no room in the roots-dir" {
    busybox_recipe
    mount_tmpfs 1m roots
    refuse build
    assert_said space
    assert_equal "$(find roots -maxdepth 1 -name 'sha256_*')" ""
}

# behaviour: an output layout without room is an error that says so, and no image is half-written
# documented: docs/storage.md#the-output-layout
# status: documented
@test "no room in the oci-dir" {
    busybox_recipe '  run: dd if=/dev/urandom of=/random bs=1M count=3'
    mkdir full
    mount_tmpfs 2m full
    refuse --oci-dir full/oci build
    assert_said space
    assert_layout_whole full/oci
}

# behaviour: a script that fills the disk is a failed build, and no image comes of it
# documented: docs/commands.md#exit-status
# status: documented
@test "a script that fills the disk" {
    busybox_recipe '  run: dd if=/dev/zero of=/zero bs=1M count=20'
    mount_tmpfs 6m roots
    run --separate-stderr stacker build
    assert_failure
    assert_layout_whole
}

# behaviour: a wrong type of value is an error that names the key's place
# documented: docs/recipe.md#errors
# status: beyond
@test "a value of the wrong type" {
    busybox_recipe '  environment: [a, b]'
    refuse build
    assert_said stacker.yaml:3
    assert_said environment
}

# behaviour: os: or arch: without a value is an error
# documented: docs/recipe.md#os-and-arch
# status: documented
@test "os: without a value" {
    busybox_recipe '  os:'
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

#!/usr/bin/env bats
# What the keys of a recipe put into the image config and the manifest.

load ../helpers

# build_it LINES: builds "it" on busybox, with the lines added to the layer.
build_it() {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n%s\n' "$1" >stacker.yaml
    stacker build
}

# config_of FILTER: prints what jq finds in the image's config.
config_of() {
    image_config it | jq -c "$1"
}

# The command line that a runtime would execute.
whole_command='(.config.Entrypoint // []) + (.config.Cmd // [])'

# bats test_tags=group:quick-unpriv
# behaviour: environment: adds to the base's environment
# documented: docs/recipe.md#environment
# status: documented
@test "environment: follows the base's" {
    build_it '  environment:
    ZEBRA: one
    APPLE: "two words"'
    assert_equal "$(config_of '.config.Env | contains(["ZEBRA=one", "APPLE=two words"])')" true
    assert_equal "$(config_of '.config.Env[0] | startswith("PATH=")')" true
}

# behaviour: environment: keeps the order of the file
# documented: docs/recipe.md#environment
# status: beyond
@test "environment: keeps the order of the file" {
    build_it '  environment:
    ZEBRA: one
    APPLE: two'
    assert_equal "$(config_of '.config.Env[1:]')" '["ZEBRA=one","APPLE=two"]'
}

# behaviour: cmd: and entrypoint: are lists
# documented: docs/recipe.md#cmd-entrypoint-full_command
# status: documented
@test "cmd: and entrypoint: as lists" {
    build_it '  cmd: [one, "two words"]
  entrypoint: [/bin/sh, -c]'
    assert_equal "$(config_of .config.Cmd)" '["one","two words"]'
    assert_equal "$(config_of .config.Entrypoint)" '["/bin/sh","-c"]'
}

# behaviour: cmd: and entrypoint: as strings are split as a shell splits them
# documented: docs/recipe.md#cmd-entrypoint-full_command
# status: documented
@test "cmd: and entrypoint: as strings" {
    build_it "  cmd: echo 'one word' two
  entrypoint: /bin/sh -e"
    assert_equal "$(config_of .config.Cmd)" '["echo","one word","two"]'
    assert_equal "$(config_of .config.Entrypoint)" '["/bin/sh","-e"]'
}

# behaviour: the base's cmd is inherited
# documented: docs/recipe.md#cmd-entrypoint-full_command
# status: documented
# original: an image without cmd and entrypoint in its recipe has none, though its page speaks of the inherited nature of both
@test "cmd is inherited from the base" {
    build_it '  labels: {a: b}'
    assert_equal "$(config_of .config.Cmd)" '["sh"]'
}

# behaviour: entrypoint: without cmd: clears an inherited cmd
# documented: docs/recipe.md#cmd-entrypoint-full_command
# status: beyond
@test "entrypoint: clears an inherited cmd" {
    build_it '  entrypoint: /bin/true'
    assert_equal "$(config_of "$whole_command")" '["/bin/true"]'
}

# behaviour: full_command: is the whole command line
# documented: docs/recipe.md#cmd-entrypoint-full_command
# status: documented
@test "full_command: is the whole command line" {
    build_it '  full_command: /bin/echo "a b" c'
    assert_equal "$(config_of "$whole_command")" '["/bin/echo","a b","c"]'
}

# behaviour: working_dir: and runtime_user: are the config's, as text
# documented: docs/recipe.md#working_dir-and-runtime_user
# status: documented
@test "working_dir: and runtime_user:" {
    build_it '  working_dir: /srv
  runtime_user: 1000'
    assert_equal "$(config_of .config.WorkingDir)" '"/srv"'
    assert_equal "$(config_of .config.User)" '"1000"'
}

# behaviour: labels: and volumes: are in the config
# documented: docs/recipe.md#labels-volumes-annotations
# status: documented
@test "labels: and volumes:" {
    build_it '  labels:
    org.example.one: "1"
    org.example.two: two words
  volumes: [/data, /var/lib/it]'
    assert_equal "$(config_of '.config.Labels | to_entries | sort_by(.key)')" \
        '[{"key":"org.example.one","value":"1"},{"key":"org.example.two","value":"two words"}]'
    assert_equal "$(config_of '.config.Volumes | keys')" '["/data","/var/lib/it"]'
}

# behaviour: annotations: are the manifest's
# documented: docs/recipe.md#labels-volumes-annotations
# status: documented
@test "annotations:" {
    build_it '  annotations:
    org.example.note: "here"'
    assert_equal "$(image_manifest it | jq -r '.annotations["org.example.note"]')" here
}

# behaviour: the manifest says which stacker made it, and of which recipe, byte for byte
# documented: docs/storage.md#annotations
# status: documented
@test "the recipe is in the manifest" {
    build_it '  labels: {a: b}   # with a comment'
    assert_equal "$(image_manifest it | jq -r '.annotations["io.stackeroci.stacker.stacker_yaml"]')" "$(cat stacker.yaml)"
    assert_equal "$(image_manifest it | jq '.annotations["io.stackeroci.stacker.stacker_version"] | length > 0')" true
}

# behaviour: os: and arch: are the config's, in Go's names
# documented: docs/recipe.md#os-and-arch
# status: documented
@test "os: and arch:" {
    busybox_base
    printf 'it:\n  from: {type: scratch}\n  os: linux\n  arch: arm64\n' >stacker.yaml
    stacker build
    assert_equal "$(config_of '[.os, .architecture]')" '["linux","arm64"]'
}

# behaviour: without os: and arch: the image is for the machine that built it
# documented: docs/recipe.md#os-and-arch
# status: documented
@test "os and arch default to this machine's" {
    build_it '  labels: {a: b}'
    assert_equal "$(config_of '[.os, .architecture]')" "[\"linux\",\"$(dpkg --print-architecture)\"]"
}

# behaviour: the config lists a diff ID for each layer, and it is the uncompressed tar's digest
# documented: docs/storage.md#layers
# status: documented
@test "diff IDs are the digests of the tars" {
    build_it '  run: echo it > /it'
    assert_equal "$(config_of '.rootfs.diff_ids | length')" 2
    for n in 0 1; do
        assert_equal "$(config_of ".rootfs.diff_ids[$n]")" "\"sha256:$(layer_tar it "$n" | sha256sum | cut -d' ' -f1)\""
    done
}

# behaviour: the history has an entry for the new layer, and says what was built
# documented: docs/storage.md#layers
# status: documented
@test "the history tells of the build" {
    build_it '  run: echo it > /it'
    count='[.history[] | select(.empty_layer != true)] | length'
    assert_equal "$(config_of "$count")" $(($(image_config latest busybox | jq "$count") + 1))
    config_of '.history[].created_by' | grep -q "stacker build"
}

# behaviour: a recipe that only sets metadata makes an image without a new layer
# documented: docs/storage.md#after-run
# status: documented
@test "metadata alone adds no layer" {
    build_it '  cmd: /bin/true'
    assert_equal "$(count_layers it)" 1
}

# behaviour: an image built on another inherits its config
# documented: docs/recipe.md#from
# status: documented
@test "a built base passes its config on" {
    busybox_base
    cat >stacker.yaml <<'END'
base:
  from: {type: oci, url: "busybox:latest"}
  environment: {FROM_BASE: "yes"}
  working_dir: /srv
it:
  from: {type: built, tag: base}
  environment: {OWN: "yes"}
END
    stacker build
    assert_equal "$(config_of .config.WorkingDir)" '"/srv"'
    assert_equal "$(config_of '.config.Env | contains(["FROM_BASE=yes", "OWN=yes"])')" true
}

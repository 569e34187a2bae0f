#!/usr/bin/env bats
# The small commands: inspect, clean, --version, help.

load ../helpers

two_images() {
    busybox_base
    cat >stacker.yaml <<'END'
one:
  from: {type: oci, url: "busybox:latest"}
  run: echo one > /one
two:
  from: {type: built, tag: one}
  cmd: /bin/two
END
    stacker build
}

# behaviour: inspect prints every image, its layers with digest, size and media type, and its config
# documented: docs/commands.md#inspect
# status: documented
@test "inspect shows every image" {
    two_images
    run --separate-stderr stacker inspect
    assert_success
    assert_line one
    assert_line two
    assert_output --partial "/bin/two"
    # The first twelve digits of the digest.
    digest=$(layer_digest one 0)
    assert_output --partial "${digest:7:12}"
}

# behaviour: inspect TAG prints that image only
# documented: docs/commands.md#inspect
# status: documented
@test "inspect shows one image" {
    two_images
    run --separate-stderr stacker inspect one
    assert_success
    assert_line one
    refute_line two
}

# behaviour: inspect of a tag that does not exist is an error
# documented: docs/commands.md#inspect
# status: documented
@test "inspect of an unknown tag" {
    two_images
    refuse inspect no-such-tag
}

# tag_artifacts: puts into oci what others keep beside images: an SBOM as an artifact, one of an old program that gives it
# no type of its own and the entry none at all, a blob that is no manifest, and an entry without a tag.
tag_artifacts() {
    local sbom old file image
    sbom=$(echo '{}' | put_blob)
    sbom=$(jq -nc --argjson blob "$sbom" '{schemaVersion: 2, artifactType: "application/spdx+json",
        config: ({mediaType: "application/vnd.oci.empty.v1+json"} + $blob),
        layers: [{mediaType: "text/plain"} + $blob]}' | put_blob)
    old=$(print_blob "$(jq -r .digest <<<"$sbom")" | jq -c 'del(.artifactType)
        | .config.mediaType = "application/vnd.oci.image.config.v1+json"' | put_blob)
    file=$(echo text | put_blob)
    image=$(jq -c --argjson sbom "$sbom" --argjson old "$old" --argjson file "$file" '
        def tagged(name): . + {annotations: {"org.opencontainers.image.ref.name": name}};
        {mediaType: "application/vnd.oci.image.manifest.v1+json"} as $manifest
        | .manifests |= [($sbom + $manifest | tagged("sbom")), ($old | tagged("old"))] + .
            + [($file + {mediaType: "text/plain"} | tagged("file")), ($sbom + $manifest)]' oci/index.json)
    printf '%s\n' "$image" >oci/index.json
}

# behaviour: inspect shows the images, and a line for each thing in the layout that is none
# documented: docs/commands.md#inspect
# status: beyond
@test "inspect beside artifacts" {
    two_images
    tag_artifacts
    run --separate-stderr stacker inspect
    assert_success
    assert_line one
    assert_line two
    assert_line --regexp '^sbom: an artifact of type application/spdx\+json \(sha256:[0-9a-f]{64}, [0-9]+ B\)$'
    assert_line --partial 'old: an artifact of type text/plain'
    assert_line --partial 'file: something of type text/plain'
    assert_line --partial 'an entry without a tag'
    run --separate-stderr stacker inspect sbom
    assert_success
    assert_equal "${#lines[@]}" 1
}

# behaviour: inspect --json has an object for each image, with manifest and config, and one that says what it is of the rest
# documented: docs/commands.md#inspect
# status: beyond
@test "inspect --json beside artifacts" {
    two_images
    tag_artifacts
    run --separate-stderr stacker inspect --json
    assert_success
    assert_equal "$(jq -c '[.[] | select(.manifest) | .tag]' <<<"$output")" '["one","two"]'
    assert_equal "$(jq -c '[.[] | select(.kind) | [.tag, .digest[:7]]]' <<<"$output")" \
        '[["sbom","sha256:"],["old","sha256:"],["file","sha256:"],[null,"sha256:"]]'
}

# behaviour: inspect of an index shows the images in it that are there, and says which are not
# documented: docs/commands.md#inspect
# status: beyond
@test "inspect of an index" {
    two_images
    index=$(jq -c --arg none "sha256:$(printf %064d 1)" '{schemaVersion: 2, manifests: [
        (.manifests[0] | del(.annotations) + {platform: {os: "linux", architecture: "arm", variant: "v7"}}),
        (.manifests[0] | del(.annotations) + {digest: $none, platform: {os: "linux", architecture: "s390x"}})]}' \
        oci/index.json | put_blob)
    index=$(jq -c --argjson blob "$index" '.manifests += [$blob + {mediaType: "application/vnd.oci.image.index.v1+json",
        annotations: {"org.opencontainers.image.ref.name": "multi"}}]' oci/index.json)
    printf '%s\n' "$index" >oci/index.json
    run --separate-stderr stacker inspect multi
    assert_success
    assert_line 'multi (linux/arm/v7)'
    assert_line --regexp '^multi \(linux/s390x\): an image that is not in the layout \(sha256:0+1, '
    assert_equal "$(stacker inspect --json multi | jq -c '[.[] | [.platform.architecture, .config.os]]')" \
        '[["arm","linux"],["s390x",null]]'
}

# list_odd TAG BLOB: adds a descriptor of a manifest to oci, with a tag.
list_odd() {
    local index
    index=$(jq -c --arg tag "$1" --argjson blob "$2" '.manifests += [$blob + {mediaType: "application/vnd.oci.image.manifest.v1+json",
        annotations: {"org.opencontainers.image.ref.name": $tag}}]' oci/index.json)
    printf '%s\n' "$index" >oci/index.json
}

# list_bad_entries: adds to oci an entry whose blob is not there, one that is a directory, and an image whose config has
# another size than its manifest says.
list_bad_entries() {
    local blob
    blob=$(echo gone | put_blob)
    list_odd gone "$blob"
    rm "oci/blobs/$(jq -r .digest <<<"$blob" | tr : /)"
    blob=$(echo directory | put_blob)
    list_odd directory "$blob"
    blob=oci/blobs/$(jq -r .digest <<<"$blob" | tr : /)
    rm "$blob"
    mkdir "$blob"
    list_odd config "$(image_manifest one | jq -c '.config.size += 1' | put_blob)"
}

# behaviour: inspect shows all that it can, and of each entry that it can't show what is wrong with it, once
# documented: docs/commands.md#inspect
# status: beyond
@test "inspect beside bad entries" {
    two_images
    list_bad_entries
    run --separate-stderr stacker inspect
    assert_success
    assert_line one
    assert_line two
    assert_line --regexp "^gone: an entry that can't be shown \\(sha256:[0-9a-f]+, 5 B\\): couldn't read blob sha256:[0-9a-f]+ of [^:]+: [Nn]o such file"
    assert_line --regexp "^directory: an entry that can't be shown .*: couldn't read blob [^ ]+ of [^:]+: it is a directory$"
    assert_line --regexp "^config: an entry that can't be shown .*: couldn't read blob [^ ]+ of [^:]+: it has [0-9]+ bytes, its descriptor says"
    assert_equal "$(stacker inspect --json | jq -c '[.[] | [.tag, .problem != null]]')" \
        '[["one",false],["two",false],["gone",true],["directory",true],["config",true]]'
    run -1 --separate-stderr stacker inspect directory
    assert_said "it is a directory"
    assert_said "help: remove it, and fetch or build the image anew"
}

# behaviour: inspect looks into an index once, also where indexes have one another many times
# documented: docs/commands.md#inspect
# status: beyond
@test "inspect of indexes that have one another many times" {
    two_images
    entry=$(jq -c '.manifests[0] | {mediaType, digest, size}' oci/index.json)
    for _ in 1 2 3 4; do
        entry=$(jq -nc --argjson entry "$entry" '{schemaVersion: 2, manifests: [range(60) | $entry]}' | put_blob |
            jq -c '. + {mediaType: "application/vnd.oci.image.index.v1+json"}')
    done
    list_odd many "$entry"
    start "$STACKER" inspect many
    wait_for_end
    assert_equal "$status" 0
    assert_equal "$(grep -cx many started.out)" 60
}

# behaviour: inspect of an index with more entries than anybody reads is an error that says so
# documented: docs/commands.md#inspect
# status: beyond
@test "inspect of an index of very many entries" {
    two_images
    list_odd many "$(jq -nc '{schemaVersion: 2, manifests: [range(10001) | {size: 1, digest: ("sha256:" + ("a" * 64))}]}' | put_blob)"
    run -1 --separate-stderr stacker inspect
    assert_said "have more than 10000 entries"
    assert_said "help: name one image: stacker inspect TAG"
    stacker inspect one
}

# behaviour: inspect writes to stdout only
# documented: docs/commands.md#output
# status: beyond
@test "inspect writes to stdout" {
    two_images
    run --separate-stderr stacker inspect
    assert_equal "$stderr" ""
}

# behaviour: clean removes the roots, output and stacker directories, and nothing else
# documented: docs/commands.md#clean
# status: documented
@test "clean removes what builds made" {
    two_images
    stacker clean
    assert_not_exists roots
    assert_not_exists oci
    assert_exists busybox
    assert_exists stacker.yaml
}

# behaviour: clean removes the stacker directory too
# documented: docs/commands.md#clean
# status: beyond
@test "clean removes the stacker directory" {
    two_images
    stacker clean
    assert_not_exists .stacker
}

# behaviour: clean where nothing was built succeeds
# documented: docs/commands.md#clean
# status: documented
@test "clean of nothing succeeds" {
    stacker clean
    stacker clean
}

# behaviour: a build after clean starts from nothing and gives the image again
# documented: docs/commands.md#clean
# status: documented
@test "a build after clean" {
    two_images
    stacker clean
    run --separate-stderr stacker build
    assert_success
    refute_said "found cached layer"
    assert_equal "$(list_tags)" $'one\ntwo'
}

# behaviour: --version prints stacker's version on stdout
# documented: docs/commands.md#global-options
# status: documented
@test "--version" {
    run -0 --separate-stderr stacker --version
    assert_output --partial stacker
}

# behaviour: --version names liblxc's version too
# documented: docs/commands.md#global-options
# status: beyond
@test "--version names liblxc's" {
    run -0 --separate-stderr stacker --version
    assert_output --regexp 'liblxc.* [0-9]+\.[0-9]+'
}

# behaviour: stacker alone prints its commands and succeeds
# documented: docs/commands.md#commands
# status: documented
@test "stacker alone lists its commands" {
    run -0 --separate-stderr stacker
    assert_output --partial COMMANDS
    assert_output --partial build
}

# behaviour: --help succeeds, for stacker and for a command
# documented: docs/commands.md#commands
# status: documented
@test "--help" {
    run -0 --separate-stderr stacker --help
    run -0 --separate-stderr stacker build --help
    assert_output --partial layer-type
}

# behaviour: clean refuses to take the directories away from a stacker that is at work in them
# documented: docs/commands.md#clean
# status: documented
@test "clean waits for nobody and takes nothing from a build under way" {
    mkdir roots
    touch roots/.lock
    exec 8<roots/.lock
    flock 8
    run --separate-stderr stacker clean
    exec 8<&-
    assert_failure
    assert_said "couldn't acquire lock"
    assert_exists roots/.lock
}

# refuse_clean ARGUMENT…: expects that clean with these arguments is an error, which goes to $stderr, and removes nothing.
refuse_clean() {
    local before
    before=$(find . | sort)
    run -1 --separate-stderr stacker "$@" clean
    assert_equal "$(find . | sort)" "$before"
}

# behaviour: clean refuses a directory that is no layout as the output layout, and names it
# documented: docs/commands.md#clean
# status: beyond
@test "clean of what is no layout" {
    mkdir photos roots
    echo one >photos/one
    refuse_clean --oci-dir photos
    assert_said "couldn't remove $PWD/photos"
    assert_said "does not look like an OCI layout"
    ln -s photos link
    refuse_clean --oci-dir link
    # What builds may have left, whole or not, goes.
    mkdir -p empty unfinished/blobs/sha256
    stacker --oci-dir empty clean
    stacker --oci-dir unfinished clean
    assert_not_exists empty
    assert_not_exists unfinished
}

# behaviour: clean refuses a directory that is, or holds, the working directory or that of --work-dir
# documented: docs/commands.md#clean
# status: beyond
@test "clean of the working directory" {
    mkdir -p below/work
    echo mine >below/mine
    cd below/work
    local option directory
    for option in --oci-dir --roots-dir --stacker-dir; do
        for directory in . .. "$PWD" ../../below; do
            refuse_clean "$option" "$directory"
            assert_said "couldn't remove"
            assert_said "the working directory $PWD"
            assert_said "$option"
            assert_exists ../mine
        done
    done
    cd ../..
    refuse_clean --work-dir below/work --roots-dir below
    assert_said "holds the working directory $PWD/below/work"
}

# behaviour: a symlinked output layout that a clean was killed in is one that the next clean empties
# documented: docs/commands.md#clean
# status: beyond
@test "clean of a layout that is half emptied" {
    two_images
    mv oci elsewhere
    ln -s elsewhere oci
    rm -r oci/index.json oci/blobs/sha256/*
    stacker clean
    assert_equal "$(ls -A elsewhere)" ""
}

# behaviour: a clean and builds in the same directories either succeed or say that another stacker uses them
# documented: docs/commands.md#clean
# status: beyond
@test "clean beside builds" {
    printf 'it:\n  from: {type: scratch}\n' >stacker.yaml
    local round command
    for ((round = 0; round < 12; round++)); do
        for command in build clean clean; do
            "$STACKER" "$command" 3>&- 4>&- &
        done
        wait
    done >said 2>&1
    run grep '^error' said
    assert_equal "$(grep -v "couldn't acquire lock on" <<<"$output")" ""
    # None of them has left a lock that nobody has.
    stacker build
    assert_equal "$(list_tags)" it
}

# behaviour: a clean that takes the roots directory away just when a build has found it is waited for
# documented: docs/commands.md#clean
# status: beyond
# why: a process that is traced gets no rights of others, which an ordinary user's namespace needs
# bats test_tags=level:priv
@test "a roots directory that goes when it is found" {
    requires strace
    printf 'it:\n  from: {type: scratch}\n' >stacker.yaml
    mkdir roots
    # A directory that is open has no path when it is gone.
    run strace -f -qq -o trace -P /proc/self -e inject=readlink:error=ENOENT:when=1 "$STACKER" build
    assert_success
    run -0 grep INJECTED trace
    assert_equal "$(list_tags)" it
}

# behaviour: what a build made after a clean, or gc, has looked for directories is the build's, and stays
# documented: docs/commands.md#clean
# status: beyond
# why: a process that is traced gets no rights of others, which an ordinary user's namespace needs
# bats test_tags=level:priv
@test "a roots directory that comes after clean has looked" {
    requires strace
    printf 'it:\n  from: {type: scratch}\n' >stacker.yaml
    stacker build
    mkdir roots/.unpack-1
    for command in gc clean; do
        run strace -f -qq -o trace -P "$PWD/roots" -e inject=access:error=ENOENT "$STACKER" "$command"
        assert_success
        run -0 grep INJECTED trace
        assert_exists roots/.unpack-1
    done
    assert_not_exists oci
    stacker clean
    assert_not_exists roots
}

# behaviour: what can't be written to stdout is an error
# documented: docs/commands.md#output
# status: beyond
@test "a full stdout" {
    run -1 sh -c "'$STACKER' --version >/dev/full"
    assert_output --partial "couldn't write to standard output: No space left on device"
}

# behaviour: stdout and stderr stand in their order where they are one pipe
# documented: docs/commands.md#output
# status: beyond
@test "one pipe for both" {
    run -1 sh -c "'$STACKER' --roots-dir /proc/none check 2>&1 | cat; exit 1"
    assert_line --index 0 --regexp '^ok'
    assert_line --partial "error: a build would fail here"
    refute_line --index 0 --partial error
}

#!/usr/bin/env bats
# What images say of themselves when they mean harm: documents that are deep, that lead to one another, or that garble a terminal.

load ../helpers

# tag_as TAG: gives a copy of the entry of oci's image the tag.
tag_as() {
    local index
    index=$(jq -c --arg tag "$1" '.manifests += [.manifests[0] | .annotations["org.opencontainers.image.ref.name"] = $tag]' oci/index.json)
    printf '%s\n' "$index" >oci/index.json
}

# arrays NUMBER DEPTH: so many arrays, each of so many that are in one another.
arrays() {
    python3 -c 'import sys; number, depth = map(int, sys.argv[1:]); print("[" + ",".join(["[" * depth + "]" * depth] * number) + "]")' "$@"
}

# behaviour: arrays that are deep in one another cost no more than others, and more than 64 are refused
# documented: docs/commands.md#inspect
# status: beyond
@test "deep documents" {
    busybox_base
    mv busybox oci
    arrays 2000 60 >deep
    blob=$(image_config latest | jq -c --slurpfile deep deep '.config.X = $deep[0]' | put_blob)
    blob=$(image_manifest latest | jq -c --argjson blob "$blob" '.config += $blob' | put_blob)
    index=$(jq -c --argjson blob "$blob" '.manifests[0] += $blob' oci/index.json)
    printf '%s\n' "$index" >oci/index.json
    run -0 stacker inspect latest --json
    arrays 100 200 >deep
    blob=$(image_config latest | jq -c --slurpfile deep deep '.config.X = $deep[0]' | put_blob)
    blob=$(image_manifest latest | jq -c --argjson blob "$blob" '.config += $blob' | put_blob)
    index=$(jq -c --argjson blob "$blob" '.manifests[0] += $blob' oci/index.json)
    printf '%s\n' "$index" >oci/index.json
    refuse inspect latest
    assert_said "more than 64 deep"
}

# behaviour: an index that is named a thousand times is looked into once
# documented: docs/commands.md#inspect
# status: beyond
@test "an index that is named again and again" {
    busybox_base
    mv busybox oci
    child=$(jq -c '.manifests[0] | {mediaType, digest, size}' oci/index.json)
    for _ in 1 2 3; do
        child=$(jq -nc --argjson child "$child" '{schemaVersion: 2, manifests: [range(1000) | $child]}' | put_blob |
            jq -c '. + {mediaType: "application/vnd.oci.image.index.v1+json"}')
    done
    index=$(jq -c --argjson child "$child" '.manifests[0] += $child' oci/index.json)
    printf '%s\n' "$index" >oci/index.json
    run -0 stacker inspect latest --html page.html
    run -0 stacker inspect --json
    assert_equal "$(jq length <<<"$output")" 1000
}

# behaviour: tags are told apart by their bytes, as é and an e with an accent
# documented: docs/commands.md#inspect
# status: beyond
@test "tags that look the same" {
    busybox_base
    mv busybox oci
    tag_as $'\u00e9'
    change='.manifests[1].annotations["org.opencontainers.image.ref.name"] = "\u00e9" | .manifests[0].annotations["org.opencontainers.image.ref.name"] = "e\u0301"'
    blob=$(image_config latest | jq -c '.author = "second"' | put_blob)
    blob=$(image_manifest latest | jq -c --argjson blob "$blob" '.config += $blob' | put_blob)
    index=$(jq -c --argjson blob "$blob" ".manifests[1] += \$blob | $change" oci/index.json)
    printf '%s\n' "$index" >oci/index.json
    run -0 stacker inspect $'\u00e9'
    assert_output --partial second
    run -0 stacker inspect $'e\u0301'
    refute_output --partial second
}

# behaviour: nothing that an image says reaches a terminal but as text that is seen
# documented: docs/commands.md#inspect
# status: beyond
@test "tags and members that would garble a terminal" {
    busybox_base
    mv busybox oci
    change_image oci '.config.Labels.x = "a\u202eb\u009b"' '.annotations.y = "\u001b[31m"'
    tag_as $'t\u202eag\e[31m'
    for call in "inspect" "inspect --json" "inspect none" "explain none --sizes"; do
        read -ra words <<<"$call"
        run stacker "${words[@]}"
        refute_output --partial $'\e'
        refute_output --partial $'\u202e'
        refute_output --partial $'\u009b'
    done
    run -0 stacker inspect latest --json
    assert_equal "$(jq -r '.[0].config.config.Labels.x' <<<"$output")" $'a\u202eb\u009b'
}

# behaviour: where no page can be is said before anything is read, and a page that is there keeps its mode
# documented: docs/sizes.md#a-page
# status: beyond
@test "the file of a page" {
    busybox_base
    mv busybox oci
    for call in "inspect" "inspect none" "explain latest" "explain none" "diff latest none"; do
        read -ra words <<<"$call"
        run ! stacker "${words[@]}" --html ''
        assert_said "the name of its file is empty"
        run ! stacker "${words[@]}" --html none/page.html
        assert_said "couldn't write the page none/page.html"
    done
    : >page.html
    chmod 0600 page.html
    stacker inspect --html page.html
    assert_equal "$(stat -c %a page.html)" 600
    [[ -s page.html ]]
}

# shellcheck shell=bash
# Bases and images that only say that they are for other processors.

# claim_platforms DIR PLATFORM…: makes of the busybox base a layout DIR whose tag "latest" is an index of these platforms.
# Each image only says that it is for one: its programs are this machine's, so that scripts run.
claim_platforms() {
    local directory=$1 platform config manifest entries=() os rest
    shift
    busybox_base "$directory"
    local image
    image=$(image_manifest latest "$directory")
    for platform in "$@"; do
        os=${platform%%/*} rest=${platform#*/}
        config=$(image_config latest "$directory" |
            jq -c --arg os "$os" --arg arch "${rest%/*}" --arg rest "$rest" \
                '.os = $os | .architecture = $arch | if $rest | contains("/") then .variant = ($rest | split("/")[1]) else . end' |
            put_blob "$directory")
        manifest=$(jq -c --argjson config "$config" '.config += $config' <<<"$image" | put_blob "$directory")
        entries+=("$(jq -c --arg os "$os" --arg arch "${rest%/*}" --arg rest "$rest" '. + {
            mediaType: "application/vnd.oci.image.manifest.v1+json", platform: ({os: $os, architecture: $arch}
            + if $rest | contains("/") then {variant: ($rest | split("/")[1])} else {} end)}' <<<"$manifest")")
    done
    local index
    index=$(printf '%s\n' "${entries[@]}" | jq -sc '{schemaVersion: 2, manifests: .}' | put_blob "$directory")
    jq -c --argjson index "$index" '.manifests = [$index + {mediaType: "application/vnd.oci.image.index.v1+json",
        annotations: {"org.opencontainers.image.ref.name": "latest"}}]' "$directory/index.json" >index.new
    mv index.new "$directory/index.json"
}

# raw_index TAG [DIR]: the index that a tag leads to.
raw_index() {
    skopeo inspect --raw "oci:${2:-oci}:$1"
}

# list_platforms TAG [DIR]: the platforms of that index, in order, on one line.
list_platforms() {
    raw_index "$@" | jq -r '[.manifests[].platform | [.os, .architecture, .variant // empty] | join("/")] | join(" ")'
}

# print_machine: this machine's processor, in Go's names.
print_machine() {
    uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/'
}

# print_file_for ARCHITECTURE TAG FILE: what a file of the image of that processor has, as umoci unpacks it.
print_file_for() {
    local architecture=$1 tag=$2 file=$3 one=image-for-$1
    skopeo copy --quiet --override-arch "$architecture" "oci:oci:$tag" "oci:$one:it"
    unpack_image it "$one.unpacked" "$one" >/dev/null 2>&1
    cat "$one.unpacked$file"
}

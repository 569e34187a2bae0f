# shellcheck shell=bash
# An image for several platforms under one tag, looked at and published. Loaded by `load indexes` after `load platforms`.

# machine_base: puts the OCI layout ./busybox here, whose tag "latest" is an index: for this machine, $machine, for s390x and
# for ppc64le.
machine_base() {
    machine=linux/$(print_machine)
    claim_platforms busybox "$machine" linux/s390x linux/ppc64le
}

# build_platforms [ARGUMENT…]: builds "app" for the three: /word says which it is.
build_platforms() {
    local arch
    machine_base
    echo machine >"word-${machine#*/}"
    for arch in s390x ppc64le; do echo "$arch" >"word-$arch"; done
    cat >stacker.yaml <<'END'
app:
  from: {type: oci, url: "busybox:latest"}
  imports: [{path: "word-${{STACKER_ARCH}}", dest: /word}]
END
    stacker build --platform "$machine,linux/s390x,linux/ppc64le" "$@"
}

# index_entry TAG [LAYOUT]: prints the descriptor of an image as it stands in an index, with its platform.
index_entry() {
    local layout=${2:-oci}
    jq -c --arg tag "$1" --argjson config "$(image_config "$1" "$layout")" '.manifests[]
        | select(.annotations["org.opencontainers.image.ref.name"] == $tag)
        | {mediaType, digest, size, platform: ({os: $config.os, architecture: $config.architecture}
            + if $config.variant then {variant: $config.variant} else {} end)}' "$layout/index.json"
}

# platform_entry PLATFORM [TAG]: prints the entry for it of the index "app", or TAG.
platform_entry() {
    image_manifest "${2:-app}" | jq -c --arg platform "$1" \
        '.manifests[] | select("\(.platform.os)/\(.platform.architecture)" == $platform)'
}

# index_of_entries: an index of the entries that come from stdin.
index_of_entries() {
    jq -cs '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: .}'
}

# name_image TAG PLATFORM: gives the tag to the image of "app" for the platform, as one by itself.
name_image() {
    local index
    index=$(jq -c --arg tag "$1" --argjson entry "$(platform_entry "$2")" '.manifests += [($entry | del(.platform))
        + {annotations: {"org.opencontainers.image.ref.name": $tag}}]' oci/index.json)
    printf '%s\n' "$index" >oci/index.json
}

# name_index TAG [LAYOUT]: gives the tag to the index that comes from stdin.
name_index() {
    local layout=${2:-oci} blob index
    blob=$(put_blob "$layout")
    index=$(jq -c --arg tag "$1" --argjson blob "$blob" '
        .manifests |= map(select(.annotations["org.opencontainers.image.ref.name"] != $tag)) + [$blob
            + {mediaType: "application/vnd.oci.image.index.v1+json",
                annotations: {"org.opencontainers.image.ref.name": $tag}}]' "$layout/index.json")
    printf '%s\n' "$index" >"$layout/index.json"
}

# index_platforms TAG [LAYOUT]: prints what the index is for, a line each.
index_platforms() { image_manifest "$@" | list_platforms; }

# remote_index REFERENCE: prints what the registry has under a tag.
remote_index() { skopeo inspect --raw --tls-verify=false "docker://$registry/$1"; }

# list_platforms: of the index that comes from stdin.
list_platforms() {
    jq -r '.manifests[].platform | [.os, .architecture, .variant] | map(select(.)) | join("/")'
}

# remote_config REFERENCE PLATFORM: prints the config that a program gets which asks for a platform.
remote_config() {
    local os arch variant
    IFS=/ read -r os arch variant <<<"$2"
    skopeo inspect --config --tls-verify=false --override-os "$os" --override-arch "$arch" \
        ${variant:+--override-variant "$variant"} "docker://$registry/$1"
}

# index_digest TAG [LAYOUT]: what the tag leads to.
index_digest() {
    jq -r --arg tag "$1" '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $tag).digest' \
        "${2:-oci}/index.json"
}

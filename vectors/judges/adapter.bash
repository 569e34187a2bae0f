# shellcheck shell=bash
# What adapters have in common: they define a function for each verb that they have, and end with `run_verb "$@"`.
# README.md says what the verbs are.

set -euo pipefail
shopt -s inherit_errexit

# run_verb VERB ARGUMENT…: 64 says that the adapter has no such verb.
run_verb() {
    case ${1:-} in
        version | needs | lacks | serve | unpack | view | build) ;;
        *) exit 64 ;;
    esac
    declare -F "$1" >/dev/null || exit 64
    "$@"
}

# root_only: for what can't do without root; as an ordinary user the verb counts as missing.
root_only() {
    ((EUID == 0)) || exit 64
}

# refuse WHY
refuse() {
    echo "error: $*" >&2
    exit 1
}

# unique_name: for images and containers of a daemon that several runs share.
unique_name() {
    echo "vector-$(</proc/sys/kernel/random/uuid)"
}

# script_command SCRIPT: the command that runs it in a container, as a JSON array.
script_command() {
    jq -cRs '["/bin/sh", "-euc", .]' "$1"
}

# --- Layouts ----------------------------------------------------------------------------------------

# print_blob LAYOUT DIGEST
print_blob() {
    cat "$1/blobs/${2/://}"
}

# image_manifest LAYOUT:TAG: behind an index, the first manifest that is for a platform.
image_manifest() {
    local layout=${1%:*} document digest depth
    digest=$(jq -er --arg tag "${1##*:}" \
        'first(.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $tag)) | .digest' \
        "$layout/index.json") || refuse "$layout has no tag ${1##*:}"
    document=$(print_blob "$layout" "$digest")
    for ((depth = 0; depth < 9; depth++)); do
        # A manifest has no such word: no need to ask jq.
        if [[ $document != *'"manifests"'* ]]; then
            printf '%s\n' "$document"
            return
        fi
        digest=$(jq -er 'first(.manifests[] | select(.platform.os != "unknown")) | .digest' <<<"$document")
        document=$(print_blob "$layout" "$digest")
    done
    refuse "indexes within indexes"
}

# layer_digests LAYOUT:TAG: lowest first.
layer_digests() {
    image_manifest "$1" | jq -r '.layers[].digest'
}

# rename_tag LAYOUT OLD NEW
rename_tag() {
    local index
    index=$(jq -c --arg old "$2" --arg new "$3" \
        '(.manifests[].annotations["org.opencontainers.image.ref.name"] | select(. == $old)) = $new' "$1/index.json")
    printf '%s\n' "$index" >"$1/index.json"
}

# --- What the kernel makes of layers ----------------------------------------------------------------

# stack DIR OPTIONS LOWERDIR…: an overlay of directories, lowest first, mounted read-only on DIR.
stack() {
    local target=$1 options=$2 lowerdirs='' directory
    shift 2
    # By short names: mount(2) takes one page of options.
    mkdir -p lower
    for directory in "$@"; do
        ln -s "$(realpath "$directory")" "lower/${#lowerdirs}"
        lowerdirs=lower/${#lowerdirs}${lowerdirs:+:$lowerdirs}
    done
    # overlayfs wants two lower directories where there is no upper one, also for an image without a layer.
    mkdir -p nothing none
    mount -t overlay -o "ro,${options:+$options,}lowerdir=${lowerdirs:-none}:nothing" vector "$target"
}

# shellcheck shell=bash
# What tests of `stacker cache` do to a shared cache behind its back. Loaded after shared-cache.

# care COMMAND [ARGUMENT…]: looks after $cache.
care() {
    local command=$1
    shift
    run --separate-stderr stacker cache "$command" "$cache" --skip-tls "$@"
}

# get_manifest TAG: the manifest in $cache, as it is.
get_manifest() {
    curl --silent --fail -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
        "http://$registry/v2/team/cache/manifests/$1"
}

# put_manifest TAG: stores what comes in.
put_manifest() {
    curl --silent --fail --output /dev/null -X PUT --data-binary @- \
        -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' "http://$registry/v2/team/cache/manifests/$1"
}

# change_entry TAG JQ-PROGRAM: another manifest, made of it, takes the tag.
change_entry() {
    get_manifest "$1" >changed
    jq -c "$2" changed | put_manifest "$1"
}

# date_entry TAG TIME: has an entry, or a mark, say that it was made at another time.
date_entry() {
    change_entry "$1" ".annotations[\"org.opencontainers.image.created\"] = \"$2\""
}

# entry_of LAYER: the key of its only entry, by what the artifact's own config says.
entry_of() {
    local key config
    for key in $(list_entries | grep -v used); do
        config=$(get_manifest "$key" | jq -r .config.digest)
        curl --silent --fail "http://$registry/v2/team/cache/blobs/$config" |
            jq -r --arg name "$1" --arg key "$key" 'select(.layer == $name) | $key'
    done
}

# share_layers NAME…: each is a layer of its own with 100 kB that no other one has; $cache has an entry for each.
share_layers() {
    machine one
    local name
    for name; do
        printf '%s:\n  from: {type: scratch}\n  imports: [{path: %s.bin, dest: /}]\n' "$name" "$name"
        head -c 100000 /dev/urandom >"one/$name.bin"
    done >one/stacker.yaml
    share one
}

# days_ago N: that day.
days_ago() {
    date -u -d "$1 days ago" +%Y-%m-%d
}

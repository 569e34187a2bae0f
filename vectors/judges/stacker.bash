# shellcheck shell=bash
# What the adapters for stacker have in common. All of its directories have their defaults: ./oci, ./roots, ./.stacker.

# shellcheck source=vectors/judges/adapter.bash
source "${BASH_SOURCE[0]%/*}/adapter.bash"

stacker=${STACKER:-${BASH_SOURCE[0]%/*}/../../stacker}

needs() { echo jq; }

# The release that it is, or is on the way to: what is known holds for all commits in between.
version() { "$stacker" --version | sed 's/^stacker //; s/[ +-].*//' | head -n1; }

# squashfs_lacks: what the format has no place for. stacker says of each ACL that it leaves out.
squashfs_lacks() { printf '%s\n' acl fractions times-before-1970 times-after-2106; }

# convert LAYOUT:TAG TYPE: has stacker take the image as a base, and write it with layers of that type. There is no script
# that could need a container.
convert() {
    printf 'it:\n  from: {type: oci, url: "%s"}\n' "$1" >stacker.yaml
    "$stacker" build --layer-type "$2"
}

# build_script LAYOUT:TAG SCRIPT OUT-LAYOUT:TAG TYPE
build_script() {
    local tag=it
    cp "$2" vector.sh
    printf 'it:\n  from: {type: oci, url: "%s"}\n  import: [vector.sh]\n  run: exec /bin/sh -eu /stacker/imports/vector.sh\n' \
        "$1" >stacker.yaml
    "$stacker" build --layer-type "$4"
    [[ $4 == tar ]] || tag=it-$4
    rename_tag oci "$tag" "${3##*:}"
    mv oci "${3%:*}"
}

# mount_layers DIR TYPE: the kernel's view of the layers of that type which stacker has written. It takes a layer that is
# there twice once: all that the lower one could give, its twin above gives.
mount_layers() {
    local digest digests layers=()
    digests=$(layer_digests "oci:it-$2" | tac | awk '!seen[$0]++' | tac)
    for digest in $digests; do
        layers+=("layers/${#layers[@]}")
        mkdir -p "${layers[-1]}"
        mount -t "$2" -o loop,ro "oci/blobs/${digest/://}" "${layers[-1]}"
    done
    stack "$1" "" "${layers[@]}"
}

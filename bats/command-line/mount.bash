# shellcheck shell=bash
# What tests of mounted images have in common. Loaded by `load mount`.

setup() {
    begin_test
    requires container loop
}

# mount_it TAG DIR [OPTION…]: stacker mount; taken down after the test.
mount_it() {
    mkdir -p "$2"
    stacker mount "${@:3}" "$1" "$2"
    realpath "$2" >>"$BATS_TEST_TMPDIR/mounted"
}

# refuse_mount ARGUMENT…: stacker mount, which has to fail, say why, and leave nothing.
refuse_mount() {
    refuse mount "$@"
    assert_devices 0
}

# list_devices: the loop devices that show files of this test.
list_devices() {
    losetup --noheadings --raw --output NAME,BACK-FILE |
        DIR=$BATS_TEST_TMPDIR/ awk 'index($2, ENVIRON["DIR"]) == 1 { print $1 }'
}

# assert_devices N: there are so many. The kernel may free one a moment after its last mount.
assert_devices() {
    local tenths
    for ((tenths = 0; tenths < 100 * slowness; tenths++)); do
        [[ $(list_devices | wc -l) != "$1" ]] || return 0
        pause
    done
    fail "not $1 loop devices: $(losetup --list)"
}

# pair_of TYPE…: "below", and "above" on it, which deletes, replaces and makes opaque.
pair_of() {
    local type options=()
    for type in "$@"; do options+=(--layer-type "$type"); done
    choose_level
    build_pair 'mkdir /d /o; seq 1 20000 > /d/numbers; echo old > /o/old; echo 1 > /both; ln -s d /link; chmod 1777 /o' \
        'rm /bin/vi; rm -r /o; mkdir /o; echo new > /o/new; echo 2 > /both; ln /both /twice' \
        "${options[@]}" "${level[@]}"
}

# change_manifest TAG FILTER: changes the image by jq.
change_manifest() {
    local new
    image_manifest "$1" | jq -c "$2" >manifest
    assert_file_not_empty manifest
    new=sha256:$(sha256sum manifest | cut -d' ' -f1)
    jq --arg tag "$1" --arg new "$new" --argjson size "$(stat -c %s manifest)" \
        '(.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $tag)) |=
            (.digest = $new | .size = $size)' oci/index.json >index
    mv manifest "oci/blobs/${new/://}"
    mv index oci/index.json
}

# chain_of COUNT: the image "fN" of COUNT squashfs layers without verity and a busybox below.
chain_of() {
    local n
    busybox_base
    {
        printf 'f1:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo 1 > /f1\n'
        for ((n = 2; n <= $1; n++)); do
            printf 'f%d:\n  from: {type: built, tag: f%d}\n  run: echo %d > /f%d\n' "$n" $((n - 1)) "$n" "$n"
        done
    } >stacker.yaml
    choose_level
    stacker build --layer-type squashfs --no-verity "${level[@]}"
}

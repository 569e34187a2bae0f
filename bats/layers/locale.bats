#!/usr/bin/env bats
# No result depends on the machine's locales: names are bytes.

load ../helpers

setup() {
    begin_test
    requires container root
}

# names_recipe: names beyond ASCII, in the extended headers of a tar.
names_recipe() {
    busybox_base
    mkdir -p tree/größe
    echo content >tree/größe/eins
    ln tree/größe/eins tree/größe/zweimal-ä
    ln -s größe/eins tree/zeiger-ö
    ln -s eins "tree/größe/$(printf 'latin-\344')"
    echo more >"tree/größe/$(printf 'latin-\366')"
    echo other >"tree/$(printf 'kein-nfc-o\314\210')"
    LC_ALL=C tar --format=posix --sort=name --mtime=@1700000000 --owner=0 --group=0 --numeric-owner -C tree -cf names.tar .
    cat >stacker.yaml <<'END'
names:
  from: {type: tar, url: names.tar}
it:
  from: {type: oci, url: "busybox:latest"}
  run: echo hello > /grüße
END
    clamp_times
}

# without_locales COMMAND…: runs it where the C library finds no locale.
without_locales() {
    unshare --mount sh -euc 'mount -t tmpfs none /usr/lib/locale; exec "$@"' sh "$@"
}

# behaviour: without any locale of the C library, not even C.UTF-8, images are the same
# documented: docs/storage.md#layers
# status: beyond
@test "a machine without locales builds the same images" {
    names_recipe
    stacker build
    assert_regex "$(list_layer names 0)" größe/zweimal-ä
    mv oci with
    stacker clean
    run -0 --separate-stderr without_locales "$STACKER" check
    refute_line --regexp '^fail'
    LC_ALL=de_DE.UTF-8 without_locales "$STACKER" build
    local tag
    for tag in names it; do
        assert_equal "$(image_manifest "$tag" | jq -c .layers)" "$(image_manifest "$tag" with | jq -c .layers)"
    done
}

# behaviour: characters in a name are not composed: a name in the image has the bytes that it has in the archive
# documented: docs/storage.md#layers
# status: beyond
@test "a decomposed name stays one" {
    names_recipe
    stacker build
    run list_layer names 0
    assert_line $'kein-nfc-o\314\210'
}

# behaviour: whatever the locale of the user, images are the same
# documented: docs/storage.md#layers
# status: beyond
@test "the user's locale decides on nothing" {
    names_recipe
    LC_ALL=C.UTF-8 stacker build
    mv oci with
    stacker clean
    LC_ALL=C LANG=C stacker build
    assert_equal "$(image_manifest names | jq -c .layers)" "$(image_manifest names with | jq -c .layers)"
}

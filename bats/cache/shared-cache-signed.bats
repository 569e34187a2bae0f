#!/usr/bin/env bats
# Caches that machines share: entries are signed by whoever may, and others than the trusted ones' are not taken.

load ../helpers
load ../registries
load shared-cache

# make_keys NAME…: makes NAME.pem, a private key, and NAME.pub, its public half, with OpenSSL.
make_keys() {
    local name
    requires curl openssl skopeo
    for name; do
        openssl genpkey -algorithm ed25519 -out "$name.pem"
        openssl pkey -in "$name.pem" -pubout -out "$name.pub"
        keep_to_stacker "$name.pem"
    done
}

# keep_to_stacker FILE: nobody but who runs stacker may read it.
keep_to_stacker() {
    [[ -z ${STACKER_TEST_USER:-} ]] || chown "$STACKER_TEST_USER" "$1"
    chmod 600 "$1"
}

# get_entry: the manifest of the only entry, in the file entry, and its key in $key.
get_entry() {
    key=$(list_entries)
    get_manifest "$key" >entry
}

# print_signed_text: what is signed of the file entry, by docs/registries.md.
print_signed_text() {
    jq -r '"stacker shared layer signature 1", "artifact \(.artifactType)",
        "config \(.config | "\(.digest) \(.size) \(.mediaType)")",
        (.layers[] | "blob \(.digest) \(.size) \(.mediaType)"),
        (.annotations | del(.["vnd.stacker.shared-layer.signature"], .["vnd.stacker.shared-layer.signed-by"])
            | to_entries | sort_by(.key)[] | "annotation \(.key) \(.value)")' entry
}

# assert_refused REASON [ARGUMENT…]: machine two, which knows nothing yet, builds what it may not take, and says why.
assert_refused() {
    forget two
    build_from two "${@:2}"
    assert_said "warning: couldn't take layer it from $cache: the entry $1"
    assert_built it
}

# behaviour: entries that --cache-sign signs are taken by who trusts that key, and OpenSSL says that the signature is right
# documented: docs/registries.md#signed-entries
# status: beyond
@test "a signed entry" {
    make_keys ci
    machine one
    machine two
    share one --cache-sign ../ci.pem
    assert_said "shared layer it at $cache"
    refute_said warning
    build_from two --cache-trust ../ci.pub
    assert_said "took layer it from $cache"
    assert_same it
    get_entry
    print_signed_text >text
    jq -r '.annotations["vnd.stacker.shared-layer.signature"]' entry | base64 -d >signature
    openssl pkeyutl -verify -pubin -inkey ci.pub -rawin -in text -sigfile signature
    assert_equal "$(jq -r '.annotations["vnd.stacker.shared-layer.signed-by"]' entry)" \
        "sha256:$(openssl pkey -pubin -in ci.pub -outform DER | sha256sum | cut -d' ' -f1)"
    assert_equal "$(jq -r '.annotations["vnd.stacker.shared-layer.key"]' entry)" "$key"
    # Who trusts anybody takes it, too.
    forget two
    build_from two
    assert_said "took layer it"
}

# behaviour: what OpenSSL signs of an entry is taken as what stacker signs
# documented: docs/registries.md#signed-entries
# status: beyond
@test "an entry that OpenSSL signed" {
    make_keys ci other
    machine one
    machine two
    share one --cache-sign ../ci.pem
    get_entry
    print_signed_text >text
    openssl pkeyutl -sign -inkey other.pem -rawin -in text -out signature
    jq -c --arg signature "$(base64 -w0 signature)" \
        --arg key "sha256:$(openssl pkey -pubin -in other.pub -outform DER | sha256sum | cut -d' ' -f1)" \
        '.annotations["vnd.stacker.shared-layer.signature"] = $signature
            | .annotations["vnd.stacker.shared-layer.signed-by"] = $key' entry >signed
    put_manifest signed "$key"
    assert_refused "is signed by a key that is not trusted" --cache-trust ../ci.pub
    forget two
    build_from two --cache-trust ../other.pub
    assert_said "took layer it"
    assert_same it
}

# behaviour: with --cache-trust an entry that nobody signed, or somebody else, is not taken, nothing of it is fetched, and why is said
# documented: docs/registries.md#signed-entries
# status: beyond
@test "entries that nobody vouches for" {
    make_keys ci other
    machine one
    machine two
    share one
    list_registry_requests >/dev/null
    assert_refused "is not signed" --cache-trust ../ci.pub
    run list_registry_requests
    refute_output --partial /blobs/
    share one --cache-sign ../other.pem
    list_registry_requests >/dev/null
    assert_refused "is signed by a key that is not trusted, sha256:" --cache-trust ../ci.pub
    run list_registry_requests
    refute_output --partial /blobs/
}

# behaviour: of several keys that are trusted each will do, so that one can follow another
# documented: docs/registries.md#signed-entries
# status: beyond
@test "rotation" {
    make_keys old new
    machine one
    machine two
    share one --cache-sign ../old.pem
    both=(--cache-trust ../old.pub --cache-trust ../new.pub)
    build_from two "${both[@]}"
    assert_said "took layer it"
    # As long as the old key is trusted its entries stay.
    share one --cache-sign ../new.pem "${both[@]}"
    refute_said "shared layer"
    share one --cache-sign ../new.pem
    assert_said "replacing layer it at $cache: the entry is signed by a key that is not trusted"
    assert_said "shared layer it"
    forget two
    build_from two "${both[@]}"
    assert_said "took layer it"
    assert_refused "is signed by a key that is not trusted" --cache-trust ../old.pub
}

# behaviour: an entry that is there and not signed is replaced by who signs, and one that is signed stays
# documented: docs/registries.md#signed-entries
# status: beyond
@test "an entry that was not signed" {
    make_keys ci
    machine one
    share one
    share one --cache-sign ../ci.pem
    assert_said "replacing layer it at $cache: the entry is not signed"
    assert_said "shared layer it at $cache"
    for options in "--cache-sign ../ci.pem" ""; do
        # shellcheck disable=SC2086  # none, or two words
        share one $options
        refute_said "shared layer"
    done
}

# behaviour: a signed entry under another layer's key, or with anything changed, is not taken, and why is said
# documented: docs/registries.md#signed-entries
# status: beyond
@test "entries that were moved or changed" {
    make_keys ci
    machine one
    machine two
    share one --cache-sign ../ci.pem
    get_entry
    right=$key
    sed -i 's,/random$,/other,' one/stacker.yaml
    share one --cache-sign ../ci.pem
    other=$(list_entries | grep -v "$right")
    skopeo copy --quiet --src-tls-verify=false --dest-tls-verify=false "$cache:$other" "$cache:$right"
    assert_refused "was signed as another layer's: its vnd.stacker.shared-layer.key is \"$other\", and not \"$right\"" \
        --cache-trust ../ci.pub
    changes=(
        '.config.digest = .layers[0].digest'
        '.config.size += 1'
        '.config.mediaType = "application/json"'
        '.layers[-1].digest = .layers[0].digest'
        '.layers[-1].size += 1'
        '.layers[-1].mediaType = "application/x-other"'
        '.layers += [.layers[0]]'
        '.layers |= reverse'
        '.annotations["vnd.stacker.shared-layer.machine"] = "sparc"'
        '.annotations["vnd.stacker.shared-layer.platform"] = "linux/sparc"'
        '.annotations["org.example.more"] = "more"'
        'del(.annotations["vnd.stacker.shared-layer.machine"])'
    )
    for change in "${changes[@]}"; do
        jq -c "$change" entry >changed
        put_manifest changed "$right"
        assert_refused "has a signature that is wrong" --cache-trust ../ci.pub
    done
    put_manifest entry "$right"
    forget two
    build_from two --cache-trust ../ci.pub
    assert_said "took layer it"
}

# behaviour: a new signature changes no key of what stands on a build_only layer, or imports from it
# documented: docs/registries.md#signed-entries
# status: beyond
@test "layers on build_only layers that another key signed" {
    make_keys ci other
    stages one
    stages two
    share one --cache-sign ../ci.pem
    keys=$(list_entries)
    share one --cache-sign ../other.pem
    for name in tools more app other; do assert_said "shared layer $name at"; done
    assert_equal "$(list_entries)" "$keys"
    build_from two --cache-trust ../other.pub
    assert_all_taken
    assert_same app
    # It is signed by who passes it on.
    run --separate-stderr on two build --cache-skip-tls --cache-to "docker://$registry/passed" --cache-sign ../ci.pem
    assert_success
    forget two
    run --separate-stderr on two build --cache-skip-tls --cache-from "docker://$registry/passed" --cache-trust ../ci.pub
    assert_success
    assert_all_taken
}

# behaviour: recursive-build signs, and takes only what is signed
# documented: docs/commands.md#recursive-build
# status: beyond
@test "recursive-build" {
    make_keys ci
    machine one
    machine two
    on one recursive-build --cache-to "$cache" --cache-skip-tls --cache-sign ../ci.pem
    run --separate-stderr on two recursive-build --cache-from "$cache" --cache-skip-tls --cache-trust ../ci.pub
    assert_success
    assert_said "took layer it"
}

#!/usr/bin/env bats
# Caches that machines share: what is no key that can be used is an error before anything is built.

load ../helpers

setup() {
    begin_test
    requires container openssl
    busybox_recipe
    openssl genpkey -algorithm ed25519 -out key.pem
    openssl pkey -in key.pem -pubout -out key.pub
    chmod 644 key.pem
}

# refuse_key OPTION FILE REASON HELP
refuse_key() {
    local cache=(--cache-to docker://127.0.0.1:1/cache)
    [[ $1 == --cache-sign ]] || cache=(--cache-from docker://127.0.0.1:1/cache)
    refuse build "${cache[@]}" "$1" "$2"
    assert_said "error: couldn't use $1 $2: $3"
    assert_said "help: "
    assert_said "$4"
    assert_not_exists oci
}

# behaviour: a file that is no private key of Ed25519 in the clear signs nothing: what it is is said, and how one is made
# documented: docs/registries.md#signed-entries
# status: beyond
@test "no private key" {
    refuse_key --cache-sign key.pub "it is a public key" "openssl genpkey -algorithm ed25519"
    echo nothing >text
    refuse_key --cache-sign text "there is no private key in it" "openssl genpkey"
    head -c 100000 /dev/zero >long
    refuse_key --cache-sign long "it is longer than any key" "openssl genpkey"
    refuse_key --cache-sign . "it is no file" "put the key into a file"
    openssl genpkey -algorithm rsa -out rsa.pem 2>/dev/null
    refuse_key --cache-sign rsa.pem "it is a key for RSA" "openssl genpkey"
    openssl pkey -in key.pem -aes256 -passout pass:secret -out encrypted.pem
    refuse_key --cache-sign encrypted.pem "the key in it is encrypted" "openssl pkey -in FILE -out DECRYPTED"
    openssl rsa -in rsa.pem -aes256 -passout pass:secret -traditional -out old.pem 2>/dev/null
    refuse_key --cache-sign old.pem "the key in it is encrypted" "openssl pkey"
    cat key.pem key.pem >several.pem
    refuse_key --cache-sign several.pem "there are several private keys in it" "the one that signs"
    echo "-----BEGIN OPENSSH PRIVATE KEY-----" >ssh
    refuse_key --cache-sign ssh "it is a key of OpenSSH's" "openssl genpkey"
    sed 's/^M/N/' key.pem >damaged.pem
    run -1 --separate-stderr stacker build --cache-to docker://127.0.0.1:1/cache --cache-sign damaged.pem
    assert_said "couldn't use --cache-sign damaged.pem: the key in it can't be read"
    run -1 --separate-stderr stacker build --cache-to docker://127.0.0.1:1/cache --cache-sign missing.pem
    assert_said "couldn't use --cache-sign missing.pem: no such file or directory"
}

# behaviour: a file that is no public key of Ed25519 is trusted by nobody: what it is is said, and how one is made
# documented: docs/registries.md#signed-entries
# status: beyond
@test "no public key" {
    refuse_key --cache-trust key.pem "there is a private key in it" "openssl pkey -in FILE -pubout -out FILE.pub"
    echo nothing >text
    refuse_key --cache-trust text "there is no public key in it" "openssl genpkey"
    openssl genpkey -algorithm rsa 2>/dev/null | openssl pkey -pubout -out rsa.pub
    refuse_key --cache-trust rsa.pub "it is a key for RSA" "openssl genpkey"
    openssl req -x509 -key key.pem -subj /CN=it -days 2 -out certificate.pem
    refuse_key --cache-trust certificate.pem "it is a certificate" "openssl x509 -in FILE -pubkey -noout"
    openssl x509 -in certificate.pem -pubkey -noout -out taken.pub
    cmp key.pub taken.pub
    cat key.pub key.pub >several.pub
    refuse_key --cache-trust several.pub "there are several public keys in it" "name a file for each"
    # One that is right doesn't make up for one that is not.
    refuse build --cache-from docker://127.0.0.1:1/cache --cache-trust key.pub --cache-trust text
    assert_said "couldn't use --cache-trust text"
    rm key.pub
    mkfifo key.pub
    refuse_key --cache-trust key.pub "it is no file" "put the key into a file"
}

# behaviour: to sign nothing, or to trust where nothing is taken, is an error that says what is missing
# documented: docs/commands.md#build
# status: beyond
@test "keys without a cache" {
    refuse build --cache-sign key.pem
    assert_said "there is no --cache-to"
    refuse build --cache-sign key.pem --cache-from docker://127.0.0.1:1/cache
    assert_said "there is no --cache-to"
    refuse build --cache-trust key.pub --cache-to docker://127.0.0.1:1/cache
    assert_said "there is no --cache-from"
}

# behaviour: a private key that others can read is used, with a warning, once; nothing of a private key is ever shown
# documented: docs/registries.md#signed-entries; docs/security.md#secrets
# status: beyond
@test "a private key that others can read" {
    run --separate-stderr stacker --debug build --cache-to docker://127.0.0.1:1/cache --cache-sign key.pem
    assert_success
    assert_equal "$(grep -c 'warning: others can read the private key key.pem, whose mode is 644' <<<"$stderr")" 1
    refute_said "$(sed -n 2p key.pem)"
    refute_said "$(openssl pkey -in key.pem -outform DER | tail -c 32 | od -An -tx1 | tr -d ' \n')"
    chmod 600 key.pem
    [[ -z ${STACKER_TEST_USER:-} ]] || chown "$STACKER_TEST_USER" key.pem
    run --separate-stderr stacker build --cache-to docker://127.0.0.1:1/cache --cache-sign key.pem
    assert_success
    refute_said "others can read"
}

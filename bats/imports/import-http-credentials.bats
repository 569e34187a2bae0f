#!/usr/bin/env bats
# Files from web servers that want a password: where it comes from, and where it never goes.

load ../helpers
load web-server

# protect_file AUTHS: files/private/file, for which the server wants a password, and auth.json with AUTHS, an object of
# jq's in which $place is the server and $auth what lets us in.
protect_file() {
    mkdir files/private
    echo one >files/private/file
    jq -n --arg place "${url#http://}" --arg auth "$(printf me:s3cr3t | base64)" "{auths: $1}" >auth.json
}

# behaviour: user and password of a URL are sent to its server, and are in no message and nothing that is kept
# documented: docs/downloads.md#credentials
# status: beyond
@test "credentials in a URL" {
    busybox_base
    serve
    mkdir files/private
    echo one >files/private/file
    write_recipe "http://me:s3cr3t@${url#http://}/private/file"
    run --separate-stderr stacker --debug build
    assert_success
    assert_equal "$(cat .stacker/imports/it/file)" one
    refute_said "s3cr3t"
    run grep -r s3cr3t .stacker
    refute_output
    sed -i 's,private/file,private/missing,' stacker.yaml
    refuse --debug build
    assert_said "$url/private/missing"
    refute_said "s3cr3t"
    write_recipe "http://me:wrong-s3cr3t@${url#http://}/private/other"
    refuse build
    assert_said "401"
    refute_said "s3cr3t"
}

# behaviour: a password that a login has kept is sent by http to this machine only
# documented: docs/downloads.md#credentials
# status: beyond
@test "credentials of a login, without TLS" {
    busybox_base
    serve
    protect_file '{($place): {auth: $auth}, "elsewhere.invalid": {auth: $auth}}'
    export REGISTRY_AUTH_FILE=auth.json
    write_recipe "$url/private/file"
    stacker build
    assert_equal "$(cat .stacker/imports/it/file)" one
    write_recipe "http://elsewhere.invalid/private/file"
    http_proxy=$url refuse build
    assert_said "401"
}

# behaviour: a password that a login has kept for a server is sent to it by https, when it asks, and nowhere else
# documented: docs/downloads.md#credentials
# status: beyond
@test "credentials of a login" {
    busybox_base
    serve_tls
    protect_file '{($place + "/private"): {auth: $auth}, ($place): {auth: "bm86bm8="}}'
    export SSL_CERT_FILE=ca.pem
    write_recipe "${url/http:/https:}/private/file"
    refuse build
    assert_said "401"
    REGISTRY_AUTH_FILE=auth.json run --separate-stderr stacker --debug build
    assert_success
    refute_said s3cr3t
    assert_equal "$(cat .stacker/imports/it/file)" one
    run grep -r s3cr3t .stacker
    refute_output
}

# behaviour: a password that ~/.netrc has for a host is sent to it, and not to another one that it leads to
# documented: docs/downloads.md#credentials
# status: beyond
@test "credentials in ~/.netrc" {
    busybox_base
    serve
    mkdir files/private
    echo one >files/private/file
    export HOME=$PWD
    write_recipe "$url/private/file"
    refuse build
    assert_said 401
    printf 'machine 127.0.0.1\n  login me\n  password s3cr3t\n' >.netrc
    chmod 644 .netrc
    run --separate-stderr stacker --debug build
    assert_success
    refute_said s3cr3t
    assert_equal "$(cat .stacker/imports/it/file)" one
    # By another name it is another host, which is not the one that is asked.
    echo "${url/127.0.0.1/localhost}/private/file" >files/moved.location
    sed -i "s/machine .*/machine localhost/" .netrc
    write_recipe "$url/moved"
    refuse build
    assert_said 401
}

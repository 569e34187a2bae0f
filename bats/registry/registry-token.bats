#!/usr/bin/env bats
# Registries that want tokens: got from another server, for what is to be done and no more.

load ../helpers
load ../registries

setup() {
    begin_test
    requires container docker_registry openssl skopeo
    unset REGISTRY_AUTH_FILE XDG_RUNTIME_DIR DOCKER_CONFIG
    start_registry token
    export skopeo_login=me:s3cr3t
}

# write_login FILE [USER:PASSWORD]: a file as a login leaves it.
write_login() {
    mkdir -p "$(dirname "$1")"
    jq -n --arg place "$registry" --arg auth "$(printf %s "${2:-me:s3cr3t}" | base64)" '{auths: {($place): {auth: $auth}}}' >"$1"
}

# log_in [USER:PASSWORD]: as a login would have it, in the first place of those that containers-auth.json(5) names.
log_in() {
    write_login run/containers/auth.json "$@"
    export XDG_RUNTIME_DIR=$PWD/run
}

# forget_requests: what was asked of the token server until now does not count.
forget_requests() {
    rm -f tokens/requests
}

# refute_secrets: no message has the password, or a token.
refute_secrets() {
    refute_said s3cr3t
    refute_said "$(printf me:s3cr3t | base64)"
    # What every token of the server begins with.
    refute_said eyJ0eXAi
}

# behaviour: what is public is pulled without a login, with a token for that and no more
# documented: docs/registries.md#credentials
# status: documented
@test "a pull by anybody" {
    push_base public/base:latest
    forget_requests
    docker_recipe "$registry/public/base"
    run --separate-stderr stacker --debug build
    assert_success
    assert_equal "$(count_layers it)" 2
    assert_equal "$(cat tokens/requests)" "- repository:public/base:pull"
    refute_secrets
}

# behaviour: what is not public needs a login, which gets a token for the pull and no more
# documented: docs/registries.md#credentials
# status: documented
@test "a pull with a login" {
    push_base team/base:latest
    docker_recipe "$registry/team/base"
    refuse build
    log_in
    forget_requests
    run --separate-stderr stacker --debug build
    assert_success
    assert_equal "$(sort -u tokens/requests)" "me repository:team/base:pull"
    refute_secrets
}

# behaviour: without a login the error says how to get one, and one token is asked for
# documented: docs/registries.md#credentials
# status: beyond
@test "a pull without a login" {
    push_base team/base:latest
    forget_requests
    docker_recipe "$registry/team/base"
    refuse build
    assert_said "couldn't get the manifest of docker://$registry/team/base:latest"
    assert_said "skopeo login $registry"
    # A new token would be no better.
    assert_equal "$(wc -l <tokens/requests)" 1
    log_in
    forget_requests
    stacker build
    assert_equal "$(cat tokens/requests)" "me repository:team/base:pull"
}

# behaviour: a wrong password is an error that does not show it
# documented: docs/registries.md#credentials
# status: documented
@test "a wrong password for a token" {
    push_base team/base:latest
    docker_recipe "$registry/team/base"
    log_in me:wr0ng
    refuse --debug build
    refute_said wr0ng
    refute_said "$(printf me:wr0ng | base64)"
}

# behaviour: the error of a wrong password says that it was a token that could not be had
# documented: docs/registries.md#credentials
# status: beyond
@test "why there is no token" {
    push_base team/base:latest
    docker_recipe "$registry/team/base"
    log_in me:wr0ng
    refuse build
    assert_said "couldn't get a token for $registry/team/base"
    assert_said "401"
}

# behaviour: a token that is not good any more is replaced, in the middle of a pull as well
# documented: docs/registries.md#credentials
# status: beyond
@test "a token that ends in a pull" {
    push_base team/base:latest
    forget_requests
    direct=$registry
    start_faults "GET $(layer_digest latest 0 busybox) login"
    log_in
    docker_recipe "$registry/team/base"
    stacker build
    assert_equal "$(count_layers it)" 2
    assert_equal "$(cat tokens/requests)" $'me repository:team/base:pull\nme repository:team/base:pull'
    assert_base_cache_whole
}

# behaviour: publish asks for tokens to push
# documented: docs/registries.md#credentials; docs/commands.md#publish
# status: documented
@test "publish" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo it >/it\n' >stacker.yaml
    stacker build
    refuse publish --url "docker://$registry/team" --tag v1 --skip-tls
    log_in
    stacker publish --url "docker://$registry/team" --tag v1 --skip-tls
    skopeo copy --quiet --src-tls-verify=false --src-creds me:s3cr3t "docker://$registry/team/it:v1" oci:copy:it
    assert_equal "$(image_manifest it copy)" "$(image_manifest it)"
}

# behaviour: publish replaces a token that ends in the middle of an upload; without a login it says how to get one
# documented: docs/registries.md#credentials; docs/commands.md#publish
# status: beyond
@test "tokens that end while an image is published" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo it >/it\n' >stacker.yaml
    stacker build
    refuse publish --url "docker://$registry/team" --tag v1 --skip-tls
    assert_said "skopeo login $registry"
    forget_requests
    direct=$registry
    start_faults "PUT /blobs/ login" "POST /blobs/ login" "PUT /manifests/ login"
    log_in
    run --separate-stderr stacker --debug publish --url "docker://$registry/team" --tag v1 --skip-tls
    assert_success
    refute_secrets
    assert_equal "$(sort -u tokens/requests)" "me repository:team/it:pull,push"
    skopeo copy --quiet --src-tls-verify=false --src-creds me:s3cr3t "docker://$direct/team/it:v1" oci:copy:it
    assert_equal "$(image_manifest it copy)" "$(image_manifest it)"
}

# behaviour: to take a blob over from another repository, the token is for both; where it is not, the blob is sent
# documented: docs/registries.md#publishing
# status: beyond
@test "taking over from another repository" {
    push_base team/base:latest
    log_in
    docker_recipe "$registry/team/base"
    stacker build
    forget_requests
    stacker publish --url "docker://$registry/team" --tag v1 --skip-tls
    grep -qxF "me repository:team/it:pull,push repository:team/base:pull" tokens/requests
    # Its own layer and its config.
    assert_equal "$(list_registry_requests | grep -c '^PUT /v2/team/it/blobs/')" 2
    touch tokens/one-scope
    stacker publish --url "docker://$registry/other" --tag v1 --skip-tls
    assert_equal "$(list_registry_requests | grep -c '^PUT /v2/other/it/blobs/')" 3
    skopeo copy --quiet --src-tls-verify=false --src-creds me:s3cr3t "docker://$registry/other/it:v1" oci:copy:it
    assert_equal "$(image_manifest it copy)" "$(image_manifest it)"
}

# behaviour: shared caches log in like everything else
# documented: docs/registries.md#shared-caches
# status: beyond
@test "a shared cache" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: cat /proc/sys/kernel/random/uuid >/it\n' >stacker.yaml
    log_in
    stacker build --cache-to "docker://$registry/team/cache" --cache-skip-tls
    manifest=$(image_manifest it)
    rm -rf oci roots .stacker
    run --separate-stderr stacker --debug build --cache-from "docker://$registry/team/cache" --cache-skip-tls
    assert_success
    refute_secrets
    assert_equal "$(image_manifest it)" "$manifest"
}

#!/usr/bin/env bats
# Registries that want to know who asks: where user name and password come from, and where they never go.

load ../helpers
load ../registries

setup() {
    begin_test
    requires container docker_registry htpasswd skopeo
    unset REGISTRY_AUTH_FILE XDG_RUNTIME_DIR DOCKER_CONFIG
    export skopeo_login=me:s3cr3t
}

# The first place where logins are, of those that containers-auth.json(5) names.
login_file=run/containers/auth.json

# write_login FILE [USER:PASSWORD] [PLACE]: a file as skopeo login writes it.
write_login() {
    mkdir -p "$(dirname "$1")"
    jq -n --arg place "${3:-$registry}" --arg auth "$(printf %s "${2:-me:s3cr3t}" | base64)" \
        '{auths: {($place): {auth: $auth}}}' >"$1"
}

# refute_password: no file that stacker has written, and nothing that it said, has the password, however it is packed.
refute_password() {
    local file
    refute_said s3cr3t
    refute_said "$(printf me:s3cr3t | base64)"
    while read -r file; do
        if zcat --force "$file" | grep -qaF -e s3cr3t -e "$(printf me:s3cr3t | base64)"; then fail "$file has it"; fi
    done < <(
        find .stacker oci -type f
        # The base's hundreds of names are one file.
        find roots -type f -links 1
    )
}

# behaviour: a login that skopeo has kept is used
# documented: docs/registries.md#credentials; containers-auth.json(5)
# status: documented
@test "a login of skopeo's" {
    start_registry login
    push_base
    mkdir -p run/containers
    skopeo login --tls-verify=false --authfile "$login_file" --username me --password s3cr3t "$registry" >/dev/null
    docker_recipe "$registry/base"
    XDG_RUNTIME_DIR=$PWD/run stacker build
    assert_equal "$(count_layers it)" 2
}

# behaviour: REGISTRY_AUTH_FILE names the file of logins; what is in it goes nowhere else
# documented: docs/registries.md#credentials
# status: beyond
@test "a login of a file that is named" {
    start_registry login
    push_base
    write_login auth.json
    docker_recipe "$registry/base"
    REGISTRY_AUTH_FILE=auth.json run --separate-stderr stacker --debug build
    assert_success
    assert_equal "$(count_layers it)" 2
    refute_password
}

# behaviour: each place where logins are kept is looked into
# documented: docs/registries.md#credentials; containers-auth.json(5)
# status: documented
@test "the places of logins" {
    start_registry login
    push_base
    docker_recipe "$registry/base"
    for file in run/containers/auth.json "$HOME/.config/containers/auth.json" "$HOME/.docker/config.json"; do
        write_login "$file"
        XDG_RUNTIME_DIR=$PWD/run stacker build --no-cache
        rm "$file"
    done
    XDG_RUNTIME_DIR=$PWD/run refuse build --no-cache
}

# behaviour: without a login the error says where it was looked for
# documented: docs/registries.md#credentials
# status: beyond
@test "no login" {
    start_registry login
    docker_recipe "$registry/base"
    XDG_RUNTIME_DIR=$PWD/run refuse build
    assert_said "wants a user name and a password"
    assert_said "$PWD/$login_file"
}

# behaviour: the entry with the longest path that matches the image wins
# documented: docs/registries.md#credentials; containers-auth.json(5)
# status: documented
@test "the longest path wins" {
    start_registry login
    push_base team/base:latest
    docker_recipe "$registry/team/base"
    write_login a.json me:wrong
    write_login b.json me:s3cr3t "$registry/team"
    mkdir -p run/containers
    jq -s '{auths: (.[0].auths + .[1].auths)}' a.json b.json >"$login_file"
    XDG_RUNTIME_DIR=$PWD/run stacker build
}

# behaviour: a wrong password is an error that does not show it
# documented: docs/registries.md#credentials
# status: documented
@test "a wrong password" {
    start_registry login
    push_base
    docker_recipe "$registry/base"
    write_login "$login_file" me:wrong-s3cr3t
    XDG_RUNTIME_DIR=$PWD/run refuse --debug build
    refute_said wrong-s3cr3t
    refute_said "$(printf me:wrong-s3cr3t | base64)"
}

# behaviour: a wrong password is an error that names the registry and the file, and not the password
# documented: docs/registries.md#credentials
# status: beyond
@test "a wrong password of a file that is named" {
    start_registry login
    push_base
    docker_recipe "$registry/base"
    write_login auth.json me:wrong-s3cr3t
    REGISTRY_AUTH_FILE=auth.json refuse --debug build
    assert_said "$registry does not accept the user name and password"
    assert_said auth.json
    refute_said wrong-s3cr3t
    refute_said "$(printf me:wrong-s3cr3t | base64)"
}

# make_helper: puts docker-credential-test into ./bin, which answers with the right password, and tells of it in ./asked.
make_helper() {
    mkdir bin
    cat >bin/docker-credential-test <<'END'
#!/bin/sh
read -r server
echo "$1 $server" >asked
printf '{"ServerURL": "%s", "Username": "me", "Secret": "s3cr3t"}' "$server"
END
    chmod +x bin/docker-credential-test
}

# behaviour: a credential helper is asked for the registry that it is named for
# documented: docs/registries.md#credentials; containers-auth.json(5)
# status: documented
@test "a credential helper" {
    start_registry login
    push_base
    docker_recipe "$registry/base"
    make_helper
    mkdir -p run/containers
    jq -n --arg place "$registry" '{credHelpers: {($place): "test"}}' >"$login_file"
    PATH=$PWD/bin:$PATH XDG_RUNTIME_DIR=$PWD/run stacker build
    assert_equal "$(cat asked)" "get $registry"
    assert_equal "$(count_layers it)" 2
}

# behaviour: a helper may be that of all registries; its answer goes nowhere else, and one that fails is an error that names it
# documented: docs/registries.md#credentials
# status: beyond
@test "credential helpers" {
    start_registry login
    push_base
    docker_recipe "$registry/base"
    make_helper
    for config in '{credHelpers: {($place): "test"}}' '{credsStore: "test", auths: {($place): {}}}'; do
        jq -n --arg place "$registry" "$config" >auth.json
        PATH=$PWD/bin:$PATH REGISTRY_AUTH_FILE=auth.json run --separate-stderr stacker --debug build --no-cache
        assert_success
        assert_equal "$(cat asked)" "get $registry"
        refute_password
    done
    printf '#!/bin/sh\necho s3cr3t; exit 3\n' >bin/docker-credential-test
    PATH=$PWD/bin:$PATH REGISTRY_AUTH_FILE=auth.json refuse --debug build --no-cache
    assert_said "docker-credential-test"
    assert_said "status 3"
    refute_said s3cr3t
}

# build_it: an image to publish.
build_it() {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo it >/it\n' >stacker.yaml
    stacker build
}

# behaviour: publish logs in as well, also by --username and --password, which go together
# documented: docs/registries.md#credentials; docs/commands.md#publish
# status: documented
@test "publish with a login" {
    start_registry login
    build_it
    refuse publish --url "docker://$registry" --tag a --skip-tls
    stacker publish --url "docker://$registry" --tag a --skip-tls --username me --password s3cr3t
    write_login "$login_file"
    XDG_RUNTIME_DIR=$PWD/run stacker publish --url "docker://$registry" --tag b --skip-tls
    for tag in a b; do
        skopeo inspect --tls-verify=false --creds me:s3cr3t "docker://$registry/it:$tag" >/dev/null
    done
    refuse publish --url "docker://$registry" --tag c --skip-tls --username me --password wrong-s3cr3t
    refuse publish --url "docker://$registry" --tag c --username me
    assert_said password
}

# behaviour: the password of publish is in no message; without one, or with a wrong one, the error says so
# documented: docs/registries.md#credentials; docs/commands.md#publish
# status: beyond
@test "publish and its password" {
    start_registry login
    build_it
    refuse publish --url "docker://$registry" --tag a --skip-tls
    assert_said "wants a user name and a password"
    run --separate-stderr stacker --debug publish --url "docker://$registry" --tag a --skip-tls \
        --username me --password s3cr3t
    assert_success
    refute_password
    refuse --debug publish --url "docker://$registry" --tag c --skip-tls --username me --password wrong-s3cr3t
    assert_said "does not accept the user name and password"
    refute_said s3cr3t
    refuse publish --url "docker://$registry" --tag c --username me
    assert_said "--password"
}

# behaviour: user name and password go over verified TLS, too
# documented: docs/registries.md#tls
# status: documented
@test "a login over TLS" {
    start_registry tls login
    push_base
    docker_recipe "$registry/base" ""
    write_login "$login_file"
    XDG_RUNTIME_DIR=$PWD/run SSL_CERT_FILE=registry/ca.pem stacker build
    assert_equal "$(count_layers it)" 2
}

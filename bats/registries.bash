# shellcheck shell=bash
# Registries for tests: Debian's docker-registry, and a proxy in front of it that does what goes wrong. Loaded by
# `load ../registries` after `load ../helpers`. Both end with the test.

say_what_docker_registry_lacks() { say_what_program_lacks docker-registry; }
say_what_curl_lacks() { say_what_program_lacks curl; }
say_what_htpasswd_lacks() { say_what_program_lacks htpasswd; }

# start_registry [tls] [login|token]: starts a registry in ./registry; $registry is its host and port. "tls": with a
# certificate of the authority ./registry/ca.pem. "login": only for the user "me" with the password "s3cr3t". "token": with
# tokens of tools/serve/token-server.py, whose state is ./tokens; anybody may pull what is below "public/".
start_registry() {
    mkdir -p registry
    [[ " $* " != *" token "* ]] || start_token_server
    write_registry_configuration "$@" >registry/config.yml
    start docker-registry serve registry/config.yml
    registry_process=$started
    wait_for_listener
}

# stop_registry: nobody listens at $registry any more.
stop_registry() {
    kill -TERM "$registry_process"
    started=$registry_process
    wait_for_end
}

write_registry_configuration() {
    printf 'version: 0.1\nlog: {level: info}\nstorage: {filesystem: {rootdirectory: %s}, delete: {enabled: true}}\n' \
        "$PWD/registry/data"
    printf 'http:\n  addr: 127.0.0.1:%s\n' "${registry_port:-0}"
    if [[ " $* " == *" tls "* ]]; then
        requires openssl
        make_certificate
        printf '  tls: {certificate: %s, key: %s}\n' "$PWD/registry/ca.pem" "$PWD/registry/key.pem"
    fi
    if [[ " $* " == *" login "* ]]; then
        requires htpasswd
        htpasswd -Bbn me s3cr3t >registry/htpasswd
        printf 'auth: {htpasswd: {realm: test, path: %s}}\n' "$PWD/registry/htpasswd"
    fi
    if [[ " $* " == *" token "* ]]; then
        printf 'auth: {token: {realm: "http://127.0.0.1:%s/token", service: test, issuer: test, rootcertbundle: %s}}\n' \
            "$(<tokens/port)" "$PWD/registry/ca.pem"
    fi
}

start_token_server() {
    requires openssl
    mkdir -p tokens
    make_certificate
    start "$TOP/tools/serve/token-server.py" tokens registry/ca.pem registry/key.pem
    wait_for_file tokens/port
}

make_certificate() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1 \
        -keyout registry/key.pem -out registry/ca.pem 2>registry/openssl.log
}

# Waits until the registry says where it listens.
wait_for_listener() {
    local tenths
    for ((tenths = 0; tenths < 600; tenths++)); do
        registry=$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' started.err | head -n 1)
        [[ -z $registry ]] || break
        kill -0 "$started" 2>/dev/null || break
        sleep 0.1
    done
    [[ -n $registry ]] || fail "no registry: $(cat started.out started.err)"
    mv started.out registry/access.log
    mv started.err registry/log
}

# list_registry_requests: what the registry was asked since the last call, one "METHOD PATH" a line.
list_registry_requests() {
    # The registry writes on into the file that it has open, also meanwhile.
    local from to
    from=$(cat registry/seen 2>/dev/null || echo 0)
    to=$(stat -c %s registry/access.log)
    head -c "$to" registry/access.log | tail -c "+$((from + 1))" |
        sed -n 's/.*"\([A-Z]*\) \([^ ?]*\)[^ ]* HTTP.*/\1 \2/p'
    echo "$to" >registry/seen
}

# push_base [NAME:TAG]: puts the busybox image into the registry, by skopeo.
push_base() {
    requires skopeo
    [[ -d busybox ]] || busybox_base
    skopeo copy --quiet --dest-tls-verify=false ${skopeo_login:+--dest-creds "$skopeo_login"} \
        oci:busybox:latest "docker://$registry/${1:-base:latest}"
}

# docker_recipe REFERENCE [MORE]: a layer on an image of a registry; MORE goes into its from.
docker_recipe() {
    printf 'it:\n  from: {type: docker, url: "docker://%s"%s}\n  run: echo it >/it\n' "$1" "${2-, insecure: true}" \
        >stacker.yaml
}

# start_faults FAULT…: starts a proxy for $registry; from here on $registry is the proxy. See tools/serve/fault-proxy.py.
start_faults() {
    mkdir -p faults
    rm -f faults/port
    start "$TOP/tools/serve/fault-proxy.py" "$registry" faults "$@"
    wait_for_file faults/port
    registry=127.0.0.1:$(<faults/port)
}

# assert_base_cache_whole: each blob of pulled bases has the content that its name says, and nothing else is there.
assert_base_cache_whole() {
    [[ -d .stacker/layer-bases/oci/blobs/sha256 ]] || return 0
    assert_layout_whole .stacker/layer-bases/oci
    run find .stacker/layer-bases/oci -name '*.tmp'
    refute_output
}

# shellcheck shell=bash
# Registries for tests: Debian's docker-registry, and a proxy in front of it that does what goes wrong. Loaded by
# `load ../registries` after `load ../helpers`. Both end with the test.

say_what_docker_registry_lacks() { say_what_program_lacks docker-registry; }
say_what_curl_lacks() { say_what_program_lacks curl; }
say_what_htpasswd_lacks() { say_what_program_lacks htpasswd; }

# start_registry [tls] [login|token] [keeping]: starts a registry in ./registry; $registry is its host and port. "keeping": it
# lets nobody delete. "tls": with a certificate of the authority ./registry/ca.pem. "login": only for the user "me" with the password "s3cr3t". "token": with
# tokens of tools/serve/token-server.py, whose state is ./tokens; anybody may pull what is below "public/". $registry_name is a
# name that the certificate holds for, beside 127.0.0.1.
start_registry() {
    mkdir -p registry
    [[ " $* " != *" token "* ]] || start_token_server
    write_registry_configuration "$@" >registry/config.yml
    start docker-registry serve registry/config.yml
    registry_process=$started
    wait_for_listener
}

# start_docker_hub: all that stacker asks, it asks a registry with library/busybox, whose certificate is for Docker Hub's: to a
# SOCKS proxy all names lead there.
start_docker_hub() {
    registry_name=registry-1.docker.io start_registry tls
    push_base library/busybox:latest
    mkdir socks
    start "$TOP/tools/serve/socks-proxy.py" socks "${registry#*:}"
    wait_for_file socks/port
    https_proxy=socks5://127.0.0.1:$(<socks/port)
    export https_proxy SSL_CERT_FILE=$PWD/registry/ca.pem
}

# stop_registry: nobody listens at $registry any more.
stop_registry() {
    kill -TERM "$registry_process"
    started=$registry_process
    wait_for_end
}

write_registry_configuration() {
    local deletes=true
    [[ " $* " != *" keeping "* ]] || deletes=false
    printf 'version: 0.1\nlog: {level: info}\nstorage: {filesystem: {rootdirectory: %s}, delete: {enabled: %s}}\n' \
        "$PWD/registry/data" "$deletes"
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
    "$TOP/tools/serve/make-certificate" registry/key.pem registry/ca.pem ${registry_name:+"$registry_name"} \
        2>registry/openssl.log
}

# Waits until the registry says where it listens.
wait_for_listener() {
    local tenths
    registry=
    for ((tenths = 0; tenths < 600 * slowness; tenths++)); do
        if [[ $(<started.err) =~ "listening on "(127\.0\.0\.1:[0-9]+) ]]; then
            registry=${BASH_REMATCH[1]}
            break
        fi
        kill -0 "$started" 2>/dev/null || break
        pause
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

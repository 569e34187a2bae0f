# shellcheck shell=bash
# A web server for tests, and what is asked of it. Loaded by `load web-server` after `load ../helpers`.

# serve: starts a web server for ./files; $url is its address. What it was asked is in ./state/requests.
serve() {
    mkdir -p files
    rm -f state/port
    start "$TOP/tools/serve/serve-files.py" files state
    wait_for_file state/port
    # shellcheck disable=SC2034  # the test reads it
    url=http://127.0.0.1:$(<state/port)
}

# serve_tls: the same, at "https:" in place of $url's "http:", with a certificate of the authority ./ca.pem.
serve_tls() {
    requires openssl
    mkdir state
    "$TOP/tools/serve/make-certificate" key.pem ca.pem 2>openssl.log
    cat key.pem ca.pem >state/server.pem
    serve
}

# stop_serving: nobody listens at $url any more.
stop_serving() {
    kill -TERM "$started"
    wait_for_end
}

# list_requests: what the server was asked since the last call, one request a line.
list_requests() {
    cat state/requests 2>/dev/null || true
    rm -f state/requests
}

# write_recipe IMPORT…: a layer that keeps its imports, each one a YAML node.
write_recipe() {
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  imports:\n' >stacker.yaml
    printf '    - %s\n' "$@" >>stacker.yaml
    printf '  run: cp -r /stacker/imports /kept\n' >>stacker.yaml
}

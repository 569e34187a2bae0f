#!/usr/bin/env bats
# How web servers are reached: by TLS, by HTTP/2, through proxies.

load ../helpers
load web-server

# behaviour: a redirect from https to http is refused, save for a file whose hash the recipe says
# documented: docs/downloads.md#imports
# status: beyond
@test "a redirect away from TLS" {
    busybox_base
    serve_tls
    secure=${url/http:/https:}
    mkdir plain
    start "$TOP/tools/serve/serve-files.py" files plain
    wait_for_file plain/port
    echo one >files/file
    echo /file >files/moved.location
    echo "http://127.0.0.1:$(<plain/port)/file" >files/away.location
    write_recipe "$secure/moved"
    SSL_CERT_FILE=ca.pem stacker build
    write_recipe "$secure/away"
    SSL_CERT_FILE=ca.pem refuse build
    assert_said "$secure/away"
    assert_said "without TLS"
    assert_said "help: a hash"
    run cat plain/requests
    assert_failure
    write_recipe "{path: '$secure/away', hash: $(sha256sum <files/file | cut -d' ' -f1)}"
    SSL_CERT_FILE=ca.pem stacker build
    assert_equal "$(cat .stacker/imports/it/away)" one
    # Who begins without TLS has nothing to lose.
    echo "$secure/away" >files/back.location
    write_recipe "http://127.0.0.1:$(<plain/port)/back"
    SSL_CERT_FILE=ca.pem stacker build
    SSL_CERT_FILE=ca.pem refuse build -f "$secure/away"
    assert_said "without TLS"
}

# behaviour: http_proxy is where requests go; no_proxy excepts hosts
# documented: docs/downloads.md#proxies
# status: documented
@test "a proxy" {
    busybox_base
    serve
    echo one >files/file
    write_recipe "http://nowhere.invalid/file"
    http_proxy=$url stacker build
    assert_equal "$(cat .stacker/imports/it/file)" one
    write_recipe "http://nowhere.invalid/other"
    no_proxy=.invalid http_proxy=$url refuse build
    assert_said "nowhere.invalid"
}

# behaviour: an https server is trusted if SSL_CERT_FILE names its authority, and refused otherwise
# documented: docs/downloads.md#certificates
# status: documented
@test "https with an authority of one's own" {
    busybox_base
    serve_tls
    echo one >files/file
    write_recipe "${url/http:/https:}/file"
    refuse build
    assert_said "certificate"
    SSL_CERT_FILE=ca.pem stacker build
    assert_equal "$(cat .stacker/imports/it/file)" one
}

# behaviour: the error about an https server that is not trusted is that of its certificate
# documented: docs/downloads.md#certificates
# status: beyond
@test "https with an authority that nobody knows" {
    busybox_base
    serve_tls
    write_recipe "${url/http:/https:}/file"
    refuse build
    assert_said "certificate is not one that is trusted here"
}

# behaviour: CURL_CA_BUNDLE names a file of authorities, as SSL_CERT_FILE does, and SSL_CERT_DIR a directory
# documented: docs/downloads.md#certificates
# status: beyond
@test "authorities where curl and OpenSSL look for them" {
    busybox_base
    serve_tls
    echo one >files/file
    write_recipe "${url/http:/https:}/file"
    refuse build
    assert_said "certificate is not one that is trusted here"
    CURL_CA_BUNDLE=ca.pem stacker build
    mkdir authorities
    cp ca.pem authorities
    openssl rehash authorities
    rm -r .stacker
    SSL_CERT_DIR=nowhere:authorities stacker build
    assert_equal "$(cat .stacker/imports/it/file)" one
    CURL_CA_BUNDLE=nowhere.pem refuse build --no-cache
    assert_said "couldn't read the certificates of CURL_CA_BUNDLE, nowhere.pem"
}

# behaviour: an https server that speaks HTTP/2 is spoken to by that
# documented: docs/downloads.md#http2
# status: beyond
@test "HTTP/2" {
    requires nghttpd
    local port
    busybox_base
    serve_tls
    echo two >files/file
    port=$(free_port)
    start nghttpd -d files "$port" key.pem ca.pem
    write_recipe "https://127.0.0.1:$port/file"
    wait_for_port "$port"
    SSL_CERT_FILE=ca.pem stacker build
    assert_equal "$(cat .stacker/imports/it/file)" two
}

# behaviour: a proxy may be spoken to by TLS, and may be one of SOCKS, which is told names
# documented: docs/downloads.md#proxies
# status: beyond
@test "proxies by TLS and SOCKS" {
    busybox_base
    serve_tls
    echo one >files/file
    write_recipe "http://nowhere.invalid/file"
    http_proxy=${url/http:/https:} SSL_CERT_FILE=ca.pem stacker build
    assert_equal "$(cat .stacker/imports/it/file)" one
    http_proxy=${url/http:/https:} refuse build --no-cache
    assert_said "certificate is not one that is trusted here"
    mkdir plain socks
    start "$TOP/tools/serve/serve-files.py" files plain
    wait_for_file plain/port
    start "$TOP/tools/serve/socks-proxy.py" socks "$(<plain/port)"
    wait_for_file socks/port
    write_recipe "http://nowhere.invalid/file?by=socks"
    http_proxy=socks5://127.0.0.1:$(<socks/port) stacker build
    assert_equal "$(cat socks/names)" nowhere.invalid:80
}

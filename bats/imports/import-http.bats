#!/usr/bin/env bats
# Files from web servers: imports, tar bases, recipes. What is kept of them, and when it is fetched again.

load ../helpers

# serve: starts a web server for ./files; $url is its address. What it was asked is in ./state/requests.
serve() {
    mkdir -p files
    rm -f state/port
    start "$TOP/tools/serve-files.py" files state
    wait_for_file state/port
    url=http://127.0.0.1:$(<state/port)
}

# serve_tls: the same, at "https:" in place of $url's "http:", with a certificate of the authority ./ca.pem.
serve_tls() {
    requires openssl
    mkdir state
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1 \
        -keyout key.pem -out ca.pem 2>openssl.log
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

# protect_file AUTHS: files/private/file, for which the server wants a password, and auth.json with AUTHS, an object of
# jq's in which $place is the server and $auth what lets us in.
protect_file() {
    mkdir files/private
    echo one >files/private/file
    jq -n --arg place "${url#http://}" --arg auth "$(printf me:s3cr3t | base64)" "{auths: $1}" >auth.json
}

# write_recipe IMPORT…: a layer that keeps its imports, each one a YAML node.
write_recipe() {
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  imports:\n' >stacker.yaml
    printf '    - %s\n' "$@" >>stacker.yaml
    printf '  run: cp -r /stacker/imports /kept\n' >>stacker.yaml
}

# behaviour: a file from a server is in /stacker/imports under the last part of its URL
# documented: docs/downloads.md#imports
# status: documented
@test "an http import" {
    busybox_base
    serve
    echo one >files/file
    mkdir files/below
    echo two >files/below/other
    write_recipe "$url/file" "$url/below/other"
    stacker build
    assert_equal "$(cat .stacker/imports/it/file .stacker/imports/it/other)" $'one\ntwo'
    unpack_image it rootfs
    assert_equal "$(cat rootfs/kept/file)" one
    assert_equal "$(stat -c %a rootfs/kept/file)" 644
}

# behaviour: a file that is kept is not fetched again as long as the server says that its length is the same
# documented: docs/downloads.md#what-is-kept
# status: documented
@test "a cached copy of the same length is used" {
    busybox_base
    serve
    echo one >files/file
    write_recipe "$url/file"
    stacker build
    list_requests
    run --separate-stderr stacker build
    assert_success
    assert_said "found cached layer it"
    assert_equal "$(list_requests)" "HEAD /file"
}

# behaviour: --no-cache fetches files again, but for those whose hash the recipe says
# documented: docs/downloads.md#what-is-kept
# status: documented
@test "--no-cache fetches files again" {
    busybox_base
    serve
    echo one >files/file
    echo sure >files/sure
    write_recipe "$url/file" "{path: '$url/sure', hash: $(sha256sum <files/sure | cut -d' ' -f1)}"
    stacker build
    list_requests
    echo two >files/file
    stacker build --no-cache
    assert_equal "$(list_requests)" "GET /file"
    assert_equal "$(cat .stacker/imports/it/file)" two
}

# behaviour: a file whose length changed is fetched again, and its layer is rebuilt
# documented: docs/downloads.md#what-is-kept
# status: documented
@test "a file of another length is fetched again" {
    busybox_base
    serve
    echo one >files/file
    write_recipe "$url/file"
    stacker build
    echo three >files/file
    run --separate-stderr stacker build
    assert_success
    assert_said "cache miss because import content changed: $url/file"
    assert_equal "$(cat .stacker/imports/it/file)" three
}

# behaviour: where the server names a checksum, that decides, and not the length
# documented: docs/downloads.md#what-is-kept
# status: beyond
@test "a file of another checksum is fetched again" {
    busybox_base
    serve
    echo one >files/file
    sha256sum <files/file | cut -d' ' -f1 >files/file.checksum
    write_recipe "$url/file"
    stacker build
    list_requests
    stacker build
    assert_equal "$(list_requests)" "HEAD /file"
    echo two >files/file
    sha256sum <files/file | cut -d' ' -f1 | tr a-f A-F >files/file.checksum
    stacker build
    assert_equal "$(cat .stacker/imports/it/file)" two
}

# behaviour: without checksum and length nothing says that the file changed: what is kept is used, with a message
# documented: docs/downloads.md#what-is-kept
# status: documented
@test "a server that tells nothing leaves the cached copy" {
    busybox_base
    serve
    echo one >files/file
    touch files/file.unsized
    write_recipe "$url/file"
    stacker build
    echo three >files/file
    run --separate-stderr stacker build
    assert_success
    assert_said "cached copy"
    assert_equal "$(cat .stacker/imports/it/file)" one
}

# behaviour: a server that can't be reached leaves the cached copy, with a message, also when the layer is rebuilt
# documented: docs/downloads.md#what-is-kept
# status: documented
@test "a server that is gone leaves the cached copy" {
    busybox_base
    serve
    echo one >files/file
    write_recipe "$url/file"
    stacker build
    stop_serving
    run --separate-stderr stacker build
    assert_success
    assert_said "using cached copy of $url/file"
    assert_said "found cached layer it"
    sed -i 's/kept/still-kept/' stacker.yaml
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/still-kept/file)" one
}

# behaviour: a server that can't be reached is an error where nothing is kept
# documented: docs/downloads.md#what-is-kept
# status: documented
@test "a server that is gone, and no cached copy" {
    busybox_base
    serve
    stop_serving
    write_recipe "$url/file"
    refuse build
    assert_said "$url/file"
    assert_said "connection refused"
}

# behaviour: a file that the server does not have is an error that says so
# documented: docs/downloads.md#imports
# status: documented
@test "a file that is not there" {
    busybox_base
    serve
    write_recipe "$url/file"
    refuse build
    assert_said "$url/file"
    assert_said "404"
}

# behaviour: two files of one name from different URLs are different files
# documented: docs/downloads.md#what-is-kept
# status: documented
@test "the cache is by URL, not by name" {
    busybox_base
    serve
    mkdir files/a files/b
    echo one >files/a/file
    echo two >files/b/file
    write_recipe "$url/a/file"
    stacker build
    write_recipe "$url/b/file"
    stacker build
    assert_equal "$(cat .stacker/imports/it/file)" two
    list_requests
    write_recipe "$url/a/file"
    stacker build
    assert_equal "$(cat .stacker/imports/it/file)" one
    assert_equal "$(list_requests | sort -u)" "HEAD /a/file"
}

# behaviour: redirects are followed; the name is that of the URL in the recipe
# documented: docs/downloads.md#imports
# status: documented
@test "a redirect" {
    busybox_base
    serve
    echo one >files/file
    echo /file >files/moved.location
    write_recipe "$url/moved"
    stacker build
    assert_equal "$(cat .stacker/imports/it/moved)" one
    echo /moved >files/moved.location
    rm -rf .stacker
    refuse build
    assert_said "redirects"
}

# behaviour: dest, mode, uid and gid are for http imports what they are for local ones
# documented: docs/downloads.md#imports
# status: documented
@test "dest, mode and owner" {
    busybox_base
    serve
    echo one >files/file
    write_recipe "{path: $url/file, dest: /opt/icon, mode: 0750, uid: 7, gid: 8}" "{path: $url/file, dest: /opt/}"
    cat >>stacker.yaml <<'END'
    [ -f /opt/icon ]
    [ ! -e /stacker/imports/file ]
END
    sed -i 's/run: cp.*/run: |/' stacker.yaml
    stacker build
    unpack_image it rootfs
    assert_equal "$(stat -c '%a %u %g' rootfs/opt/icon)" "750 7 8"
    assert_equal "$(cat rootfs/opt/file)" one
}

# damage FILE: changes one byte of it.
damage() {
    printf X | dd of="$1" bs=1 conv=notrunc status=none
}

# behaviour: a kept file that is not what its name says any more is fetched again, also where its hash is in the recipe
# documented: docs/downloads.md#what-is-kept
# status: documented
@test "a kept file that is damaged" {
    busybox_base
    serve
    echo one >files/file
    echo sure >files/sure
    write_recipe "$url/file" "{path: '$url/sure', hash: $(sha256sum <files/sure | cut -d' ' -f1)}"
    stacker build
    for file in .stacker/downloads/*/*; do damage "$file"; done
    list_requests
    sed -i 's/kept/still-kept/' stacker.yaml
    run --separate-stderr stacker build
    assert_success
    assert_said "the kept copy of $url/file"
    assert_said "damaged"
    assert_equal "$(list_requests)" $'GET /file\nGET /sure'
    unpack_image it rootfs
    assert_equal "$(cat rootfs/still-kept/file rootfs/still-kept/sure)" $'one\nsure'
    # And no more than once.
    stacker build
    assert_equal "$(list_requests)" "HEAD /file"
}

# behaviour: a damaged kept file that can't be fetched again is an error, be it an import or a base
# documented: docs/downloads.md#what-is-kept
# status: documented
@test "a kept file that is damaged, and a server that is gone" {
    busybox_base
    serve
    echo one >files/file
    layer_tar latest 0 busybox >files/base.tar
    write_recipe "$url/file"
    printf 'other:\n  from: {type: tar, url: "%s/base.tar"}\n' "$url" >other.yaml
    stacker build
    stacker build -f other.yaml
    stop_serving
    damage .stacker/downloads/*/*
    damage .stacker/layer-bases/http/*/*
    for recipe in stacker.yaml other.yaml; do
        run -1 --separate-stderr stacker build -f "$recipe"
        assert_said "damaged"
        assert_said "connection refused"
    done
}

# behaviour: an answer that is a success and does not bring all of a file is an error, and nothing is kept of it
# documented: docs/downloads.md#imports
# status: documented
@test "an answer that is not the whole file" {
    busybox_base
    serve
    write_recipe "$url/file"
    echo one >files/file
    for status in 202 204 206; do
        echo "$status" >files/file.status
        refuse build
        assert_said "$url/file"
        assert_said "$status"
        run find .stacker/downloads -type f
        refute_output
    done
    # Nor does such an answer say that a kept one has changed.
    rm files/file.status
    stacker build
    echo 206 >files/file.status
    run --separate-stderr stacker build
    assert_success
    assert_said "using cached copy of $url/file: the server says 206"
}

# behaviour: a redirect from https to http is refused, save for a file whose hash the recipe says
# documented: docs/downloads.md#imports
# status: beyond
@test "a redirect away from TLS" {
    busybox_base
    serve_tls
    secure=${url/http:/https:}
    mkdir plain
    start "$TOP/tools/serve-files.py" files plain
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

# --- hash -------------------------------------------------------------------------------------------

# behaviour: hash is compared without case
# documented: docs/downloads.md#hash
# status: documented
@test "a hash that matches" {
    busybox_base
    serve
    echo one >files/file
    hash=$(sha256sum <files/file | cut -d' ' -f1)
    write_recipe "{path: $url/file, hash: ${hash^^}}"
    stacker build --require-hash
    assert_equal "$(cat .stacker/imports/it/file)" one
}

# behaviour: a file with another hash is not used, nor kept
# documented: docs/downloads.md#hash
# status: documented
@test "a hash that does not match" {
    busybox_base
    serve
    echo one >files/file
    write_recipe "{path: $url/file, hash: $(printf '%064d' 0)}"
    refuse build
    assert_said "hash does not match"
    assert_not_exists .stacker/imports/it/file
    run find .stacker/downloads -type f
    refute_output
}

# behaviour: where the server names another checksum than the recipe, nothing is fetched
# documented: docs/downloads.md#hash
# status: documented
@test "a hash that is not the server's" {
    busybox_base
    serve
    echo one >files/file
    sha256sum <files/file | cut -d' ' -f1 >files/file.checksum
    write_recipe "{path: $url/file, hash: $(printf '%064d' 0)}"
    refuse build
    assert_said "is different than the actual hash"
}

# behaviour: a cached copy with another hash than the recipe now asks for is not used
# documented: docs/downloads.md#hash
# status: beyond
@test "a hash that the cached copy does not have" {
    busybox_base
    serve
    echo one >files/file
    write_recipe "$url/file"
    stacker build
    # Of the same length: only the hash tells.
    echo two >files/file
    write_recipe "{path: $url/file, hash: $(sha256sum <files/file | cut -d' ' -f1)}"
    stacker build
    assert_equal "$(cat .stacker/imports/it/file)" two
    write_recipe "{path: $url/file, hash: $(printf '%064d' 0)}"
    refuse build
    assert_said "hash does not match"
}

# behaviour: what has the hash that the recipe asks for is used without asking the server
# documented: docs/downloads.md#hash
# status: beyond
@test "a cached copy with the right hash needs no server" {
    busybox_base
    serve
    echo one >files/file
    write_recipe "{path: $url/file, hash: $(sha256sum <files/file | cut -d' ' -f1)}"
    stacker build
    list_requests
    stacker build
    stacker build --no-cache
    assert_equal "$(list_requests)" ""
}

# behaviour: --require-hash refuses http imports without a hash, and only those
# documented: docs/commands.md#build
# status: documented
@test "--require-hash" {
    busybox_base
    serve
    echo one >files/file
    echo local >local
    write_recipe "$url/file" local
    refuse build --require-hash
    assert_said "$url/file"
    write_recipe "{path: $url/file, hash: $(sha256sum <files/file | cut -d' ' -f1)}" local
    stacker build --require-hash
}

# --- Credentials, proxies ---------------------------------------------------------------------------

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
# status: documented
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
    assert_said "certificate is not one that is trusted here"
    SSL_CERT_FILE=ca.pem stacker build
    assert_equal "$(cat .stacker/imports/it/file)" one
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
    start "$TOP/tools/serve-files.py" files plain
    wait_for_file plain/port
    start "$TOP/tools/socks-proxy.py" socks "$(<plain/port)"
    wait_for_file socks/port
    write_recipe "http://nowhere.invalid/file?by=socks"
    http_proxy=socks5://127.0.0.1:$(<socks/port) stacker build
    assert_equal "$(cat socks/names)" nowhere.invalid:80
}

# --- Bases and recipes ------------------------------------------------------------------------------

# behaviour: a tar base may be an http URL; it is kept
# documented: docs/downloads.md#bases
# status: documented
@test "a tar base from a server" {
    mkdir files
    busybox_base
    layer_tar latest 0 busybox >files/base.tar
    serve
    printf 'it:\n  from: {type: tar, url: "%s/base.tar"}\n  run: echo it > /it\n' "$url" >stacker.yaml
    stacker build
    assert_equal "$(count_layers it)" 1
    unpack_image it rootfs
    assert_equal "$(cat rootfs/it)" it
    assert_exists rootfs/bin/busybox
    list_requests
    run --separate-stderr stacker build
    assert_said "found cached layer it"
    assert_equal "$(list_requests)" "HEAD /base.tar"
    stop_serving
    sed -i 's/echo it/echo that/' stacker.yaml
    stacker build
}

# behaviour: a recipe may be an http URL, and so may its prerequisites be, relative to it
# documented: docs/downloads.md#recipes
# status: documented
@test "a recipe from a server" {
    busybox_base
    serve
    mkdir files/a
    cat >files/a/stacker.yaml <<'END'
config:
  prerequisites: [../b.yaml]
it:
  from: {type: built, tag: base}
  imports: local
  run: cp /stacker/imports/local /it
END
    cat >files/b.yaml <<'END'
base:
  from: {type: oci, url: "busybox:latest"}
  run: touch /base
END
    # Paths in it are relative to where stacker works.
    echo local >local
    stacker build -f "$url/a/stacker.yaml"
    unpack_image it rootfs
    assert_equal "$(cat rootfs/it)" local
    assert_exists rootfs/base
    refuse build -f "http://me:s3cr3t@${url#http://}/missing.yaml"
    assert_said "$url/missing.yaml"
    assert_said "404"
    refute_said "s3cr3t"
}

# behaviour: SIGTERM ends a build that waits for a server
# documented: docs/commands.md#signals
# status: beyond
@test "SIGTERM ends a download" {
    busybox_base
    # Listens, and never answers.
    start python3 -c 'import socket, time
s = socket.create_server(("127.0.0.1", 0)); open("port.new", "w").write(str(s.getsockname()[1]))
import os; os.rename("port.new", "port"); time.sleep(600)'
    server=$started
    wait_for_file port
    write_recipe "http://127.0.0.1:$(<port)/file"
    start "$STACKER" build
    for _ in {1..100}; do
        ! grep -q downloading started.err || break
        sleep 0.1
    done
    kill -TERM "$started"
    wait_for_end
    assert_equal "$status" 143
    run find .stacker/downloads -type f
    refute_output
    kill -TERM "$server"
}

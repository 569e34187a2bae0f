#!/usr/bin/env bats
# Files from web servers as imports: what is fetched, what is kept of it, and when it is fetched again.

load ../helpers
load web-server

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

# behaviour: --no-cache fetches files again
# documented: docs/downloads.md#what-is-kept
# status: documented
@test "--no-cache fetches files again" {
    busybox_base
    serve
    echo one >files/file
    write_recipe "$url/file"
    stacker build
    list_requests
    echo two >files/file
    stacker build --no-cache
    assert_equal "$(list_requests | grep -v HEAD)" "GET /file"
    assert_equal "$(cat .stacker/imports/it/file)" two
}

# behaviour: --no-cache fetches files again, but for those whose hash the recipe says
# documented: docs/downloads.md#what-is-kept
# status: beyond
@test "--no-cache fetches no file whose hash is known" {
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
# status: beyond
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
    assert_said "using cached copy"
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
@test "files of one name from two URLs" {
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
    write_recipe "$url/a/file"
    stacker build
    assert_equal "$(cat .stacker/imports/it/file)" one
}

# behaviour: what is kept of one URL stays when a file of that name comes from another
# documented: docs/downloads.md#what-is-kept
# status: beyond
@test "a file of another URL stays in the cache" {
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
# original: with a dest it reads uid and gid, and gives the file to root; without one it respects them
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
# status: beyond
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
# status: beyond
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
# status: beyond
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

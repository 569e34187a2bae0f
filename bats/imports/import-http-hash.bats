#!/usr/bin/env bats
# Files from web servers whose hash the recipe says.

load ../helpers
load web-server

# behaviour: hash is compared without case
# documented: docs/downloads.md#hash
# status: documented
# original: it takes a hash in capital letters for a file of the host, and finds that the same hash of a download does not match
@test "a hash that matches" {
    busybox_base
    serve
    echo one >files/file
    hash=$(sha256sum <files/file | cut -d' ' -f1)
    write_recipe "{path: $url/file, hash: ${hash^^}}"
    stacker build --require-hash
    assert_equal "$(cat .stacker/imports/it/file)" one
}

# behaviour: a file with another hash is not used
# documented: docs/downloads.md#hash
# status: documented
@test "a hash that does not match" {
    busybox_base
    serve
    echo one >files/file
    write_recipe "{path: $url/file, hash: '$(printf %064d 0)'}"
    refuse build
    assert_said "hash does not match"
    assert_not_exists .stacker/imports/it/file
}

# behaviour: nothing is kept of a file with another hash
# documented: docs/downloads.md#hash
# status: beyond
@test "a hash that does not match is of nothing that is kept" {
    busybox_base
    serve
    echo one >files/file
    write_recipe "{path: $url/file, hash: '$(printf %064d 0)'}"
    refuse build
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
    write_recipe "{path: $url/file, hash: '$(printf %064d 0)'}"
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

#!/usr/bin/env bats
# binds: what a script sees of the host, and what of it does not get into the image.

load ../helpers

# build_it LINES: builds "it" on busybox, with the lines added to the layer, beside a directory "shared".
build_it() {
    busybox_base
    mkdir -p shared
    echo shared >shared/file
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n%s\n' "$1" >stacker.yaml
    run --separate-stderr stacker build
}

# print_file PATH: a file of the top layer of "it".
print_file() {
    layer_tar it -1 | tar xO "$1"
}

# behaviour: /a is seen at /a
# documented: docs/recipe.md#binds
# status: documented
@test "a bind without a target" {
    build_it "  binds: ['$PWD/shared']
  run: cp $PWD/shared/file /it"
    assert_success
    assert_equal "$(print_file it)" shared
}

# behaviour: /a -> /b is seen at /b
# documented: docs/recipe.md#binds
# status: documented
@test "a bind with an arrow" {
    build_it "  binds: ['$PWD/shared -> /seen']
  run: cp /seen/file /it"
    assert_success
    assert_equal "$(print_file it)" shared
}

# behaviour: source and dest are the same as an arrow
# documented: docs/recipe.md#binds
# status: documented
@test "a bind as a map" {
    build_it "  binds: [{source: '$PWD/shared', dest: /seen}]
  run: cp /seen/file /it"
    assert_success
    assert_equal "$(print_file it)" shared
}

# behaviour: a map without dest is the same as a path alone
# documented: docs/recipe.md#binds
# status: documented
@test "a bind as a map without dest" {
    build_it "  binds: [{source: '$PWD/shared'}]
  run: cp $PWD/shared/file /it"
    assert_success
    assert_equal "$(print_file it)" shared
}

# behaviour: a source is relative to the recipe's directory, not to the working directory
# documented: docs/recipe.md#binds
# status: documented
@test "a relative source" {
    busybox_base
    mkdir -p sub/shared shared
    echo inner >sub/shared/file
    echo outer >shared/file
    cat >sub/stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  binds: [shared -> /seen]
  run: cp /seen/file /it
END
    stacker build -f sub/stacker.yaml
    assert_equal "$(print_file it)" inner
}

# behaviour: a file can be bound, also where the image has nothing, and over a file that it has
# documented: docs/recipe.md#binds
# status: documented
@test "a bind of a file" {
    build_it "  binds: ['$PWD/shared/file -> /not/there/before', '$PWD/shared/file -> /etc/passwd']
  run: cat /not/there/before /etc/passwd > /it"
    assert_success
    assert_equal "$(print_file it)" $'shared\nshared'
    unpack_image it rootfs
    assert_equal "$(cat rootfs/etc/passwd)" "root:x:0:0:root:/root:/bin/sh"
}

# behaviour: names with blanks, quotes and backslashes can be bound
# documented: docs/recipe.md#binds
# status: beyond
@test "names with blanks, quotes and backslashes" {
    mkdir -p "two words" 'a"b\c'
    echo words >"two words/file"
    echo odd >'a"b\c/file'
    build_it '  binds: ["two words -> /in two", {source: "a\"b\\c", dest: "/odd \""}]
  run: cat "/in two/file" "/odd \"/file" > /it'
    assert_success
    assert_equal "$(print_file it)" $'words\nodd'
}

# behaviour: names with # can be bound
# documented: docs/recipe.md#binds
# status: beyond
@test "names with #" {
    mkdir '#1'
    echo numbered >'#1/file'
    build_it '  binds: ["#1 -> /no #1"]
  run: |
    cat "/no #1/file" > /it'
    assert_success
    assert_equal "$(print_file it)" numbered
}

# behaviour: a symlink as the source is what it points to
# documented: docs/recipe.md#binds
# status: documented
@test "a source that is a symlink" {
    mkdir shared
    ln -s shared link
    build_it "  binds: ['$PWD/link -> /seen']
  run: cp /seen/file /it"
    assert_success
    assert_equal "$(print_file it)" shared
}

# behaviour: a target below a symlink of the image is where the symlink leads, in the image and never on the host
# documented: docs/recipe.md#binds
# status: beyond
@test "a symlink in the image on the way to the target" {
    busybox_base
    mkdir shared outside
    echo shared >shared/file
    cat >stacker.yaml <<END
lower:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir -p /real
    ln -s /real /link
    ln -s $PWD/outside /trap
it:
  from: {type: built, tag: lower}
  binds: ['$PWD/shared -> /link/seen', '$PWD/shared -> /trap/seen']
  run: cat /real/seen/file /trap/seen/file > /it
END
    stacker build
    assert_equal "$(print_file it)" $'shared\nshared'
    assert_equal "$(list_layer it -1)" it
    assert_equal "$(ls -A outside)" ""
}

# behaviour: a target that is itself a symlink in the image is mounted where it leads
# documented: docs/recipe.md#binds
# status: beyond
@test "a target that is a symlink in the image" {
    busybox_base
    mkdir shared
    echo shared >shared/file
    cat >stacker.yaml <<END
lower:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir -p /real
    ln -s real /link
it:
  from: {type: built, tag: lower}
  binds: ['$PWD/shared -> /link']
  run: cat /real/file > /it
END
    stacker build
    assert_equal "$(print_file it)" shared
    assert_equal "$(list_layer it -1)" it
}

# behaviour: a source that does not exist is an error that names it, and no image comes of it
# documented: docs/recipe.md#binds
# status: documented
@test "a source that does not exist" {
    build_it '  binds: [/no/such/directory -> /seen]
  run: "true"'
    assert_failure
    assert_said /no/such/directory
    run list_tags
    refute_output --partial it
}

# behaviour: the error about a source that does not exist has its place in the recipe
# documented: docs/recipe.md#binds; docs/recipe.md#errors
# status: beyond
@test "a source that does not exist has its place" {
    build_it '  run: "true"
  binds:
    - nowhere -> /seen'
    assert_equal "$status" 1
    assert_said stacker.yaml:5:7
}

# behaviour: a bind without a source, or with nothing behind the arrow, is an error with its place
# documented: docs/recipe.md#binds; docs/recipe.md#errors
# status: beyond
@test "binds that are none" {
    local bind
    for bind in '"-> /b"' '"/a ->"' '{dest: /b}' '{source: /a, target: /b}' '[/a, /b]' '""'; do
        printf 'it:\n  from: {type: scratch}\n  binds:\n    - %s\n' "$bind" >stacker.yaml
        refuse build
        assert_said stacker.yaml:4:
    done
}

# behaviour: what the container needs itself can't be bound over: an error that says why, with its place
# documented: docs/recipe.md#binds; docs/recipe.md#errors
# status: beyond
@test "binds over what the container needs" {
    local target
    for target in / /. /stacker /stacker/imports /stacker/imports/file stacker/../proc /proc /sys/ /dev; do
        build_it "  binds:
    - shared -> $target
  run: \"true\""
        assert_equal "$status" 1
        assert_said stacker.yaml:4:7
        assert_said "nothing can be bound on"
        rm -rf busybox
    done
    printf 'it:\n  from: {type: scratch}\n  binds: [/proc]\n' >stacker.yaml
    refuse build
    assert_said "nothing can be bound on /proc"
}

# behaviour: a target that a symlink of the image leads to such a place is an error that says so, with its place
# documented: docs/recipe.md#binds; docs/recipe.md#errors
# status: beyond
@test "a symlink to what the container needs" {
    busybox_base
    mkdir shared
    cat >stacker.yaml <<'END'
lower:
  from: {type: oci, url: "busybox:latest"}
  run: ln -s / /link
it:
  from: {type: built, tag: lower}
  binds: [shared -> /link]
  run: echo /*
END
    refuse build
    assert_said stacker.yaml:6:11
    assert_said "/link is / in the image"
}

# behaviour: a volume is an empty directory of one script: what it hides comes back, what is made in it is gone
# documented: docs/recipe.md#binds
# status: beyond
@test "a volume" {
    busybox_base
    cat >stacker.yaml <<'END'
lower:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir /data
    echo below > /data/below
    chown 70:71 /data
    chmod 2750 /data
it:
  from: {type: built, tag: lower}
  binds: ["volume:one -> /data", "volume:one -> /again", {source: "volume:two", dest: /new}]
  run: |
    stat -c '%a %u:%g' /data > /seen
    ls -A /data /new >> /seen
    echo made > /data/made
    cat /again/made >> /seen
  generate_labels: |
    ls -A /data > /stacker/oci-labels/left
END
    stacker build
    assert_equal "$(print_file seen)" $'2750 70:71\n/data:\n\n/new:\nmade'
    assert_equal "$(list_layer it -1)" seen
    assert_equal "$(image_config it | jq -r .config.Labels.left)" ""
    assert_not_exists .stacker/volumes
    # Nobody else can have put anything there.
    run -0 stacker build
    assert_line "found cached layer it"
    run -0 --separate-stderr stacker chroot it ls -A /data
    assert_output ""
    assert_not_exists .stacker/volumes
}

# behaviour: a volume needs a name and a place: an error that says so; a path that looks like one begins with ./
# documented: docs/recipe.md#binds; docs/recipe.md#errors
# status: beyond
@test "volumes that are none" {
    local bind
    for bind in '"volume:one"' '"volume: -> /a"' '"volume:a/b -> /a"' '"volume:.. -> /a"'; do
        printf 'it:\n  from: {type: scratch}\n  binds:\n    - %s\n' "$bind" >stacker.yaml
        refuse build
        assert_said stacker.yaml:4:7
        assert_said volume:
    done
    mkdir volume:one
    echo host >volume:one/file
    build_it '  binds: ["./volume:one -> /data"]
  run: cp /data/file /it'
    assert_success
    assert_equal "$(print_file it)" host
}

# behaviour: a source that is not there is named in full, with what may have been meant
# documented: docs/recipe.md#binds; docs/recipe.md#errors
# status: beyond
@test "a source that is misspelled" {
    build_it '  binds: ["shraed -> /seen"]
  run: "true"'
    assert_equal "$status" 1
    assert_said "$PWD/shraed: No such file or directory"
    assert_said "there is $PWD/shared"
}

# behaviour: a directory can't be bound over a file of the image: an error that names the target
# documented: docs/recipe.md#binds
# status: beyond
@test "a directory over a file" {
    build_it "  binds: ['$PWD/shared -> /etc/passwd']
  run: \"true\""
    assert_equal "$status" 1
    assert_said /etc/passwd
}

# behaviour: a layer with binds is built every time, and stacker says why
# documented: docs/recipe.md#binds; docs/recipe.md#cache; docs/commands.md#messages
# status: documented
@test "a layer with binds is built every time" {
    build_it "  binds: ['$PWD/shared -> /seen']
  run: cp /seen/file /it"
    assert_success
    echo other >shared/file
    run --separate-stderr stacker build
    assert_success
    assert_said "rebuilding cached layer due to use of binds in stacker file"
    refute_said "found cached layer it"
    assert_equal "$(print_file it)" other
}

# behaviour: what is built on a layer with binds is built again with it
# documented: docs/recipe.md#cache
# status: documented
@test "what is built on a layer with binds is built again" {
    build_it "  binds: ['$PWD/shared -> /seen']
  run: cp /seen/file /it
app:
  from: {type: built, tag: it}
  run: cp /it /app"
    assert_success
    echo other >shared/file
    stacker build
    assert_equal "$(layer_tar app -1 | tar xO app)" other
}

# bats test_tags=group:quick-unpriv
# behaviour: what the script writes to a bind is on the host, and not in the layer
# documented: docs/recipe.md#binds
# status: documented
@test "what is written to a bind is on the host" {
    build_it "  binds: ['$PWD/shared -> /seen']
  run: |
    echo out > /seen/out
    rm /seen/file
    echo it > /it"
    assert_success
    assert_equal "$(ls shared; cat shared/out)" $'out\nout'
    run list_layer it -1
    refute_line --partial out
    refute_line --partial file
}

# behaviour: a file that is bound can be written to, on the host
# documented: docs/recipe.md#binds
# status: documented
@test "a bound file can be written to" {
    build_it "  binds: ['$PWD/shared/file -> /seen']
  run: echo written > /seen"
    assert_success
    assert_equal "$(cat shared/file)" written
}

# behaviour: what another bind shows below a bind is seen, too, in the order of the recipe
# documented: docs/recipe.md#binds
# status: documented
@test "a bind within a bind" {
    mkdir -p shared/sub other
    echo other >other/file
    build_it "  binds: ['$PWD/shared -> /seen', '$PWD/other -> /seen/sub']
  run: cat /seen/file /seen/sub/file > /it"
    assert_success
    assert_equal "$(print_file it)" $'shared\nother'
    assert_equal "$(ls -A shared/sub)" ""
}

# behaviour: the places where binds were mounted are no part of the layer
# documented: docs/recipe.md#binds; docs/storage.md#traces
# status: beyond
@test "targets are not in the layer" {
    build_it "  binds: ['$PWD/shared -> /not/there/before', '$PWD/shared/file -> /etc/new', '$PWD/shared -> /etc/x/y']
  run: echo it > /it"
    assert_success
    assert_equal "$(list_layer it -1)" it
}

# behaviour: a layer that only looked at binds has nothing in it, and is none
# documented: docs/recipe.md#binds; docs/storage.md#after-run
# status: beyond
@test "a layer that only looked at binds is none" {
    build_it "  binds: ['$PWD/shared -> /not/there/before']
  run: test -e /not/there/before/file"
    assert_success
    assert_equal "$(count_layers it)" 1
}

#!/usr/bin/env bats
# labels: and generate_labels: what an image says of itself, written down or found out.

load ../helpers

# build_it LINES: builds "it" on busybox, with the lines added to the layer.
build_it() {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n%s\n' "$1" >stacker.yaml
    run --separate-stderr stacker build
}

# print_labels [TAG]: its labels as compact JSON, sorted by name.
print_labels() {
    image_config "${1:-it}" | jq -cS '.config.Labels // {}'
}

# behaviour: labels: are in the image's config, as text
# documented: docs/recipe.md#labels-volumes-annotations
# status: documented
@test "labels:" {
    build_it '  labels: {org.example.one: "1", two: two words}'
    assert_success
    assert_equal "$(print_labels)" '{"org.example.one":"1","two":"two words"}'
}

# behaviour: a label that looks like a number keeps its spelling
# documented: docs/recipe.md#labels-volumes-annotations; docs/recipe.md#values
# status: beyond
@test "labels keep their spelling" {
    build_it '  labels: {version: 1.10, octal: 0777, answer: yes, none: }'
    assert_success
    assert_equal "$(print_labels)" '{"answer":"yes","none":"","octal":"0777","version":"1.10"}'
}

# behaviour: labels are inherited; one of the same name is replaced
# documented: docs/recipe.md#labels-volumes-annotations
# status: documented
@test "labels are inherited" {
    cat >stacker.yaml <<'END'
lower:
  from: {type: scratch}
  labels: {a: lower, b: lower}
it:
  from: {type: built, tag: lower}
  labels: {b: it, c: it}
END
    stacker build
    assert_equal "$(print_labels)" '{"a":"lower","b":"it","c":"it"}'
    assert_equal "$(print_labels lower)" '{"a":"lower","b":"lower"}'
}

# behaviour: each file that generate_labels: leaves in /stacker/oci-labels is a label: its name, its content
# documented: docs/recipe.md#generate_labels
# status: documented
@test "generate_labels: makes a label of each file" {
    build_it '  generate_labels: |
    printf one > /stacker/oci-labels/first
    printf "two words" > /stacker/oci-labels/org.example.second'
    assert_success
    assert_equal "$(print_labels)" '{"first":"one","org.example.second":"two words"}'
}

# behaviour: a label is its file's content to the byte
# documented: docs/recipe.md#generate_labels
# status: beyond
@test "generate_labels: keeps line ends" {
    build_it '  generate_labels: |
    printf "a\nb\n" > /stacker/oci-labels/lines
    : > /stacker/oci-labels/empty'
    assert_success
    assert_equal "$(print_labels)" '{"empty":"","lines":"a\nb\n"}'
}

# behaviour: generate_labels: may be a list, and has its own #! line or /bin/sh -xe, as run: has
# documented: docs/recipe.md#generate_labels
# status: documented
@test "generate_labels: as a list, and with #!" {
    build_it '  generate_labels: ["one=1", "printf $one > /stacker/oci-labels/one"]'
    assert_success
    assert_equal "$(print_labels)" '{"one":"1"}'
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n%s\n' '  generate_labels: |
    #!/bin/sh
    false
    printf went-on > /stacker/oci-labels/one' >stacker.yaml
    stacker build
    assert_equal "$(print_labels)" '{"one":"went-on"}'
}

# behaviour: generate_labels: runs after run:, and sees what that did
# documented: docs/recipe.md#generate_labels
# status: documented
@test "generate_labels: sees the result of run:" {
    build_it '  run: |
    echo from-run > /file
    rm /etc/group
  generate_labels: |
    cp /file /stacker/oci-labels/file
    test -e /etc/passwd -a ! -e /etc/group
    printf gone > /stacker/oci-labels/group'
    assert_success
    assert_equal "$(print_labels | jq -r '.file, .group')" $'from-run\n\ngone'
}

# behaviour: generate_labels: works on a copy that is thrown away: nothing that it does gets into the layer
# documented: docs/recipe.md#generate_labels
# status: documented
@test "generate_labels: does not change the layer" {
    build_it '  run: |
    echo kept > /kept
    chmod 0640 /kept
  generate_labels: |
    echo changed > /kept
    chmod 0777 /kept
    echo new > /new
    rm /etc/passwd
    rm -r /tmp
    printf done > /stacker/oci-labels/done'
    assert_success
    assert_equal "$(list_layer it -1)" kept
    unpack_image it rootfs
    assert_equal "$(cat rootfs/kept) $(stat -c %a rootfs/kept)" "kept 640"
    assert_exists rootfs/etc/passwd
}

# behaviour: nothing of the copy stays on disk
# documented: docs/recipe.md#generate_labels
# status: beyond
@test "generate_labels: leaves nothing behind" {
    build_it '  generate_labels: |
    echo only-in-the-copy > /in-the-copy
    printf done > /stacker/oci-labels/finished'
    assert_success
    run find roots .stacker -name in-the-copy -o -name finished
    assert_output ""
}

# behaviour: without run:, generate_labels: looks at the base, and adds no layer
# documented: docs/recipe.md#generate_labels
# status: documented
@test "generate_labels: without run:" {
    build_it '  generate_labels: ls /bin/busybox > /stacker/oci-labels/seen'
    assert_success
    assert_equal "$(print_labels | jq -r .seen)" /bin/busybox
    assert_equal "$(count_layers it)" 1
}

# behaviour: of a label that is written down and generated, the one that is written down counts
# documented: docs/recipe.md#generate_labels
# status: beyond
@test "labels: wins over generate_labels:" {
    build_it '  labels: {both: written, one: written}
  generate_labels: |
    printf generated > /stacker/oci-labels/both
    printf generated > /stacker/oci-labels/other'
    assert_success
    assert_equal "$(print_labels)" '{"both":"written","one":"written","other":"generated"}'
}

# behaviour: a generated label wins over an inherited one
# documented: docs/recipe.md#generate_labels
# status: documented
@test "generate_labels: wins over the base" {
    busybox_base
    cat >stacker.yaml <<'END'
lower:
  from: {type: oci, url: "busybox:latest"}
  labels: {a: lower}
it:
  from: {type: built, tag: lower}
  generate_labels: printf generated > /stacker/oci-labels/a
END
    stacker build
    assert_equal "$(print_labels)" '{"a":"generated"}'
}

# behaviour: what an image generated is inherited by those built on it
# documented: docs/recipe.md#generate_labels
# status: documented
@test "generated labels are inherited" {
    busybox_base
    cat >stacker.yaml <<'END'
lower:
  from: {type: oci, url: "busybox:latest"}
  generate_labels: printf generated > /stacker/oci-labels/a
it:
  from: {type: built, tag: lower}
  labels: {b: it}
END
    stacker build
    assert_equal "$(print_labels)" '{"a":"generated","b":"it"}'
}

# behaviour: a build_only layer passes its generated labels on, as it does those written down
# documented: docs/recipe.md#generate_labels; docs/recipe.md#build_only
# status: beyond
@test "a build_only layer's generated labels are inherited" {
    busybox_base
    cat >stacker.yaml <<'END'
lower:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  labels: {written: lower}
  generate_labels: printf generated > /stacker/oci-labels/generated
it:
  from: {type: built, tag: lower}
END
    stacker build
    assert_equal "$(print_labels)" '{"generated":"generated","written":"lower"}'
}

# behaviour: a label may have any name that a file can have, also that of a script of stacker's
# documented: docs/recipe.md#generate_labels
# status: beyond
@test "a label of any name" {
    printf 'an import' >.stacker-run.sh
    build_it '  imports: [.stacker-run.sh]
  run: "true"
  generate_labels: |
    for name in .stacker-run.sh .stacker-run.sh.1 .hidden "two words"; do
      printf %s "$name" > "/stacker/oci-labels/$name"
    done
    cp /stacker/imports/.stacker-run.sh /stacker/oci-labels/imported'
    assert_success
    assert_equal "$(print_labels)" "$(jq -ncS '
        [".stacker-run.sh", ".stacker-run.sh.1", ".hidden", "two words"] | map({key: ., value: .})
        | from_entries + {imported: "an import"}')"
}

# behaviour: only files become labels, and a directory among them is no error
# documented: docs/recipe.md#generate_labels
# status: beyond
@test "a directory becomes no label" {
    build_it '  generate_labels: |
    mkdir /stacker/oci-labels/directory
    echo inner > /stacker/oci-labels/directory/inner
    printf file > /stacker/oci-labels/file'
    assert_success
    assert_equal "$(print_labels)" '{"file":"file"}'
}

# behaviour: links, devices and pipes become no labels: nothing outside of the directory is read, nothing hangs
# documented: docs/recipe.md#generate_labels; docs/security.md#hostile-input
# status: beyond
@test "links, devices and pipes become no labels" {
    echo host-secret >host-file
    build_it "  generate_labels: |
    ln -s $PWD/host-file /stacker/oci-labels/link
    ln -s nowhere /stacker/oci-labels/broken
    mkfifo /stacker/oci-labels/pipe
    printf file > /stacker/oci-labels/file"
    assert_success
    assert_equal "$(print_labels)" '{"file":"file"}'
}

# behaviour: a generate_labels: script that fails is a failed build with the script's own status
# documented: docs/recipe.md#generate_labels; docs/commands.md#exit-status
# status: beyond
@test "a generate_labels: script that fails" {
    build_it '  run: echo it > /it
  generate_labels: |
    printf half > /stacker/oci-labels/half
    exit 7'
    assert_equal "$status" 7
    assert_said it
    refute_said "filesystem it built successfully"
    assert_layout_whole
    run list_tags
    refute_output --partial it
}

# behaviour: the imports are there for generate_labels: as for run:
# documented: docs/recipe.md#generate_labels; docs/recipe.md#imports
# status: beyond
@test "generate_labels: sees the imports" {
    printf imported >version
    build_it '  imports: [version]
  generate_labels: cp /stacker/imports/version /stacker/oci-labels/version'
    assert_success
    assert_equal "$(print_labels)" '{"version":"imported"}'
}

# behaviour: generate_labels: has the environment of run:
# documented: docs/recipe.md#generate_labels; docs/recipe.md#build_env
# status: beyond
@test "generate_labels: has build_env" {
    build_it '  build_env: {FROM_HERE: value}
  generate_labels: printf "%s %s" "$FROM_HERE" "$STACKER_LAYER_NAME" > /stacker/oci-labels/a'
    assert_success
    assert_equal "$(print_labels)" '{"a":"value it"}'
}

# behaviour: generated labels come from the cache with the image; another script is a miss
# documented: docs/recipe.md#cache
# status: documented
@test "generate_labels: and the cache" {
    build_it '  generate_labels: printf one > /stacker/oci-labels/a'
    run --separate-stderr stacker build
    assert_said "found cached layer it"
    assert_equal "$(print_labels)" '{"a":"one"}'
    sed -i 's/printf one/printf two/' stacker.yaml
    run --separate-stderr stacker build
    assert_said "cache miss because"
    assert_equal "$(print_labels)" '{"a":"two"}'
}

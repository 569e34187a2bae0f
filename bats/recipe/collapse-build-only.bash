# shellcheck shell=bash
# Recipes that are collapsed, and what comes of them. Loaded by `load collapse-build-only`.

# shellcheck disable=SC2034  # the test reads it
both=(--layer-type tar --layer-type squashfs)

# wart [SIZE]: foo writes /bigfile, of SIZE MiB, and bar removes it.
wart() {
    busybox_base
    cat >stacker.yaml <<END
foo:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: dd if=/dev/urandom of=/bigfile bs=1M count=${1:-8}
bar:
  from: {type: built, tag: foo}
  run: rm /bigfile
END
}

# chain: two build_only layers and an image, which change what the others and the base have.
chain() {
    spread_base
    cat >stacker.yaml <<'END'
base:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir -p /d/sub /e /gone /made
    echo base | tee /d/sub/f /d/g /e/f /gone/f /made/f /file
    chmod 0750 /e
foo:
  from: {type: built, tag: base}
  build_only: true
  run: |
    dd if=/dev/urandom of=/bigfile bs=1M count=4
    echo foo > /foo; ln /foo /foo2; ln /foo /foo3
    rm -r /gone /made /d/sub
    chmod 0711 /e
    rm /file; mkdir /file; echo foo > /file/in
more:
  from: {type: built, tag: foo}
  build_only: true
  run: |
    rm /foo
    mkdir /made; echo more > /made/more
    ln /foo2 /d/link
    ln -s d /symlink
    chown 5:6 /e/f
bar:
  from: {type: built, tag: more}
  run: |
    rm /bigfile
    rm -r /file; echo bar > /file
    mkdir /d/sub; echo bar > /d/sub/new
    ln /foo3 /foo4
END
}

# assert_tree_of_chain DIR
assert_tree_of_chain() {
    assert_not_exists "$1/bigfile"
    assert_not_exists "$1/gone"
    assert_not_exists "$1/foo"
    assert_equal "$(cd "$1" && cat file foo2 foo3 foo4 d/link d/sub/new made/more e/f)" \
        $'bar\nfoo\nfoo\nfoo\nfoo\nbar\nmore\nbase'
    assert_equal "$(ls -A "$1/d/sub") $(ls -A "$1/made")" "new more"
    assert_equal "$(stat -c %a "$1/e") $(stat -c %u:%g "$1/e/f")" "711 5:6"
    assert [ "$1/foo2" -ef "$1/d/link" ]
    assert [ "$1/foo3" -ef "$1/foo4" ]
}

# shellcheck shell=bash
# What the tests of other processors have in common: bases of Debian's busyboxes, and handlers that are, or seem to be, there.

binfmt=/proc/sys/fs/binfmt_misc

say_what_foreign_busybox_lacks() {
    [[ -x $FIXTURES/foreign/s390x/busybox ]] || echo "there is no $FIXTURES/foreign: run make test-packages"
}

# What runs programs of other processors: tools/test/with-handlers has it set up, if it can.
say_what_handlers_lacks() {
    local processor
    say_what_foreign_busybox_lacks
    for processor in "${!platform_of[@]}"; do
        "$FIXTURES/foreign/$processor/busybox" true 2>/dev/null ||
            echo "nothing runs programs for $processor: install qemu-user-static, and run the tests by make check"
    done
}

# foreign_base PROCESSOR [DIR]: as busybox_base, of Debian's busybox for that processor; the layout DIR has the same name
# unless it is given.
foreign_base() {
    copy_busybox '' "${2:-$1}" "$1"
}

# platforms_base [DIR]: the OCI layout DIR (default busybox), whose tag "latest" is an image index of amd64, arm64, arm/v7 and
# s390x.
platforms_base() {
    local processor images=()
    for processor in '' arm64 armhf s390x; do
        make_busybox '' "$processor"
        images+=("$made_busybox")
    done
    copy_fixture busybox-platforms "$TOP/tools/fixtures/make-platforms-image.py" "${1:-busybox}" "${images[@]}"
}

# foreign_recipe PROCESSOR [LINES]: a recipe for "it" on that processor's busybox with more lines.
foreign_recipe() {
    local arch=${platform_of[$1]#linux/}
    foreign_base "$1" busybox
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  arch: %s\n%s\n' "${arch%/*}" "${2-}" >stacker.yaml
}

# show_handlers: has this test see the kernel's handlers, where its mount namespace doesn't.
show_handlers() {
    [[ ! -e $binfmt/status ]] || return 0
    mount -t binfmt_misc binfmt_misc "$binfmt"
    echo "$binfmt" >>"$BATS_TEST_TMPDIR/mounted"
}

# pretend_handlers [STATUS [NAME=CONTENT…]]: has this test see these handlers, and no others; none is mounted if STATUS is empty.
# What the kernel does is the same as before.
pretend_handlers() {
    local entry
    mkdir handlers
    [[ -z ${1-} ]] || echo "$1" >handlers/status
    for entry in "${@:2}"; do printf '%s\n' "${entry#*=}" >"handlers/${entry%%=*}"; done
    # What as-user gives the user must not be what is mounted.
    if [[ -d $BATS_TEST_TMPDIR/handlers ]]; then
        umount "$binfmt"
        rm -r "$BATS_TEST_TMPDIR/handlers"
    else
        echo "$binfmt" >>"$BATS_TEST_TMPDIR/mounted"
    fi
    mv handlers "$BATS_TEST_TMPDIR"
    mount --bind "$BATS_TEST_TMPDIR/handlers" "$binfmt"
}

# handler STATE INTERPRETER FLAGS: what the kernel says of a handler for arm64.
handler() {
    printf '%s\ninterpreter %s\nflags: %s\noffset 0\nmagic %s\nmask %s' "$1" "$2" "$3" \
        7f454c460201010000000000000000000200b700 ffffffffffffff00fffffffffffffffffeffffff
}

#!/usr/bin/env bats
# What is said where nothing runs the scripts of a layer's platform, before one is started, and what needs nothing.

load ../helpers
load foreign

setup() {
    begin_test
    requires container root foreign_busybox
}

# behaviour: where no handler takes the programs of the base, a build says so, with both platforms and what to install, and does
# not start the script
# documented: docs/platforms.md#messages
# status: beyond
@test "without a handler the script is not started" {
    foreign_recipe arm64 $'  run: |\n    echo started'
    pretend_handlers enabled
    refuse build
    assert_said "stacker.yaml:4:3: the script of layer it can't run here: /bin/sh in it is for linux/arm64"
    assert_said "and this machine is linux/$(dpkg --print-architecture): no handler of binfmt_misc runs programs for arm64"
    assert_said "help: as root: cat /usr/lib/binfmt.d/qemu-aarch64.conf > /proc/sys/fs/binfmt_misc/register"
    refute_said started
}

# behaviour: where platforms were asked for that is said before anything is built; what the cache has needs no handler
# documented: docs/platforms.md#messages
# status: beyond
@test "without a handler nothing is built" {
    requires handlers
    platforms_base
    printf 'first:\n  from: {type: oci, url: "busybox:latest"}\n  run: touch /first\nit:\n  from: {type: built, tag: first}
  platforms: [linux/%s, linux/arm64]\n  run: touch /it\n' "$(dpkg --print-architecture)" >stacker.yaml
    pretend_handlers enabled
    refuse build
    assert_said "stacker.yaml:3:3: the script of layer first@linux-arm64 is for linux/arm64, and can't run on this machine"
    assert_said "help: as root: cat /usr/lib/binfmt.d/qemu-aarch64.conf > /proc/sys/fs/binfmt_misc/register"
    assert_not_exists roots/first
    umount "$binfmt"
    stacker build
    mount --bind "$BATS_TEST_TMPDIR/handlers" "$binfmt"
    printf '  labels: {a: b}\n' >>stacker.yaml
    sed -i 's/  run: touch .it//' stacker.yaml
    stacker build
}

# behaviour: the same goes for generate_labels, for a script that names its interpreter, and for what chroot and run are to start
# documented: docs/platforms.md#messages
# status: beyond
@test "no script and no program is started" {
    pretend_handlers enabled
    foreign_recipe s390x $'  generate_labels: echo 1 > /stacker/oci-labels/a'
    refuse build
    assert_said "stacker.yaml:4:3: the script of layer it can't run here: /bin/sh in it is for linux/s390x"
    foreign_recipe s390x $'  run: |\n    #!/usr/bin/env -S ash -e\n    true'
    refuse build
    assert_said "/usr/bin/env in it is for linux/s390x"
    foreign_recipe s390x
    stacker build
    refuse chroot it /bin/sh
    assert_said "couldn't enter layer it: /bin/sh in it is for linux/s390x"
    refuse run it date
    assert_said "couldn't run it: /bin/date in it is for linux/s390x"
}

# behaviour: a layer without a script is built on any base, and needs no handler
# documented: docs/platforms.md#what-runs-the-scripts
# status: beyond
@test "a layer without run: needs no handler" {
    pretend_handlers enabled
    echo it >file
    foreign_recipe arm64 $'  imports: [{path: file, dest: /file}]'
    stacker build
    assert_equal "$(image_config it | jq -r .architecture)" arm64
    assert_equal "$(list_layer it -1)" file
}

# behaviour: a handler without the F flag is named, with its interpreter and the remedy; in an image that has this it is enough
# documented: docs/platforms.md#the-f-flag
# status: beyond
@test "a handler without F wants its interpreter in the image" {
    requires handlers
    foreign_recipe arm64 $'  run: uname -m > /machine'
    pretend_handlers enabled qemu-old="$(handler enabled /usr/bin/env PO)"
    stacker build
    # As one did before there was the flag.
    pretend_handlers enabled qemu-old="$(handler enabled /usr/bin/host-qemu PO)"
    cp "$FIXTURES/foreign/arm64/busybox" host-qemu
    sed -i "s|^  run:|  binds: [{source: $PWD/host-qemu, dest: /usr/bin/host-qemu}]\n  run:|" stacker.yaml
    stacker build --no-cache
    sed -i '/binds:/d' stacker.yaml
    pretend_handlers enabled qemu-old="$(handler enabled /usr/bin/gone-qemu PO)"
    refuse build --no-cache
    assert_said "handler qemu-old has no F flag, and its interpreter /usr/bin/gone-qemu is not in the image, nor on this machine"
    assert_said "help: register it with the F flag"
    assert_said "echo -1 > /proc/sys/fs/binfmt_misc/qemu-old"
}

# behaviour: a handler that is disabled, and binfmt_misc that is, are told apart, each with what enables it
# documented: docs/platforms.md#messages
# status: beyond
@test "what is disabled is said to be" {
    foreign_recipe arm64 $'  run: "true"'
    pretend_handlers enabled qemu-arm64="$(handler disabled /usr/bin/qemu-aarch64 F)"
    refuse build
    assert_said "handler qemu-arm64, which runs programs for arm64, is disabled"
    assert_said "help: as root: echo 1 > /proc/sys/fs/binfmt_misc/qemu-arm64"
    pretend_handlers disabled qemu-arm64="$(handler enabled /usr/bin/qemu-aarch64 F)"
    refuse build
    assert_said "binfmt_misc is disabled, so that handler qemu-arm64 runs no programs for arm64"
    assert_said "help: as root: echo 1 > /proc/sys/fs/binfmt_misc/status"
}

# behaviour: where no handlers can be seen, as in a container, a build finds out by trial whether there are some
# documented: docs/platforms.md#in-containers-and-ci
# status: beyond
@test "handlers that can't be seen are tried" {
    requires handlers
    foreign_recipe s390x $'  run: uname -m > /machine'
    pretend_handlers ''
    stacker build
    assert_equal "$(layer_tar it -1 | tar xO --wildcards '*machine')" s390x
}

# behaviour: it is the program that decides, whatever configs say: os and arch on the machine's own base change nothing
# documented: docs/platforms.md#what-runs-the-scripts
# status: beyond
@test "an image that only says another platform runs its scripts" {
    pretend_handlers enabled
    copy_busybox '' busybox ''
    cat >stacker.yaml <<'END'
other:
  from: {type: oci, url: "busybox:latest"}
  os: darwin
  arch: arm64
  run: touch /a
above:
  from: {type: built, tag: other}
  os: darwin
  arch: arm64
  run: touch /b
END
    stacker build
    assert_equal "$(list_layer above -1)" b
    assert_equal "$(image_config above | jq -r '"\(.os)/\(.architecture)"')" darwin/arm64
}

# behaviour: a program for a processor that nothing has a name for is refused too, with the number that its file has
# documented: docs/platforms.md#messages
# status: beyond
@test "a processor without a name is told by its number" {
    show_handlers
    copy_busybox '' busybox ''
    { head -c 18 /bin/busybox && printf '\x34\x12' && tail -c +21 /bin/busybox; } >odd
    chmod 755 odd
    cat >stacker.yaml <<'END'
odd:
  from: {type: oci, url: "busybox:latest"}
  imports: [{path: odd, dest: /bin/odd}]
  shell: [/bin/odd]
  run: "true"
END
    refuse build
    assert_said "/bin/odd in it is for ELF machine 4660"
}

# behaviour: what the kernel takes for no program of this machine's, in spite of its header, is said to be none
# documented: docs/platforms.md#messages
# status: beyond
@test "exec format error is said in words" {
    copy_busybox '' busybox ''
    # Without a size of its program headers.
    { head -c 54 /bin/busybox && printf '\0\0' && tail -c +57 /bin/busybox; } >odd
    chmod 755 odd
    cat >stacker.yaml <<'END'
odd:
  from: {type: oci, url: "busybox:latest"}
  imports: [{path: odd, dest: /bin/sh}]
  run: "true"
END
    run -126 --separate-stderr stacker build
    assert_said "couldn't execute /bin/sh in the container: Exec format error"
    assert_said "help: the image has it for another kind of processor than this machine's"
}

#!/usr/bin/env bats
# Images that mean harm, run: whatever their layers and their config say, they reach nothing of the host.

load ../helpers

# hostile_image CONFIG [TAR]: the tag "evil" of the layout oci, on busybox.
hostile_image() {
    busybox_base oci
    "$TOP/tools/fixtures/make-configured-image.py" oci evil "$@"
}

# layer COMMANDS: evil.tar has what they leave in an empty directory.
layer() {
    mkdir tree
    (cd tree && eval "$1")
    tar --create --file evil.tar --directory tree --owner 0 --group 0 --format pax .
    rm -rf tree
}

# behaviour: root of an image is nobody of the machine: for root as for a user it is in a user namespace
# documented: docs/security.md#images-that-are-run
# status: beyond
# bats test_tags=level:priv,group:quick
# why: the files that only root of the machine could change are root's
@test "root of an image is not root" {
    hostile_image '{}'
    run -0 --separate-stderr stacker run evil sh -c 'id -u; cat /proc/self/uid_map; stat -c %u /bin/busybox'
    assert_line --index 0 0
    refute_line --regexp '^ *0 +0 '
    assert_line --index 2 0
    # What it makes on disk is nobody's of the machine.
    start "$STACKER" run evil sh -c 'cp /bin/busybox /mine; chmod 6755 /mine; echo up; sleep 1000'
    for ((tenths = 0; tenths < 600; tenths++)); do
        ! grep -qx up started.out || break
        sleep 0.1
    done
    run -0 find roots -path '*/.run-*/mine' -uid +65535 -perm 6755
    assert_output --partial /mine
    assert_equal "$(stat -c %a roots/.run-*)" 700
    kill -TERM "$started"
    wait_for_end
}

# behaviour: device nodes of a layer can't be opened, and none can be made
# documented: docs/security.md#images-that-are-run
# status: beyond
@test "device nodes" {
    layer 'mkdir dev2; mknod -m 666 dev2/zero c 1 5; mknod -m 666 dev2/disk b 7 0'
    hostile_image '{}' evil.tar
    run -0 --separate-stderr stacker run evil sh -c \
        'for node in /dev2/zero /dev2/disk; do head -c 1 $node && echo opened; done; mknod /x c 1 5 && echo made; true'
    assert_output ""
    # Those that every program expects are there.
    run -0 --separate-stderr stacker run evil sh -c 'head -c 1 /dev/zero | wc -c'
    assert_output 1
}

# behaviour: /sys is read-only, kernel settings can't be changed, and nothing can be mounted
# documented: docs/security.md#images-that-are-run
# status: beyond
@test "/sys, settings and mounts" {
    hostile_image '{}'
    run -0 --separate-stderr stacker run evil sh -c '
        mkdir /sys/made && echo sys
        echo 1 >/sys/kernel/uevent_seqnum && echo sys
        mount -o remount,rw /sys && echo remounted
        mount -o remount,bind,rw /proc/sys && echo remounted
        mount -t tmpfs none /mnt && echo mounted
        echo x >/proc/sys/kernel/hostname && echo setting
        true'
    assert_output ""
}

# behaviour: set-user-ID programs of a layer give root of the container and nothing more
# documented: docs/security.md#images-that-are-run
# status: beyond
@test "set-user-ID" {
    # What busybox lets keep the right is su, for whom root has no password here.
    layer 'mkdir bin2 etc; cp /bin/busybox bin2/su; chmod 4755 bin2/su; echo root::0:0::/:/bin/sh >etc/passwd'
    hostile_image '{"User": "1000:1000"}' evil.tar
    run -0 --separate-stderr stacker run evil sh -c "id -u; /bin2/su -c 'id -u; cat /proc/self/uid_map'"
    assert_line --index 0 1000
    assert_line --index 1 0
    refute_line --regexp '^ *0 +0 '
}

# behaviour: a symlink in place of /etc/passwd, or of /etc, is followed in the image: users of the host are not found
# documented: docs/security.md#images-that-are-run
# status: beyond
@test "/etc/passwd leads outside" {
    printf 'outsider:x:4321:4321::/:/bin/sh\n' >passwd
    for link in "$PWD/passwd" "../../../../../../../../..$PWD/passwd" /proc/self/cwd/passwd /proc/1/root/etc/passwd; do
        rm -rf oci roots evil.tar
        layer "mkdir etc; ln -s '$link' etc/passwd"
        hostile_image '{"User": "outsider"}' evil.tar
        refuse run evil true
        assert_said 'there is no user "outsider" in the image'
    done
    rm -rf oci roots
    layer "ln -s '$PWD' etc"
    hostile_image '{"User": "outsider"}' evil.tar
    refuse run evil true
    assert_said 'there is no user "outsider" in the image'
}

# behaviour: a User of no known form is refused, with what is wrong with it, and not passed on
# documented: docs/security.md#images-that-are-run
# status: beyond
@test "users of unusual form" {
    for user in -1 +0 4294967295 99999999999 0x0 'a\nlxc.init.uid = 0' 'root\u0000' ' 0' '0:-1' '0:nosuch' '::' '../root'; do
        rm -rf oci roots
        hostile_image "{\"User\": \"$user\"}"
        run -1 --separate-stderr stacker run evil id
        assert_said "couldn't find the image's user"
        assert_equal "$output" ""
    done
    rm -rf oci
    hostile_image '{"User": "4000000000"}'
    refuse run evil id
    assert_said "which containers don't have here"
}

# behaviour: what is no file, or a passwd without bound, is refused before it is read
# documented: docs/security.md#images-that-are-run
# status: beyond
@test "a passwd that is endless" {
    for made in 'truncate -s 3G etc/passwd' 'mkfifo etc/passwd' 'mkdir etc/passwd' 'ln -s passwd etc/passwd'; do
        rm -rf oci roots evil.tar
        mkdir tree
        (cd tree && mkdir etc && eval "$made")
        tar --create --sparse --file evil.tar --directory tree --owner 0 --group 0 --format pax .
        rm -rf tree
        hostile_image '{"User": "root"}' evil.tar
        refuse run evil true
        assert_said "/etc/passwd"
    done
}

# behaviour: a working directory is one of the image, whatever symlinks and /proc make of it; one that is missing is made
# documented: docs/security.md#images-that-are-run
# status: beyond
@test "working directories" {
    layer 'ln -s /proc/self/fd/3 three; ln -s ../../../../../.. up; ln -s /proc p; touch file'
    for directory in /proc/self/fd/3 /proc/self/fd/7/.. /three /p/1/cwd /sys/kernel /dev /file; do
        rm -rf oci roots
        hostile_image "{\"WorkingDir\": \"$directory\"}" evil.tar
        refuse run evil pwd
        assert_said "couldn't start in the image's working directory"
    done
    for pair in /up:/ "/up/../..$PWD:$PWD" relative:/relative /a/b/c:/a/b/c; do
        rm -rf oci roots
        hostile_image "{\"WorkingDir\": \"${pair%:*}\"}" evil.tar
        run -0 --separate-stderr stacker run evil sh -c 'pwd; ls -A'
        assert_line --index 0 "${pair#*:}"
        refute_line evil.tar
    done
}

# behaviour: where the image's /etc/resolv.conf leads out of its own files, it stays what it is, and nothing is mounted
# documented: docs/security.md#images-that-are-run
# status: beyond
@test "a resolv.conf that leads elsewhere" {
    for link in /proc/self/fd/3 /proc/1/root/etc/resolv.conf /sys/kernel/notes; do
        rm -rf oci roots evil.tar
        layer "mkdir etc; ln -s $link etc/resolv.conf"
        hostile_image '{}' evil.tar
        run -0 --separate-stderr stacker run evil sh -c 'readlink /etc/resolv.conf; grep -c resolv.conf /proc/self/mounts || true'
        assert_output "$link"$'\n0'
    done
    # One that stays in the image is where the host's list of name servers is seen.
    rm -rf oci roots evil.tar
    layer "mkdir etc; ln -s ../../../run/names etc/resolv.conf"
    hostile_image '{}' evil.tar
    run -0 --separate-stderr stacker run evil grep -c ' /run/names ' /proc/self/mounts
    assert_output 1
}

# behaviour: a program that is named by a descriptor of whoever starts it is not found: there is none
# documented: docs/security.md#images-that-are-run
# status: beyond
@test "a program through descriptors" {
    hostile_image '{}'
    for ((fd = 3; fd < 20; fd++)); do
        run ! --separate-stderr stacker run evil "/proc/self/fd/$fd/bin/sh" -c true
        assert_said "couldn't execute"
    done
    run -0 --separate-stderr stacker run evil sh -c 'ls /proc/1/fd'
    assert_output $'0\n1\n2'
}

# behaviour: variables without a name or a value are left out, and none makes a line of the container's config
# documented: docs/security.md#images-that-are-run
# status: beyond
@test "odd variables" {
    export SECRET=of-the-caller
    hostile_image '{"Env": ["SECRET", "=x", "", "A B=c", "L=1\nlxc.init.uid = 5", "P=1", "P=2"]}'
    run -0 --separate-stderr stacker run evil id -u
    assert_output 0
    run -0 --separate-stderr stacker run evil env
    assert_line "P=2"
    refute_line "P=1"
    assert_line "A B=c"
    refute_output --partial of-the-caller
    rm -rf oci
    hostile_image '{"Env": ["N=a\u0000b"]}'
    refuse run evil true
    assert_said "NUL"
}

# behaviour: --privileged is what a build's script has
# documented: docs/security.md#images-that-are-run
# status: beyond
@test "--privileged" {
    hostile_image '{}'
    printf 'it:\n  from: {type: oci, url: "oci:latest"}\n  run: grep CapBnd /proc/self/status; cat /proc/self/uid_map\n' >stacker.yaml
    run -0 --separate-stderr stacker build
    built=$output
    run -0 --separate-stderr stacker run --privileged evil sh -c 'grep CapBnd /proc/self/status; cat /proc/self/uid_map'
    assert_equal "$output" "$built"
}

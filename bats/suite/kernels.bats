#!/usr/bin/env bats
# `make check-kernel`, as far as it goes without a machine: which kernel is meant, what it begins with, and which tests are run where.
#
# It is the suite's own work, whoever runs stacker. What the machine does is seen by running it.
# bats file_tags=level:priv

load ../helpers

setup() {
    begin_test
}

# make_kernel FILE VERSION: the head of an x86 image, as far as it says which kernel it is.
make_kernel() {
    mkdir -p "$(dirname "$1")"
    truncate -s 4096 "$1"
    printf 'HdrS' | dd of="$1" bs=1 seek=$((0x202)) conv=notrunc status=none
    printf '\x00\x08' | dd of="$1" bs=1 seek=$((0x20e)) conv=notrunc status=none
    printf '%s (builder) #1 SMP' "$2" | dd of="$1" bs=1 seek=$((0xa00)) conv=notrunc status=none
}

# python CODE…: runs it with the tools of check-kernel.
python() {
    PYTHONPATH=$TOP/tools/kernels python3 -c "$@"
}

# behaviour: a kernel is known by what its image says of itself, and its modules are found beside an unpacked package's boot/
# documented: docs/kernels.md#other-kernels
# status: beyond
# why: it is the suite's own work
@test "which kernel it is" {
    make_kernel package/boot/vmlinuz 6.99.1-test
    mkdir -p package/lib/modules/6.99.1-test
    touch package/lib/modules/6.99.1-test/modules.builtin
    run -0 python 'import kernels, sys; found = kernels.find(sys.argv[1]); print(found.name, found.version, found.modules)' \
        ./package/boot/vmlinuz
    assert_output "6.99.1-test 6.99.1-test $PWD/package/lib/modules/6.99.1-test"

    # As newer packages have them: without boot/.
    modules=newer/usr/lib/modules/7.99.1-test
    make_kernel "$modules/vmlinuz" 7.99.1-test
    mkdir "$modules/kernel"
    touch "$modules/modules.builtin" "$modules/modules.order" "$modules/kernel/it.ko"
    run -0 --separate-stderr python 'import debian, kernels, pathlib; found = kernels.from_file(debian.image_in(pathlib.Path("newer"), "newest"), "newest")
print(found.name, found.version, found.modules, found.dependencies())'
    assert_output "newest 7.99.1-test $modules {'kernel/it.ko': []}"
    run -1 python 'import debian, pathlib; debian.image_in(pathlib.Path("."), "linux-image-6.99.1-dbg")'
    assert_output --partial "there is no kernel in linux-image-6.99.1-dbg"

    run -2 --separate-stderr "$TOP/tools/kernels/check-kernel.py" --kernel ./nowhere --report "$PWD/report"
    assert_said "error: can't read"
    head -c 4096 /dev/zero >zeros
    run -2 --separate-stderr "$TOP/tools/kernels/check-kernel.py" --kernel ./zeros --report "$PWD/report"
    assert_said "is no x86 kernel"
    run -2 --separate-stderr "$TOP/tools/kernels/check-kernel.py" --kernel slackware-15 --report "$PWD/report"
    assert_said "help: KERNEL is the path of a vmlinuz"
}

# behaviour: what a fetch that was killed has left goes with the next one, and a package without a kernel is not kept
# documented: docs/kernels.md#other-kernels
# status: beyond
# why: it is the suite's own work
@test "half a package" {
    mkdir bin package kept kept/.linux-image-6.99.1.killed
    for name in apt-get apt-cache dpkg-deb; do printf '#!/bin/sh\n' >"bin/$name"; done
    echo 'case $* in *download*) : >it.deb ;; esac' >>bin/apt-get
    echo "cp -r $PWD/package/. \"\$3\"" >>bin/dpkg-deb
    chmod +x bin/*
    fetch='import debian, pathlib
debian.KEPT = pathlib.Path("kept").absolute()
print(debian.fetch("linux-image-6.99.1"))'
    run -1 env PATH="$PWD/bin:$PATH" PYTHONPATH="$TOP/tools/kernels" python3 -c "$fetch"
    assert_output --partial "there is no kernel in linux-image-6.99.1"
    assert_equal "$(ls -A kept)" .lock
    make_kernel package/boot/vmlinuz-6.99.1 6.99.1
    run -0 env PATH="$PWD/bin:$PATH" PYTHONPATH="$TOP/tools/kernels" python3 -c "$fetch"
    assert_output "$PWD/kept/linux-image-6.99.1/boot/vmlinuz-6.99.1"
}

# behaviour: a report is for one machine at a time
# documented: docs/kernels.md#other-kernels
# status: beyond
# why: it is the suite's own work
@test "two machines with one report" {
    make_kernel package/boot/vmlinuz 6.99.1-test
    mkdir -p package/lib/modules/6.99.1-test report
    touch package/lib/modules/6.99.1-test/modules.builtin
    run -2 --separate-stderr flock report/.lock \
        "$TOP/tools/kernels/check-kernel.py" --kernel ./package/boot/vmlinuz --report report
    assert_said "error: a machine that runs writes its report to $PWD/report"
}

# behaviour: what a machine would not see, or its kernel not read, is refused before it boots
# documented: docs/kernels.md#what-the-machine-is
# status: beyond
# why: it is the suite's own work
@test "what a machine can't have" {
    make_kernel package/boot/vmlinuz 6.99.1-test
    mkdir -p package/lib/modules/6.99.1-test
    touch package/lib/modules/6.99.1-test/modules.builtin
    check_kernel() {
        run -2 --separate-stderr "$TOP/tools/kernels/check-kernel.py" --kernel ./package/boot/vmlinuz --report "$PWD/report" \
            --run true "$@"
    }
    STACKER=/run/nowhere/stacker check_kernel
    assert_said "error: STACKER is in /run/nowhere/stacker, and the machine has a /run of its own"
    for minutes in 0 -1 nan inf; do
        check_kernel --minutes="$minutes"
        assert_said "invalid minutes value"
    done
    # It would drop the rest, and say nothing.
    printf 'kernel/%s.ko\n' virtio_pci virtiofs overlay virtio_blk ext4 >package/lib/modules/6.99.1-test/modules.builtin
    check_kernel --cmdline "$(printf 'word%s ' {1..300})"
    assert_said "would have more than 2047 bytes"
    # A module that is no archive is no kernel that fails: `git bisect` would believe it.
    sed -i /ext4/d package/lib/modules/6.99.1-test/modules.builtin
    echo "ext4.ko.xz:" >package/lib/modules/6.99.1-test/modules.dep
    echo "no archive" >package/lib/modules/6.99.1-test/ext4.ko.xz
    check_kernel
    assert_said LZMAError
}

# behaviour: what a machine has left is taken if it is files, and not too much; a status is one, and an oops before the tests is one, too
# documented: docs/kernels.md#what-the-machine-is
# status: beyond
# why: it is the suite's own work
@test "what a machine has left" {
    mkdir results report
    echo '<testsuites/>' >results/bats-priv.ext4.xml
    echo '<testsuites/>' >$'results/bats-with\na line.xml'
    truncate -s 1T results/bats-huge.xml
    mkfifo results/bats-pipe.xml
    mkdir results/bats-directory.xml
    ln -s /etc/passwd results/dmesg
    take='import left, pathlib; print(left.take(pathlib.Path("results"), ("bats-*.xml", "dmesg"), pathlib.Path("report")))'
    run -0 timeout 10 env PYTHONPATH="$TOP/tools/kernels" python3 -c "$take"
    assert_output "['bats-directory.xml', 'bats-huge.xml', 'bats-pipe.xml', 'bats-with\\na line.xml', 'dmesg']"
    assert_equal "$(ls report)" bats-priv.ext4.xml

    : >report/console.log
    # status STATUS TAINTED: what becomes of them, once the machine is off.
    status() {
        : >results/booted
        rm -f results/status
        [[ -z $1 ]] || echo "$1" >results/status
        echo "$2" >results/tainted
        python 'import machine, pathlib
it = object.__new__(machine.Machine)
it.report = pathlib.Path("report")
it.console = it.report / "console.log"
try:
    print(it.status(pathlib.Path("results")))
except machine.Trouble as trouble:
    print(trouble)'
    }
    assert_equal "$(status 0 '0 0')" 0
    assert_equal "$(status 3 '512 512')" 3
    run -0 status 0 "0 128"
    assert_line "error: the kernel has had an oops"
    assert_line 1
    # One that it has had before the tests began.
    run -0 status 0 "128 128"
    assert_line "error: the kernel has had an oops"
    assert_line 1
    # What a process would show as 0.
    run -0 status 256 "0 0"
    assert_line "error: the machine has left the status 256, which no command has"
    run -0 status word "0 0"
    assert_line --partial "has left no status"
    run -0 status 0 ""
    assert_line --partial "has left no status"
    run -0 status "" ""
    assert_line "error: the machine ended before the command did"
    mkfifo results/pipe
    rm -f results/status
    ln -s pipe results/status
    run -0 timeout 10 env PYTHONPATH="$TOP/tools/kernels" python3 -c 'import left, pathlib
print(left.numbers(pathlib.Path("results/status")), left.numbers(pathlib.Path("results/pipe")))'
    assert_output "[] []"
}

# behaviour: a kernel that panics has failed, and one that doesn't come up has not been tried
# documented: docs/kernels.md#other-kernels
# status: beyond
# why: it is the suite's own work
@test "a kernel that panics" {
    ask='import machine, pathlib, sys, trouble
it = object.__new__(machine.Machine)
it.report = pathlib.Path(".")
it.console = it.report / "console.log"
try:
    print(it.status(it.report))
except trouble.Trouble as found:
    print(found.status, found)'
    echo "[    9.1] Kernel panic - not syncing: Fatal exception" >console.log
    run -0 python "$ask"
    assert_line "2 error: the machine ended before it had booted"
    touch booted
    run -0 python "$ask"
    assert_line "1 error: the kernel panicked before the command had ended"
    assert_line --partial "Fatal exception"
    echo "qemu was killed" >console.log
    run -0 python "$ask"
    assert_line "2 error: the machine ended before the command did"
}

# behaviour: make check-kernel passes on a command and words as they are, with no group that nobody asked for
# documented: docs/kernels.md#other-kernels
# status: beyond
# why: it is the suite's own work
@test "a command for a machine" {
    copy_suite
    for name in build/install-packages build/install-python-tools fixtures/fetch-foreign-busybox fixtures/make-fixtures report/write-report.py; do
        ln -sf /bin/true "tree/tools/$name"
    done
    printf '#!/bin/bash\nprintf "%%s\\n" "$@"\n' >tree/tools/kernels/check-kernel.py
    command='for n in a b; do echo "$n" $(uname -r) ${HOME}, it'"'"'s; done # $$'
    make_it() {
        run -0 env -i PATH="$PATH" "$@" make -C tree STACKER=none check-kernel
    }
    run -0 env -i PATH="$PATH" make -C tree STACKER=none RUN="$command" QEMU='-name $it' CMDLINE='a=$b' check-kernel
    assert_line -- "--run=$command"
    assert_line -- '--qemu=-name $it'
    assert_line -- '--cmdline=a=$b'
    refute_line -- "--group=quick"
    make_it RUN="$command"
    assert_line -- "--run=$command"
    make_it
    assert_line -- "--group=quick"
}

# behaviour: a kernel begins with busybox and with the modules that it needs to see this machine's files, each after what it needs
# documented: docs/kernels.md#what-the-machine-is
# status: beyond
# why: it is the suite's own work
@test "what a kernel begins with" {
    make_kernel package/boot/vmlinuz 6.99.1-test
    modules=package/lib/modules/6.99.1-test
    mkdir -p "$modules/kernel"
    echo kernel/ext4.ko >"$modules/modules.builtin"
    for name in fuse virtiofs overlay virtio_blk virtio virtio-pci; do echo "$name" >"$modules/kernel/$name.ko"; done
    xz "$modules/kernel/virtiofs.ko"
    cat >"$modules/modules.dep" <<'END'
kernel/virtiofs.ko.xz: kernel/fuse.ko kernel/virtio.ko
kernel/fuse.ko:
kernel/overlay.ko:
kernel/virtio.ko:
kernel/virtio_blk.ko: kernel/virtio.ko
kernel/virtio-pci.ko: kernel/virtio.ko
END
    make='import initramfs, kernels, pathlib, sys
pathlib.Path("initramfs").write_bytes(initramfs.make(kernels.find(sys.argv[1]), pathlib.Path(sys.argv[2])))'
    sed -i 's/virtio_blk/virtio-blk/' "$modules/modules.dep"
    mv "$modules/kernel/virtio_blk.ko" "$modules/kernel/virtio-blk.ko"
    python "$make" ./package/boot/vmlinuz "$(command -v busybox)"
    mkdir in
    # An independent reader.
    (cd in && busybox cpio -i) <initramfs
    assert_equal "$(tr '\n' ' ' <in/modules.order)" "virtio virtio-pci fuse virtiofs overlay virtio-blk "
    assert_equal "$(<in/modules/virtiofs)" virtiofs
    cmp in/bin/busybox "$(command -v busybox)"
    cmp in/init "$TOP/tools/kernels/begin"
    [[ -x in/init && -d in/proc ]]

    # One that can't see them is refused before it boots.
    sed -i '/overlay/d' "$modules/modules.dep"
    run -1 python "$make" ./package/boot/vmlinuz "$(command -v busybox)"
    assert_output --partial "has no overlay"
}

# behaviour: GROUP=quick runs the tests of that group, and no other of their files
# documented: docs/kernels.md#the-quick-group
# status: beyond
# why: it is the suite's own work
@test "a group of tests" {
    run -0 env GROUP=quick "$TOP/tools/report/find-tests.py" --chapter=recipe
    assert_line bats/recipe/hello.bats
    refute_line bats/recipe/substitution.bats
    run -1 env GROUP=quicker "$TOP/tools/report/find-tests.py"
    assert_output --partial "the only group is quick"
    sed 's/^TEST/@test/' >some.bats <<'END'
#!/usr/bin/env bats
# bats test_tags=group:quick
TEST "quick" { true; }
TEST "another" { false; }
END
    mkdir reports
    run -0 env -i PATH="${PATH#"$BATS_LIBEXEC:"}" TMPDIR="$PWD" GROUP=quick \
        "$TOP/tools/test/run-files.py" --named --level=priv reports none some.bats
    assert_equal "$("$TOP/tools/report/sum-reports.py" reports/bats-priv.none.xml)" "1 passed, 0 failed"
}

# behaviour: a file that wants a machine of its own is left out elsewhere, and who names it is told what to do
# documented: docs/kernels.md#in-a-machine-of-its-own
# status: beyond
# why: it is the suite's own work
@test "files for a machine of their own" {
    for name in own other; do
        printf '#!/usr/bin/env bats\n@%s "it" { [[ ${MACHINE:-} == own || $BATS_TEST_FILENAME == *other* ]]; }\n' test >"$name.bats"
    done
    sed -i '1a # runs: in a machine of its own: it says so' own.bats
    mkdir reports
    run_files() {
        run -"$1" env -i PATH="${PATH#"$BATS_LIBEXEC:"}" TMPDIR="$PWD" "${@:2}"
    }
    run_files 0 "$TOP/tools/test/run-files.py" --level=priv reports none own.bats other.bats
    assert_equal "$("$TOP/tools/report/sum-reports.py" reports/bats-priv.none.xml)" "1 passed, 0 failed"
    run_files 2 "$TOP/tools/test/run-files.py" --named --level=priv reports none own.bats
    assert_output --partial "help: make check-kernel TEST=own.bats"
    run_files 0 MACHINE=own "$TOP/tools/test/run-files.py" --named --level=priv reports none own.bats
    assert_equal "$("$TOP/tools/report/sum-reports.py" reports/bats-priv.none.xml)" "1 passed, 0 failed"
}

# behaviour: a test that fails on a kernel where its header says so has not failed, and one that passes there has; its report says where it ran
# documented: docs/kernels.md#what-is-known-to-fail
# status: beyond
# why: it is the suite's own work
# bats test_tags=group:quick
@test "what is known to fail on a kernel" {
    sed 's/^TEST/@test/' >known.bats <<'END'
#!/usr/bin/env bats
# behaviour: it fails
# fails-where: kernel>=3 level=priv: it is too new
TEST "known" {
    false
}
# behaviour: it fails elsewhere
# fails-where: kernel<3: it is too old
TEST "elsewhere" {
    false
}
# behaviour: it passes
# fails-where: kernel<3: it is too old
# fails-where: kernel>=3: nobody has looked again
TEST "mended" {
    true
}
TEST "skipped" {
    skip "no reason"
}
END
    mkdir reports
    run_known() {
        run -"$1" env -i PATH="${PATH#"$BATS_LIBEXEC:"}" TMPDIR="$PWD" CMDLINE="lsm=none" KERNEL=some MACHINE="$2" \
            "$TOP/tools/test/run-files.py" --named --level=priv reports none known.bats
    }
    run_known 1 own
    assert_line "not ok 1 known # TODO kernel>=3 level=priv: it is too new"
    assert_line --regexp "^not ok 2 elsewhere # in"
    assert_line "# passes where it is known to fail: kernel>=3: nobody has looked again"
    assert_equal "$("$TOP/tools/report/sum-reports.py" --closing reports/bats-priv.none.xml)" \
        $'failed: known.bats: elsewhere\nfailed: known.bats: mended\n4 tests, 2 failures, 1 skipped, 1 failed as known'
    for about in "kernel\" value=\"$(uname -r)" 'cmdline" value="lsm=none' 'asked" value="some' 'level" value="priv'; do
        assert_file_contains reports/bats-priv.none.xml "<property name=\"$about\" />"
    done

    # Nothing but what is known is no failure, on a machine like any other.
    sed -i -e '/^# behaviour: it fails elsewhere/,/^}/d' -e '/nobody/d' known.bats
    run_known 0 ''
    assert_equal "$("$TOP/tools/report/sum-reports.py" reports/bats-priv.none.xml)" "1 passed, 0 failed"
    refute grep -q '"machine"' reports/bats-priv.none.xml
}

# behaviour: the words by which a header names kernels are of versions, of cgroups, of security modules, of sysctls and of levels
# documented: docs/kernels.md#what-is-known-to-fail
# status: beyond
# why: it is the suite's own work
@test "which kernels a header names" {
    mkdir -p sys/user
    echo 0 >sys/user/max_user_namespaces
    fits() {
        PYTHONPATH=$TOP/tools/report python3 -c 'import conditions, pathlib, sys
here = conditions.Surroundings("6.1.0-57-cloud-amd64", "v2", ["lockdown", "apparmor"], "unpriv", pathlib.Path("sys"))
print(*(int(here.fit(each)) for each in sys.argv[1:]))' "$@"
    }
    run -0 fits "kernel<6.6" "kernel<6.1" "kernel>=6.1" "kernel>=5.11" "kernel<10" "kernel>=6.1.0" "kernel<6.1.1"
    # The third number is a distribution's: such words are none.
    assert_output "1 0 1 1 1 0 0"
    run -0 fits cgroups=v2 cgroups=hybrid lsm=apparmor lsm=selinux lsm!=selinux level=unpriv level=priv
    assert_output "1 0 1 0 1 1 0"
    run -0 fits sysctl:user.max_user_namespaces=0 sysctl:user.max_user_namespaces=00 sysctl:kernel.nowhere=0
    assert_output "1 0 0"
    run -0 fits "kernel<6.6 cgroups=v2 level=unpriv" "kernel<6.6 level=priv"
    assert_output "1 0"
    # Of this machine it finds out by itself.
    PYTHONPATH=$TOP/tools/report python3 -c 'import conditions
here = conditions.here("priv")
assert here.cgroups in ("v1", "v2", "hybrid") and here.kernel, here
assert here.fit("kernel>=3 level=priv") and not here.fit("kernel<3"), here'
}

# behaviour: a header that names kernels says why, and by words that there are
# documented: CONTRIBUTING.md, "What tests have in common"
# status: beyond
# why: it is the suite's own work
@test "a header that names no kernel" {
    copy_suite
    check_header() {
        printf '#!/usr/bin/env bats\n# behaviour: it is\n# documented: docs/kernels.md\n# status: beyond\n%s\n@%s "it" { true; }\n' "$2" test \
            >tree/bats/suite/names.bats
        run -"$1" tree/tools/report/check-headers bats/suite/names.bats
    }
    check_header 0 "# fails-where: kernel<6.6 level=priv lsm!=apparmor cgroups=v2 sysctl:kernel.unprivileged_userns_clone=0: why"
    check_header 1 "# fails-where: kernel<6.6"
    assert_output --partial "fails-where gives no reason: kernel<6.6"
    check_header 1 "# fails-where: kernel=new cgroups=v3: why"
    assert_output --partial "fails-where: 'kernel=new' is no condition"
    assert_output --partial "fails-where: 'cgroups=v3' is no condition"
    check_header 1 "#fails-where: kernel<6.6: why"
    assert_output --partial "stands in the comment above a test"
    check_header 1 "# fails-where kernel<6.6: why"
    assert_output --partial "stands in the comment above a test"
    check_header 1 "# bats test_tags=level:priv,group:quick-unpriv"$'\n'"# why: it is"
    assert_output --partial "is in the group quick, not quick-unpriv"
}

# behaviour: a test may be in a group at one level only, and a file without a test for a level is not begun there
# documented: docs/kernels.md#the-quick-group
# status: beyond
# why: it is the suite's own work
@test "a group at one level" {
    sed 's/^TEST/@test/' >some.bats <<'END'
#!/usr/bin/env bats
# bats test_tags=group:quick-priv
TEST "as root" { true; }
TEST "another" { false; }
END
    sed 's/priv/unpriv/' some.bats >user.bats
    sed 's/quick-priv/quick/' some.bats >both.bats
    mkdir reports
    run -0 env -i PATH="${PATH#"$BATS_LIBEXEC:"}" TMPDIR="$PWD" GROUP=quick \
        "$TOP/tools/test/run-files.py" --named --level=priv --level=unpriv reports none some.bats user.bats both.bats
    assert_equal "$(grep '^==' <<<"$output" | LC_ALL=C sort | tr '\n' ' ')" \
        "== both.bats (priv) == both.bats (unpriv) == some.bats (priv) == user.bats (unpriv) "
    assert_equal "$("$TOP/tools/report/sum-reports.py" reports/*.xml)" "4 passed, 0 failed"
}

# behaviour: `git bisect run` with the step of docs/kernels.md finds the kernel that fails, and passes by those that don't compile or boot
# documented: docs/kernels.md#other-kernels
# status: beyond
# why: it is the suite's own work
@test "git bisect with kernels" {
    requires git
    sed -n '/git bisect run/,/^case/p' "$TOP/docs/kernels.md" | sed -n '/^make/,$p' >"$HOME/step"
    # Kernels are files that say the status of a run.
    install -D /dev/stdin "$HOME/stacker/tools/kernels/check-kernel.py" <<'END'
#!/bin/bash
[[ $1 == --kernel=/* && $2 == *.bats ]] || exit 3
exit "$(<"${1#--kernel=}")"
END
    install -D /dev/stdin bin/make <<'END'
#!/bin/bash
[[ $* == bzImage && $(<status) != broken ]] || exit 2
install -D status arch/x86/boot/bzImage
END
    git init -q linux
    cd linux
    for status in 0 broken 2 0 1 2 1; do
        echo "$status" >status
        echo "$((++number))" >number
        git add status number
        git -c user.name=it -c user.email=it@example.com commit -q -m "kernel $number"
    done
    git bisect start HEAD HEAD~6
    run -0 env PATH="$PWD/../bin:$PATH" git bisect run bash ~/step
    assert_output --partial "is the first bad commit"
    assert_equal "$(git show -s --format=%s refs/bisect/bad)" "kernel 5"
}

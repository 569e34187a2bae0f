#!/usr/bin/env bats
# The recipes of examples/: each is built, and what comes of it does what its page says.
#
# bound: 300 s, for what apt and pip do in a system of 10,000 files.

load ../helpers
load ../imports/web-server

# debian: makes sure that there is a Debian system, as $debian.
debian() {
    make_fixture debian-packages "$TOP/tools/fixtures/make-package-image.py" \
        adduser gcc libc6-dev lsb-base python3 python3-venv
    debian=oci:$FIXTURES/debian-packages:latest
}

# take NAME: goes to a copy of an example.
take() {
    cp -R "$TOP/examples/$1" example
    cd example || return
}

# behaviour: a program is compiled in one layer and is all that is in the image on scratch; after a change only that is done again
# documented: examples/static-service/README.md
# status: beyond
# why: the base is an image of this machine as type docker
@test "a static program on nothing" {
    debian
    take static-service
    stacker build --substitute BASE="$debian"
    assert_equal "$(list_tags)" server
    assert_equal "$(list_layer server -1)" server
    assert_equal "$(image_config server | jq -c '[.config.Entrypoint, .config.User]')" '[["/server","8080"],"65534"]'
    layer_tar server -1 | tar x
    local port
    port=$(free_port)
    start ./server "$port"
    wait_for_port "$port"
    assert_equal "$(exec 3<>"/dev/tcp/127.0.0.1/$port" && printf 'GET /\n' >&3 && tail -n 1 <&3)" "hello from scratch!"

    sed -i 's/hello from scratch/HELLO from scratch/' server.c
    run --separate-stderr stacker build --substitute BASE="$debian"
    assert_success
    assert_said "found cached layer compiler"
    assert_said "filesystem server built successfully"
}

# behaviour: apt installs a package of a mirror, whose archives are in no layer; another configuration asks no mirror
# documented: examples/debian-service/README.md
# status: beyond
# why: the base is an image of this machine as type docker
@test "a service of Debian's" {
    debian
    make_fixture package-repository "$TOP/tools/fixtures/make-package-repository" docker-registry
    ln -s "$FIXTURES/package-repository" files
    serve
    cat >stacker.yaml <<END
with-mirror:
  from: {type: docker, url: "$debian"}
  run: echo 'deb [trusted=yes] $url ./' > /etc/apt/sources.list
END
    stacker build
    local mirrored=oci:$PWD/oci:with-mirror
    take debian-service
    stacker build --substitute BASE="$mirrored"
    run -0 stacker chroot --substitute BASE="$mirrored" registry 'docker-registry --version'
    assert_output --partial "2."
    unpack_image registry rootfs
    assert_equal "$(stat -c %a rootfs/var/lib/docker-registry)" 755
    run -0 grep -c '^docker-registry:' rootfs/etc/passwd
    run -0 find rootfs/var/cache/apt rootfs/var/lib/apt/lists -name '*docker*'
    refute_output

    cd ..
    list_requests >asked
    assert_file_contains asked "GET /.*docker-registry_"
    stop_serving
    cd example
    sed -i 's/5000/5001/' config.yml
    run --separate-stderr stacker build --substitute BASE="$mirrored"
    assert_success
    assert_said "found cached layer packages"
    assert_said "filesystem registry built successfully"
}

# write_wheel: a package for pip in $1, as the index of a mirror has it: itsdangerous, as far as the example needs it.
write_wheel() {
    python3 - "$1" <<'END'
import pathlib, sys, zipfile
name, directory = "itsdangerous-2.2.0", pathlib.Path(sys.argv[1], "simple/itsdangerous")
directory.mkdir(parents=True)
wheel = directory / f"{name}-py3-none-any.whl"
with zipfile.ZipFile(wheel, "w") as archive:
    archive.writestr("itsdangerous.py", """
class Signer:
    def __init__(self, key): pass
    def sign(self, text): return (text + '.signed').encode()
""")
    archive.writestr(f"{name}.dist-info/METADATA", "Metadata-Version: 2.1\nName: itsdangerous\nVersion: 2.2.0\n")
    archive.writestr(f"{name}.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    archive.writestr(f"{name}.dist-info/RECORD", "")
(directory / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')
END
}

# behaviour: pip installs what is required from the index that its own variables name; the application finds it
# documented: examples/python-app/README.md
# status: beyond
# why: the base is an image of this machine as type docker
@test "an application in Python" {
    debian
    write_wheel files
    serve
    take python-app
    PIP_INDEX_URL=$url/simple stacker build --substitute BASE="$debian"
    assert_equal "$(image_config app | jq -c '[.config.Entrypoint, .config.Cmd, .config.User]')" \
        '[["/opt/app/bin/python","/opt/app/app.py"],["world"],"app"]'
    run -0 --separate-stderr stacker chroot --substitute BASE="$debian" app '/opt/app/bin/python /opt/app/app.py hello world'
    assert_output "hello world.signed"
    # Another index is no reason to build again, and is in no image.
    PIP_INDEX_URL=http://nobody.invalid run --separate-stderr stacker build --substitute BASE="$debian"
    assert_success
    assert_said "found cached layer app"
    run -1 grep -r "$url" oci
}

# behaviour: an appliance's layers are squashfs with dm-verity trees; two builds are one image; the kernel mounts what was built
# documented: examples/appliance/README.md
# status: beyond
# why: the base is an image of this machine as type docker
@test "the root of an appliance" {
    requires loop veritysetup
    take appliance
    busybox_base
    # shellcheck disable=SC2030,SC2031  # each test is for itself
    local -x SOURCE_DATE_EPOCH=1700000000
    local options=(--layer-type squashfs --substitute BASE=oci:busybox:latest --substitute VERSION=1.4)
    stacker build "${options[@]}"
    local manifest
    manifest=$(image_manifest appliance-squashfs)
    assert_equal "$(jq -r '.annotations["org.opencontainers.image.version"]' <<<"$manifest")" 1.4
    [[ $(jq '[.layers[] | select(.mediaType | contains("squashfs"))] | length' <<<"$manifest") -ge 2 ]]
    mount_image appliance-squashfs mnt
    assert_equal "$(cat mnt/etc/hostname)" appliance
    assert_equal "$(readlink mnt/etc/resolv.conf)" /run/resolv.conf
    local root_hash blob size
    root_hash=$(jq -r '.layers[-1].annotations | to_entries[] | select(.key | endswith("verity_root_hash")).value' <<<"$manifest")
    blob=$(layer_blob appliance-squashfs -1)
    size=$(("$(od -An -tu8 -j40 -N8 "$blob")"))
    size=$(((size + 4095) / 4096 * 4096))
    veritysetup verify "$blob" "$blob" "$root_hash" --hash-offset "$size"

    rm -rf roots .stacker
    mv oci first
    stacker build "${options[@]}"
    assert_equal "$(image_manifest appliance-squashfs)" "$manifest"
}

# bats test_tags=group:quick-priv
# behaviour: recipes of a repository build in the order that they need each other, at one go or one by one, the same images
# documented: examples/monorepo/README.md
# status: documented
@test "many images in one repository" {
    take monorepo
    busybox_base
    # shellcheck disable=SC2030,SC2031  # each test is for itself
    local -x SOURCE_DATE_EPOCH=1700000000
    sed -i 's,type: docker,type: oci,' base/stacker.yaml
    run -0 stacker recursive-build --substitute BASE="$PWD/busybox:latest"
    assert_equal "$(list_tags)" $'api\nworker'
    local manifests
    manifests=$(image_manifest api; image_manifest worker)
    assert_equal "$(layer_digest api 1)" "$(layer_digest worker 1)"
    unpack_image worker rootfs
    assert_equal "$(cat rootfs/etc/company)" "built by platform"
    [[ -x rootfs/usr/local/bin/client ]]
    rm -rf oci roots .stacker
    run -0 stacker build -f worker/stacker.yaml --substitute BASE="$PWD/busybox:latest"
    assert_equal "$(image_manifest api; image_manifest worker)" "$manifests"
}

# behaviour: tools that the last script removes are in the image's blobs, and with collapsed layers they are not; both unpack to the same tree
# documented: examples/collapsed/README.md
# status: beyond
# why: lint is our own
@test "tools that are shipped, and not shipped" {
    requires umoci
    take collapsed
    busybox_base
    sed -i /sleep/d stacker.yaml
    stacker build --jobs 2
    assert_equal "$(for layer in 1 2 3 4; do list_layer program "$layer" | tail -n 1; done)" \
        $'opt/tools/compiler\nsrc/objects\nusr/share/doc/manual\nusr/bin/program'
    unpack_image program apart
    stacker build --collapse-build-only
    run -0 list_layer program -1
    refute_line --regexp '^(opt|src)/.'
    unpack_image program collapsed
    assert_equal "$(cd collapsed && find . | sort)" "$(cd apart && find . | sort)"
    cmp {apart,collapsed}/usr/share/doc/manual
    run -1 --separate-stderr stacker lint
    assert_said '"/opt/tools" is in layer tools, and stays in what is shipped [deleted-later]'
}

# behaviour: a pull request passes where the reproducer is red with the released program and green with the new one, only there
# documented: examples/pull-request-gate/README.md
# status: beyond
# why: it is the suite's own work
# bats test_tags=level:priv
@test "a gate for pull requests" {
    requires container
    copy_suite
    (cd tree && tools/test/new-reproducer my-bug layers)
    cp "$STACKER_BINARY" candidate
    # The bug of the released one: the layer lacks what the script made.
    printf '#!/bin/sh\n[ "$1" != build ] || sed -i "s,/it$,/other," stacker.yaml\nexec %q "$@"\n' "$PWD/candidate" >released
    chmod +x released
    local script=$TOP/examples/pull-request-gate/gate.sh
    gate() { run env -i PATH="${PATH#"$BATS_LIBEXEC:"}" TMPDIR="$PWD" PRIVILEGE_LEVEL=priv "$script" tree my-bug.bats "$@"; }
    gate "$PWD/released" "$PWD/candidate"
    assert_success
    assert_line --partial "mended: my-bug.bats is red with"
    gate "$PWD/candidate" "$PWD/candidate"
    assert_failure 1
    assert_line "error: my-bug.bats passes with the released program: it does not show the bug"
    gate "$PWD/released" "$PWD/released"
    assert_failure 1
    assert_line "error: my-bug.bats fails with the candidate: the bug is still there, or another one"
}

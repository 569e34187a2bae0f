#!/usr/bin/env bats
# What a power cut leaves of the roots and stacker directories: names, and not yet what was written under them. The states are
# made by hand here, as `make power-cuts` has seen them.

load ../helpers

other_boot=00000000-0000-4000-8000-000000000000

# two_recipes: a recipe on a base, and the same with another layer on that.
two_recipes() {
    busybox_base
    cat >one.yaml <<'END'
one:
  from: {type: oci, url: "busybox:latest"}
  run: echo 1 > /one
END
    cat >two.yaml <<'END'
two:
  from: {type: oci, url: "busybox:latest"}
  run: cp /etc/passwd /copy
END
}

# behaviour: the base that was unpacked before a power cut, and may not have been on the disk, is unpacked anew
# documented: docs/storage.md#power-cuts
# status: beyond
@test "a base that was not on the disk" {
    two_recipes
    stacker build -f one.yaml
    base=$(layer_directory one 0)
    ln -s "$other_boot" "$base/unsettled"
    rm "$base/overlay/etc/passwd"
    touch "$base/overlay/etc/passwd"
    stacker build -f two.yaml
    assert_equal "$(list_layer two -1)" copy
    layer_tar two -1 | tar -xOf - copy | cmp - <(layer_tar two 0 | tar -xOf - etc/passwd)
}

# behaviour: what a build has unpacked before it failed counts until the machine is started anew
# documented: docs/storage.md#power-cuts
# status: beyond
@test "a base of a build that failed" {
    two_recipes
    sed -i 's/cp .*/exit 1/' two.yaml
    refuse build -f two.yaml
    inode=$(stat -c %i roots/sha256_*/overlay)
    stacker build -f one.yaml
    assert_equal "$(stat -c %i "$(layer_directory one 0)/overlay")" "$inode"
}

# behaviour: after a build that has run a script, what it has made in the roots directory is on the disk, and outlives a power cut
# documented: docs/storage.md#power-cuts
# status: beyond
@test "what a build leaves is on the disk" {
    two_recipes
    sed -i 's/^  run/  build_only: true\n  run/' one.yaml
    stacker build -f one.yaml
    assert_equal "$(find roots -name unsettled)" ""
    run grep -c unsettled .stacker/build.cache
    assert_equal "$output" 0
}

# behaviour: a build_only layer of before a power cut that may not have been on the disk is built anew, and a line says why
# documented: docs/storage.md#power-cuts
# status: beyond
@test "a build_only layer that was not on the disk" {
    busybox_base
    cat >stacker.yaml <<'END'
below:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: echo 1 > /below
top:
  from: {type: built, tag: below}
  run: test -e /stacker/imports/go && cp /below /top
END
    # The build ends before all is on the disk.
    refuse build
    sed -i "s/$(</proc/sys/kernel/random/boot_id)/$other_boot/" .stacker/build.cache
    : >roots/below/overlay/below
    touch go
    sed -i 's/^  run: test/  imports: [go]\n  run: test/' stacker.yaml
    run -0 --separate-stderr stacker build
    assert_said 'roots/below may not have been on the disk when this machine was started'
    assert_equal "$(layer_tar top -1 | tar -xOf - top)" 1
}

# behaviour: where a power cut has left the storage of a later build, and what was known of an earlier one, the earlier one is no cache hit
# documented: docs/storage.md#power-cuts
# status: beyond
@test "the directory of another build" {
    busybox_base
    recipe() {
        cat >stacker.yaml <<END
below:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: echo $1 > /below
image:
  from: {type: oci, url: "busybox:latest"}
  run: echo $1 > /image
on-below:
  from: {type: built, tag: below}
  run: cp /below /copy$2
on-image:
  from: {type: built, tag: image}
  run: cp /image /copy$2
END
    }
    recipe 1
    stacker build
    cp .stacker/build.cache .
    cp -a oci first
    recipe 2
    stacker build
    cp build.cache .stacker/build.cache
    rm -r oci
    mv first oci
    recipe 1 -again
    stacker build
    for name in below image; do
        assert_equal "$(layer_tar "on-$name" -1 | tar -xOf - copy-again)" 1
    done
}

# behaviour: a layout of which a power cut has left only what was made last is made anew
# documented: docs/storage.md#power-cuts
# status: beyond
@test "a layout that was being made" {
    busybox_recipe
    mkdir -p oci/.stacker.0123456789abcdef.tmp
    touch oci/.stacker.0123456789abcdef.tmp/index.json
    stacker build
    assert_layout_whole
    assert_equal "$(compgen -G 'oci/.stacker.*')" ""
}

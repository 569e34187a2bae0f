#!/usr/bin/env bats
# The main job: a recipe, a base, a script in a container, an image.

load ../helpers

hello_recipe() {
    busybox_base
    cat >stacker.yaml <<'END'
hello:
  from:
    type: oci
    url: busybox:latest
  run: |
    mkdir /srv
    echo hello > /srv/hello.txt
END
}

# bats test_tags=group:quick
# behaviour: a build runs the script in a container on the base and adds what it wrote as one layer
# documented: docs/recipe.md#run
# status: documented
@test "what run: writes is the image's top layer" {
    hello_recipe
    stacker build
    assert_equal "$(list_tags)" hello
    assert_equal "$(count_layers hello)" 2
    assert_equal "$(list_layer hello -1)" $'srv\nsrv/hello.txt'
    unpack_image hello rootfs
    assert_equal "$(cat rootfs/srv/hello.txt)" hello
}

# behaviour: the base's layers are in the image unchanged, below what the build added
# documented: docs/recipe.md#from
# status: documented
@test "the base's layer is reused, blob for blob" {
    hello_recipe
    stacker build
    assert_equal "$(layer_digest hello 0)" "$(layer_digest latest 0 busybox)"
}

# bats test_tags=group:quick-unpriv
# behaviour: the hard links of the base survive: 404 names of one file
# documented: docs/recipe.md#from
# status: documented
@test "404 names of one file are one file in the container" {
    hello_recipe
    cat >stacker.yaml <<'END'
links:
  from: {type: oci, url: "busybox:latest"}
  run: stat -c %h /bin/busybox > /links
END
    stacker build
    assert_equal "$(layer_tar links -1 | tar xO --wildcards '*links')" 404
}

# behaviour: a build says which image it prepares and which it built
# documented: docs/commands.md#messages
# status: documented
@test "the build names what it prepares and what it built" {
    hello_recipe
    run --separate-stderr stacker build
    assert_success
    assert_said "preparing image hello..."
    assert_said "filesystem hello built successfully"
}

# behaviour: a second build of unchanged inputs runs nothing and gives the same image
# documented: docs/recipe.md#cache; docs/commands.md#messages
# status: documented
@test "a second build finds the layer in the cache" {
    hello_recipe
    stacker build
    before=$(image_manifest hello)
    run --separate-stderr stacker build
    assert_success
    assert_said "found cached layer hello"
    assert_equal "$(image_manifest hello)" "$before"
}

# behaviour: --no-cache builds again what the cache holds
# documented: docs/commands.md#build
# status: documented
@test "--no-cache builds again" {
    hello_recipe
    stacker build
    run --separate-stderr stacker build --no-cache
    assert_success
    refute_said "found cached layer"
}

# behaviour: several layers of one file are built in the order of their dependencies, whatever their order in the file
# documented: docs/recipe.md#from
# status: documented
@test "a layer is built after the one it is built on" {
    busybox_base
    cat >stacker.yaml <<'END'
child:
  from: {type: built, tag: parent}
  run: cat /parent > /child
parent:
  from: {type: oci, url: "busybox:latest"}
  run: echo from the parent > /parent
END
    stacker build
    assert_equal "$(list_tags | sort)" $'child\nparent'
    assert_equal "$(count_layers child)" 3
    unpack_image child rootfs
    assert_equal "$(cat rootfs/child)" "from the parent"
}

# behaviour: a layer that changed nothing adds no layer to its image
# documented: docs/storage.md#after-run
# status: documented
@test "a script that changes nothing adds no layer" {
    busybox_base
    cat >stacker.yaml <<'END'
same:
  from: {type: oci, url: "busybox:latest"}
  run: "true"
END
    stacker build
    assert_equal "$(count_layers same)" 1
}

# bats test_tags=group:quick
# behaviour: a deleted file of the base is a whiteout in the layer
# documented: docs/storage.md#whiteouts
# status: documented
@test "rm in run: leaves a whiteout" {
    busybox_base
    cat >stacker.yaml <<'END'
less:
  from: {type: oci, url: "busybox:latest"}
  run: rm /bin/vi
END
    stacker build
    list_layer less -1 | grep -qx bin/.wh.vi
    unpack_image less rootfs
    assert_not_exists rootfs/bin/vi
    assert_exists rootfs/bin/busybox
}

# behaviour: an output layout whose index says "manifests": null, as umoci init writes it, is an empty one
# documented: image-spec, image-index.md
# status: documented
@test "a layout that umoci made takes images" {
    busybox_base
    umoci init --layout oci
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
END
    stacker build
    assert_equal "$(list_tags)" it
}

# behaviour: --progress says which blobs are copied, also from a layout; without a terminal nothing does
# documented: docs/commands.md#global-options
# status: documented
@test "--progress names the blobs" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
END
    run --separate-stderr stacker build
    refute_said "Copying blob"
    stacker clean
    run --separate-stderr stacker --progress build
    assert_said "Copying blob sha256:"
}

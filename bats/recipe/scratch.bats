#!/usr/bin/env bats
# from: scratch. An image from nothing.

load ../helpers

# build_with_lent_shell: builds an image whose script makes /it. There is no shell on nothing: it gets the host's static one.
build_with_lent_shell() {
    cat >stacker.yaml <<END
it:
  from: {type: scratch}
  binds: [$(command -v busybox) -> /bin/sh]
  run: |
    #!/bin/sh
    echo it > /it
END
    stacker build
}

# behaviour: a scratch image without files is an image with its config and nothing else
# documented: docs/recipe.md#from
# status: documented
@test "a scratch image of metadata alone" {
    printf 'it:\n  from: {type: scratch}\n  cmd: /app\n' >stacker.yaml
    stacker build
    assert_equal "$(list_tags)" it
    assert_equal "$(image_config it | jq -c .config.Cmd)" '["/app"]'
    assert_layout_whole
}

# behaviour: what run: makes on scratch is one layer
# documented: docs/recipe.md#from
# status: documented
@test "scratch and its run: are one layer" {
    build_with_lent_shell
    assert_equal "$(count_layers it)" 1
    list_layer it 0 | grep -qx it
}

# behaviour: a lent shell leaves no trace in a scratch image
# documented: docs/storage.md#traces
# status: beyond
@test "a scratch image has only what the script made" {
    build_with_lent_shell
    assert_equal "$(list_layer it 0)" it
}

# behaviour: a script on scratch without any shell is a failed build
# documented: docs/commands.md#exit-status
# status: documented
@test "a script on scratch has no shell" {
    printf 'it:\n  from: {type: scratch}\n  run: echo it > /it\n' >stacker.yaml
    run --separate-stderr stacker build
    assert_failure
    assert_layout_whole
}

# behaviour: an image can stand on a scratch image
# documented: docs/recipe.md#from
# status: documented
@test "a built layer on scratch" {
    cat >stacker.yaml <<END
nothing:
  from: {type: scratch}
  environment: {A: b}
it:
  from: {type: built, tag: nothing}
  cmd: /app
END
    stacker build
    assert_equal "$(list_tags | sort)" $'it\nnothing'
    assert_equal "$(image_config it | jq -c .config.Cmd)" '["/app"]'
    assert_equal "$(image_config it | jq '.config.Env | contains(["A=b"])')" true
}

#!/usr/bin/env bats
# shell: what runs the scripts of a layer, and what a shell takes for a failure.

load ../helpers

setup() {
    begin_test
    requires container
}

# file_of_layer NAME: a file of the top layer of "it".
file_of_layer() {
    layer_tar it -1 | tar xO "$1"
}

# behaviour: shell: is what run and generate_labels are given to, as a text or as a list of words
# documented: docs/recipe.md#shell
# status: beyond
@test "a shell of one's own" {
    for shell in '/bin/busybox sh -u' '[/bin/busybox, sh, -u]'; do
        busybox_recipe "  shell: $shell
  run: |
    echo \$- >/flags
    false
    echo on >>/flags
  generate_labels: echo \$- >/stacker/oci-labels/flags"
        run -0 --separate-stderr stacker build
        # Nothing is shown without -x, and what fails does not end it without -e.
        refute_said "+ echo"
        assert_regex "$(file_of_layer flags)" $'^[^ex]*u[^ex]*\non$'
        refute_regex "$(image_config it | jq -r .config.Labels.flags)" '[ex]'
    done
    assert_said "found cached layer it"
}

# behaviour: without shell: it is /bin/sh -xe, and writing that down is no change
# documented: docs/recipe.md#shell; docs/scripts.md#what-is-shown
# status: beyond
@test "the standard shell" {
    busybox_recipe '  run: echo $- >/flags'
    run -0 --separate-stderr stacker build
    assert_said "+ echo"
    assert_regex "$(file_of_layer flags)" 'e.*x|x.*e'
    echo '  shell: /bin/sh -xe' >>stacker.yaml
    run -0 --separate-stderr stacker build
    assert_said "found cached layer it"
    sed -i 's,shell: .*,shell: /bin/sh -x,' stacker.yaml
    run -0 --separate-stderr stacker build
    assert_said "cache miss because layer definition was changed: shell"
}

# behaviour: a script that names its interpreter is run by that, whatever shell: says
# documented: docs/recipe.md#shell; docs/scripts.md#another-interpreter
# status: beyond
@test "a script with an interpreter" {
    busybox_recipe '  shell: /bin/nothing
  run: |
    #!/bin/sh -u
    echo $- >/flags'
    stacker build
    assert_regex "$(file_of_layer flags)" u
}

# behaviour: a shell that is no path, is empty or ends with -c is refused with its place; one that the image lacks is named
# documented: docs/recipe.md#shell
# status: beyond
@test "shells that are none" {
    for shell in bash '""' '[]' '/bin/bash -c' '[/bin/sh, -ec]' '{a: b}'; do
        busybox_recipe "  shell: $shell
  run: 'true'"
        refuse build
        assert_said stacker.yaml:3:
    done
    busybox_recipe "  shell: /bin/zsh -e
  run: 'true'"
    run -127 --separate-stderr stacker build
    assert_said "couldn't execute /bin/zsh in the container"
}

# behaviour: a pipe whose first command fails is no failure to sh -e, and is one with pipefail
# documented: docs/scripts.md#pipes
# status: beyond
@test "a pipe" {
    busybox_recipe '  run: false | cat'
    stacker build
    busybox_recipe '  shell: /bin/sh -exo pipefail
  run: false | cat'
    run -1 --separate-stderr stacker build
    assert_said "ended with exit status 1"
}

# behaviour: failures that a script asks for, or that are another command's, don't end it
# documented: docs/scripts.md#what-ends-a-script
# status: beyond
@test "failures that are none to -e" {
    busybox_recipe '  run: |
    if false; then :; fi
    false || true
    ! true
    false && true
    inner() { false; echo went on >/on; }
    inner || true
    echo $(false) done >>/on'
    stacker build
    assert_equal "$(file_of_layer on)" $'went on\ndone'
}

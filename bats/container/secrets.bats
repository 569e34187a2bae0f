#!/usr/bin/env bats
# What a script may read and the image must not have: files that were imported, variables of the build.

load ../helpers

# The marks are put together at run time: the recipe, which is in the image's annotations, doesn't have them.
mark=hunter2-$$-secret

# list_files_of_image_with_mark: the files of the output layout that have the mark, however it is packed.
list_files_of_image_with_mark() {
    local file
    for file in oci/index.json oci/blobs/sha256/*; do
        if zcat --force "$file" | grep -qaF "$mark"; then echo "$file"; fi
    done
}

refute_in_image() {
    assert_file_exists oci/index.json
    assert_equal "$(list_files_of_image_with_mark)" ""
}

assert_in_image() {
    [[ -n $(list_files_of_image_with_mark) ]] || fail "the image does not have $mark"
}

# secret_recipe LINES: a recipe whose layer imports "secret", with more lines.
secret_recipe() {
    busybox_base
    echo "$mark" >secret
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  imports: [secret]\n%s\n' "$1" >stacker.yaml
}

# token_recipe COMMAND: a recipe whose script does that with the variable TOKEN, and is not traced by a shell.
token_recipe() {
    busybox_base
    cat >stacker.yaml <<END
it:
  from: {type: oci, url: "busybox:latest"}
  build_env_passthrough: [TOKEN]
  run: |
    #!/bin/sh
    $1
END
}

# behaviour: a file that was imported and only read is not in the image: no layer, config or annotation has it
# documented: docs/security.md#secrets; docs/recipe.md#imports
# status: documented
@test "an import that is only read is not in the image" {
    secret_recipe '  run: sha256sum < /stacker/imports/secret > /sum'
    stacker build
    assert_equal "$(layer_tar it -1 | tar xO sum | cut -d' ' -f1)" "$(sha256sum secret | cut -d' ' -f1)"
    refute_in_image
}

# behaviour: an import that the script copies is in the image
# documented: docs/security.md#secrets; docs/recipe.md#imports
# status: documented
@test "an import that the script copies is in the image" {
    secret_recipe '  run: cp /stacker/imports/secret /copy'
    stacker build
    assert_equal "$(layer_tar it -1 | tar xO copy)" "$mark"
    assert_in_image
}

# behaviour: an import of a build_only layer is not in the images built on it
# documented: docs/security.md#secrets; docs/recipe.md#build_only
# status: documented
@test "an import of a build_only layer is not in the image" {
    secret_recipe '  build_only: true
  run: wc -c < /stacker/imports/secret > /size
app:
  from: {type: built, tag: it}
  run: cp /size /app'
    stacker build
    assert_equal "$(layer_tar app -1 | tar xO app)" "$(wc -c <secret)"
    refute_in_image
}

# behaviour: an import that generate_labels: only reads is not in the image
# documented: docs/security.md#secrets; docs/recipe.md#generate_labels
# status: beyond
@test "an import that generate_labels: only reads is not in the image" {
    secret_recipe '  generate_labels: wc -c < /stacker/imports/secret > /stacker/oci-labels/size'
    stacker build
    assert_equal "$(image_config it | jq -r .config.Labels.size)" "$(wc -c <secret)"
    refute_in_image
}

# behaviour: an import with dest: is meant for the image, and is there
# documented: docs/recipe.md#imports
# status: documented
@test "an import with dest: is in the image" {
    secret_recipe '  run: "true"'
    sed -i 's,imports: .*,imports: [{path: secret\, dest: /there}],' stacker.yaml
    stacker build
    assert_in_image
}

# behaviour: what was imported is in no log: neither what --debug says nor liblxc's trace
# documented: docs/security.md#secrets
# status: documented
@test "an import is in no log" {
    secret_recipe '  run: sha256sum < /stacker/imports/secret > /sum'
    run --separate-stderr stacker --debug build
    assert_success
    assert_said "stacker version"
    refute_said "$mark"
    grep -q TRACE .stacker/lxc*.log
    run ! grep -qaF "$mark" .stacker/lxc*.log
}

# behaviour: what was imported is on disk in the imports directory and nowhere else
# documented: docs/security.md#secrets
# status: beyond
@test "an import has one copy on disk" {
    secret_recipe '  run: sha256sum < /stacker/imports/secret > /sum'
    stacker build
    run grep -rlaF "$mark" .stacker roots oci
    assert_output .stacker/imports/it/secret
}

# behaviour: a secret that is no longer imported is removed by the next build
# documented: docs/security.md#secrets; docs/recipe.md#imports
# status: documented
@test "a secret that is no longer imported is gone" {
    secret_recipe '  run: ls /stacker/imports > /list'
    stacker build
    sed -i '/imports: /d' stacker.yaml
    stacker build
    assert_equal "$(layer_tar it -1 | tar xO list)" ""
    run grep -rlaF "$mark" .stacker roots oci
    assert_output ""
}

# behaviour: the mode of an import is kept: what only its owner may read stays so
# documented: docs/security.md#secrets; docs/recipe.md#imports
# status: documented
@test "the mode of an import is kept" {
    secret_recipe '  run: stat -c %a /stacker/imports/secret > /mode'
    chmod 0400 secret
    stacker build
    assert_equal "$(layer_tar it -1 | tar xO mode)" 400
    assert_equal "$(stat -c %a .stacker/imports/it/secret)" 400
}

# behaviour: a value of build_env: is in the script's environment, not in the image's config
# documented: docs/recipe.md#build_env; docs/security.md#secrets
# status: documented
@test "build_env is not in the config" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  build_env: {TOKEN: only-for-the-build}
  run: test "$TOKEN" = only-for-the-build
END
    stacker build
    run image_config it
    assert_output --partial PATH=
    refute_output --partial TOKEN
    refute_output --partial only-for-the-build
}

# behaviour: a variable that passes through to the script is nowhere in the image
# documented: docs/recipe.md#build_env_passthrough; docs/security.md#secrets
# status: documented
@test "a variable that passes through is not in the image" {
    token_recipe 'printf %s "$TOKEN" | sha256sum > /sum'
    TOKEN=$mark stacker build
    assert_equal "$(layer_tar it -1 | tar xO sum | cut -d' ' -f1)" "$(printf %s "$mark" | sha256sum | cut -d' ' -f1)"
    refute_in_image
}

# behaviour: the value of a proxy variable, which may hold a password, is nowhere in the image
# documented: docs/recipe.md#build_env_passthrough; docs/security.md#secrets
# status: documented
@test "a proxy's password is not in the image" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: test -n "$https_proxy"\n' >stacker.yaml
    https_proxy=http://user:$mark@127.0.0.1:9/ stacker build
    refute_in_image
}

# behaviour: values of variables are not in what --debug says
# documented: docs/security.md#secrets
# status: beyond
@test "values of variables are not in what --debug says" {
    token_recipe 'test -n "$TOKEN"'
    TOKEN=$mark run --separate-stderr stacker --debug build
    assert_success
    assert_said "lowerdir="
    refute_said "$mark"
}

# behaviour: the value of a substitution is part of the recipe, and so in the image's annotations
# documented: docs/security.md#secrets; docs/recipe.md#substitution
# status: documented
@test "a substitution is no place for a secret" {
    printf 'it:\n  from: {type: scratch}\n  # ${{TOKEN}}\n' >stacker.yaml
    stacker build --substitute "TOKEN=$mark"
    run image_manifest it
    assert_output --partial "$mark"
}

# behaviour: the value of a variable, of however many lines, is in the arguments of no process, where every user can read it
# documented: docs/security.md#secrets
# status: beyond
@test "a variable is in the arguments of no process" {
    token_recipe 'echo > /shared/running
    until test -e /shared/go; do sleep 0.1; done
    printf %s "$TOKEN" | sha256sum > /sum'
    mkdir shared
    sed -i 's,  run:,  binds: ["shared -> /shared"]\n&,' stacker.yaml
    local value="begin"$'\n'"$mark"$'\n'"end"
    TOKEN=$value start "$STACKER" build
    wait_for_file shared/running
    # Nor in those of this search.
    run grep -saF -l -f <(echo "$mark") /proc/[0-9]*/cmdline
    assert_output ""
    touch shared/go
    wait_for_end
    assert_equal "$status" 0
    assert_equal "$(layer_tar it -1 | tar xO sum | cut -d' ' -f1)" "$(printf %s "$value" | sha256sum | cut -d' ' -f1)"
}

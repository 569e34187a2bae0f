#!/usr/bin/env bats
# Recipes that cannot be built: status 1, an error that names what and where, and nothing left behind.

load ../helpers

# behaviour: a missing recipe is an error that names the file
# documented: docs/commands.md#exit-status
# status: documented
@test "no stacker.yaml" {
    refuse build
    assert_said stacker.yaml
}

# behaviour: a recipe named by -f that does not exist is an error that names it
# documented: docs/commands.md#build
# status: documented
@test "no such file for -f" {
    refuse build -f no-such.yaml
    assert_said no-such.yaml
}

# behaviour: the error about a missing recipe says how to name one, and which file is near
# documented: docs/commands.md#build
# status: beyond
@test "no stacker.yaml: what to do" {
    refuse build
    assert_said "help: name a stacker file with -f, or go to its directory with cd"
    printf 'it:\n  from: {type: scratch}\n' >stacker.yml
    refuse build
    assert_said "help: there is $PWD/stacker.yml; name a stacker file with -f"
}

# behaviour: a directory in place of the recipe is an error that names it
# documented: docs/commands.md#exit-status
# status: documented
@test "stacker.yaml is a directory" {
    mkdir stacker.yaml
    refuse build
    assert_said stacker.yaml
}

# behaviour: a recipe that is not YAML is an error that names the file
# documented: docs/recipe.md#errors
# status: documented
@test "stacker.yaml is not YAML" {
    printf 'it:\n  from: [oci\n  run: "x\n' >stacker.yaml
    refuse build
}

# behaviour: an error in the YAML has file, line and column
# documented: docs/recipe.md#errors
# status: beyond
@test "an error in the YAML has its place" {
    printf 'it:\n  from: [oci\n  run: true\n' >stacker.yaml
    refuse build
    grep -Eq 'stacker\.yaml:[0-9]+:[0-9]+' <<<"$stderr"
}

# behaviour: bytes that are not text are an error, not a crash
# documented: docs/recipe.md#errors
# status: documented
@test "stacker.yaml is binary" {
    head -c 4096 /bin/ls >stacker.yaml
    refuse build
}

# behaviour: an empty recipe has nothing to build, and that is not a crash
# documented: docs/recipe.md#errors
# status: beyond
@test "stacker.yaml is empty" {
    : >stacker.yaml
    run --separate-stderr stacker build
    ((status <= 1))
}

# behaviour: an unknown key of a layer is an error that names it
# documented: docs/recipe.md#errors
# status: documented
@test "an unknown key" {
    busybox_recipe '  enviroment: {A: b}'
    refuse build
    assert_said enviroment
}

# behaviour: the error about an unknown key has file, line, column and the nearest known key
# documented: docs/recipe.md#errors
# status: beyond
@test "an unknown key has its place and a suggestion" {
    busybox_recipe '  enviroment: {A: b}'
    refuse build
    assert_said stacker.yaml:3:3
    assert_said environment
}

# behaviour: a key that has another name here is an error that names ours, also where it is misspelled
# documented: docs/recipe.md#errors
# status: beyond
@test "keys by other names" {
    local pair
    for pair in env:environment user:runtime_user command:cmd comand:cmd workdir:working_dir image:from script:run; do
        printf 'it:\n  from: {type: scratch}\n  %s: x\n' "${pair%:*}" >stacker.yaml
        refuse build
        assert_said "stacker.yaml:3:3: unknown key \"${pair%:*}\" in layer it: did you mean ${pair#*:}"
        refute_said "known keys are"
    done
    printf 'it:\n  from: {type: scratch}\n  overlay_dirs: [{source: a, destination: /b}]\n' >stacker.yaml
    refuse build
    assert_said "did you mean dest?"
}

# behaviour: a command that YAML takes for a map is an error that says to quote it
# documented: docs/recipe.md#errors
# status: beyond
@test "a command with a colon" {
    printf 'it:\n  from: {type: scratch}\n  run:\n    - echo error: no\n' >stacker.yaml
    refuse build
    assert_said stacker.yaml:4:7
    assert_said "put it in quotes"
    printf 'it:\n  from: {type: scratch}\n  cmd: [sh, {echo error: no}]\n' >stacker.yaml
    refuse build
    assert_said "put it in quotes"
}

# behaviour: a recipe with the line ends of Windows, or a byte order mark, is read like any other
# documented: docs/recipe.md#values
# status: beyond
@test "line ends of Windows and a byte order mark" {
    busybox_recipe "  environment: {A: 'b \${{C}}'}
  run: |
    echo 1 > /one
    echo 2 > /two
  imports:
    - stacker.yaml"
    sed -i '1s/^/\xef\xbb\xbf/; s/$/\r/' stacker.yaml
    printf '\xef\xbb\xbfC: c\r\n' >subs.yaml
    stacker build --substitute-file subs.yaml
    assert_equal "$(list_layer it -1)" $'one\ntwo'
    assert_equal "$(layer_tar it -1 | tar xO one | od -An -c | tr -d ' ')" '1\n'
    assert_equal "$(image_config it | jq -c '.config.Env | index("A=b c") != null')" true
    sed -i 's/^  run:/  rum:/' stacker.yaml
    refuse build --substitute-file subs.yaml
    assert_said "stacker.yaml:4:3: unknown key"
}

# behaviour: a recipe in UTF-16 is an error that says which encoding it should have
# documented: docs/recipe.md#values
# status: beyond
@test "a recipe in UTF-16" {
    busybox_recipe
    iconv -f UTF-8 -t UTF-16 stacker.yaml >utf-16
    mv utf-16 stacker.yaml
    refuse build
    assert_said "stacker.yaml: not UTF-8 text"
    assert_said "save it as UTF-8"
}

# behaviour: an unknown key inside from: is an error that names it
# documented: docs/recipe.md#errors
# status: documented
@test "an unknown key inside from:" {
    busybox_base
    printf 'it:\n  from: {type: oci, uri: "busybox:latest"}\n' >stacker.yaml
    refuse build
    assert_said uri
}

# behaviour: a layer without from: is an error
# documented: docs/recipe.md#from
# status: documented
@test "a layer without from:" {
    printf 'it:\n  run: "true"\n' >stacker.yaml
    refuse build
}

# behaviour: the error about a missing from: names the layer
# documented: docs/recipe.md#from
# status: beyond
@test "a layer without from: is named" {
    printf 'lonely:\n  run: "true"\n' >stacker.yaml
    refuse build
    assert_said lonely
    assert_said from
}

# behaviour: an unknown type of base is an error that names it
# documented: docs/recipe.md#from
# status: documented
@test "an unknown from type" {
    printf 'it:\n  from: {type: floppy, url: a}\n' >stacker.yaml
    refuse build
    assert_said floppy
}

# behaviour: layers that are built on each other in a circle are an error
# documented: docs/recipe.md#from; docs/commands.md#messages
# status: documented
@test "a cycle" {
    cat >stacker.yaml <<'END'
a:
  from: {type: built, tag: b}
b:
  from: {type: built, tag: a}
END
    refuse build
    assert_said "couldn't resolve some dependencies"
}

# behaviour: a layer that is built on itself is an error
# documented: docs/recipe.md#from
# status: documented
@test "a layer built on itself" {
    printf 'a:\n  from: {type: built, tag: a}\n' >stacker.yaml
    refuse build
}

# behaviour: a base layer that no file defines is an error that names it
# documented: docs/recipe.md#from; docs/commands.md#messages
# status: documented
@test "a built base that does not exist" {
    printf 'a:\n  from: {type: built, tag: nowhere}\n' >stacker.yaml
    refuse build
    assert_said "couldn't resolve some dependencies"
    assert_said nowhere
}

# behaviour: two layers of one name are an error
# documented: docs/recipe.md#errors; docs/commands.md#messages
# status: documented
@test "two layers of one name" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
it:
  from: {type: oci, url: "busybox:latest"}
END
    refuse build
}

# behaviour: a layer name with a colon is an error
# documented: docs/recipe.md#layers; docs/commands.md#messages
# status: documented
@test "a colon in a layer name" {
    busybox_base
    printf '"a:b":\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    refuse build
    assert_said "is forbidden"
}

# behaviour: a wrong type of value is an error that names the key's place
# documented: docs/recipe.md#errors
# status: beyond
@test "a value of the wrong type" {
    busybox_recipe '  environment: [a, b]'
    refuse build
    assert_said stacker.yaml:3
    assert_said environment
}

# behaviour: os: or arch: without a value is an error
# documented: docs/recipe.md#os-and-arch
# status: documented
@test "os: without a value" {
    busybox_recipe '  os:'
    refuse build
}

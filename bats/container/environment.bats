#!/usr/bin/env bats
# The environment of a script: the base's, what passes through, build_env, and what stacker adds.

# shellcheck disable=SC2030,SC2031  # each test is a process of its own
load ../helpers

# A script that leaves its environment in the image. The shell itself sets PWD, SHLVL, OLDPWD and _.
keep_environment='  run: |
    #!/bin/sh
    env | grep -vE "^(PWD|OLDPWD|SHLVL|_)=" > /env'

# build_it LINES: builds "it" on busybox, with the lines added to the layer; its script leaves /env.
build_it() {
    [[ -d busybox ]] || busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n%s\n%s\n' "${1-}" "$keep_environment" >stacker.yaml
    stacker build
    list_layer it -1 | grep -qx env
}

# print_environment: what the script had, sorted.
print_environment() {
    layer_tar it -1 | tar xO env | LC_ALL=C sort
}

# print_value NAME: what the variable was for the script, or "none" if it had no such variable.
print_value() {
    NAME=$1 awk -F= '$1 == ENVIRON["NAME"] { print substr($0, length($1) + 2); found = 1 }
        END { if (!found) print "none" }' <(print_environment)
}

# behaviour: build_env is the script's environment, and not the image's
# documented: docs/recipe.md#build_env
# status: documented
@test "build_env:" {
    build_it '  build_env: {ONE: "1", TWO: "two words"}'
    assert_equal "$(print_value ONE)" 1
    assert_equal "$(print_value TWO)" "two words"
    run image_config it
    refute_output --partial ONE=
}

# behaviour: values of build_env keep their spelling, and may hold quotes, "=", "#", "$" and line ends
# documented: docs/recipe.md#build_env; docs/recipe.md#values
# status: beyond
@test "build_env: values are literal" {
    build_it '  build_env:
    VERSION: 1.10
    ODD: " \"a\" = #c $HOME \\ "
    LINES: "a\nb"'
    assert_equal "$(print_value VERSION)" 1.10
    assert_equal "$(print_value ODD)" " \"a\" = #c \$HOME \\ "
    layer_tar it -1 | tar xO env | grep -A1 '^LINES=' >lines
    assert_equal "$(cat lines)" $'LINES=a\nb'
}

# behaviour: an entry of build_env without a value is dropped
# documented: docs/recipe.md#build_env
# status: documented
@test "build_env: empty values are dropped" {
    build_it '  build_env: {EMPTY: "", NOTHING: , GIVEN: "1"}'
    assert_equal "$(print_value EMPTY)" none
    assert_equal "$(print_value NOTHING)" none
    assert_equal "$(print_value GIVEN)" 1
}

# behaviour: a dropped entry does not hide a variable that passes through
# documented: docs/recipe.md#build_env
# status: beyond
@test "build_env: an empty value hides nothing" {
    export no_proxy=host
    build_it '  build_env: {no_proxy: ""}'
    assert_equal "$(print_value no_proxy)" host
}

# behaviour: by default, the proxy variables and TERM pass through to the script
# documented: docs/recipe.md#build_env_passthrough
# status: documented
@test "what passes through by default" {
    local name
    for name in {HTTP,HTTPS,FTP,NO}_PROXY {http,https,ftp,no}_proxy TERM; do export "$name=value-of-$name"; done
    build_it
    for name in {HTTP,HTTPS,FTP,NO}_PROXY {http,https,ftp,no}_proxy TERM; do
        assert_equal "$(print_value "$name")" "value-of-$name"
    done
}

# behaviour: nothing else of stacker's own environment reaches the script
# documented: docs/recipe.md#build_env_passthrough
# status: documented
@test "nothing else passes through" {
    export SECRET=hidden XTERM=hidden TERMX=hidden my_http_proxy=hidden HOME=/elsewhere
    build_it
    run print_environment
    refute_output --partial hidden
    refute_output --partial elsewhere
}

# behaviour: without anything set, the script has PATH, the layer's name and its platform, and nothing of the host
# documented: docs/recipe.md#build_env_passthrough; docs/recipe.md#build_env
# status: beyond
@test "the whole environment" {
    unset {HTTP,HTTPS,FTP,NO,ALL}_PROXY {http,https,ftp,no,all}_proxy TERM
    build_it
    run print_environment
    # liblxc tells that it is a container.
    assert_output "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
STACKER_ARCH=$(dpkg --print-architecture)
STACKER_LAYER_NAME=it
STACKER_OS=linux
STACKER_PLATFORM=linux/$(dpkg --print-architecture)
STACKER_VARIANT=
container=lxc"
}

# behaviour: build_env_passthrough names what passes through, instead of the default
# documented: docs/recipe.md#build_env_passthrough
# status: documented
@test "build_env_passthrough:" {
    export ONE=1 TWO=2 http_proxy=hidden
    build_it '  build_env_passthrough: [ONE, TWO]'
    assert_equal "$(print_value ONE)" 1
    assert_equal "$(print_value TWO)" 2
    assert_equal "$(print_value http_proxy)" none
}

# behaviour: the entries are regular expressions for whole names
# documented: docs/recipe.md#build_env_passthrough
# status: documented
@test "build_env_passthrough: matches whole names" {
    export APP_ONE=1 APP_TWO=2 MY_APP_ONE=hidden AB=1 ABC=hidden
    build_it '  build_env_passthrough: ["APP_.*", "AB"]'
    assert_equal "$(print_value APP_ONE)" 1
    assert_equal "$(print_value APP_TWO)" 2
    assert_equal "$(print_value AB)" 1
    run print_environment
    refute_output --partial hidden
}

# behaviour: an alternative of an expression is anchored, too
# documented: docs/recipe.md#build_env_passthrough
# status: beyond
@test "build_env_passthrough: anchors alternatives" {
    export ONE=1 TWO=2 ONEX=hidden XTWO=hidden
    build_it '  build_env_passthrough: ["ONE|TWO"]'
    assert_equal "$(print_value ONE)" 1
    assert_equal "$(print_value TWO)" 2
    run print_environment
    refute_output --partial hidden
}

# behaviour: an empty list lets nothing pass
# documented: docs/recipe.md#build_env_passthrough
# status: beyond
@test "build_env_passthrough: as an empty list" {
    export http_proxy=hidden
    build_it '  build_env_passthrough: []'
    assert_equal "$(print_value http_proxy)" none
}

# behaviour: build_env wins over what passes through
# documented: docs/recipe.md#build_env
# status: documented
@test "build_env: wins over what passes through" {
    export ONE=outside
    build_it '  build_env_passthrough: [ONE]
  build_env: {ONE: recipe}'
    assert_equal "$(print_value ONE)" recipe
}

# behaviour: an entry that is no regular expression is an error that shows it
# documented: docs/recipe.md#build_env_passthrough
# status: documented
@test "build_env_passthrough: that is no expression" {
    printf 'it:\n  from: {type: scratch}\n  build_env_passthrough: ["A", "B("]\n' >stacker.yaml
    refuse build
    assert_said "B("
}

# behaviour: the error about an expression has its place
# documented: docs/recipe.md#build_env_passthrough; docs/recipe.md#errors
# status: beyond
@test "build_env_passthrough: an error has its place" {
    printf 'it:\n  from: {type: scratch}\n  build_env_passthrough: ["A", "B("]\n' >stacker.yaml
    refuse build
    assert_said stacker.yaml:3:32
}

# behaviour: STACKER_LAYER_NAME is the layer's name, whatever anybody else says
# documented: docs/recipe.md#build_env
# status: documented
@test "STACKER_LAYER_NAME" {
    export STACKER_LAYER_NAME=outside
    build_it
    assert_equal "$(print_value STACKER_LAYER_NAME)" it
}

# behaviour: without one in the base, PATH is the usual one; the script of a tar base has one, too
# documented: docs/recipe.md#build_env
# status: documented
@test "PATH without one in the base" {
    busybox_base
    layer_tar latest 0 busybox >base.tar
    printf 'it:\n  from: {type: tar, url: base.tar}\n%s\n' "$keep_environment" >stacker.yaml
    stacker build
    assert_equal "$(print_value PATH)" /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    assert_equal "$(image_config it | jq -r '.config.Env[] | select(startswith("PATH="))')" \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
}

# behaviour: the environment of the base image is the script's
# documented: docs/recipe.md#environment; docs/recipe.md#build_env
# status: beyond
@test "the base's environment is the script's" {
    busybox_base
    cat >stacker.yaml <<END
lower:
  from: {type: oci, url: "busybox:latest"}
  environment: {FROM_BASE: "yes", PATH: "/opt/bin:/bin", ONE: base}
it:
  from: {type: built, tag: lower}
  build_env: {ONE: recipe}
$keep_environment
END
    stacker build
    assert_equal "$(print_value FROM_BASE)" yes
    assert_equal "$(print_value PATH)" /opt/bin:/bin
    assert_equal "$(print_value ONE)" recipe
    assert_equal "$(image_config it | jq '.config.Env | contains(["FROM_BASE=yes", "ONE=base"])')" true
}

# behaviour: environment: is the image's; the layer's own script does not have it
# documented: docs/recipe.md#environment
# status: beyond
@test "environment: is not the script's" {
    build_it '  environment: {LATER: "1"}'
    assert_equal "$(print_value LATER)" none
    assert_equal "$(image_config it | jq '.config.Env | contains(["LATER=1"])')" true
}

# behaviour: another value of build_env is a cache miss; another value that passes through is none
# documented: docs/recipe.md#cache
# status: documented
@test "build_env and the cache" {
    export TERM=one
    build_it '  build_env: {ONE: "1"}'
    TERM=two run --separate-stderr stacker build
    assert_said "found cached layer it"
    sed -i 's/ONE: "1"/ONE: "2"/' stacker.yaml
    run --separate-stderr stacker build
    assert_said "cache miss because"
    assert_equal "$(print_value ONE)" 2
}

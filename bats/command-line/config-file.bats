#!/usr/bin/env bats
# Where stacker's directories are: the command line, the config file, the defaults.

load ../helpers

# A recipe that needs no base.
minimal_recipe() {
    printf 'it:\n  from: {type: scratch}\n' >stacker.yaml
}

# assert_built_in STACKER OCI ROOTS: the build made these three directories, and nothing in the default places.
assert_built_in() {
    assert_file_exists "$1/build.cache"
    assert_equal "$(list_tags "$2")" it
    assert_file_exists "$3/it/overlay_metadata.json"
    [[ $1 == .stacker ]] || assert_not_exists .stacker
    [[ $2 == oci ]] || assert_not_exists oci
    [[ $3 == roots ]] || assert_not_exists roots
}

# behaviour: the file that --config names has the three directories
# documented: docs/commands.md#config-file
# status: documented
@test "--config" {
    minimal_recipe
    printf 'stacker_dir: %s\noci_dir: %s\nrootfs_dir: %s\n' "$PWD/c/s" "$PWD/c/o" "$PWD/c/r" >conf.yaml
    stacker --config conf.yaml build
    assert_built_in c/s c/o c/r
}

# behaviour: without --config, the file is ~/.config/stacker/conf.yaml
# documented: docs/commands.md#config-file
# status: beyond
# why: others look the home directory up in the list of users
@test "the config file in the home directory" {
    minimal_recipe
    mkdir -p "$HOME/.config/stacker"
    printf 'stacker_dir: %s\noci_dir: %s\nrootfs_dir: %s\n' "$PWD/h/s" "$PWD/h/o" "$PWD/h/r" \
        >"$HOME/.config/stacker/conf.yaml"
    stacker build
    assert_built_in h/s h/o h/r
}

# behaviour: with XDG_CONFIG_HOME, the file is $XDG_CONFIG_HOME/conf.yaml, and the one at home is not read
# documented: docs/commands.md#config-file
# status: documented
@test "XDG_CONFIG_HOME" {
    minimal_recipe
    mkdir -p "$HOME/.config/stacker" xdg
    printf 'oci_dir: %s\n' "$PWD/from-home" >"$HOME/.config/stacker/conf.yaml"
    printf 'stacker_dir: %s\noci_dir: %s\nrootfs_dir: %s\n' "$PWD/x/s" "$PWD/x/o" "$PWD/x/r" >xdg/conf.yaml
    XDG_CONFIG_HOME=$PWD/xdg stacker build
    assert_built_in x/s x/o x/r
    assert_not_exists from-home
}

# behaviour: --config is read instead of the user's own file
# documented: docs/commands.md#config-file
# status: documented
@test "--config replaces the user's own file" {
    minimal_recipe
    mkdir -p "$HOME/.config/stacker"
    printf 'oci_dir: %s\n' "$PWD/from-home" >"$HOME/.config/stacker/conf.yaml"
    printf 'rootfs_dir: %s\n' "$PWD/c/r" >conf.yaml
    stacker --config conf.yaml build
    assert_built_in .stacker oci c/r
    assert_not_exists from-home
}

# behaviour: the command line wins over the config file, directory by directory
# documented: docs/commands.md#config-file
# status: documented
@test "the command line wins over the config file" {
    minimal_recipe
    printf 'stacker_dir: %s\noci_dir: %s\nrootfs_dir: %s\n' "$PWD/c/s" "$PWD/c/o" "$PWD/c/r" >conf.yaml
    stacker --config conf.yaml --oci-dir "$PWD/l/o" --roots-dir "$PWD/l/r" build
    assert_built_in c/s l/o l/r
    assert_not_exists c/o
    assert_not_exists c/r
}

# behaviour: --work-dir has the three directories
# documented: docs/commands.md#global-options
# status: documented
@test "--work-dir" {
    minimal_recipe
    mkdir work
    stacker --work-dir work build
    assert_built_in work/.stacker work/oci work/roots
}

# behaviour: a work directory that does not exist is made
# documented: docs/commands.md#global-options
# status: beyond
@test "--work-dir is made" {
    minimal_recipe
    stacker --work-dir deep/work build
    assert_built_in deep/work/.stacker deep/work/oci deep/work/roots
}

# behaviour: --work-dir moves what no other option names; what another option names is relative to here
# documented: docs/commands.md#global-options
# status: documented
@test "--work-dir and the other options" {
    minimal_recipe
    mkdir work
    stacker --work-dir work --oci-dir here build
    assert_built_in work/.stacker here work/roots
    assert_not_exists work/oci
    assert_not_exists work/here
}

# behaviour: --work-dir moves neither the recipe nor what it imports
# documented: docs/commands.md#global-options
# status: documented
@test "--work-dir and the recipe" {
    busybox_base
    mkdir work
    echo imported >file
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  imports: [file]
  run: cp /stacker/imports/file /file
END
    stacker --work-dir work build
    assert_equal "$(layer_tar it -1 work/oci | tar xO file)" imported
}

# behaviour: work_dir of the config file is a --work-dir that the command line can replace
# documented: docs/commands.md#config-file
# status: documented
@test "work_dir of the config file" {
    minimal_recipe
    mkdir one two
    printf 'work_dir: %s\n' "$PWD/one" >conf.yaml
    stacker --config conf.yaml build
    assert_built_in one/.stacker one/oci one/roots
    stacker --config conf.yaml --work-dir two build
    assert_built_in two/.stacker two/oci two/roots
}

# behaviour: clean removes the directories that the config file names
# documented: docs/commands.md#clean; docs/commands.md#config-file
# status: documented
@test "clean and the config file" {
    minimal_recipe
    printf 'stacker_dir: %s\noci_dir: %s\nrootfs_dir: %s\n' "$PWD/c/s" "$PWD/c/o" "$PWD/c/r" >conf.yaml
    stacker --config conf.yaml build
    assert_exists c/s
    stacker --config conf.yaml clean
    assert_equal "$(ls -A c)" ""
}

# behaviour: an unknown key is an error that names it
# documented: docs/commands.md#config-file
# status: beyond
@test "an unknown key" {
    minimal_recipe
    printf 'roots_dir: /nowhere\n' >conf.yaml
    refuse --config conf.yaml build
    assert_said roots_dir
}

# behaviour: the error about an unknown key has its place, and the known keys
# documented: docs/commands.md#config-file
# status: beyond
@test "an unknown key has its place" {
    minimal_recipe
    printf '# mine\noci_dir: o\nroots_dir: /nowhere\n' >conf.yaml
    refuse --config conf.yaml build
    assert_said conf.yaml:3:1
    assert_said rootfs_dir
}

# behaviour: a file that --config names must exist
# documented: docs/commands.md#config-file
# status: beyond
@test "--config names a file that does not exist" {
    minimal_recipe
    refuse --config nowhere.yaml build
    assert_said nowhere.yaml
}

# behaviour: a config file that is not YAML, or no map, is an error that names it
# documented: docs/commands.md#config-file
# status: documented
@test "a config file that is none" {
    local text
    minimal_recipe
    for text in '- a' 'oci_dir: [a' 'oci_dir: {a: b}'; do
        echo "$text" >conf.yaml
        refuse --config conf.yaml build
    done
}

# behaviour: a config file or a --substitute-file that is too long is an error that names it and the limit
# documented: docs/commands.md#config-file
# status: beyond
@test "a config file that is too long" {
    minimal_recipe
    truncate -s 2M conf.yaml
    refuse --config conf.yaml build
    assert_said "couldn't read config file conf.yaml: it is longer than 1048576 bytes"
    truncate -s 20M values.yaml
    refuse build --substitute-file values.yaml
    assert_said "couldn't read substitution file values.yaml: it has 20971520 bytes, and may have 16777216"
}

# behaviour: an empty config file, and keys without a value, change nothing
# documented: docs/commands.md#config-file
# status: documented
@test "an empty config file" {
    minimal_recipe
    printf '# nothing\noci_dir:\n' >conf.yaml
    stacker --config conf.yaml build
    assert_built_in .stacker oci roots
}

# behaviour: global options may stand after the command, too, where they win over those before it
# documented: docs/commands.md#global-options
# status: beyond
@test "global options after the command" {
    minimal_recipe
    stacker --oci-dir none build --stacker-dir s --oci-dir=o --roots-dir r --debug --log-file log
    assert_built_in s o r
    assert_not_exists none
    grep -q "^stacker version" log
    refuse build --debug --quiet
    assert_said "--debug and --quiet don't go together"
    stacker build
    stacker clean --stacker-dir s --roots-dir r --oci-dir o
    assert_not_exists s
    assert_built_in .stacker oci roots
}

# behaviour: what follows the layer of chroot is the command's, whatever it is called
# documented: docs/commands.md#global-options
# status: beyond
@test "global options and a command in a layer" {
    requires container
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n' >stacker.yaml
    stacker build --roots-dir r
    run -0 --separate-stderr stacker chroot --roots-dir r --quiet it sh -c 'echo "$@"' sh --roots-dir x --debug
    assert_output "--roots-dir x --debug"
}

# behaviour: one directory for two purposes is an error of every command, which names it
# documented: docs/commands.md#global-options
# status: beyond
@test "one directory for two purposes" {
    minimal_recipe
    mkdir d
    ln -s d link
    local command
    for command in build check clean; do
        refuse --roots-dir d --stacker-dir d "$command"
        assert_said "the roots directory $PWD/d and the stacker directory $PWD/d are one directory"
        refuse --roots-dir d --oci-dir ./d "$command"
        assert_said "are one directory"
        refuse --stacker-dir d --oci-dir link "$command"
        assert_said "the stacker directory $PWD/d and the OCI directory $PWD/link are one directory"
    done
    assert_equal "$(ls -A d)" ""
}

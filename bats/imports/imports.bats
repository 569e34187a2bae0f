#!/usr/bin/env bats
# imports: files of the host, in /stacker/imports of a script.

load ../helpers

# recipe_with_imports LIST RUN: writes a recipe for the image "it" on busybox.
recipe_with_imports() {
    local line
    [[ -d busybox ]] || busybox_base
    cat >stacker.yaml <<END
it:
  from: {type: oci, url: "busybox:latest"}
  imports: $1
  run: |
END
    while read -r line; do echo "    $line"; done <<<"$2" >>stacker.yaml
}

# behaviour: a file and a directory appear in /stacker/imports under their names, a directory with all that is in it
# documented: docs/recipe.md#imports
# status: documented
@test "a file and a directory tree are imported" {
    mkdir -p dir/one/two
    echo file >file
    echo a >dir/a
    echo deep >dir/one/two/deep
    recipe_with_imports "[file, dir]" 'cat /stacker/imports/file /stacker/imports/dir/a /stacker/imports/dir/one/two/deep > /seen'
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" $'file\na\ndeep'
}

# behaviour: imports may be one string
# documented: docs/recipe.md#imports
# status: documented
@test "a single import needs no list" {
    echo file >file
    recipe_with_imports file 'test -f /stacker/imports/file'
    stacker build
}

# behaviour: paths are relative to the recipe, not to the working directory
# documented: docs/recipe.md#imports
# status: documented
@test "an import is looked for beside the recipe" {
    mkdir -p sub
    echo beside >sub/file
    recipe_with_imports "[file]" 'cp /stacker/imports/file /seen'
    mv stacker.yaml sub
    stacker build -f sub/stacker.yaml
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" beside
}

# behaviour: what was imported cannot be written by the script
# documented: docs/recipe.md#imports
# status: documented
@test "imports are read-only in the run" {
    echo file >file
    recipe_with_imports "[file]" '! echo changed > /stacker/imports/file
! touch /stacker/imports/new
! rm /stacker/imports/file'
    stacker build
    assert_equal "$(cat file)" file
}

# bats test_tags=group:quick-unpriv
# behaviour: permissions of files are those of the source, and they belong to root
# documented: docs/recipe.md#imports
# status: documented
@test "modes are kept, and files belong to root" {
    touch file
    chmod 0754 file
    chown 1234:1234 file
    recipe_with_imports "[file]" 'stat -c "%a %u" /stacker/imports/file > /seen'
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" "754 0"
}

# behaviour: symlinks in an imported directory stay symlinks, whether they lead somewhere or not
# documented: docs/recipe.md#imports
# status: documented
@test "a broken symlink is imported" {
    mkdir dir
    ln -s broken dir/link
    recipe_with_imports "[dir]" 'cp -a /stacker/imports/dir/link /link'
    stacker build
    unpack_image it rootfs
    assert_equal "$(readlink rootfs/link)" broken
}

# behaviour: an import that is a symlink is imported as the symlink; with a slash behind it, what it leads to
# documented: docs/recipe.md#imports
# status: beyond
@test "a symlink is itself, and with a slash the directory behind it" {
    mkdir dir
    echo a >dir/a
    ln -s dir link
    ln -s nowhere broken
    recipe_with_imports "[link, broken, link/]" 'readlink /stacker/imports/link > /seen
readlink /stacker/imports/broken >> /seen
cat /stacker/imports/a >> /seen'
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" $'dir\nnowhere\na'
}

# behaviour: dir/ brings the contents of the directory, not the directory
# documented: docs/recipe.md#imports
# status: documented
# original: the build ends in an error: it looks for the directory where it has just put its contents
@test "dir/ is imported without the directory" {
    mkdir -p dir/sub
    echo a >dir/sub/a
    recipe_with_imports "[dir/]" 'cat /stacker/imports/sub/a > /seen; test ! -e /stacker/imports/dir'
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" a
}

# behaviour: directories without write permission, or without any, can be imported, and once more after a change
# documented: docs/recipe.md#imports
# status: beyond
@test "a read-only tree can be imported twice, and cleaned" {
    mkdir -p dir/locked/inner
    echo a >dir/locked/inner/a
    chmod 500 dir/locked/inner
    chmod 000 dir/locked
    recipe_with_imports "[dir]" 'stat -c %a /stacker/imports/dir/locked > /seen'
    stacker build
    chmod 400 dir/locked
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" 400
    stacker clean
    assert_not_exists .stacker
}

# behaviour: a missing source is an error that says where in the recipe it is named
# documented: docs/recipe.md#imports
# status: beyond
@test "a missing import names its place in the recipe" {
    recipe_with_imports "[nowhere]" 'true'
    refuse build
    assert_said "stacker.yaml:3:13: couldn't import nowhere"
    assert_layout_whole
}

# behaviour: a missing source is named in full, with what may have been meant
# documented: docs/recipe.md#imports
# status: beyond
@test "an import that is misspelled" {
    mkdir src
    echo 1 >src/Main.c
    recipe_with_imports "[src/mian.c]" 'true'
    refuse build
    assert_said "couldn't import src/mian.c: $PWD/src/mian.c: No such file or directory"
    assert_said "help: there is $PWD/src/Main.c"
    recipe_with_imports "['src/Main.c -> /x']" 'true'
    refuse build
    assert_said "write path: and dest:"
}

# behaviour: an unknown key of an import is a warning that says what is missing, and names the nearest key
# documented: docs/recipe.md#imports
# status: beyond
@test "unknown keys of an import" {
    echo file >file
    recipe_with_imports "[{path: file, perms: 0777, dset: /it, lunch: now}]" 'stat -c %a /stacker/imports/file > /mode'
    chmod 640 file
    run -0 --separate-stderr stacker build
    assert_said 'warning: stacker.yaml:3:26: unknown key "perms" in import "file" is ignored, so that files keep their own modes: did you mean mode?'
    assert_said '"dset" in import "file" is ignored, so that the file does not get where it says: did you mean dest?'
    assert_said '"lunch" in import "file" is ignored, as if it were not there'
    assert_equal "$(list_layer it -1)" mode
}

# behaviour: names that others have for keys of an import are errors that name ours
# documented: docs/recipe.md#imports
# status: beyond
@test "keys of an import by other names" {
    local pair
    for pair in destination:dest dst:dest target:dest user:uid group:gid; do
        recipe_with_imports "[{path: file, ${pair%:*}: /x}]" true
        refuse build
        assert_said "stacker.yaml:3:26: unknown key \"${pair%:*}\" in import \"file\": did you mean ${pair#*:}?"
    done
    for key in source src; do
        recipe_with_imports "[{$key: file, dest: /x}]" true
        refuse build
        assert_said "stacker.yaml:3:14: unknown key \"$key\" in an import of layer it: did you mean path?"
    done
    recipe_with_imports "[{dest: /x, pth: file}]" true
    refuse build
    assert_said "stacker.yaml:3:24: unknown key \"pth\" in an import of layer it: did you mean path?"
}

# behaviour: a mode that YAML takes for a decimal number is an error that shows the octal one
# documented: docs/recipe.md#imports
# status: beyond
@test "a decimal mode" {
    echo file >file
    local mode
    for mode in 755 '"755"' 493; do
        recipe_with_imports "[{path: file, mode: $mode}]" true
        refuse build
        assert_said "stacker.yaml:3:32: mode of import"
        assert_said "write 0755"
    done
    for mode in 1777 2755 4755; do
        recipe_with_imports "[{path: file, mode: $mode}]" true
        refuse build
        assert_said "write 0$mode"
    done
    for mode in 0o999 08 u+x 99999 rwxr-xr-x; do
        recipe_with_imports "[{path: file, mode: $mode}]" true
        refuse build
        assert_said "stacker.yaml:3:32: mode of import"
        assert_said "help: modes are octal, and begin with 0, from 0 to 07777: 0755"
    done
    for mode in 0755 '"0755"' 0o755; do
        recipe_with_imports "[{path: file, mode: $mode}]" 'test "$(stat -c %a /stacker/imports/file)" = 755'
        stacker build
    done
}

# behaviour: a hash that the file does not have ends the build
# documented: docs/recipe.md#imports
# status: documented
@test "a wrong hash is refused" {
    echo file >file
    recipe_with_imports "[{path: file, hash: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b856}]" true
    run stacker build
    assert_failure
    assert_said "is different than the actual hash"
}

# behaviour: the digits of a hash may be in upper case
# documented: docs/recipe.md#imports
# status: documented
@test "a right hash in upper case is accepted" {
    echo file >file
    local hash
    hash=$(sha256sum file | cut -d' ' -f1)
    recipe_with_imports "[{path: file, hash: ${hash^^}}]" 'test -f /stacker/imports/file'
    stacker build
}

# behaviour: a text that is no SHA-256 is refused before the file is looked for
# documented: docs/recipe.md#imports
# status: documented
@test "a malformed hash is refused before the file is looked for" {
    recipe_with_imports "[{path: nowhere, hash: 1234abcdef}]" true
    run stacker build
    assert_failure
    assert_said "is not valid"
}

# behaviour: the deprecated key import puts its files into /stacker
# documented: docs/recipe.md#imports
# status: documented
@test "import: puts files into /stacker" {
    echo file >file
    recipe_with_imports "[file]" 'cp /stacker/file /seen'
    sed -i 's/imports:/import:/' stacker.yaml
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" file
}

# behaviour: nothing of an import is in the image unless the script puts it there
# documented: docs/recipe.md#imports
# status: documented
@test "an import leaves no trace in the image" {
    echo hidden >file
    recipe_with_imports "[file]" 'test "$(cat /stacker/imports/file)" = hidden'
    stacker build
    assert_equal "$(count_layers it)" 1
}

# behaviour: a directory that holds stacker's own directories is refused: copying it would never end
# documented: docs/recipe.md#imports
# status: beyond
@test "the directory in which stacker works is not imported" {
    cat >stacker.yaml <<'END'
it:
  from: {type: scratch}
  imports: [.]
END
    refuse build
    assert_said "stacker.yaml:3:"
    assert_said ".stacker"
}

# behaviour: with the deprecated key the files are in /stacker, as they used to be, and in /stacker/imports, as ever
# documented: docs/recipe.md#imports
# status: beyond
@test "the deprecated import: puts files into /stacker too" {
    busybox_base
    echo it >file
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  import: [file]
  run: |
    cat /stacker/file /stacker/imports/file > /seen
    ! touch /stacker/new
  generate_labels: cp /stacker/imports/file /stacker/oci-labels/
END
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" $'it\nit'
    assert_not_exists rootfs/stacker
}

# behaviour: an import may be called as the script's own file is: both are there
# documented: docs/recipe.md#imports
# status: beyond
@test "an import with the name of the script's file" {
    echo mine >.stacker-run.sh
    recipe_with_imports "[.stacker-run.sh]" 'cat /stacker/imports/.stacker-run.sh > /seen'
    stacker build
    assert_equal "$(layer_tar it -1 | tar xO seen)" mine
}

# behaviour: with the deprecated key import, a file called imports, where /stacker/imports should be, is an error that says what to write
# documented: docs/recipe.md#imports
# status: beyond
@test "an import called imports" {
    echo mine >imports
    recipe_with_imports "[imports]" 'cat /stacker/imports/imports > /seen'
    sed -i 's/imports: /import: /' stacker.yaml
    refuse build
    assert_said 'an import called "imports" is where /stacker/imports should be'
    assert_said "write imports: in place of import:"
    sed -i 's/import: /imports: /' stacker.yaml
    stacker build
    assert_equal "$(layer_tar it -1 | tar xO seen)" mine
}

# behaviour: two imports that have one name in /stacker/imports are a warning that names both, with their places
# documented: docs/recipe.md#imports
# status: beyond
@test "two imports of one name" {
    mkdir a b
    echo first >a/conf
    echo second >b/conf
    recipe_with_imports "[a/conf, b/conf]" 'cat /stacker/imports/conf > /seen'
    run --separate-stderr stacker build
    assert_success
    assert_said 'warning: stacker.yaml:3:21: import b/conf takes the place of import a/conf (stacker.yaml:3:13): both are called "conf"'
    unpack_image it rootfs
    assert_equal "$(cat rootfs/seen)" second
}

# behaviour: imports whose names do not meet in /stacker/imports are no reason for a warning
# documented: docs/recipe.md#imports
# status: beyond
@test "imports of one name that are apart" {
    mkdir a b
    echo first >a/conf
    echo second >b/conf
    recipe_with_imports "[a/conf, {path: b/conf, dest: /b/conf}, a, b/, a/conf]" 'true'
    run --separate-stderr stacker build
    assert_success
    refute_said "takes the place of"
}

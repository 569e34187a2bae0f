#!/usr/bin/env bats
# Recipes that need other recipes, in which order they are built, and how recursive-build finds them.

load ../helpers

# write_recipe FILE LAYER [PREREQUISITE…]: a recipe with one layer that has no contents.
write_recipe() {
    local file=$1 layer=$2 needs
    shift 2
    mkdir -p "$(dirname "$file")"
    printf -v needs '%s, ' "$@"
    (($# == 0)) || printf 'config:\n  prerequisites: [%s]\n' "${needs%, }" >"$file"
    printf '%s:\n  from: {type: scratch}\n' "$layer" >>"$file"
}

# list_order ARGUMENT…: what `stacker ARGUMENT… --order-only` prints of the order.
list_order() {
    run --separate-stderr stacker "$@" --order-only
    assert_success
    grep -hE '^[0-9]+ build ' <<<"$output"$'\n'"$stderr"
}

# list_prepared: the layers that the last `run` went through, in order.
list_prepared() {
    sed -n 's/^preparing image \(.*\)\.\.\.$/\1/p' <<<"$output"$'\n'"$stderr" | paste -sd' '
}

# behaviour: the layers of a prerequisite are built first, and can be built on and imported from
# documented: docs/recipe.md#prerequisites
# status: documented
@test "a prerequisite's layers are built first and usable" {
    busybox_base
    mkdir sub
    cat >sub/base.yaml <<'END'
lower:
  from: {type: oci, url: "busybox:latest"}
  run: echo lower > /lower
END
    cat >stacker.yaml <<'END'
config:
  prerequisites: [sub/base.yaml]
app:
  from: {type: built, tag: lower}
  run: cat /lower > /app
copy:
  from: {type: oci, url: "busybox:latest"}
  imports: [stacker://lower/lower]
  run: cp /stacker/imports/lower /copy
END
    stacker build
    unpack_image app app
    assert_equal "$(cat app/app)" lower
    unpack_image copy copy
    assert_equal "$(cat copy/copy)" lower
    assert_equal "$(list_tags | head -1)" lower
}

# behaviour: a prerequisite's imports are relative to the prerequisite, whoever asked for it
# documented: docs/recipe.md#prerequisites; docs/recipe.md#imports
# status: documented
@test "a prerequisite's imports are relative to its own directory" {
    busybox_base
    mkdir sub
    echo outer >file
    echo inner >sub/file
    cat >sub/stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  imports: [file]
  run: cp /stacker/imports/file /file
END
    write_recipe stacker.yaml top sub/stacker.yaml
    stacker build
    unpack_image it rootfs
    assert_equal "$(cat rootfs/file)" inner
}

# behaviour: a prerequisite is relative to the file that names it, at every level
# documented: docs/recipe.md#prerequisites
# status: documented
@test "nested prerequisites are relative to the file that names them" {
    write_recipe stacker.yaml top one/first.yaml
    write_recipe one/first.yaml first ../two/second.yaml
    write_recipe two/second.yaml second deep/third.yaml
    write_recipe two/deep/third.yaml third
    stacker build
    assert_equal "$(list_tags)" $'third\nsecond\nfirst\ntop'
}

# behaviour: a prerequisite may be an absolute path
# documented: docs/recipe.md#prerequisites
# status: documented
@test "an absolute prerequisite" {
    write_recipe elsewhere/base.yaml base
    write_recipe sub/stacker.yaml top "$PWD/elsewhere/base.yaml"
    stacker build -f sub/stacker.yaml
    assert_equal "$(list_tags)" $'base\ntop'
}

# behaviour: a file that two files need is built once, before both
# documented: docs/recipe.md#prerequisites
# status: documented
@test "a diamond is built once" {
    write_recipe stacker.yaml top left.yaml right.yaml
    write_recipe left.yaml left base.yaml
    write_recipe right.yaml right sub/../base.yaml
    write_recipe base.yaml base
    run --separate-stderr stacker build
    assert_success
    # Which of the two in the middle comes first, nobody says.
    assert_regex "$(list_prepared)" '^base (left right|right left) top$'
}

# behaviour: a file may have prerequisites and no layers
# documented: docs/recipe.md#prerequisites
# status: beyond
@test "a recipe of prerequisites only" {
    write_recipe base.yaml base
    printf 'config: {prerequisites: [base.yaml]}\n' >stacker.yaml
    stacker build
    assert_equal "$(list_tags)" base
}

# behaviour: --order-only prints a line for each file: its number, its path, the files that it requires
# documented: docs/commands.md#order-only
# status: beyond
@test "--order-only prints the order" {
    write_recipe stacker.yaml top b.yaml a.yaml
    write_recipe a.yaml a
    write_recipe b.yaml b a.yaml
    run list_order build
    assert_output "0 build $PWD/a.yaml: requires: []
1 build $PWD/b.yaml: requires: [$PWD/a.yaml]
2 build $PWD/stacker.yaml: requires: [$PWD/b.yaml $PWD/a.yaml]"
}

# behaviour: --order-only builds nothing
# documented: docs/commands.md#order-only
# status: documented
@test "--order-only builds nothing" {
    write_recipe stacker.yaml top
    stacker build --order-only
    run ! list_tags
}

# behaviour: files that need nothing of each other are in the order of their paths, however they are listed
# documented: docs/commands.md#order-only; docs/recipe.md#prerequisites
# status: beyond
@test "files of equal rank are ordered by path" {
    write_recipe stacker.yaml top z.yaml m.yaml a.yaml
    write_recipe z.yaml z
    write_recipe m.yaml m
    write_recipe a.yaml a
    list_order build | sed 's,.*/\(.*\): requires.*,\1,' >order
    assert_equal "$(paste -sd' ' order)" "a.yaml m.yaml z.yaml stacker.yaml"
}

# behaviour: within a file, layers are in file order but for what they need
# documented: docs/recipe.md#layers
# status: documented
@test "layers of a file wait for what they need" {
    cat >stacker.yaml <<'END'
last:
  from: {type: built, tag: first}
other:
  from: {type: scratch}
first:
  from: {type: scratch}
END
    run --separate-stderr stacker build
    assert_success
    assert_equal "$(list_prepared)" "other first last"
}

# behaviour: files that need each other in a circle are an error
# documented: docs/recipe.md#prerequisites
# status: documented
# original: it reads them round and round until its stack is full, and dies of that; for layers in a circle it has an error
@test "a cycle of files" {
    write_recipe stacker.yaml top a.yaml
    write_recipe a.yaml a sub/b.yaml
    write_recipe sub/b.yaml b ../a.yaml
    refuse build
}

# behaviour: the error about a cycle of files has every file of it, in order, and no other
# documented: docs/recipe.md#prerequisites
# status: beyond
@test "a cycle of files is named in full" {
    write_recipe stacker.yaml top a.yaml
    write_recipe a.yaml a sub/b.yaml
    write_recipe sub/b.yaml b ../a.yaml
    refuse build
    assert_said "a.yaml -> sub/b.yaml -> a.yaml"
    refute_said stacker.yaml
}

# behaviour: a file that needs itself is an error
# documented: docs/recipe.md#prerequisites
# status: documented
# original: it reads itself until the stack is full, and dies of that; for a layer that needs itself there is an error
@test "a file that needs itself" {
    write_recipe stacker.yaml top stacker.yaml
    refuse build
}

# behaviour: the error about a cycle of layers has every layer of it, in order
# documented: docs/recipe.md#from
# status: beyond
@test "a cycle of layers is named in full" {
    cat >stacker.yaml <<'END'
a:
  from: {type: built, tag: b}
b:
  from: {type: scratch}
  imports: [stacker://c/file]
c:
  from: {type: built, tag: a}
END
    refuse build
    assert_said "couldn't resolve some dependencies"
    assert_said "a -> b -> c -> a"
}

# behaviour: a prerequisite that does not exist is an error that names it
# documented: docs/recipe.md#prerequisites
# status: documented
@test "a prerequisite that does not exist" {
    write_recipe stacker.yaml top nowhere.yaml
    refuse build
    assert_said nowhere.yaml
}

# behaviour: the error about a prerequisite that does not exist has the place where it is named
# documented: docs/recipe.md#prerequisites
# status: beyond
@test "a prerequisite that does not exist has its place" {
    write_recipe stacker.yaml top nowhere.yaml
    refuse build
    assert_said stacker.yaml:2:19
}

# behaviour: what a layer needs and nobody defines is listed, imports and base
# documented: docs/commands.md#messages
# status: documented
@test "missing dependencies of a layer are listed" {
    cat >stacker.yaml <<'END'
it:
  from: {type: scratch}
  imports: [stacker://nowhere/b, stacker://absent/d]
END
    refuse build
    assert_said "couldn't find dependencies for it: stacker://nowhere/b, stacker://absent/d"
    assert_said "couldn't resolve some dependencies"
}

# behaviour: missing dependencies of several layers, in several files, are listed at once
# documented: docs/commands.md#messages
# status: beyond
@test "all missing dependencies are listed at once" {
    cat >base.yaml <<'END'
one:
  from: {type: built, tag: nowhere}
END
    cat >stacker.yaml <<'END'
config: {prerequisites: [base.yaml]}
two:
  from: {type: built, tag: one}
  imports: [stacker://absent/file]
END
    refuse build
    assert_said "couldn't find dependencies for one: base layer nowhere"
    assert_said "couldn't find dependencies for two: stacker://absent/file"
}

# behaviour: a file knows its own layers and those of its prerequisites, not those of other files
# documented: docs/recipe.md#prerequisites
# status: beyond
@test "a layer of a file that is not required is missing" {
    write_recipe stacker.yaml top a.yaml b.yaml
    write_recipe a.yaml a
    printf 'b:\n  from: {type: built, tag: a}\n' >b.yaml
    refuse build
    assert_said "couldn't find dependencies for b: base layer a"
}

# behaviour: two layers of one name in two files are an error
# documented: docs/recipe.md#prerequisites; docs/commands.md#messages
# status: documented
@test "one layer name in two files" {
    write_recipe stacker.yaml it base.yaml
    write_recipe base.yaml it
    refuse build
    assert_said "duplicate layer name"
}

# behaviour: the error about a layer name in two files names both places
# documented: docs/recipe.md#prerequisites
# status: beyond
@test "one layer name in two files: both places are named" {
    write_recipe stacker.yaml it sub/base.yaml
    write_recipe sub/base.yaml it
    refuse build
    assert_said stacker.yaml:3:1
    assert_said sub/base.yaml:1:1
}

# behaviour: of a duplicate name and a cycle of files, the name is reported
# documented: docs/recipe.md#errors
# status: beyond
@test "a duplicate name is reported before a cycle" {
    write_recipe stacker.yaml it base.yaml
    write_recipe base.yaml it stacker.yaml
    refuse build
    assert_said "duplicate layer name"
    refute_said cycle
}

# behaviour: recursive-build builds the files named exactly stacker.yaml, at any depth
# documented: docs/commands.md#recursive-build
# status: documented
@test "recursive-build takes files named stacker.yaml" {
    write_recipe stacker.yaml top
    write_recipe one/stacker.yaml one
    write_recipe one/two/three/stacker.yaml three
    echo "not: [yaml" | tee .stacker.yaml.swp test_stacker.yaml stacker.yaml.orig one/stacker.yml >/dev/null
    run --separate-stderr stacker recursive-build
    assert_success
    assert_equal "$(list_tags | sort | paste -sd' ')" "one three top"
}

# behaviour: -d says where recursive-build looks; prerequisites outside are built, too
# documented: docs/commands.md#recursive-build
# status: documented
@test "recursive-build -d" {
    write_recipe stacker.yaml top
    write_recipe base.yaml base
    write_recipe one/stacker.yaml one ../base.yaml
    stacker recursive-build -d one
    assert_equal "$(list_tags)" $'base\none'
}

# behaviour: -p is a regular expression for the absolute path
# documented: docs/commands.md#recursive-build
# status: documented
@test "recursive-build -p" {
    write_recipe stacker.yaml top
    write_recipe one/app.yml one
    write_recipe two/app.yml two
    stacker recursive-build -p '/(one|three)/.*\.yml$'
    assert_equal "$(list_tags)" one
}

# behaviour: the dot of the default pattern is a dot
# documented: docs/commands.md#recursive-build
# status: beyond
@test "recursive-build takes stacker.yaml for a name, not for a pattern" {
    write_recipe stacker.yaml top
    write_recipe stackerxyaml other
    run list_order recursive-build
    assert_output "0 build $PWD/stacker.yaml: requires: []"
}

# behaviour: a stacker.yaml in a layer, or among the copies of imports, is not one that recursive-build builds
# documented: docs/commands.md#recursive-build
# status: documented
# original: it takes a stacker.yaml of an unpacked layer for a recipe and stops at it: what it has built itself is in its way
@test "recursive-build skips stacker's own directories" {
    busybox_base base
    cat >stacker.yaml <<'END'
lower:
  from: {type: oci, url: "base:latest"}
  build_only: true
  run: echo "not [yaml" > /stacker.yaml
END
    stacker build
    assert_exists roots/lower/overlay/stacker.yaml
    mkdir -p .stacker/imports/lower/deep
    cp roots/lower/overlay/stacker.yaml .stacker/imports/lower/deep
    run --separate-stderr stacker recursive-build
    assert_success
    assert_equal "$(list_prepared)" lower
}

# behaviour: recursive-build that finds nothing is an error that names the directory
# documented: docs/commands.md#recursive-build
# status: beyond
@test "recursive-build without any file" {
    mkdir empty
    refuse recursive-build -d empty
    assert_said "$PWD/empty"
}

# behaviour: -p that is no regular expression is an error that shows it
# documented: docs/commands.md#recursive-build
# status: documented
@test "recursive-build with a pattern that is none" {
    write_recipe stacker.yaml top
    refuse recursive-build -p '('
}

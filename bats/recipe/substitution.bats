#!/usr/bin/env bats
# ${{NAME}} and ${{NAME:default}} in a recipe: text for text, before anybody reads the YAML.

load ../helpers

# scratch_recipe LINES: a recipe for "it" on nothing, with more lines.
scratch_recipe() {
    printf 'it:\n  from: {type: scratch}\n%s\n' "${1-}" >stacker.yaml
}

# print_label NAME: what the label of "it" is.
print_label() {
    image_config it | jq -r --arg name "$1" '.config.Labels[$name] // error("no label \($name)")'
}

# behaviour: a variable without a value is its default
# documented: docs/recipe.md#substitution
# status: documented
@test "a default" {
    scratch_recipe '  labels: {a: "${{A:one two}}", b: "${{B:}}", c: "${{C:http://host:80/}}"}'
    stacker build
    assert_equal "$(print_label a)" "one two"
    assert_equal "$(image_config it | jq -c .config.Labels.b)" '""'
    assert_equal "$(print_label c)" "http://host:80/"
}

# behaviour: a value stands wherever its variable does, and wins over the default
# documented: docs/recipe.md#substitution; docs/commands.md#build
# status: documented
@test "a value" {
    scratch_recipe '  labels: {a: "${{A}}", b: "<${{A:default}}>", c: "${{A}}${{B}}"}'
    stacker build --substitute A=one --substitute B=two
    assert_equal "$(print_label a)" one
    assert_equal "$(print_label b)" "<one>"
    assert_equal "$(print_label c)" onetwo
}

# behaviour: layer names and keys are substituted like everything else
# documented: docs/recipe.md#substitution
# status: documented
@test "substitution comes before YAML" {
    printf '${{NAME}}:\n  from: {type: scratch}\n  ${{KEY}}: {a: b}\n' >stacker.yaml
    stacker build --substitute NAME=it --substitute KEY=labels
    assert_equal "$(print_label a)" b
}

# behaviour: a value may be empty, and hold further "="
# documented: docs/recipe.md#substitution
# status: documented
@test "an empty value and one with =" {
    scratch_recipe '  labels: {a: "<${{A:default}}>", b: "${{B}}"}'
    stacker build --substitute A= --substitute B=x=y=z
    assert_equal "$(print_label a)" "<>"
    assert_equal "$(print_label b)" x=y=z
}

# behaviour: a value is literal text: nothing in it is substituted, expanded or taken for a pattern
# documented: docs/recipe.md#substitution
# status: beyond
@test "a value is literal" {
    scratch_recipe "  labels: {a: '\${{A}}', b: '\${{B}}'}"
    stacker build --substitute 'A=${{B}} $1 \1 &' --substitute B=two
    assert_equal "$(print_label a)" '${{B}} $1 \1 &'
    assert_equal "$(print_label b)" two
}

# behaviour: --substitute-file is a map of variables and values
# documented: docs/recipe.md#substitution; docs/commands.md#build
# status: documented
@test "--substitute-file" {
    scratch_recipe '  labels: {a: "${{A}}", b: "${{B}}"}'
    printf 'A: one\nB: "two words"\n' >values.yaml
    stacker build --substitute-file values.yaml
    assert_equal "$(print_label a)" one
    assert_equal "$(print_label b)" "two words"
}

# behaviour: the values of a --substitute-file keep their spelling
# documented: docs/recipe.md#substitution
# status: beyond
@test "--substitute-file keeps the spelling of numbers" {
    scratch_recipe '  labels: {a: "${{A}}", b: "${{B}}"}'
    printf 'A: 1.10\nB: 0777\n' >values.yaml
    stacker build --substitute-file values.yaml
    assert_equal "$(print_label a)" 1.10
    assert_equal "$(print_label b)" 0777
}

# behaviour: a variable of both is the command line's, in whichever order they are given
# documented: docs/recipe.md#substitution; docs/commands.md#build
# status: documented
@test "the command line wins over --substitute-file" {
    scratch_recipe '  labels: {a: "${{A}}", b: "${{B}}"}'
    printf 'A: file\nB: file\n' >values.yaml
    stacker build --substitute A=line --substitute-file values.yaml
    assert_equal "$(print_label a) $(print_label b)" "line file"
    stacker build --substitute-file values.yaml --substitute B=line
    assert_equal "$(print_label a) $(print_label b)" "file line"
}

# behaviour: a --substitute-file that does not exist is an error that names it
# documented: docs/commands.md#build
# status: documented
@test "a --substitute-file that does not exist" {
    scratch_recipe
    refuse build --substitute-file nowhere.yaml
    assert_said nowhere.yaml
}

# behaviour: a --substitute-file that is no map is an error
# documented: docs/commands.md#build
# status: documented
@test "a --substitute-file that is a list" {
    scratch_recipe
    printf -- '- A\n- B\n' >values.yaml
    refuse build --substitute-file values.yaml
}

# behaviour: --substitute without "=" is an error that shows it
# documented: docs/commands.md#build
# status: beyond
@test "--substitute without =" {
    scratch_recipe
    refuse build --substitute LONELY
    assert_said LONELY
    assert_said NAME=VALUE
}

# behaviour: a variable with neither value nor default is an error that names it
# documented: docs/recipe.md#substitution
# status: documented
@test "no value" {
    scratch_recipe '  labels: {a: "${{MISSING}}"}'
    refuse build
    assert_said "no value for substitution"
    assert_said MISSING
}

# behaviour: the error about a missing value has its place, and says for every variable how to give it
# documented: docs/recipe.md#substitution
# status: beyond
@test "no value: the error says what to write" {
    scratch_recipe '  labels:
    a: "${{ONE}}"
    b: "${{TWO}}"'
    refuse build
    assert_said stacker.yaml:4:9
    assert_said "--substitute ONE="
    assert_said "--substitute TWO="
    assert_said '${{ONE:default}}'
}

# behaviour: $VAR and ${VAR} of a substitution are errors that show the right form
# documented: docs/recipe.md#substitution
# status: documented
@test "the shell's forms are refused for a substitution" {
    local form
    for form in '$A' '${A}'; do
        scratch_recipe "  labels: {a: \"$form\"}"
        refuse build --substitute A=one
        assert_said '${{A}}'
    done
}

# behaviour: the error about $VAR has its place
# documented: docs/recipe.md#substitution
# status: beyond
@test "the shell's forms: the error has its place" {
    scratch_recipe '  labels:
    a: "x ${A}"'
    refuse build --substitute A=one
    assert_said stacker.yaml:4:11
}

# behaviour: $VAR of a script is the shell's as long as no substitution has that name
# documented: docs/recipe.md#substitution
# status: documented
@test "shell variables are left alone" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: |
    one=1
    echo "$one ${one} $(echo 2) $$" | sed 's/[0-9]*$//' > "/${{FILE}}"
END
    stacker build --substitute FILE=it
    unpack_image it rootfs
    assert_equal "$(cat rootfs/it)" "1 1 2 "
}

# behaviour: $VAR counts as a whole name: $VARX is another variable
# documented: docs/recipe.md#substitution; docs/recipe.md#what-differs-from-the-original
# status: beyond
@test "a longer name is another variable" {
    scratch_recipe '  labels: {a: "$AX ${A_B} ${{A}}"}'
    stacker build --substitute A=one
    assert_equal "$(print_label a)" '$AX ${A_B} one'
}

# behaviour: a reference without its end is an error with its place
# documented: docs/recipe.md#substitution
# status: beyond
@test "a reference without its end" {
    scratch_recipe '  labels: {a: "${{A"}'
    refuse build
    assert_said stacker.yaml:3:16
    assert_said '${{NAME}}'
}

# behaviour: stacker's directories are variables, as absolute paths
# documented: docs/recipe.md#substitution
# status: documented
@test "STACKER_ROOTFS_DIR, STACKER_STACKER_DIR, STACKER_OCI_DIR" {
    scratch_recipe '  labels: {r: "${{STACKER_ROOTFS_DIR}}", s: "${{STACKER_STACKER_DIR}}", o: "${{STACKER_OCI_DIR}}"}'
    stacker build
    assert_equal "$(print_label r)" "$PWD/roots"
    assert_equal "$(print_label s)" "$PWD/.stacker"
    assert_equal "$(print_label o)" "$PWD/oci"
}

# behaviour: STACKER_WORK_DIR is the work directory, and the others follow the options
# documented: docs/recipe.md#substitution
# status: beyond
@test "STACKER_ variables follow the options" {
    scratch_recipe '  labels: {w: "${{STACKER_WORK_DIR}}", r: "${{STACKER_ROOTFS_DIR}}", s: "${{STACKER_STACKER_DIR}}"}'
    mkdir work
    stacker --work-dir work --roots-dir r --oci-dir oci build
    assert_equal "$(print_label w)" "$PWD/work"
    assert_equal "$(print_label r)" "$PWD/r"
    assert_equal "$(print_label s)" "$PWD/work/.stacker"
}

# behaviour: $STACKER_OCI_DIR is refused like that of any other substitution
# documented: docs/recipe.md#substitution
# status: documented
@test "the shell's form of a STACKER_ variable is refused" {
    scratch_recipe '  labels: {a: "$STACKER_OCI_DIR"}'
    refuse build
    assert_said '${{STACKER_OCI_DIR}}'
}

# behaviour: prerequisites are substituted with the same values, and may be named by them
# documented: docs/recipe.md#substitution; docs/recipe.md#prerequisites
# status: documented
@test "prerequisites are substituted, too" {
    mkdir sub
    printf 'lower:\n  from: {type: scratch}\n  labels: {a: "${{A}}"}\n' >sub/base.yaml
    printf 'config:\n  prerequisites: ["${{DIR}}/base.yaml"]\nit:\n  from: {type: built, tag: lower}\n' >stacker.yaml
    stacker build --substitute A=one --substitute DIR=sub
    assert_equal "$(print_label a)" one
}

# behaviour: another value is another recipe: what it changes is built again
# documented: docs/recipe.md#cache
# status: documented
@test "another value is a cache miss" {
    scratch_recipe '  labels: {a: "${{A}}"}'
    stacker build --substitute A=one
    run --separate-stderr stacker build --substitute A=one
    assert_said "found cached layer it"
    run --separate-stderr stacker build --substitute A=two
    assert_said "cache miss because"
    assert_equal "$(print_label a)" two
}

# behaviour: the manifest has the recipe as it is after substitution, byte for byte
# documented: docs/recipe.md#substitution; docs/storage.md#annotations
# status: documented
@test "the annotation has the text after substitution" {
    printf '# ${{WHO}} \xc3\xa9\n\nit: \n  from:   {type: scratch}\n  labels: {a: "${{A:x y}}"}  # \t end\n\n' >stacker.yaml
    stacker build --substitute 'WHO=me & you'
    printf '# me & you \xc3\xa9\n\nit: \n  from:   {type: scratch}\n  labels: {a: "x y"}  # \t end\n\n' >expected
    image_manifest it | jq -j '.annotations["io.stackeroci.stacker.stacker_yaml"]' >actual
    cmp expected actual
}

# behaviour: places in errors are those of the file, not of the text after substitution
# documented: docs/recipe.md#errors; docs/recipe.md#substitution
# status: beyond
@test "errors have the places of the file" {
    scratch_recipe '  labels: {a: "${{A}}", b: c}
  cmd: "${{A}}"
  enviroment: {A: b}'
    refuse build --substitute A=$'"x"\n\n    #'
    scratch_recipe '  labels: {a: ${{A}}, b: [c]}'
    refuse build --substitute A=long-text-in-place-of-it
    assert_said stacker.yaml:3:26
}

# behaviour: of an error of YAML and one of substitution, that of YAML is reported
# documented: docs/recipe.md#errors
# status: beyond
@test "an error of YAML comes before one of substitution" {
    printf 'it:\n  from: [oci\n  labels: {a: "${{MISSING}}"}\n' >stacker.yaml
    refuse build
    assert_said "not YAML"
    refute_said MISSING
}

# behaviour: of a missing value and a duplicate name, the missing value is reported
# documented: docs/recipe.md#errors
# status: beyond
@test "an error of substitution comes before a duplicate name" {
    printf 'it:\n  from: {type: scratch}\nit:\n  labels: {a: "${{MISSING}}"}\n' >stacker.yaml
    refuse build
    assert_said MISSING
    refute_said duplicate
}

# behaviour: a variable of the command line that is in no file is a warning before the first layer, with the nearest name
# documented: docs/recipe.md#substitution
# status: beyond
@test "a --substitute that nothing uses" {
    mkdir sub
    printf 'config: {prerequisites: [sub/stacker.yaml]}\nit:\n  from: {type: scratch}\n  labels: {a: "${{NAME:x}}", b: "${{OUTER:${{INNER:}}}}"}\n' >stacker.yaml
    printf 'below:\n  from: {type: scratch}\n  labels: {c: "${{BELOW:x}}"}\n' >sub/stacker.yaml
    echo 'NOBODY: file' >subs.yaml
    run -0 --separate-stderr stacker build --substitute-file subs.yaml --substitute NAEM=secret --substitute BELOW=b \
        --substitute OUTER=o --substitute INNER=i --substitute STACKER_X=1
    # The value may be nobody's business.
    assert_equal "$(sed '/^preparing image below/,$d' <<<"$stderr")" \
        'warning: --substitute NAEM=…: no stacker file has ${{NAEM}}: is NAME meant?
warning: --substitute STACKER_X=…: no stacker file has ${{STACKER_X}}'
    assert_equal "$(image_config it | jq -r '.config.Labels | .a + .b')" xo
    run -0 --separate-stderr stacker recursive-build --substitute BELOW=b --substitute NAME=n
    refute_said warning
    run -0 --separate-stderr stacker publish --url oci:out --tag t --show-only --substitute BELOW=b --substitute NAEM=n --force
    assert_said "is NAME meant?"
    refute_said "BELOW=…"
}

# behaviour: of the values in a file that nothing uses, only one whose name is close to one without a value is a warning
# documented: docs/recipe.md#substitution
# status: beyond
@test "a misspelt name in a --substitute-file" {
    scratch_recipe '  labels: {a: "${{NAME:default}}", b: "${{OTHER}}"}'
    printf 'NAEM: secret\nOTHRE: x\nSOMETHING: y\n' >subs.yaml
    run -0 --separate-stderr stacker build --substitute-file subs.yaml --substitute OTHER=o
    assert_equal "$(head -n 2 <<<"$stderr")" \
        'warning: subs.yaml:1:1: no stacker file has ${{NAEM}}: is NAME meant, which has no value?
preparing image it...'
    assert_equal "$(print_label a)" default
    sed -i 's/NAEM/NAME/' subs.yaml
    run -0 --separate-stderr stacker build --substitute-file subs.yaml --substitute OTHER=o
    refute_said warning
}

# behaviour: a --substitute-file that is not UTF-8 is an error that names it
# documented: docs/recipe.md#substitution
# status: beyond
@test "a --substitute-file that is no text" {
    scratch_recipe '  labels: {a: "${{A}}"}'
    printf 'A: caf\xe9\n' >subs.yaml
    refuse build --substitute-file subs.yaml
    assert_said "subs.yaml: not UTF-8 text"
}

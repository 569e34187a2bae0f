#!/usr/bin/env bats
# `stacker fmt`: blanks and empty lines of a recipe, and nothing else of it.

load ../helpers

untidy() {
    cat >stacker.yaml <<'END'


# first
app:   # the app
      from: {type: scratch,url:  "a b" }


      # about what comes in
      imports:
      - a
      -   path: b
          # where to
          dest:    /b
      # below the imports
      run: |
           set -e
             echo deeper   

           # the script's own
      ${{KEY:labels}}:
        a: "two
          lines"
site:
  from: {type: built,   tag: app}
END
}

tidy() {
    cat <<'END'
# first
app:   # the app
  from: {type: scratch, url: "a b"}

  # about what comes in
  imports:
    - a
    - path: b
      # where to
      dest: /b
  # below the imports
  run: |
       set -e
         echo deeper   

       # the script's own
  ${{KEY:labels}}:
    a: "two
      lines"
site:
  from: {type: built, tag: app}
END
}

# behaviour: fmt writes a recipe with two blanks a level, lists below their key, and every comment and script as it was
# documented: docs/commands.md#fmt
# status: beyond
@test "an untidy recipe" {
    untidy
    "$STACKER" fmt >names
    assert_equal "$(cat names)" stacker.yaml
    diff <(tidy) stacker.yaml
    run "$STACKER" fmt
    assert_success
    assert_output ""
}

# behaviour: --check names what is not formatted, with status 1, --diff shows how, and neither writes
# documented: docs/commands.md#fmt
# status: beyond
@test "fmt --check and --diff write nothing" {
    untidy
    cp stacker.yaml before
    tidy >right.yaml
    run -1 "$STACKER" fmt --check stacker.yaml right.yaml
    assert_line stacker.yaml
    refute_line right.yaml
    run -0 "$STACKER" fmt --diff stacker.yaml right.yaml
    printf '%s\n' "$output" >changes
    diff before stacker.yaml
    run patch -o patched before changes
    assert_success
    diff <(tidy) patched
    run -1 "$STACKER" fmt --check --diff
    run -0 "$STACKER" fmt --check --diff right.yaml
    assert_output ""
}

# behaviour: fmt - formats standard input to standard output
# documented: docs/commands.md#fmt
# status: beyond
@test "fmt as a filter" {
    untidy
    diff <(tidy) <("$STACKER" fmt - <stacker.yaml)
}

# behaviour: a file keeps its owner, its mode and its symlinks, and what can't be formatted is left alone
# documented: docs/commands.md#fmt
# status: beyond
@test "fmt replaces a file where it is" {
    mkdir real
    (cd real && untidy)
    chmod 0640 real/stacker.yaml
    # As a user, stacker is called with files of that user.
    own=${STACKER_TEST_USER:+$(id -u "$STACKER_TEST_USER"):$(id -g "$STACKER_TEST_USER"):640}
    [[ -n $own ]] || { chown 12:34 real/stacker.yaml && own=12:34:640; }
    ln -s real/stacker.yaml link.yaml
    "$STACKER" fmt link.yaml
    [[ -L link.yaml ]]
    assert_equal "$(stat -c '%u:%g:%a' real/stacker.yaml)" "$own"
    diff <(tidy) real/stacker.yaml
    assert_equal "$(ls -A real)" stacker.yaml
    printf 'app:\n  from: {\n' >broken.yaml
    run -1 "$STACKER" fmt broken.yaml
    assert_output --partial "broken.yaml:3:1"
    assert_equal "$(cat broken.yaml)" $'app:\n  from: {'
    mkfifo pipe
    run -1 "$STACKER" fmt pipe
    assert_output --partial "it is no file"
}

# behaviour: blanks at the end of a script that are part of it stay, and lines without any go
# documented: docs/commands.md#fmt
# status: beyond
@test "a script that ends with blanks" {
    printf '%s\n' 'app:' '    from: {type: scratch}' '    run: |' '        true' '          ' '    ' '' >stacker.yaml
    "$STACKER" fmt
    diff stacker.yaml - <<<$'app:\n  from: {type: scratch}\n  run: |\n      true\n        '
}

# behaviour: the diff of a long recipe in which every line changes is there in time, and is one
# documented: docs/commands.md#fmt
# status: beyond
# why: what becomes of a text is the same whoever runs stacker
# bats test_tags=level:priv
@test "the diff of a long recipe" {
    printf 'l%s:\n   from:  {type: scratch}\n\n\n   run: |\n     true\n' {1..15000} >stacker.yaml
    # Line by line against each other it would take very long.
    timeout 60 "$STACKER" fmt --diff >changes
    patch -o patched stacker.yaml changes
    "$STACKER" fmt
    cmp stacker.yaml patched
}

# behaviour: fmt changes the meaning of no recipe, and what it has formatted it leaves as it is
# documented: docs/commands.md#fmt
# status: beyond
# why: what becomes of a text on stdin is the same whoever runs stacker
# bats test_tags=level:priv
@test "fmt on all recipes in examples, docs and bats" {
    requires check_jsonschema
    "$TOP/tools/recipes/collect-recipes.py" before
    mkdir after
    local file
    for file in before/*.yaml; do
        if ! "$STACKER" fmt - <"$file" >"after/${file##*/}" 2>error; then
            # What only a shell makes YAML of.
            grep -q 'not YAML\|${{' error
            rm "$file" "after/${file##*/}"
            continue
        fi
        "$STACKER" fmt - <"after/${file##*/}" >again
        diff "after/${file##*/}" again
        diff <(tr -d ' \t\r\n' <"$file") <(tr -d ' \t\r\n' <"after/${file##*/}")
    done
    run "$TOP/.build/python/bin/python3" "$TOP/tools/recipes/compare-trees.py" before after
    assert_success
    assert_output --regexp '[12][0-9]{2} files, 0 differ'
}

#!/usr/bin/env bats
# `stacker lint`: findings, how they are shown, and how they are switched off. Which words of a script lead to which finding
# is tested rule by rule in Tests/Unit/RecipeTools.

load ../helpers

unwise() {
    cat >stacker.yaml <<'END'
deps:
  build_only: true
  from: {type: docker, url: "docker://debian"}
  run: |
    apt-get update
    apt-get install gcc
    mkdir /opt/big
    curl -k https://example.com/f | sh
spare:
  build_only: true
  from: {type: tar, url: "https://example.com/f.tar"}
app:
  from: {type: built, tag: deps}
  imports:
    - {path: a, mode: 0666}
    - {path: b, odd: 1}
  environment: {NAME: a, API_TOKEN: hunter2}
  binds: [/etc/hosts]
  run: |
    #!/bin/bash
    rm -r /opt/big
    echo $NAME
    sudo chown -R 1 /usr # stacker-lint: disable=nothing
  cmd: cd / && ls
  working_dir: srv
END
}

# behaviour: each rule finds what it is about, once, and all findings have a place, a level and a rule with a section in the docs
# documented: docs/lint.md#rules; docs/lint.md#recipe-warning; docs/lint.md#unknown-rule; docs/lint.md#http-without-hash; docs/lint.md#floating-tag; docs/lint.md#tls-off; docs/lint.md#secret; docs/lint.md#deleted-later; docs/lint.md#package-lists; docs/lint.md#asks-questions; docs/lint.md#hidden-failure; docs/lint.md#shebang-without-e; docs/lint.md#pipe-to-shell; docs/lint.md#environment-in-run; docs/lint.md#cmd-without-shell; docs/lint.md#world-writable; docs/lint.md#relative-working-dir; docs/lint.md#host-bind; docs/lint.md#recursive-owner; docs/lint.md#sudo; docs/lint.md#unused-layer
# status: beyond
@test "each rule finds something" {
    unwise
    run -1 "$STACKER" lint
    printf '%s\n' "${lines[@]}" | sed -n 's/^stacker.yaml:\([0-9]*\):[0-9]*: \([a-z]*\): .* \[\(.*\)\]$/\1 \2 \3/p' >found
    diff - found <<'END'
3 warning floating-tag
5 warning package-lists
6 warning asks-questions
8 warning hidden-failure
8 warning pipe-to-shell
8 warning tls-off
9 note unused-layer
11 warning http-without-hash
15 warning world-writable
16 warning recipe-warning
17 error secret
18 note host-bind
20 warning shebang-without-e
21 warning deleted-later
22 warning environment-in-run
23 warning unknown-rule
23 note recursive-owner
23 note sudo
24 warning cmd-without-shell
25 warning relative-working-dir
END
    refute_output --partial hunter2
    # Every rule that there is, but for what a build refuses, is above; and every one has a section with its level.
    "$STACKER" lint --sarif >log.sarif || true
    diff <(jq -r '.runs[0].tool.driver.rules[].id' log.sarif | grep -v '^refused$' | sort) <(cut -d' ' -f3 found | sort)
    diff <(jq -r '.runs[0].tool.driver.rules[] | "\(.id) \(.defaultConfiguration.level)"' log.sarif | sort) \
        <(awk '/^### / { rule = $2; getline; getline; sub(/^An? /, ""); sub(/\..*/, ""); print rule, $0 }' "$TOP/docs/lint.md" | sort)
}

# behaviour: what a build refuses is a finding at its place, with the remedy
# documented: docs/lint.md#refused
# status: beyond
@test "lint of a recipe that is refused" {
    printf 'app:\n  from: {type: scratch}\n  imports:\n    - {path: a, mode: 755}\n' >stacker.yaml
    run -1 "$STACKER" lint
    assert_output --partial "stacker.yaml:4:23: error: mode of import"
    assert_output --partial "[refused]"
    assert_output --partial "help: write 0755"
}

# behaviour: the exit status is 1 from the level on that --level names
# documented: docs/commands.md#lint; docs/commands.md#exit-status
# status: beyond
@test "the exit status of lint" {
    printf 'app:\n  from: {type: scratch}\n  binds: [/etc/hosts]\n' >note.yaml
    printf 'app:\n  from: {type: scratch}\n  working_dir: a\n' >warning.yaml
    run -0 "$STACKER" lint note.yaml
    assert_output --partial "[host-bind]"
    run -1 "$STACKER" lint --level note note.yaml
    run -1 "$STACKER" lint note.yaml warning.yaml
    run -0 "$STACKER" lint --level error note.yaml warning.yaml
    run -0 "$STACKER" lint - <note.yaml
    run -1 "$STACKER" lint none.yaml
    assert_output --partial "error: couldn't read none.yaml"
    printf 'app:\n  from: {type: scratch}\n' >right.yaml
    run -0 "$STACKER" lint right.yaml
    assert_output ""
    assert_equal "$("$STACKER" lint --json right.yaml | jq length)" 0
}

# behaviour: a comment switches a rule off for its line, for the key or for the layer; SARIF has the finding, marked
# documented: docs/lint.md#switching-rules-off
# status: beyond
@test "rules are switched off in place" {
    cat >stacker.yaml <<'END'
# stacker-lint: disable=sudo,host-bind why not
app:
  from: {type: scratch}
  binds: [/etc/hosts]
  # stacker-lint: disable=hidden-failure
  run: |
    sudo a | b
    # stacker-lint: disable=tls-off
    curl -k https://example.com
    c | d
  working_dir: x # stacker-lint: disable=relative-working-dir
END
    run -0 "$STACKER" lint --level note
    assert_output ""
    "$STACKER" lint --sarif >log.sarif
    assert_equal "$(jq '.runs[0].results | length' log.sarif)" 6
    assert_equal "$(jq -r '[.runs[0].results[].suppressions[0].kind] | unique[]' log.sarif)" inSource
    sed -i '/disable/d; s/ # stacker-lint.*//' stacker.yaml
    assert_equal "$("$STACKER" lint --json | jq length)" 5
}

# behaviour: placeholders have the values that are given; others stand for something that fits
# documented: docs/lint.md#placeholders
# status: beyond
@test "lint of a recipe with placeholders" {
    # shellcheck disable=SC2016  # stacker's, not the shell's
    printf 'app:\n  from: {type: docker, url: "docker://debian:${{TAG}}", insecure: "${{FLAG}}"}\n' >stacker.yaml
    run -0 "$STACKER" lint --level error
    run -0 "$STACKER" lint --substitute TAG=12 --substitute FLAG=no
    run -1 "$STACKER" lint --substitute TAG=latest --substitute FLAG=no
    assert_output --partial "[floating-tag]"
    run -1 "$STACKER" lint --substitute FLAG=perhaps --substitute TAG=12
    assert_output --partial "[refused]"
}

# behaviour: JSON and SARIF have each finding with its rule, level, place, message
# documented: docs/commands.md#lint
# status: beyond
@test "findings as JSON and as SARIF" {
    mkdir "a b"
    (cd "a b" && unwise)
    "$STACKER" lint --json "a b/stacker.yaml" >all.json || true
    "$STACKER" lint --sarif "a b/stacker.yaml" >log.sarif || true
    assert_equal "$(jq -r '.version, .runs[0].tool.driver.name' log.sarif)" $'2.1.0\nstacker'
    diff <(jq -r '.[] | "\(.rule) \(.level) \(.line) \(.column)"' all.json) \
        <(jq -r '.runs[0].results[] | "\(.ruleId) \(.level) \(.locations[0].physicalLocation.region | "\(.startLine) \(.startColumn)")"' log.sarif)
    assert_equal "$(jq -r '[.runs[0].results[].locations[0].physicalLocation.artifactLocation.uri] | unique[]' log.sarif)" a%20b/stacker.yaml
    # An index is of the rule that is named.
    assert_equal "$(jq '.runs[0] as $run | [.runs[0].results[] | select($run.tool.driver.rules[.ruleIndex].id != .ruleId)] | length' log.sarif)" 0
    assert_equal "$(jq -r '[.[] | select(.rule == "secret")][0] | .layer, .file' all.json)" $'app\na b/stacker.yaml'
    run -1 "$STACKER" lint --json --sarif
    assert_output --partial "don't go together"
}

# behaviour: lint comes to its end with any recipe: patterns that a matcher could try forever, thousands of layers and commands
# documented: docs/lint.md
# status: beyond
# why: what is found is the same whoever runs stacker
# bats test_tags=level:priv
@test "recipes that are made to take long" {
    cat >patterns.yaml <<'END'
app:
  from: {type: scratch}
  environment: {aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac: a}
  build_env_passthrough: ["(a+)+b", "a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"]
  run: echo $aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac
END
    {
        printf 'lower:\n  from: {type: scratch}\n  run: |\n'
        printf '    touch /lower/%s\n' {1..10000}
        printf 'upper:\n  from: {type: built, tag: lower}\n  run: |\n'
        printf '    touch /upper/%s; rm /lower/%s\n' {1..20000}
    } >commands.yaml
    {
        printf 'l0:\n  from: {type: scratch}\n'
        seq 2000 | awk '{ printf "l%d:\n  from: {type: built, tag: l%d}\n  run: rm /x\n", $1, $1 - 1 }'
    } >layers.yaml
    timeout 60 "$STACKER" lint {patterns,layers}.yaml
    timeout 60 "$STACKER" lint --level error commands.yaml >found
    # Every second one was made.
    assert_equal "$(grep -c 'warning: "/lower/.*" is in layer lower' found)" 5000
}

# behaviour: a package manager's files in cache_dirs are not in the image, and those of a build_only layer only if a layer stands on it, near or far, that is not build_only
# documented: docs/lint.md#package-lists
# status: beyond
@test "what is not shipped" {
    cat >stacker.yaml <<'END'
pip:
  from: {type: scratch}
  cache_dirs: [/root/.cache/pip]
  run: pip install a
one:
  from: {type: scratch}
  build_only: true
  run: apk add a
two:
  from: {type: built, tag: one}
  build_only: true
three:
  from: {type: scratch}
  imports: ["stacker://two/bin/a"]
END
    run -0 "$STACKER" lint
    assert_output ""
    sed -i 's/^three:/three: # stacker-lint: disable=unused-layer/; s/type: scratch}$/&/; $ d' stacker.yaml
    sed -i '$ s/.*/  from: {type: built, tag: two}/' stacker.yaml
    run -1 "$STACKER" lint
    assert_line --partial "[package-lists]"
}

# behaviour: --substitute-file gives placeholders their values, and one that is not there is an error
# documented: docs/commands.md#lint
# status: beyond
@test "values from a file" {
    printf 'app:\n  from: {type: scratch}\n  working_dir: ${{DIR}}\n' >stacker.yaml
    echo 'DIR: here' >values
    run -0 "$STACKER" lint
    run -1 "$STACKER" lint --substitute-file values
    assert_line --partial "[relative-working-dir]"
    run -0 "$STACKER" lint --substitute-file values --substitute DIR=/there
    refuse lint --substitute-file nosuch
    assert_said "couldn't read nosuch"
    refute_said "stacker init"
}

#!/usr/bin/env bats
# `stacker schema`, compared with the parser by a validator that knows nothing of stacker: check-jsonschema, from PyPI.

load ../helpers

# The schema, once for each test.
schema() {
    requires check_jsonschema
    "$STACKER" schema >schema.json
}

# validates FILE…
validates() { run "$check_jsonschema" --schemafile schema.json "$@"; }

# one_mind FILE…: the parser and the schema refuse the same ones.
one_mind() {
    "$STACKER" lint --json "$@" >lint.json || true
    "$check_jsonschema" -o json --schemafile schema.json "$@" >report.json || true
    run "$TOP/tools/recipes/compare-verdicts.py" lint.json report.json "$@"
    assert_success
}

# behaviour: what is printed is a JSON Schema of draft 2020-12
# documented: docs/commands.md#schema
# status: beyond
@test "the schema fits the schema of schemas" {
    schema
    assert_equal "$(jq -r '."$schema"' schema.json)" https://json-schema.org/draft/2020-12/schema
    run "$check_jsonschema" --check-metaschema schema.json
    assert_success
}

# behaviour: every recipe of this tree that is none for the parser is none for the schema, and the other way round
# documented: docs/commands.md#schema
# status: beyond
# why: what is said of a text is the same whoever runs stacker
# bats test_tags=level:priv
@test "the schema takes all recipes in examples, docs and bats" {
    schema
    "$TOP/tools/recipes/collect-recipes.py" all
    "$STACKER" lint --json all/*.yaml >lint.json || true
    mapfile -t right < <(comm -23 <(printf '%s\n' all/*.yaml | sort) \
        <(jq -r '.[] | select(.rule == "refused").file' lint.json | sort -u))
    ((${#right[@]} > 150)) || fail "only ${#right[@]} recipes were found"
    validates "${right[@]}"
    assert_success
}

# behaviour: for each key and each of many values the schema takes what the parser takes, and nothing else
# documented: docs/commands.md#schema
# status: beyond
# why: what is said of a text is the same whoever runs stacker
# bats test_tags=level:priv
@test "the schema refuses what the parser refuses for its shape" {
    schema
    "$TOP/tools/recipes/vary-recipes.py" schema.json varied
    one_mind varied/*.yaml
    assert_output --regexp '[0-9]{4} recipes, [0-9]{4} refused, 0 differently'
}

# behaviour: recipes that are refused for their shape, one for each way
# documented: docs/recipe.md#errors; docs/commands.md#schema
# status: beyond
@test "a table of recipes that both refuse" {
    schema
    mkdir refused
    awk '/^=== / { close(file); file = sprintf("refused/%02d.yaml", ++count); next } { print > file }' \
        "$TOP/bats/command-line/refused-recipes.txt"
    one_mind refused/*.yaml
    local files=(refused/*.yaml)
    assert_output "${#files[@]} recipes, ${#files[@]} refused, 0 differently"
}

# behaviour: a placeholder is taken in place of every value, by itself and as part of it
# documented: docs/recipe.md#substitution; docs/commands.md#schema
# status: beyond
@test "the schema takes placeholders everywhere" {
    schema
    jq -r '."$defs".layer.anyOf[0].properties | keys[]' schema.json >keys
    local key count=0
    while read -r key; do
        [[ $key != from && $key != import ]] || continue
        # shellcheck disable=SC2016  # stacker's, not the shell's
        printf 'app:\n  from: {type: scratch}\n  %s: ${{X}}\n' "$key" >"$key.yaml"
        count=$((count + 1))
    done <keys
    ((count > 15))
    cat >all.yaml <<'END'
config: {prerequisites: "${{LIST}}", collapse_build_only: "${{FLAG:true}}"}
"${{NAME:a:b}}":
  from: {type: "${{TYPE}}", url: "docker://${{HOST}}", insecure: "${{FLAG}}"}
  "${{KEY}}": "${{VALUE}}"
  imports:
    - "${{FILE}}"
    - {path: "${{FILE}}", hash: "${{HASH}}", dest: "${{D}}", mode: "${{M}}", uid: "${{U}}", gid: "1${{U}}"}
  overlay_dirs: [{source: "${{S}}", dest: "${{D}}"}]
  binds: ["${{S}}", {source: "${{S}}", dest: "${{D}}"}]
  arch: ${{ARCH}}
END
    validates ./*.yaml
    assert_success
}

# behaviour: every key that a layer can have has a sentence in the schema, which editors show
# documented: docs/commands.md#schema
# status: beyond
@test "the schema says what each key is for" {
    "$STACKER" schema >schema.json
    run jq -r '."$defs".layer.anyOf[0].properties | to_entries[] | select((.value.description // "") == "").key' schema.json
    assert_success
    assert_output ""
}

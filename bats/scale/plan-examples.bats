#!/usr/bin/env bats
# The examples of docs/scale.md: what the engines' own schemas say of them, and what their scripts do with hostile names.
#
# Nothing of it depends on who runs stacker.
# bats file_tags=level:priv

load ../helpers

# example FIRST-LINE: the block of YAML on the page that begins so.
example() {
    awk -v first="$1" '
        /^```yaml$/ { getline; inside = ($0 == first) }
        /^```$/ { inside = 0 }
        inside' "$TOP/docs/scale.md"
}

# valid SCHEMA FILE: check-jsonschema knows the schema, and the file is what it says.
valid() {
    requires check_jsonschema
    [[ -s $2 ]] || fail "the page has no $2"
    run -0 "$check_jsonschema" --builtin-schema "vendor.$1" "$2"
}

# behaviour: both workflows of the page are what GitHub's schema says
# documented: docs/scale.md#github
# status: beyond
# why: what GitHub is told is the page's own matter
@test "GitHub takes the workflows of the page" {
    example "# .github/workflows/images.yml" >images.yml
    example "# .github/workflows/rank.yml" >rank.yml
    valid github-workflows images.yml
    valid github-workflows rank.yml
    # In a script, an expression is code.
    run ! grep -A 9 'run: |' rank.yml --fixed-strings '${{'
}

# behaviour: the pipeline of the page that triggers another one is what GitLab's schema says
# documented: docs/scale.md#gitlab
# status: beyond
# why: what GitLab is told is the page's own matter
@test "GitLab takes the pipeline of the page" {
    example "stages: [plan, build]" >gitlab.yml
    valid gitlab-ci gitlab.yml
}

# behaviour: the script of the page's workflow hands file and options on as they are
# documented: docs/scale.md#github
# status: beyond
# why: what GitHub is told is the page's own matter
@test "no name is code for the workflow of the page" {
    requires check_jsonschema
    example "# .github/workflows/rank.yml" >rank.yml
    "${check_jsonschema%/*}/python" -c '
import ruamel.yaml
steps = ruamel.yaml.YAML(typ="safe", pure=True).load(open("rank.yml"))["jobs"]["build"]["steps"]
print(steps[-1]["run"], end="")' >script
    mkdir bin temp
    # shellcheck disable=SC2016  # the program's
    printf '#!/bin/sh\nprintf "%%s\\n" "$@" >>called\n' >bin/stacker
    chmod +x bin/stacker
    # shellcheck disable=SC2016  # a name
    FILE='$(touch canary)`touch canary`'"'\"\\" \
        OPTIONS='["--a=$(touch canary)","--b=; touch canary","--c= x  y ","--d=\"'"'"'","--e=\\n"]' \
        RUNNER_TEMP=$PWD/temp PATH=$PWD/bin:$PATH run -0 bash -e script
    assert_not_exists canary
    printf '%s\n' --work-dir="$PWD/temp/stacker" build '--stacker-file=$(touch canary)`touch canary`'"'\"\\" \
        '--a=$(touch canary)' '--b=; touch canary' '--c= x  y ' "--d=\"'" '--e=\n' | diff - called
    OPTIONS=x RUNNER_TEMP=$PWD/temp PATH=$PWD/bin:$PATH FILE=x run ! bash -e script
}

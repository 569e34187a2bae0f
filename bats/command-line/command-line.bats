#!/usr/bin/env bats
# What the program knows of its own options: who adds one need not think of where it may stand.

load ../helpers

setup() {
    begin_test
}

# options_of [COMMAND]: a line "KIND NAME" for each name of each of its options; of the global ones without a command.
# shellcheck disable=SC2120  # the global options are those of no command
options_of() {
    "$STACKER" "$@" --experimental-dump-help | python3 -c '
import json, sys
for option in json.load(sys.stdin)["command"]["arguments"]:
    for name in option.get("names", []):
        if name["name"] not in ("h", "help", "version"):
            print(option["kind"], ("--" if name["kind"] == "long" else "-") + name["name"])
'
}

# behaviour: each global option may stand after the command, with its value if it takes one
# documented: docs/commands.md#global-options
# status: beyond
@test "every global option after the command" {
    run -0 options_of
    assert_line "option --work-dir"
    assert_line "flag -q"
    local kind name
    while read -r kind name; do
        # It is told of, so it has been read: as an option, and not as the value of the one before.
        if [[ $kind == option ]]; then
            refuse build "$name" x --storage-type none
            assert_said 'unknown storage type "none"'
            refuse build "$name" --storage-type none
            assert_said "Missing value for '$name"
        else
            refuse build "$name" --storage-type none
            assert_said 'unknown storage type "none"'
        fi
    done <<<"$output"
}

# behaviour: the value of an option of chroot's is not the layer, which ends stacker's own options
# documented: docs/commands.md#global-options
# status: beyond
@test "every option of chroot before the layer" {
    run -0 options_of chroot
    assert_line "option -f"
    local kind name value command
    while read -r kind name; do
        value=()
        [[ $kind == flag ]] || value=(x)
        for command in chroot exec; do
            refuse "$command" "$name" "${value[@]}" --storage-type none it
            assert_said 'unknown storage type "none"'
            refuse "$command" "$name" "${value[@]}" it --storage-type none
            refute_said "storage type"
        done
    done <<<"$output"
}

# commands: the names of all commands that the help lists, without aliases.
commands() {
    "$STACKER" --help | sed -n '/^COMMANDS:/,$ s/^  \([a-z-]*\)[, ].*/\1/p' | sort -u
}

# behaviour: the help of each command has examples, of commands and options that there are
# documented: docs/commands.md#commands
# status: beyond
@test "examples in the help" {
    local command words shown word global
    # shellcheck disable=SC2119  # the same
    global=$(options_of)
    run -0 commands
    assert_line build
    for command in "${lines[@]}"; do
        run -0 "$STACKER" help "$command"
        shown=$(sed -n '/^EXAMPLES:/,/^$/ s/^  //p' <<<"$output")
        [[ -n $shown ]]
        while read -ra words; do
            [[ ${words[0]} == sudo ]] && words=("${words[@]:1}")
            [[ ${words[0]} == stacker ]]
            # Of a command below a command, both.
            if [[ ${words[1]} == cache ]]; then run -0 options_of cache "${words[2]}"; else run -0 options_of "${words[1]}"; fi
            output+=$'\n'$global
            while read -r word; do
                assert_output --regexp "(option|flag) ${word%%=*}($|[[:space:]])"
            done < <(printf '%s\n' "${words[@]:2}" | sed '/^\(--\||.*\|>.*\)$/,$d' | grep '^-.')
        done <<<"$shown"
    done
}

#!/usr/bin/env bats
# Where the time of a build went: the trace that --timing writes, what it says of it, and the ranks of --order-only.

load ../helpers

# three_layers: a recipe of a layer and two that need nothing but it.
three_layers() {
    busybox_base
    cat >stacker.yaml <<'END'
base:
  from: {type: oci, url: "busybox:latest"}
  run: echo base > /base
left:
  from: {type: built, tag: base}
  run: echo left > /left
right:
  from: {type: oci, url: "busybox:latest"}
  imports: [stacker://base/base]
  run: cp /stacker/imports/base /right
END
}

# check_trace FILE: fails unless it is a trace that can be shown: complete events in rows that have names, and of each row
# the events lie one after the other, or one inside of the other.
check_trace() {
    python3 - "$1" <<'END'
import json
import sys

trace = json.load(open(sys.argv[1], encoding="utf-8"))
rows: dict[int, list[tuple[int, int, str]]] = {}
names = {}
for event in trace["traceEvents"]:
    assert event["pid"] == 1, event
    if event["ph"] == "M":
        if event["name"] == "thread_name":
            names[event["tid"]] = event["args"]["name"]
        continue
    assert event["ph"] == "X" and isinstance(event["name"], str) and isinstance(event["cat"], str), event
    assert isinstance(event["ts"], int) and isinstance(event["dur"], int), event
    assert event["ts"] >= 0 and event["dur"] >= 0, event
    rows.setdefault(event["tid"], []).append((event["ts"], event["ts"] + event["dur"], event["name"]))
assert rows and rows.keys() == names.keys(), (rows.keys(), names)
for events in rows.values():
    around: list[int] = []
    for begin, end, name in sorted(events, key=lambda event: (event[0], -event[1])):
        while around and around[-1] <= begin:
            around.pop()
        assert not around or end <= around[-1], (name, begin, end, around)
        around.append(end)
END
}

# events FILE FILTER: what jq's filter makes of each complete event.
events() {
    jq -r ".traceEvents[] | select(.ph == \"X\") | $2" "$1"
}

# behaviour: --timing writes a trace with each layer, how it came to be there, and its steps
# documented: docs/commands.md#timing
# status: beyond
@test "a trace has the layers and their steps" {
    three_layers
    run --separate-stderr stacker build --timing
    assert_success
    check_trace .stacker/timing.json
    run events .stacker/timing.json 'select(.cat == "layer") | "\(.name) \(.args.outcome) \(.args.needs | join(","))"'
    assert_equal "$(sort <<<"$output")" "base built 
left built base
right built base"
    run events .stacker/timing.json 'select(.args.layer == "base") | .cat'
    assert_equal "$(sort <<<"$output" | uniq | paste -sd' ')" "imports layer pack resolve script unpack"
    run events .stacker/timing.json 'select(.cat == "pack") | .args.detail'
    assert_equal "$(sort -u <<<"$output")" tar

    run --separate-stderr stacker build --timing
    assert_success
    run events .stacker/timing.json 'select(.cat == "layer") | "\(.name) \(.args.outcome)"'
    assert_equal "$(sort <<<"$output")" "base hit
left hit
right hit"
}

# behaviour: at the end the log has the time, what became of the layers, the critical path, its steps, and where the trace is
# documented: docs/commands.md#timing
# status: beyond
@test "a summary in words" {
    three_layers
    sed -i 's/echo left/sleep 0.5; echo left/' stacker.yaml
    run --separate-stderr stacker build --timing
    assert_success
    assert_regex "$stderr" $'\ntiming: [0-9.]+ m?s: layers: 3 built\n'
    assert_regex "$stderr" $'\ntiming: critical path: [0-9.]+ m?s: base [0-9.]+ m?s -> left [0-9.]+ m?s\n'
    assert_regex "$stderr" $'\ntiming: of it script [0-9.]+ m?s, '
    assert_equal "${stderr##*$'\n'}" "timing: the trace is in $PWD/.stacker/timing.json"
}

# behaviour: without --timing there is neither a trace nor a word of it
# documented: docs/commands.md#timing
# status: beyond
@test "nothing that nobody asked for" {
    three_layers
    run --separate-stderr stacker build
    assert_success
    refute_said timing
    assert_file_not_exists .stacker/timing.json
    assert_regex "${stderr##*$'\n'}" '^filesystem (left|right) built successfully$'
}

# behaviour: the trace of a build that failed says what failed; the error is the last word
# documented: docs/commands.md#timing
# status: beyond
@test "a build that fails has a trace" {
    three_layers
    sed -i 's/echo left.*/exit 7/' stacker.yaml
    run -7 --separate-stderr stacker build --jobs 1 --timing-file trace.json
    check_trace trace.json
    run events trace.json 'select(.args.failed) | "\(.cat) \(.args.layer)"'
    assert_output "layer left
script left"
    run events trace.json 'select(.cat == "layer") | "\(.name) \(.args.outcome)"'
    assert_output "base built
left failed"
    assert_said "layers: 1 built, 1 failed"

    # Beside it, the other one is ended.
    sed -i 's,cp /stacker.*,sleep 100,' stacker.yaml
    run -7 --separate-stderr stacker build --jobs 2 --timing-file trace.json
    run events trace.json 'select(.cat == "layer") | "\(.name) \(.args.outcome)"'
    assert_equal "$(sort <<<"$output")" "base hit
left failed
right stopped"
}

# behaviour: so has a build that was told to end
# documented: docs/commands.md#timing
# status: beyond
@test "a build that is stopped has a trace" {
    three_layers
    sed -i "s,echo left.*,touch /begun; sleep 100," stacker.yaml
    start "$STACKER" build --jobs 1 --timing
    wait_for_file roots/left/overlay/begun
    kill -INT "$started"
    wait_for_end
    assert_equal "$status" 130
    check_trace .stacker/timing.json
    run events .stacker/timing.json 'select(.args.failed) | "\(.cat) \(.args.layer)"'
    assert_output "layer left
script left"
}

# behaviour: a name stands in the trace as it is, whatever it is, and in the summary so that it garbles nothing
# documented: docs/commands.md#timing
# status: beyond
@test "names that mean harm" {
    printf '"a\\"},\\n\\e[2J\\\\<é":\n  from: {type: scratch}\n' >stacker.yaml
    run --separate-stderr stacker build --timing
    assert_success
    check_trace .stacker/timing.json
    run events .stacker/timing.json 'select(.cat == "layer") | .name | @json'
    assert_output '"a\"},\n\u001b[2J\\<é"'
    run grep -c $'timing:.*\e' <<<"$stderr"
    assert_output 0
}

# behaviour: --timing-file names the file of the trace, which is refused before anything is built if it can't be one
# documented: docs/commands.md#timing
# status: beyond
@test "a trace elsewhere" {
    three_layers
    stacker build --timing-file "$PWD/a trace.json"
    check_trace "a trace.json"
    assert_file_not_exists .stacker/timing.json
    stacker clean
    mkdir directory
    mkfifo pipe
    ln -s elsewhere link
    local place
    for place in missing/trace directory pipe link; do
        run -1 --separate-stderr stacker build --timing-file "$place"
        assert_regex "$stderr" "^error: couldn't write the trace of the build to $PWD/$place"
        refute_said preparing
    done
    assert_not_exists oci
}

# behaviour: recursive-build has the same options
# documented: docs/commands.md#timing
# status: beyond
@test "a trace of several recipes" {
    printf 'one:\n  from: {type: scratch}\n' >stacker.yaml
    mkdir sub
    printf 'config: {prerequisites: [../stacker.yaml]}\ntwo:\n  from: {type: scratch}\n' >sub/stacker.yaml
    stacker recursive-build --timing
    check_trace .stacker/timing.json
    run events .stacker/timing.json 'select(.cat == "layer") | "\(.name) \(.args.needs | join(","))"'
    assert_output "one 
two one"
}

# behaviour: --order-only prints which layers could be built at once, rank by rank, in front of the order of the files
# documented: docs/commands.md#order-only
# status: beyond
@test "--order-only prints ranks" {
    three_layers
    printf 'config: {prerequisites: [stacker.yaml]}\nlast:\n  from: {type: scratch}\n' >top.yaml
    run -0 stacker build -f top.yaml --order-only
    assert_output "rank 0: base
rank 1: left, right
rank 2: last
0 build $PWD/stacker.yaml: requires: []
1 build $PWD/top.yaml: requires: [$PWD/stacker.yaml]"
}

#!/usr/bin/env bats
# How far stacker is: bars on a terminal, lines elsewhere for who asks for them, and nothing of it in the way.

load ../helpers
load ../registries

setup() {
    begin_test
    requires container terminal
    export TERM=xterm
}

# on_terminal ARGUMENT…: runs stacker on a terminal of 80 columns; what it wrote there is in ./typescript, what stays on
# the screen in ./screen, and its status in $status.
on_terminal() {
    local command
    command=$(printf '%q ' "$STACKER" "$@")
    status=0
    script --quiet --return --flush --command "$command" typescript </dev/null >/dev/null || status=$?
    show_screen
}

# What script itself says of the session stands in the first and the last line.
show_screen() {
    sed -e '1{/^Script started/d}' -e '${/^Script done/d}' typescript >shown
    "$TOP/tools/look/show-screen.py" <shown >screen
}

# slow_base [SECONDS]: a recipe on an image of a registry whose layer takes that long, by default half a second.
slow_base() {
    requires docker_registry skopeo
    start_registry
    push_base
    start_faults "GET blobs/$(layer_digest latest 0 busybox) slow=${1:-0.5} 0"
    docker_recipe "$registry/base"
}

# bar_of DIGEST: what a blob is called on a terminal.
bar_of() {
    local hex=${1#sha256:}
    echo "blob ${hex:0:12}"
}

# assert_no_control_characters FILE
assert_no_control_characters() {
    run -1 grep -c '[[:cntrl:]]' "$1"
}

# behaviour: on a terminal a blob that comes has a bar; when it is there, the screen holds what a file would
# documented: docs/commands.md#progress
# status: beyond
@test "a bar while a blob comes" {
    # For long enough to be drawn, also by a stacker that has to wait for its turn.
    slow_base 3
    on_terminal build
    assert_equal "$status" 0
    assert_file_contains shown "$(bar_of "$(layer_digest latest 0 busybox)")"
    assert_file_contains shown '\[=*>* *\]'
    assert_file_contains shown ' kB / .* kB '
    run cat screen
    assert_output "preparing image it...
pulling docker://$registry/base:latest
+ echo it
filesystem it built successfully"
}

# behaviour: an error stands below the log, without bars
# documented: docs/commands.md#progress
# status: beyond
@test "an error after bars" {
    requires docker_registry skopeo
    start_registry
    push_base
    start_faults "GET blobs/$(layer_digest latest 0 busybox) status=502 0"
    docker_recipe "$registry/base"
    on_terminal build
    assert_equal "$status" 1
    assert_file_contains shown "$(bar_of "$(layer_digest latest 0 busybox)")"
    run head -n 3 screen
    assert_line --index 0 "preparing image it..."
    assert_line --index 1 "pulling docker://$registry/base:latest"
    assert_line --index 2 --partial "error: "
    refute_output --partial "blob $(layer_digest latest 0 busybox | cut -c 8-19) "
}

# behaviour: Ctrl-C takes the bars away
# documented: docs/commands.md#progress
# status: beyond
@test "Ctrl-C on a terminal" {
    requires docker_registry skopeo
    start_registry
    push_base
    start_faults "GET blobs/$(layer_digest latest 0 busybox) status=503,50 0"
    docker_recipe "$registry/base"
    mkfifo keys
    # Open at both ends: neither waits for the other to be opened.
    exec 5<>keys
    start script --quiet --return --flush --command "'$STACKER' build" typescript <keys
    local tenths
    for ((tenths = 0; tenths < 300; tenths++)); do
        ! grep -q "$(bar_of "$(layer_digest latest 0 busybox)")" typescript 2>/dev/null || break
        sleep 0.1
    done
    printf '\003' >&5
    wait_for_end
    exec 5>&-
    assert_equal "$status" 130
    show_screen
    assert_file_contains shown "$(bar_of "$(layer_digest latest 0 busybox)")"
    run cat screen
    refute_output --partial "$(bar_of "$(layer_digest latest 0 busybox)")"
    # A line that is longer than the screen is wide goes on in the next one.
    run tr -d '\n' <screen
    assert_output --partial "interrupted"
    assert_base_cache_whole
}

# behaviour: what can't take anything back, a dumb terminal, gets no bars; neither does who says --no-progress or --quiet
# documented: docs/commands.md#progress
# status: beyond
@test "a terminal without bars" {
    slow_base
    TERM=dumb on_terminal build
    assert_equal "$status" 0
    run grep -c -e $'\e' -e "Copying blob" shown
    assert_output 0
    stacker clean
    on_terminal --no-progress build
    assert_equal "$status" 0
    run grep -c -e $'\e' -e "Copying blob" shown
    assert_output 0
    stacker clean
    on_terminal --quiet build
    assert_equal "$status" 0
    run cat screen
    assert_output "+ echo it"
}

# behaviour: without a terminal there is no bar, no control character and no word of blobs
# documented: docs/commands.md#progress
# status: documented
@test "progress in a file" {
    slow_base
    for quiet in "" --quiet; do
        # shellcheck disable=SC2086  # no argument, if it is none
        stacker $quiet build >log 2>&1
        assert_no_control_characters log
        run grep Copying log
        refute_output
        stacker clean
    done
}

# behaviour: --no-progress is silent about blobs; --progress names each once, without a control character
# documented: docs/commands.md#progress
# status: beyond
@test "lines of progress in a file" {
    slow_base
    stacker --no-progress build >log 2>&1
    run grep Copying log
    refute_output
    stacker clean
    stacker --progress build >log 2>&1
    assert_no_control_characters log
    assert_equal "$(grep -c Copying log)" 2
    run grep -c -x -e "Copying blob $(layer_digest latest 0 busybox)" \
        -e "Copying blob $(image_manifest latest busybox | jq -r .config.digest)" log
    assert_output 2
    assert_equal "$(tail -n 1 log)" "filesystem it built successfully"
}

# behaviour: --progress names the blobs of a base that is in a layout, and those that publish copies or sends
# documented: docs/commands.md#progress
# status: beyond
@test "lines for layouts and for what is published" {
    requires docker_registry
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: echo it >/it\n' >stacker.yaml
    stacker --progress build >log 2>&1
    assert_equal "$(grep Copying log)" "Copying blob $(layer_digest latest 0 busybox)"
    stacker --progress publish --url oci:out --tag v1 >log 2>&1
    run grep -c "Copying blob sha256:" log
    assert_output 4
    stacker --progress publish --url oci:out --tag v2 >log 2>&1
    run grep Copying log
    refute_output
    stacker --quiet --progress publish --url oci:quiet --tag v1 >log 2>&1
    assert_equal "$(cat log)" ""
    start_registry
    stacker --progress publish --url "docker://$registry" --skip-tls --tag v1 >log 2>&1
    run grep -c "Copying blob sha256:" log
    assert_output 3
    assert_no_control_characters log
}

# behaviour: on a terminal, what is sent to a registry and what comes from a web server have a bar, too
# documented: docs/commands.md#progress
# status: beyond
@test "bars of uploads and downloads" {
    requires docker_registry
    busybox_base
    mkdir files
    head -c 300000 /dev/zero >files/archive
    start "$TOP/tools/serve/serve-files.py" files state
    wait_for_file state/port
    registry=127.0.0.1:$(<state/port)
    start_faults "GET /archive slow=3 0"
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  imports: ["http://%s/archive"]\n' "$registry" >stacker.yaml
    on_terminal build
    assert_equal "$status" 0
    assert_file_contains shown 'archive  *\[=*>* *\]'
    rm -rf faults
    start_registry
    start_faults "POST /blobs/uploads/ status=503 0"
    on_terminal publish --url "docker://$registry" --skip-tls --tag v1
    assert_equal "$status" 1
    assert_file_contains shown "$(bar_of "$(layer_digest it 0)")"
    run cat screen
    refute_output --partial "$(bar_of "$(layer_digest it 0)")"
}

# behaviour: on a terminal a layer that takes its time to be packed has a bar
# documented: docs/commands.md#progress
# status: beyond
@test "a bar while a layer is packed" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: seq 1 2000000 >/numbers\n' >stacker.yaml
    on_terminal build --compression-level 12
    assert_equal "$status" 0
    assert_file_contains shown 'packing it  *\[=*>* *\]'
    run cat screen
    assert_output "preparing image it...
+ seq 1 2000000
filesystem it built successfully"
}

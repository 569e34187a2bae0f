#!/usr/bin/env bats
# What scripts of several layers say that run at a time: in whole lines, with their names, nothing lost; on a terminal one
# layer after the other.

load ../helpers

setup() {
    begin_test
    requires container
    busybox_base
    # Two names of each: a bind that two layers have in common keeps them in order.
    local name
    for name in there back; do
        mkfifo -m 666 "$name.one"
        ln "$name.one" "$name.two"
    done
}

# layer NAME BASE [LINE…]: adds a layer to the recipe, whose script is on stdin; the lines come above it.
layer() {
    printf '%s:\n  from: %s\n' "$1" "$2"
    (($# == 2)) || printf '  %s\n' "${@:3}"
    printf '  run: |\n'
    sed 's/^/    /'
} >>stacker.yaml

# meet NAME: what a script does to go on when that of the other layer is there, too.
meet() {
    case $1 in
    one) echo 'timeout 60 sh -c "echo >/there; cat /back >/dev/null"' ;;
    two) echo 'timeout 60 sh -c "cat /there >/dev/null; echo >/back"' ;;
    esac
}

# two_layers LINE…: a recipe of two layers whose scripts do the same, at a time from the beginning to the end.
two_layers() {
    local name
    for name in one two; do
        { meet "$name"; printf '%s\n' "$@"; meet "$name"; } |
            layer "$name" '{type: oci, url: "busybox:latest"}' "binds: [\"there.$name -> /there\", \"back.$name -> /back\"]"
    done
}

# own_lines NAME FILE: what a file has of a layer, without its name.
own_lines() {
    sed -n "s/^$1 | //p" "$2"
}

# on_terminal COLUMNS ARGUMENT…: runs stacker on a terminal; what it wrote there is in ./shown, what stays in ./screen.
on_terminal() {
    requires terminal
    local command columns=$1
    shift
    command="stty cols $columns; $(printf '%q ' "$STACKER" "$@")"
    status=0
    TERM=xterm script --quiet --return --flush --command "$command" typescript </dev/null >/dev/null || status=$?
    sed -e '1{/^Script started/d}' -e '${/^Script done/d}' typescript >shown
    "$TOP/tools/look/show-screen.py" "$columns" <shown >screen
}

# behaviour: into pipes, each line of scripts that run at a time has the layer's name in front; stdout and stderr stay apart, and a last line gets an end
# documented: docs/commands.md#output-of-several-layers
# status: beyond
@test "names in front of lines" {
    two_layers "echo out of \$STACKER_LAYER_NAME" "printf rest" "set +x"
    stacker build --jobs 2 >out 2>err
    run sort out
    assert_output "one | out of one
one | rest
two | out of two
two | rest"
    run own_lines two err
    assert_line "+ echo out of two"
    assert_line "+ printf rest"
    run grep -v -e '^one | ' -e '^two | ' err
    assert_line "filesystem one built successfully"
}

# behaviour: a script that nothing can run beside has stacker's own stdout and stderr: with --jobs 1, and where each layer needs the one before
# documented: docs/commands.md#output-of-several-layers
# status: beyond
@test "a script alone has stacker's own output" {
    local look='stat -L -c %i /proc/self/fd/1 /proc/self/fd/2'
    layer one '{type: oci, url: "busybox:latest"}' <<<"$look"
    layer two '{type: built, tag: one}' <<<"$look"
    for jobs in 1 4; do
        stacker build --no-cache --jobs "$jobs" >out 2>err
        assert_equal "$(<out)" "$(stat -c %i out err out err)"
    done
}

# behaviour: nothing is lost of two scripts that write 50 MB each, through pipes and at a time
# documented: docs/commands.md#output-of-several-layers
# status: beyond
@test "much output" {
    two_layers 'yes "$STACKER_LAYER_NAME 0123456789 0123456789 0123456789 0123456789" | head -c 50000000'
    stacker build --jobs 2 >out 2>err
    for name in one two; do
        # As many whole lines as there is room for, then the beginning of one, which has an end now.
        assert_equal "$(own_lines "$name" out | wc -c)" 50000001
        assert_equal "$(own_lines "$name" out | head -n -1 | uniq)" \
            "$name 0123456789 0123456789 0123456789 0123456789"
    done
}

# behaviour: a line of 10 MB comes in pieces, and with all its bytes, whatever they are
# documented: docs/commands.md#output-of-several-layers
# status: beyond
@test "a long line" {
    two_layers "head -c 10000000 /dev/zero | tr '\\0' '\\377'"
    stacker build --jobs 2 >out 2>err
    for name in one two; do
        assert_equal "$(LC_ALL=C sed -n "s/^$name | //p" out | wc -l)" 153
        assert_equal "$(LC_ALL=C sed -n "s/^$name | //p" out | tr -d '\n' | tr '\377' x | md5sum)" \
            "$(head -c 10000000 /dev/zero | tr '\0' x | md5sum)"
    done
}

# behaviour: where a script draws its progress by carriage returns, the name is in front of each
# documented: docs/commands.md#output-of-several-layers
# status: beyond
@test "progress by carriage returns" {
    two_layers "printf ' 50%%\\r100%%\\n'"
    stacker build --jobs 2 2>err >out
    assert_equal "$(grep one out)" $'one |  50%\rone | 100%'
}

# behaviour: a process in the background that has the pipe holds nothing up, and what it writes in its two seconds is there
# documented: docs/commands.md#output-of-several-layers
# status: beyond
@test "a process in the background" {
    two_layers "{ trap '' TERM; echo late; sleep 1000; } &"
    stacker build --jobs 2 >out 2>err
    run sort out
    assert_output "one | late
two | late"
    assert_file_contains err "^warning: ended processes that the script of one had left in the background"
}

# behaviour: where stdout and stderr are one pipe, those of a script keep their order
# documented: docs/commands.md#output-of-several-layers
# status: beyond
@test "one pipe for both" {
    two_layers 'set +x; for i in $(seq 500); do echo $i; echo $i >&2; done'
    stacker build --jobs 2 2>&1 | cat >log
    for name in one two; do
        assert_equal "$(own_lines "$name" log | grep -v '^+')" "$(for i in $(seq 500); do echo "$i"; echo "$i"; done)"
    done
}

# behaviour: a script whose output nobody reads any more gets SIGPIPE, and the build fails with its status
# documented: docs/commands.md#output-of-several-layers
# status: beyond
@test "nobody reads stdout" {
    two_layers 'yes'
    start bash -c 'set -o pipefail; "$0" build --jobs 2 | head -n 1' "$STACKER"
    wait_for_end
    assert_equal "$status" 141
    assert_file_contains started.err "signal 13"
}

# behaviour: when stacker is told to end, what scripts have written is there
# documented: docs/commands.md#output-of-several-layers
# status: beyond
@test "a stop" {
    two_layers 'echo before' 'printf rest' 'sleep 100'
    start "$STACKER" build --jobs 2
    local tenths
    for ((tenths = 0; tenths < 300; tenths++)); do
        (($(grep -c before started.out) < 2)) || break
        sleep 0.1
    done
    kill -TERM "$started"
    wait_for_end
    assert_equal "$status" 143
    run sort started.out
    assert_output "one | before
one | rest
two | before
two | rest"
}

# behaviour: a program of a script that is not root may open /dev/stdout, and generate_labels: says what it says in the same way
# documented: docs/commands.md#output-of-several-layers
# status: beyond
@test "who may write to the pipe" {
    two_layers 'setpriv --nnp sh -c "echo by root >/dev/stdout"' \
        'echo nobody:x:1:1::/:/bin/sh >/etc/passwd' 'su -s /bin/sh nobody -c "echo by nobody >/proc/self/fd/1"'
    sed -i "s|^  run:|  generate_labels: echo labels of \$STACKER_LAYER_NAME\n  run:|" stacker.yaml
    stacker build --jobs 2 >out 2>err
    run own_lines one out
    assert_line --index 0 "by root"
    assert_line --index 1 "by nobody"
    # The other layer may have ended by then.
    grep -qxE '(one \| )?labels of one' out
}

# behaviour: on a terminal a layer of several has a line with its time and its script's last words, and when it has ended, all that was said of it stands there in one piece
# documented: docs/commands.md#output-of-several-layers; docs/commands.md#progress
# status: beyond
@test "several layers on a terminal" {
    two_layers 'set +x; for i in $(seq 20); do echo line $i; sleep 0.1; done'
    on_terminal 80 build --jobs 2
    assert_equal "$status" 0
    assert_file_contains shown '^\(.*[^ ]\)\?one  *[0-9] s  line [0-9]'
    assert_file_contains shown 'two  *[0-9] s  line [0-9]'
    for name in one two; do
        sed -n "/^$name | /,/^filesystem $name/p" screen >"$name"
        assert_equal "$(grep -c "^$name | line" "$name")" 20
        assert_equal "$(grep -v "^$name | " "$name")" "filesystem $name built successfully"
    done
    run grep -e ' s  line' screen
    refute_output
}

# behaviour: the lines of layers fit into a narrow terminal, and nothing that a script says moves the cursor there
# documented: docs/commands.md#progress
# status: beyond
@test "hostile words on a narrow terminal" {
    two_layers 'set +x; printf "\\033[2J\\033[9Bwords"; sleep 1; printf "\\033[31m\\n" >/dev/null; echo'
    for columns in 20 60; do
        stacker clean
        on_terminal "$columns" build --jobs 2 || true
        assert_equal "$status" 0
        run grep -a -c 'one  *[0-9] s' shown
        assert_output --regexp '^[1-9]'
    done
    assert_file_contains shown '[0-9] s  words'
}

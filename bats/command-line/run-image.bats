#!/usr/bin/env bats
# An image as its config says: who runs what, where, with which variables, and what comes of it.

load ../helpers

# built_image: builds the image "it", which has a user, a working directory, variables, an entrypoint and a command.
built_image() {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir -p /home/app
    echo 'app:x:1000:100::/home/app:/bin/sh' > /etc/passwd
    printf 'users:x:100:\nextra:x:200:other,app\n' > /etc/group
    chown 1000:100 /home/app
  environment: {LASTING: "yes and no"}
  runtime_user: app
  working_dir: /home/app
  entrypoint: sh -c
  cmd: ["id -u; id -g; id -G; pwd; echo $LASTING; echo $HOME; touch made; stat -c %u made"]
END
    stacker build "$@"
}

# bats test_tags=group:quick-unpriv
# behaviour: user, groups, working directory, environment, entrypoint and cmd are those of the config
# documented: docs/commands.md#run
# status: beyond
@test "what the config says" {
    built_image
    run -0 --separate-stderr stacker run it
    assert_output $'1000\n100\n100 200\n/home/app\nyes and no\n/home/app\n1000'
}

# behaviour: a command takes the place of cmd, --entrypoint that of the entrypoint, and then cmd counts for nothing
# documented: docs/commands.md#run
# status: beyond
@test "another command" {
    built_image
    run -0 --separate-stderr stacker run it 'echo "$0 $1"' one two
    assert_output "one two"
    run -0 --separate-stderr stacker run --entrypoint /bin/echo it one two
    assert_output "one two"
    run -0 --separate-stderr stacker run --entrypoint "" it -- echo --debug --help
    assert_output -- "--debug --help"
    # Options of stacker's stand among those of run, up to the image.
    run -0 --separate-stderr stacker run --network none --debug it 'echo $0' --debug
    assert_output -- --debug
    assert_said "overlay of it: lowerdir="
    run -1 stacker run --entrypoint "" it
    assert_said "the image names no command"
}

# behaviour: the exit status is the program's, 128+n for a signal, 127 for a program that is not there
# documented: docs/commands.md#run
# status: beyond
@test "how the program ends" {
    built_image
    run -7 --separate-stderr stacker run it 'exit 7'
    refute_said error
    run -137 stacker run it 'kill -9 $$'
    run -127 stacker run --entrypoint /no-such it
    assert_said "couldn't execute /no-such"
}

# behaviour: the program reads stdin, and has a terminal if stacker has one
# documented: docs/commands.md#run
# status: beyond
@test "stdin and a terminal" {
    requires terminal
    built_image
    run -0 --separate-stderr stacker run it cat <<<"from stdin"
    assert_output "from stdin"
    run -0 script --quiet --return --command "'$STACKER' run it 'test -t 0 && test -t 1 && echo terminal'" typescript </dev/null
    assert_output --partial terminal
}

# behaviour: what the program changes is thrown away, and no layer shows any of it
# documented: docs/commands.md#run
# status: beyond
@test "changes are thrown away" {
    built_image
    find oci -type f -exec sha256sum {} + | sort >before
    stacker run it 'mkdir x; echo 1 > made'
    stacker run oci:busybox:latest sh -c 'rm -r /usr /etc; mkdir /usr; chmod 700 /; echo 1 > /new'
    run -0 --separate-stderr stacker run oci:busybox:latest sh -c 'ls -d /usr/bin; stat -c %a /; ! test -e /new'
    assert_output $'/usr/bin\n755'
    find oci -type f -exec sha256sum {} + | sort | diff before -
    assert_equal "$(find roots -maxdepth 1 -name '.run-*')" ""
    run -0 stacker build
    assert_line "found cached layer it"
}

# behaviour: images of each layer type run, by tag and as oci:DIRECTORY:TAG
# documented: docs/commands.md#run
# status: beyond
@test "all layer types" {
    built_image --layer-type squashfs --layer-type erofs
    rm -rf roots .stacker
    for image in it-squashfs oci:oci:it-erofs; do
        run -0 --separate-stderr stacker run "$image" 'pwd; cat /etc/passwd'
        assert_output $'/home/app\napp:x:1000:100::/home/app:/bin/sh'
    done
}

# behaviour: --network none leaves a loopback device and nothing else; without it the network is the host's, as --help says
# documented: docs/commands.md#run
# status: beyond
@test "the network" {
    busybox_base oci
    run -0 --separate-stderr stacker run --network none latest cat /proc/net/dev
    assert_equal "$(sed -n 's/^ *\([^ ]*\):.*/\1/p' <<<"$output")" lo
    run -0 --separate-stderr stacker run --network none latest sh -c 'ip link show lo; ls -l /proc/self/ns/net'
    assert_output --partial "LOOPBACK,UP"
    refute_output --partial "$(readlink /proc/self/ns/net)"
    run -0 --separate-stderr stacker run latest readlink /proc/self/ns/net
    assert_output "$(readlink /proc/self/ns/net)"
    run -0 stacker run --help
    assert_output --partial "network is the host's"
}

# behaviour: a user or group whom the image lacks is an error that says what a recipe can name; numbers need no entry
# documented: docs/commands.md#run
# status: beyond
@test "a user whom the image lacks" {
    busybox_recipe '  runtime_user: ap'
    stacker build
    run -1 --separate-stderr stacker run it true
    assert_said "there is no user \"ap\" in the image's /etc/passwd"
    assert_said "help: a recipe's runtime_user is one that its base has or its script makes, or a number"
    sed -i 's/ap$/0:wheels/' stacker.yaml
    stacker build
    run -1 --separate-stderr stacker run it true
    assert_said "there is no group \"wheels\" in the image's /etc/group"
    assert_said "help: a recipe's runtime_user is USER:GROUP of names that the image has, or of numbers"
    sed -i 's/0:wheels$/1234:56/' stacker.yaml
    stacker build
    run -0 --separate-stderr stacker run it sh -c 'id -u; id -g'
    assert_output $'1234\n56'
}

# behaviour: an image, a layout or a tag that is not there is an error, and so is an image without a command
# documented: docs/commands.md#run
# status: beyond
@test "what can't be run" {
    busybox_base oci
    refuse run
    assert_said "needs an image"
    refuse run nosuch
    assert_said "there is no image nosuch"
    refuse run oci:nosuch:latest
    assert_said "nosuch"
    refuse run oci:latest
    assert_said "write oci:DIRECTORY:TAG"
    refuse run --network bridge latest true
    assert_said "there is no network bridge"
    "$TOP/tools/fixtures/make-configured-image.py" oci silent '{}'
    refuse run silent
    assert_said "the image names no command"
}

# behaviour: a run waits for another stacker that has the directories, says so, and can be ended meanwhile
# documented: docs/commands.md#run
# status: beyond
@test "a run waits for its turn" {
    local directory
    built_image
    for directory in roots .stacker; do
        exec 5<"$directory/.lock"
        flock 5
        start "$STACKER" run it 'echo in turn' 5<&-
        wait_for_waiting "$directory"
        exec 5<&-
        wait_for_end
        assert_equal "$status" 0
        assert_equal "$(cat started.out)" "in turn"
    done
    exec 5<roots/.lock
    flock 5
    start "$STACKER" run it 'echo in turn' 5<&-
    wait_for_waiting roots
    kill -TERM "$started"
    wait_for_end
    exec 5<&-
    assert_equal "$status" 143
    assert_equal "$(cat started.out)" ""
}

# wait_for_waiting DIRECTORY: until $started says that it waits for it.
wait_for_waiting() {
    until grep -q "waiting for another stacker that uses .*/$1\$" started.err; do
        kill -0 "$started" || fail "it doesn't wait: $(cat started.err)"
        sleep 0.1
    done
}

# behaviour: several images run at once, and beside a build; gc leaves their layers alone and clean refuses
# documented: docs/commands.md#run
# status: beyond
@test "others beside a run" {
    built_image
    mkfifo pipe
    chmod 666 pipe
    start "$STACKER" run it 'cat; ls /bin/cat' <>pipe
    for ((tenths = 0; tenths < 300; tenths++)); do
        [[ -z $(find roots -maxdepth 1 -name '.run-*') ]] || break
        sleep 0.1
    done
    run -0 --separate-stderr stacker run it 'echo beside'
    assert_output beside
    stacker build
    run -0 stacker gc
    assert_said "stacker run has an image of it running"
    run -1 stacker clean
    assert_said "stacker run has an image of it running"
    kill -TERM "$started"
    wait_for_end
    assert_equal "$status" 143
    run -0 stacker gc
    refute_said "stacker run"
    stacker clean
    assert_not_exists roots
}

# behaviour: SIGTERM and SIGINT end the program, and nothing is left
# documented: docs/commands.md#signals
# status: beyond
@test "a run that is told to end" {
    built_image
    for signal in TERM:143 INT:130; do
        start "$STACKER" run it 'trap "" TERM INT; echo up; sleep 1000'
        wait_for_word up
        kill -"${signal%:*}" "$started"
        wait_for_end
        assert_equal "$status" "${signal#*:}"
        assert_nothing_left
        assert_equal "$(find roots -maxdepth 1 -name '.run-*')" ""
    done
}

# wait_for_word WORD: until what was started has printed it.
wait_for_word() {
    for ((tenths = 0; tenths < 600; tenths++)); do
        ! grep -qx "$1" started.out || return 0
        sleep 0.1
    done
    fail "it never said $1: $(cat started.out started.err)"
}

# bats test_tags=group:quick-unpriv
# behaviour: what a run that was killed has left goes with the next run, and with gc
# documented: docs/security.md#images-that-are-run
# status: beyond
@test "a run that is killed" {
    built_image
    for next in "run it true" gc; do
        start "$STACKER" run it 'echo 1 > made; echo up; sleep 1000'
        wait_for_word up
        kill_all_of_it
        assert_not_equal "$(find roots -maxdepth 1 -name '.run-*')" ""
        # shellcheck disable=SC2086  # words
        run -0 stacker $next
        assert_equal "$(find roots -maxdepth 1 -name '.run-*')" ""
    done
}

# kill_all_of_it: the processes of stacker that look after the container, and wait until all is gone.
kill_all_of_it() {
    kill -KILL "$started"
    wait "$started" || true
    wait_for_killed
}

# digests_of_logs: each of liblxc's logs in the stacker directory, and where lxc.log leads.
digests_of_logs() {
    (cd .stacker && readlink lxc.log && sha256sum lxc*)
}

# behaviour: a run leaves the logs of builds as they are, also that of a layer called "run", and none of its own
# documented: docs/debugging.md#liblxc
# status: beyond
@test "a run and the logs of builds" {
    local before option
    busybox_base
    printf 'run:\n  from: {type: oci, url: "busybox:latest"}\n  run: "true"\n' >stacker.yaml
    stacker build
    before=$(digests_of_logs)
    for option in --network=host --privileged; do
        stacker run "$option" run true
        assert_equal "$(digests_of_logs)" "$before"
    done
}

# behaviour: of a run that can't be started liblxc's log is there until the next one, under a name of its own that the error says
# documented: docs/debugging.md#liblxc
# status: beyond
@test "the log of a run that can't be started" {
    local option named
    busybox_base oci
    for option in --network=host --privileged; do
        run -1 --separate-stderr unshare --mount sh -euc 'mount -t tmpfs none /sys; exec "$@"' sh \
            "$STACKER" run "$option" latest true
        assert_said "/sys/fs/cgroup"
        named=$(sed -n "s/^help: liblxc's log is //p" <<<"$stderr")
        assert_file_contains "$named" 'ERROR .*/sys/fs/cgroup'
        assert_equal "$(ls -d .stacker/lxc*)" ".stacker/${named##*/}"
        assert_equal "$(stat -c %a "$named")" 600
    done
    stacker run latest true
    assert_equal "$(find .stacker -name 'lxc*')" ""
}

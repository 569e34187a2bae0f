# The judge of vectors, with adapters written here: what it makes of each thing that an implementation can do, what it calls a
# change, and that nothing stays behind.
# bats file_tags=level:priv

load ../helpers

setup() {
    begin_test
    requires root
    vectors=$PWD/vectors
    mkdir "$vectors"
}

# describe_vectors VECTOR…: vectors.json with these, each a JSON object that says what is special about it. Without more,
# a file f with the content "x" has to come out.
describe_vectors() {
    jq -s '{version: 1, vectors: map({
        name: "layers/order/one", kind: "layer", behaviour: "a file", documented: ["nowhere"], bugs: [], needs: [],
        verdict: "must", layout: "layout", tag: "latest", outside: [], outcomes: [{tree: [{
            path: "f", type: "file", uid: 0, size: 1, content: "eA==",
            sha256: "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}]}]
    } + .)}' <<<"$*" >"$vectors/vectors.json"
}

# write_adapter NAME COMMANDS [CASE]: one that has version 1, does that for `unpack LAYOUT:TAG DIR`, and has another verb.
write_adapter() {
    cat >"$1" <<END
#!/bin/bash
set -eu
case \$1 in
    version) echo 1 ;;
    unpack)
        $2
        ;;
    ${3:-}
    *) exit 64 ;;
esac
END
    chmod 0755 "$1"
}

judge() {
    "$TOP/tools/vectors/judge.py" --vectors "$vectors" --report report --known known --seconds 2 --memory 100 "$@"
}

# behaviour: passing, refusing, a wrong tree, a crash, a hang, writing elsewhere and a lot of memory are told from each other
# documented: vectors/judges/README.md
# status: beyond
# why: a judge is root, and runs adapters as whom it wants
@test "each outcome is told from the others" {
    describe_vectors '{"outside": [{"path": "/stacker-vector-judge-bats"}]}'
    write_adapter right 'printf x >"$3/f"'
    write_adapter refusing 'echo "error: no such thing" >&2; exit 1'
    write_adapter silent 'exit 1'
    write_adapter wrong 'printf y >"$3/f"'
    write_adapter killed 'kill -SEGV $$'
    write_adapter panicking 'echo "panic: runtime error: index out of range" >&2; exit 2'
    write_adapter raising 'exec python3 -c "open(\"nothing\")"'
    write_adapter hanging 'sleep 1234'
    write_adapter astray 'printf x >"$3/f"; echo changed >"$3/../beside/kept"'
    write_adapter astray-above 'rm -r "$(dirname "$3")"'
    write_adapter further 'printf x >"$3/f"; touch /stacker-vector-judge-bats'
    write_adapter large 'python3 -c "import time; x = bytearray(200 << 20); time.sleep(1)"'
    write_adapter lacking 'exit 64'
    run -1 judge ./right ./refusing ./silent ./wrong ./killed ./panicking ./raising ./hanging ./astray \
        ./astray-above ./further ./large ./lacking
    assert_line 'right 1, root: 1 pass; 0 not as known'
    assert_line 'refusing 1, root: layers/order/one is refuses: error: no such thing, and nothing is known of that'
    assert_line 'silent 1, root: layers/order/one is wrong: fails with status 1 and without a word, and nothing is known of that'
    assert_line 'wrong 1, root: 1 wrong; 1 not as known'
    assert_line 'killed 1, root: layers/order/one is crashes: SIGSEGV, and nothing is known of that'
    assert_line --partial 'panicking 1, root: layers/order/one is crashes: panic: runtime error'
    assert_line --partial 'raising 1, root: layers/order/one is crashes: FileNotFoundError: '
    assert_line 'hanging 1, root: layers/order/one is hangs, and nothing is known of that'
    assert_line 'astray 1, root: layers/order/one is outside: beside/kept, and nothing is known of that'
    assert_line 'astray-above 1, root: layers/order/one is outside: box, and nothing is known of that'
    assert_line --partial 'further 1, root: layers/order/one is outside: /stacker-vector-judge-bats'
    assert_line --regexp '^large 1, root: layers/order/one is memory: [12][0-9]{2} MiB'
    assert_line 'lacking 1, root: 1 -; 0 not as known'
    assert_line --partial 'error: nothing was run by lacking 1'
    assert_file_not_exists /stacker-vector-judge-bats
}

# behaviour: an outcome is red when it is not the known one, for better or worse, and so is a run in which nothing ran
# documented: vectors/judges/README.md
# status: beyond
# why: a judge is root, and runs adapters as whom it wants
@test "a change of outcome is red, in either direction" {
    describe_vectors '{}'
    write_adapter it 'printf x >"$3/f"'
    run -0 judge ./it
    mkdir known
    echo 'layers/order/one | wrong: f: is not there | it forgets files' >known/it-1
    run -1 judge ./it
    assert_line 'it 1, root: layers/order/one is pass, and was known as wrong: f: is not there'
    write_adapter it 'printf y >"$3/f"'
    run -0 judge ./it
    write_adapter it 'echo "error: no room" >&2; exit 1'
    run -1 judge ./it
    assert_line 'it 1, root: layers/order/one is refuses: error: no room, and was known as wrong: f: is not there'
    rm known/it-1
    run -1 judge ./it
    # The same in the reports.
    assert_file_contains report/judge.xml 'failures="1"'
    assert_file_contains report/judge.md 'no room'
    assert_file_contains report/judge.html 'no room'
}

# behaviour: of an open vector, the name of what came out is the outcome; what has no name is another
# documented: vectors/judges/README.md
# status: beyond
# why: a judge is root, and runs adapters as whom it wants
@test "what nobody decides has a name" {
    local names='{"name": "kept", "tree": [{"path": "a", "type": "dir"}]}, {"name": "refused", "refused": true}'
    describe_vectors '{"verdict": "open", "outcomes": ['"$names"']}'
    write_adapter keeping 'mkdir "$3/a"'
    write_adapter refusing 'echo no; exit 1'
    write_adapter another 'mkdir "$3/b"'
    run -0 judge --write ./keeping ./refusing ./another
    assert_line 'keeping 1, root: 1 kept; 0 not as known'
    assert_line 'refusing 1, root: 1 refused; 0 not as known'
    assert_line 'another 1, root: 1 other; 0 not as known'
    assert_equal "$(<known/keeping-1)" $'# runs: layers\nlayers/order/one | kept | ?'
    # From now on it is known.
    write_adapter keeping 'echo no; exit 1'
    run -1 judge ./keeping
    assert_line 'keeping 1, root: layers/order/one is refused, and was known as kept'
}

# behaviour: what is another thing in each run is not written down: the judge's directory, names, times
# documented: vectors/judges/README.md
# status: beyond
# why: a judge is root, and runs adapters as whom it wants
@test "a file of known outcomes is the same after each run" {
    describe_vectors '{"outcomes": [{"tree": [{"path": "f", "type": "file", "mtime": "5"}]}]}'
    write_adapter dated 'printf x >"$3/f"'
    write_adapter old 'touch -d @7 "$3/f"'
    write_adapter naming 'echo "error: $PWD/$(</proc/sys/kernel/random/uuid)/it has no tmp/layer$RANDOM$RANDOM$RANDOM" >&2; exit 1'
    run -1 judge --write ./dated ./old ./naming
    assert_file_contains known/dated-1 'f: mtime of the run instead of 5'
    assert_file_contains known/old-1 'f: mtime 7 instead of 5'
    assert_equal "$(grep refuses known/naming-1)" \
        'layers/order/one | refuses: error: …/room/work/…/it has no tmp/layer… | ?'
}

# behaviour: what an adapter says that it lacks is not run, and stands in the file of known outcomes
# documented: vectors/judges/README.md
# status: beyond
# why: a judge is root, and runs adapters as whom it wants
@test "vectors that need what an adapter lacks" {
    describe_vectors '{"needs": ["layout"]}' '{"name": "layers/order/two", "needs": ["root"]}'
    write_adapter lacking 'echo no; exit 1' 'lacks) echo layout ;;'
    run -1 judge --write ./lacking
    assert_line 'lacking 1, root: 1 -, 1 refuses; 1 not as known'
    assert_equal "$(<known/lacking-1)" $'# runs: layers\n# lacks: layout\nlayers/order/two | refuses: no | ?'
}

# behaviour: a daemon that a run has left busy is started again, and none is left when the judge is done
# documented: vectors/judges/README.md
# status: beyond
# why: a judge is root, and runs adapters as whom it wants
@test "a daemon that is busy with what nobody waits for" {
    describe_vectors '{}' '{"name": "layers/order/two"}'
    write_adapter serving '[[ $(<"$JUDGE_SERVER/runs") == none ]]; echo some >"$JUDGE_SERVER/runs"; sleep 1234' \
        'serve) echo none >"$2/runs"; echo ready; exec sleep 4322 ;;'
    run -1 judge ./serving
    assert_line 'serving 1, root: 2 hangs; 2 not as known'
    run -1 pgrep -f 'sleep 4322'
}

# behaviour: a run that hangs, or is broken off, leaves no process, no mount and no file
# documented: vectors/judges/README.md
# status: beyond
# why: a judge is root, and runs adapters as whom it wants
@test "nothing is left of what hangs" {
    local judge
    describe_vectors '{}'
    write_adapter hanging 'mount -t tmpfs left "$3"; setsid sleep 4321 & touch "'"$PWD"'/began"; sleep 4321'
    export TMPDIR=$PWD/tmp
    mkdir tmp
    run -1 judge ./hanging
    assert_nothing_of_it
    rm began
    "$TOP/tools/vectors/judge.py" --vectors "$vectors" --seconds 600 ./hanging 3>&- 4>&- &
    judge=$!
    wait_for_file began
    kill -TERM "$judge"
    wait "$judge" || true
    assert_nothing_of_it
}

assert_nothing_of_it() {
    run -1 pgrep -f 'sleep 4321'
    run -1 grep ' left ' /proc/self/mountinfo
    assert_equal "$(ls -A tmp)" ''
}

wait_for_file() {
    local tenths
    for ((tenths = 0; tenths < 300; tenths++)); do
        [[ ! -e $1 ]] || return 0
        sleep 0.1
    done
    fail "there is no $1"
}

# behaviour: what an ordinary user unpacks is read where its ids are the image's, if the adapter shows it there
# documented: vectors/judges/README.md
# status: beyond
# why: a judge is root, and runs adapters as whom it wants
@test "an adapter shows what a user has unpacked" {
    describe_vectors '{}'
    write_adapter plain '((EUID != 0)); printf x >"$3/f"'
    run -1 judge --level unpriv ./plain
    assert_line 'plain 1, user: layers/order/one is wrong: f: uid 61234 instead of 0, and nothing is known of that'
    write_adapter showing '((EUID != 0)); printf x >"$3/f"' 'view) shift 2; exec setpriv --reuid 61234 --regid 61234 \
        --clear-groups unshare --user --map-root-user --map-auto "$@" ;;'
    run -0 judge --level unpriv ./showing
    assert_line 'showing 1, user: 1 pass; 0 not as known'
}

# behaviour: what a builder writes is judged by its merged tree and by its layers
# documented: vectors/judges/README.md
# status: beyond
# why: a judge is root, and runs adapters as whom it wants
@test "layers that a builder writes" {
    requires umoci
    mkdir -p from/changes/delete
    cp "$TOP/vectors/schema.json" from
    cat >from/changes/delete/file.vector <<'END'
behaviour: a file that a script removes is not in the image
documented: image-spec layer.md "Whiteouts"
verdict: must

base
    dir srv
    file srv/a "x"
script
    rm /srv/a
END
    "$TOP/tools/vectors/write-vectors.py" --from from "$vectors"
    write_adapter idle 'exit 64' 'build) cp -R "${2%:*}" "${4%:*}" ;;'
    run -1 judge umoci ./idle
    assert_line --partial 'umoci 0.4.7, root: 1 pass'
    assert_line --partial 'idle 1, root: changes/delete/file is wrong: srv/a: is there'
}

#!/usr/bin/env bats
# explain: the overlay stack of a layer, and where a path in it comes from.

load ../helpers

# explain_json PLACE: what stacker explain says, as JSON; fails if it says nothing.
explain_json() {
    stacker explain --json "$1" >explained.json
    jq -e 'type == "object"' explained.json >/dev/null
    cat explained.json
}

# print_stack LAYER: the name of each directory of the stack, bottom first.
print_stack() {
    explain_json "$1" | jq -er '.stack[].name'
}

# start_build_that_waits COMMAND: starts a build, and returns when its script has written /half and comes to that.
start_build_that_waits() {
    busybox_base
    mkdir signs
    cat >stacker.yaml <<END
it:
  from: {type: oci, url: "busybox:latest"}
  binds: ["signs -> /signs"]
  run: |
    echo half > /half
    touch /signs/ready
    $1
END
    start "$STACKER" build
    wait_for_file signs/ready
}

# behaviour: the stack is listed bottom to top, numbered, each with digest, directory and size
# documented: docs/debugging.md#explain; docs/commands.md#explain
# status: beyond
@test "the stack of a built layer" {
    build_pair 'head -c 1000 /dev/zero > /f' 'head -c 234 /dev/zero > /g'
    assert_equal "$(print_stack above)" "$(for n in -3 -2 -1; do layer_digest above $n; done)"
    assert_equal "$(explain_json above | jq -c '[.state, .stack[2].unpacked, .stack[1].unpacked, [.stack[].number]]')" '["built",234,1000,[0,1,2]]'
    assert_equal "$(explain_json above | jq -r '.stack[].directory')" \
        "$(for n in -3 -2 -1; do echo "$PWD/$(layer_directory above $n)/overlay"; done)"
    run -0 stacker explain above
    assert_line --index 0 "above: built"
    assert_line --index 1 "layers, bottom to top:"
    assert_line --index 4 --regexp "^  2  $(layer_digest above -1) +234 B unpacked +$PWD/$(layer_directory above -1)/overlay$"
}

# behaviour: what is not encoded is in the stack under its own name: overlay dirs below the upperdir, build_only layers
# documented: docs/debugging.md#explain
# status: beyond
@test "the stack of a build_only layer" {
    busybox_base
    mkdir extra
    echo extra >extra/file
    cat >stacker.yaml <<'END'
below:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: echo below > /below
it:
  from: {type: built, tag: below}
  build_only: true
  overlay_dirs: [{source: extra, dest: /extra}]
  run: echo it > /it
END
    stacker build
    assert_equal "$(print_stack it)" "$(layer_digest latest -1 busybox)
upperdir of below
overlay dir extra of it
upperdir of it"
}

# behaviour: a layer whose script failed has the stack that the script had, with what it left
# documented: docs/debugging.md#explain
# status: beyond
@test "a failed layer" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  run: |
    echo half > /half
    rm /bin/zcat
    exit 7
END
    run -7 stacker build
    run -0 stacker explain it
    assert_line --index 0 "it: not finished, its last build failed or was stopped"
    assert_equal "$(print_stack it)" "$(layer_digest latest -1 busybox)
upperdir of it"
    assert_equal "$(explain_json it:/half | jq -r .provider.layer)" "upperdir of it"
    assert_equal "$(explain_json it:/bin/zcat | jq -c '[.provider, .end.reason, .hidden[].copy.layer]')" \
        "[null,\"whiteout\",\"$(layer_digest latest -1 busybox)\"]"
}

# behaviour: a layer that is being built is explained while it is
# documented: docs/debugging.md#explain
# status: beyond
@test "a layer that is being built" {
    start_build_that_waits 'while ! [ -e /signs/done ]; do sleep 0.1; done'
    run -0 stacker explain it:/half
    assert_line "it: not finished, a build is under way"
    assert_line "/half: file of 5 B, 0644, owner 0:0"
    touch signs/done
    wait_for_end
    assert_equal "$status" 0
    assert_equal "$(explain_json it | jq -r .state)" built
}

# behaviour: a build that was killed leaves a layer that can be explained
# documented: docs/debugging.md#explain
# status: beyond
@test "a half-built layer" {
    start_build_that_waits "sleep 60"
    kill -KILL "$started"
    wait_for_end
    wait_for_killed
    run -0 stacker explain it:/half
    assert_line --partial "  provided by upperdir of it: $PWD/roots/it/overlay/half"
    assert_equal "$(print_stack it | head -n 1)" "$(layer_digest latest -1 busybox)"
}

# behaviour: a path is provided by one layer; a file hides copies below it
# documented: docs/debugging.md#explain
# status: beyond
@test "a file that another file hides" {
    build_pair 'echo first > /f; chown 1:2 /f' 'echo "the second" > /f; chmod 0600 /f'
    run -0 stacker explain above:/f
    assert_line "/f: file of 11 B, 0600, owner 1:2"
    assert_line "  provided by $(layer_digest above -1): $PWD/$(layer_directory above -1)/overlay/f"
    assert_line "  hidden: file of 6 B, 0644, owner 1:2 in $(layer_digest above -2): $PWD/$(layer_directory above -2)/overlay/f"
    assert_line "    by the file /f in $(layer_digest above -1)"
    assert_equal "$(explain_json above:/f | jq -c '.hidden | map([.copy.size, .by.reason, .by.path])')" '[[6,"file","/f"]]'
}

# behaviour: a removed path is explained by the whiteout, an opaque directory by itself
# documented: docs/debugging.md#explain
# status: beyond
@test "a whiteout and an opaque directory" {
    build_pair 'mkdir /d /e; echo d > /d/f; echo e > /e/f' 'rm -r /d /e; mkdir /e; echo new > /e/g'
    assert_equal "$(explain_json above:/d/f | jq -c '[.provider, .end.reason, .end.path, (.hidden | length)]')" \
        '[null,"whiteout","/d",1]'
    run -0 stacker explain above:/e
    assert_line --partial "  provided by $(layer_digest above -1)"
    assert_line "  opaque: the opaque directory /e in $(layer_digest above -1)"
    assert_line "    by the opaque directory /e in $(layer_digest above -1)"
    assert_equal "$(explain_json above:/e/f | jq -r .end.reason)" "opaque directory"
}

# behaviour: a directory says which layers are merged in it
# documented: docs/debugging.md#explain
# status: beyond
@test "a merged directory" {
    build_pair 'mkdir /d; echo a > /d/a' 'echo b > /d/b'
    assert_equal "$(explain_json above:/d | jq -r '.merged[].layer')" \
        "$(layer_digest above -1)"$'\n'"$(layer_digest above -2)"
    assert_equal "$(explain_json above:/d | jq -c '[.provider.kind, .end, .hidden]')" '["directory",null,[]]'
}

# behaviour: symlinks on the way are followed within the layer, one at the end is what is meant
# documented: docs/debugging.md#explain
# status: beyond
@test "symlinks" {
    build_pair 'mkdir /d; ln -s /d /link; echo f > /d/f; ln -s ../../etc/passwd /d/p' 'true'
    run -0 stacker explain above:/link/f
    assert_line "/link/f is /d/f, through a symlink"
    run -0 stacker explain above:/d/p
    assert_line --partial "/d/p: symlink to ../../etc/passwd, 0777"
}

# behaviour: what never was there, and a layer that was never built, are errors that say what there is
# documented: docs/debugging.md#explain
# status: beyond
@test "what is not there" {
    refuse explain it
    build_pair true 'echo x > /x'
    refuse explain above:/nowhere
    assert_said "there is no /nowhere in above"
    refuse explain abov
    assert_said "there are above, below"
    refuse explain docker://registry.example.com/above:1
    assert_said "stacker explain docker://registry.example.com/above:1 --sizes says what an image ships"
    refuse inspect oci:oci:above
    assert_said "stacker explain oci:oci:above --sizes says"
    refuse explain above:/x --sizes
    assert_said "a path in a layer has no sizes"
}

# behaviour: an ordinary user can explain what root built, and nothing is written
# documented: docs/debugging.md#explain
# status: beyond
@test "without root" {
    build_pair 'mkdir -m 0700 /closed; echo f > /closed/f' 'echo x > /x'
    chmod o+x "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" "$HOME" .
    install -m 0755 "$STACKER_BINARY" ./program
    find roots .stacker oci | sort >before
    run -0 setpriv --reuid=65534 --regid=65534 --clear-groups ./program explain above:/x
    assert_line --partial "provided by $(layer_digest above -1)"
    run -0 setpriv --reuid=65534 --regid=65534 --clear-groups ./program explain above
    assert_line --regexp "$(layer_digest above -2) +not all readable"
    run -1 setpriv --reuid=65534 --regid=65534 --clear-groups ./program explain above:/closed/f
    assert_output --partial "root can read all of it"
    diff before <(find roots .stacker oci | sort)
}

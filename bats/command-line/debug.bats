#!/usr/bin/env bats
# What --debug adds: where an error came from, the overlay as liblxc gets it, and liblxc's own log.

load ../helpers

# built_on_three_layers: a recipe whose second image stands on three lower layers.
built_on_three_layers() {
    busybox_base
    cat >stacker.yaml <<'END'
one:
  from: {type: oci, url: "busybox:latest"}
  run: echo 1 > /one
two:
  from: {type: built, tag: one}
  run: echo 2 > /two
three:
  from: {type: built, tag: two}
  run: echo 3 > /three
END
}

# built_on TAG: a recipe whose image is busybox's of that tag.
built_on() {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:%s"}\n' "$1" >stacker.yaml
}

# lowerdir_of DIGEST: the directory that holds the layer.
lowerdir_of() {
    echo "roots/${1/:/_}/overlay"
}

# behaviour: --debug shows the overlay arguments that liblxc gets: every lowerdir and the upperdir
# documented: docs/debugging.md#the-overlay; stacker's hacking guide, "Overlayfs / layer issues"
# status: documented
@test "--debug names the lowerdirs and the upperdir" {
    built_on_three_layers
    run --separate-stderr stacker --debug build
    assert_success
    assert_said "$(lowerdir_of "$(layer_digest three 0)")"
    assert_said "$(lowerdir_of "$(layer_digest two 1)")"
    assert_said "roots/three/overlay"
}

# behaviour: with --debug each lowerdir is on a line of its own, in the order in which overlayfs stacks them
# documented: docs/debugging.md#the-overlay
# status: beyond
@test "the lowerdirs are a line each, top to bottom" {
    built_on_three_layers
    run --separate-stderr stacker --debug build
    assert_success
    # Of the last container only: everything after the last image was begun.
    last=$(sed -n '/preparing image three/,$p' <<<"$output"$'\n'"$stderr")
    found=$(grep -o 'sha256_[0-9a-f]\{64\}/overlay' <<<"$last" | head -n 3)
    expected=
    for n in 2 1 0; do
        digest=$(layer_digest three "$n")
        expected+=${digest/:/_}/overlay$'\n'
    done
    assert_equal "$found" "${expected%$'\n'}"
    # One line each.
    assert_equal "$(grep -c 'sha256_.*sha256_.*overlay' <<<"$last")" 0
}

# behaviour: with --debug an error says where in the source it arose
# documented: docs/debugging.md#errors; stacker's hacking guide, "Debugging"
# status: documented
@test "--debug tells where an error came from" {
    built_on no-such-tag
    run --separate-stderr stacker --debug build
    assert_failure
    # A source file and a line, in whatever language stacker is written.
    grep -Eq '\.(swift|go|c):[0-9]+' <<<"$output$stderr"
}

# behaviour: without --debug an error is one line "error: …", without places in the source
# documented: docs/debugging.md#errors
# status: beyond
@test "without --debug an error is one line" {
    built_on no-such-tag
    refuse build
    assert_equal "$(grep -c '^error: ' <<<"$stderr")" 1
    run ! grep -Eq '\.(swift|c):[0-9]+' <<<"$stderr"
}

# behaviour: lxc.log under the stacker directory is liblxc's trace of the last run
# documented: docs/debugging.md#liblxc; stacker's hacking guide, "Debugging LXC"
# status: documented
# original: since 1.2 there are lxc-LAYER-NUMBER.log and no lxc.log, of which its own guide goes on telling
@test "lxc.log is the last run's" {
    built_on_three_layers
    stacker build
    grep -q TRACE .stacker/lxc.log
    head -n 1 .stacker/lxc.log >first
    stacker build --no-cache
    grep -q TRACE .stacker/lxc.log
    run ! grep -qxFf first .stacker/lxc.log
}

# behaviour: lxc.log is complete, and of no other run
# documented: docs/debugging.md#liblxc
# status: beyond
@test "lxc.log is complete" {
    built_on_three_layers
    stacker build
    first=$(names_in_log)
    stacker build --no-cache
    second=$(names_in_log)
    # One container each, and not the same.
    assert_equal "$(wc -l <<<"$first$second")" 1
    assert_not_equal "$first" "$second"
    # From liblxc's first words to its last.
    grep -q 'Set container state to "STARTING"' .stacker/lxc.log
    assert_regex "$(tail -n 1 .stacker/lxc.log)" 'Set container state to "STOPPED"'
}

# names_in_log: the containers that lxc.log tells of.
names_in_log() {
    awk '$1 == "lxc" { print $2 }' .stacker/lxc.log | sort -u
}

# behaviour: with --debug each of liblxc's ERROR lines is shown once, in order, where it happened: before what it led to
# documented: docs/debugging.md#liblxc; stacker's hacking guide, "Debugging LXC"
# status: beyond
@test "--debug shows liblxc's ERROR lines" {
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  # No directory can be made there.
  binds: ["/tmp -> /proc/no-such-directory"]
  run: "true"
END
    run --separate-stderr stacker --debug build
    assert_failure
    logged=$(sed -n 's,^lxc .* ERROR  .* - \(../\)*\([a-z/]*\.c:[a-z_]*:[0-9]*\) - \(.*\),\2: \3,p' .stacker/lxc.log)
    assert_regex "$logged" no-such-directory
    shown=$(sed -n 's/^liblxc: ERROR //p' <<<"$stderr")
    assert_equal "$shown" "$(first_of_each_message <<<"$logged")"
    assert_equal "$(grep -n '^liblxc: ERROR\|^error:' <<<"$stderr" | tail -n 1 | cut -d: -f 2)" error
}

# first_of_each_message: liblxc says some things twice, from two places.
first_of_each_message() {
    awk '{ message = $0; sub(/^[^ ]* /, "", message) } !seen[message]++'
}

# behaviour: --debug first says which stacker this is
# documented: docs/commands.md#global-options
# status: documented
@test "--debug begins with the version" {
    built_on latest
    run --separate-stderr stacker --debug build
    assert_success
    assert_said "stacker version"
}

# behaviour: --log-file gets what --debug says
# documented: docs/commands.md#global-options
# status: documented
@test "--log-file holds the log" {
    built_on latest
    stacker --debug --log-file "$PWD/build.log" build
    grep -q "stacker version" build.log
    grep -q "filesystem it built successfully" build.log
}

# behaviour: --debug and --quiet exclude each other
# documented: docs/commands.md#global-options
# status: documented
@test "--debug with --quiet is refused" {
    refuse --debug --quiet build
}

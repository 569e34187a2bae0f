#!/usr/bin/env bats
# What a script can reach beyond the image, as root and as an ordinary user: the table in docs/security.md.

load ../helpers

# build_with_run SCRIPT: a build whose script it is.
build_with_run() {
    busybox_base
    {
        printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: |\n'
        printf '    %s\n' "${1//$'\n'/$'\n    '}"
    } >stacker.yaml
    stacker build
}

# printed FILE: what the script has left in it.
printed() {
    layer_tar it -1 | tar xO "$1"
}

# bats test_tags=group:quick
# behaviour: nothing below /sys can be written to, what root may write on the host included
# documented: docs/security.md#what-a-script-can-reach
# status: beyond
@test "/sys is read-only" {
    # Opened, and nothing written. busybox's test -w looks at the mode alone.
    open_all='set +x
for file in /sys/module/*/parameters/*; do
    ! (: >>"$file") 2>/dev/null || echo "$file"
done | head -n 3'
    [[ -n $(bash -c "$open_all") ]] || fail "there is nothing below /sys that root could write to"
    build_with_run "{ $open_all; } >/writable
ls /sys/module >/modules"
    assert_equal "$(printed writable)" ""
    assert_not_equal "$(printed modules)" ""
}

# behaviour: the list of name servers that a script sees is a copy: what it writes there reaches neither the host nor the image
# documented: docs/security.md#mounts
# status: beyond
@test "/etc/resolv.conf is a copy" {
    host=$(cat /etc/resolv.conf)
    build_with_run "cat /etc/resolv.conf >/seen
echo nameserver 203.0.113.1 >/etc/resolv.conf
cat /etc/resolv.conf >/written"
    assert_equal "$(printed seen)" "$host"
    assert_equal "$(printed written)" "nameserver 203.0.113.1"
    assert_equal "$(cat /etc/resolv.conf)" "$host"
    assert_equal "$(list_layer it -1)" $'seen\nwritten'
}

# behaviour: a script can't change its imports, with whatever rights it has in the container
# documented: docs/security.md#mounts
# status: documented
@test "imports are read-only" {
    busybox_base
    echo kept >import
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  imports: import
  run: |
    ! echo changed >/stacker/imports/import
    ! rm -f /stacker/imports/import
    ! touch /stacker/imports/new
    cp /stacker/imports/import /copy
END
    stacker build
    assert_equal "$(printed copy)" kept
    assert_equal "$(cat import)" kept
}

# behaviour: what a script writes in a bind is written on the host
# documented: docs/security.md#mounts; docs/recipe.md#binds
# status: documented
@test "a bind is writable" {
    mkdir host
    busybox_base
    cat >stacker.yaml <<'END'
it:
  from: {type: oci, url: "busybox:latest"}
  binds: ["host -> /host"]
  run: echo written >/host/file
END
    stacker build
    assert_equal "$(cat host/file)" written
}

# bats test_tags=group:quick-priv
# behaviour: the processes of the host are out of sight
# documented: docs/security.md#what-a-script-can-reach
# status: beyond
@test "a script sees only processes of its container" {
    start sleep 300
    # shellcheck disable=SC2016  # for the script
    build_with_run 'cat /proc/[0-9]*/cmdline | tr "\0" " " >/seen
test -s /seen'
    run printed seen
    refute_output --partial "sleep 300"
    assert_output --partial .stacker-run.sh
}

# behaviour: the groups of whoever runs stacker give the script no right
# documented: docs/security.md#what-a-script-can-reach
# status: beyond
# why: as a user it is in unprivileged.bats, where the user has to get a group first
# bats test_tags=level:priv
@test "root's groups don't reach the script" {
    busybox_base
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n  run: grep Groups /proc/self/status > /groups\n' >stacker.yaml
    setpriv --groups 4,24 "$STACKER" build
    assert_equal "$(printed groups | tr -d '[:space:]')" Groups:
}

# behaviour: a user's script can't reach the host's disks: it can make no device node
# documented: docs/security.md#what-a-script-can-reach
# status: beyond
# why: root's script can
# bats test_tags=level:unpriv
@test "a user's script can make no device node" {
    build_with_run '! mknod /disk b 7 0
! mknod /mem c 1 1
touch /reached'
    assert_equal "$(list_layer it -1)" reached
}

# behaviour: a user's script is nobody to files that root has and does not share, also where a bind shows them
# documented: docs/security.md#what-a-script-can-reach
# status: beyond
# why: root's script may read them
# bats test_tags=level:unpriv
@test "a bind gives a user's script no right that the user lacks" {
    mkdir "$BATS_TEST_TMPDIR/host"
    echo precious >"$BATS_TEST_TMPDIR/host/secret"
    echo open >"$BATS_TEST_TMPDIR/host/open"
    chmod 600 "$BATS_TEST_TMPDIR/host/secret"
    busybox_base
    cat >stacker.yaml <<END
it:
  from: {type: oci, url: "busybox:latest"}
  binds: ["$BATS_TEST_TMPDIR/host -> /host"]
  run: |
    ! cat /host/secret
    ! touch /host/new
    ! chown 0:0 /host/secret
    cp /host/open /open
END
    stacker build
    assert_equal "$(printed open)" open
    assert_not_exists "$BATS_TEST_TMPDIR/host/new"
}

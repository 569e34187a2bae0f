#!/usr/bin/env bats
# A layer whose content depends on the layers below it, and what says so can't be looked for.

load ../helpers
load ../disturb

# behaviour: where it can't be found out whether a layer's directories are those of the layers below it, the build fails, or has them
# documented: docs/storage.md#implied-directories
# status: beyond
# why: without them a directory is one of mode 0755 that root has made
@test "what says that a layer implies directories can't be looked for" {
    local occurrence name
    requires umoci
    mkdir -p tree/bin tree/srv
    cp "$(command -v busybox)" tree/bin/busybox
    ln -s busybox tree/bin/sh
    echo old >tree/srv/old
    chmod 0711 tree/srv
    umoci init --layout base
    umoci new --image base:latest
    tar cf lower.tar -C tree --no-recursion bin bin/busybox bin/sh srv
    tar cf upper.tar -C tree --no-recursion srv/old
    for name in lower upper; do umoci raw add-layer --image base:latest "$name.tar"; done
    printf '%s\n' 'it:' '  from: {type: oci, url: "base:latest"}' '  run: busybox stat -c %a /srv >/seen' >stacker.yaml
    for occurrence in {1..30}; do
        disturb_if_reached EIO " access roots/sha256_\w+/(over-others|on_\S+) #$occurrence\$" build --jobs 1
        ((status != 125)) || break
        [[ $status != 0 ]] || assert_equal "$(layer_tar it -1 | tar xO seen)" 711
        stacker clean
    done
    ((occurrence > 1))
}

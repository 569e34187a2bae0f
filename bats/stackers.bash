# shellcheck shell=bash
# Whose program is tested; helpers.bash and tools/test/run-bats load it.

# Whether the binary under test, $STACKER_BINARY, is the one that this tree builds.
is_ours() {
    local top own
    # tools/test/run-bats says so of a copy that the tests' user can reach.
    [[ -z ${STACKER_IS_OURS:-} ]] || return 0
    top=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
    [[ $STACKER_BINARY != "$top"/.build/* ]] || return 0
    for own in "$top/stacker" "$top/.build/release/stacker" "$top/.build/debug/stacker"; do
        if [[ $STACKER_BINARY == "$own" || $STACKER_BINARY -ef $own ]]; then
            return 0
        fi
    done
    return 1
}

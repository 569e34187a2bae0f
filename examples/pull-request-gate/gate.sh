#!/bin/bash
# Whether a pull request mends what a reproducer shows: red with the program that was released, green with the new one.
#
#   gate.sh TREE REPRODUCER RELEASED CANDIDATE
#
# TREE is a clone of stacker's suite, REPRODUCER the name of a bats file in it, the others are programs. Status 0: it mends it.
set -euo pipefail

tree=${1:?usage: gate.sh TREE REPRODUCER RELEASED CANDIDATE}
reproducer=${2:?} released=${3:?} candidate=${4:?}
export CI=true
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT

# passes PROGRAM: whether the reproducer passes with it; what it said is on stdout.
passes() {
    make -C "$tree" check "TEST=$reproducer" "STACKER=$1" "REPORT=$reports/$(basename "$1")"
}

for program in "$released" "$candidate"; do
    if [[ ! -x $program ]]; then
        echo "error: there is no program $program" >&2
        exit 2
    fi
done
echo "== released: $released"
if passes "$released"; then
    echo "error: $reproducer passes with the released program: it does not show the bug" >&2
    exit 1
fi
echo "== candidate: $candidate"
if ! passes "$candidate"; then
    echo "error: $reproducer fails with the candidate: the bug is still there, or another one" >&2
    exit 1
fi
echo "mended: $reproducer is red with $released and green with $candidate"

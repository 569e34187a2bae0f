#!/usr/bin/env bats
# Pages that one reads with a terminal beside them: each command that they show, in its order, and all that they say comes of
# it.

load ../helpers
load ../registries

# follow PAGE: does what a page says, as a reader who has stacker in $PATH.
follow() {
    mkdir -p "$BATS_TEST_TMPDIR/bin"
    # As a user's, the program is another script.
    printf '#!/bin/sh\nexec %q "$@"\n' "$STACKER" >"$BATS_TEST_TMPDIR/bin/stacker"
    chmod +x "$BATS_TEST_TMPDIR/bin/stacker"
    runs_as_root || set -- --without-sudo "$@"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH "$TOP/tools/test/follow-page.py" "$@"
}

# behaviour: the tour's commands do what it shows, each in its turn, as root and as a user
# documented: docs/tour.md#a-base; docs/tour.md#a-recipe-an-image; docs/tour.md#a-change; docs/tour.md#looking-at-it; docs/tour.md#layers-upon-layers; docs/tour.md#when-a-script-fails; docs/tour.md#what-is-legal-and-unwise; docs/tour.md#other-layers-other-places; docs/tour.md#cleaning-up
# status: beyond
@test "the tour" {
    ! runs_as_root || requires loop
    export http_proxy=http://127.0.0.1:1 https_proxy=http://127.0.0.1:1
    follow "$TOP/docs/tour.md"
}

# behaviour: the first recipes of the README build verbatim, the one on an image of Docker Hub and the one without a network, and run
# documented: README.md
# status: beyond
@test "the README" {
    requires docker_registry skopeo openssl
    start_docker_hub
    mkdir first
    cd first
    follow "$TOP/README.md"
    assert_equal "$(sort -u ../socks/names)" registry-1.docker.io:443
}

# behaviour: a page is not followed beyond what is not as it shows: an output, a status, a line too many
# documented: CONTRIBUTING.md
# status: beyond
@test "a page that is wrong" {
    page() {
        printf '%s\n' "$@" >page.md
        run --separate-stderr "$TOP/tools/test/follow-page.py" page.md
    }
    page '<!-- file: a -->' '```' 'one' 'two' '```' '```console' '$ cat a' '…' '$ echo x y z' 'x … z' '```'
    assert_success
    assert_output "page.md: 2 commands"
    for shown in 'one' $'one\nthree' $'one\ntwo\nthree' $'one\ntwo\n…' ''; do
        page '```console' '$ cat a' ${shown:+"$shown"} '$ touch beyond' '```'
        assert_failure 1
        assert_said "page.md: line 2: cat a: has another output"
        assert_not_exists beyond
    done
    page '```console' '$ cat a; exit 3' one two '```'
    assert_failure 1
    assert_said "ended with exit status 3"
    page '```' '$ cat a' '```'
    assert_failure 1
    assert_said "there is no command in it"
    page '```console' '$ sudo echo x' x '```'
    assert_success
    run -1 "$TOP/tools/test/follow-page.py" --without-sudo page.md
}

#!/usr/bin/env bats
# grab: a file or directory of a layer, copied into the working directory without a container.

load ../helpers

# behaviour: the file lands in the working directory under its last name, and nothing else does
# documented: docs/commands.md#grab
# status: documented
# original: it leaves its temporary snapshot under the roots directory and a log of liblxc, though its own suite wants grab without side-effects
@test "grab has no side-effects" {
    busybox_base
    echo "hello world" >myfile.txt
    cat >stacker.yaml <<'END'
layer1:
  from: {type: oci, url: "busybox:latest"}
  imports: [myfile.txt]
  run: cp /stacker/imports/myfile.txt /my-file
END
    mkdir grab-dir
    stacker --work-dir=work-dir build
    find work-dir | sort >before
    cd grab-dir
    stacker --work-dir=../work-dir grab layer1:/my-file
    assert_equal "$(ls -A)" my-file
    assert_equal "$(cat my-file)" "hello world"
    diff ../before <(cd .. && find work-dir | sort)
}

# behaviour: a directory comes as the merged view shows it: deleted files are not there, modes and symlinks stay
# documented: docs/commands.md#grab
# status: documented
# original: it opens the fifo in the directory, and waits for ever for somebody who writes into it
@test "a directory of several layers" {
    build_pair 'mkdir -p /d/sub; echo a > /d/a; echo b > /d/sub/b; ln -s a /d/link' \
        'rm /d/a; echo c > /d/sub/c; chmod 0750 /d/sub; mkfifo /d/fifo'
    run -0 timeout --kill-after=10 60 "$STACKER" grab above:/d
    assert_not_exists d/a
    assert_equal "$(cat d/sub/b d/sub/c)" $'b\nc'
    assert_equal "$(stat -c %a d/sub)" 750
    assert_equal "$(readlink d/link)" a
}

# behaviour: what is neither file, directory nor symlink is left out with a warning; what is grabbed belongs to who grabbed it
# documented: docs/commands.md#grab
# status: beyond
@test "what of a directory is left out" {
    build_pair 'mkdir -p /d/sub; echo a > /d/a; echo b > /d/sub/b; ln -s a /d/link; chown -R 5:6 /d' \
        'rm /d/a; echo c > /d/sub/c; chmod 0750 /d/sub; mkfifo /d/fifo'
    run -0 --separate-stderr stacker grab above:/d
    assert_said "warning: left out"
    assert_equal "$(cd d && find . | LC_ALL=C sort)" $'.\n./link\n./sub\n./sub/b\n./sub/c'
    assert_equal "$(find d ! -user "${STACKER_TEST_USER:-$EUID}")" ""
}

# behaviour: a symlink is followed, within the layer
# documented: docs/commands.md#grab
# status: beyond
@test "no symlink leads out of the layer" {
    build_pair 'echo inside > /target; ln -s /target /link; ln -s ../../../../../../../../target /up; ln -s "$PWD" /d' true
    echo outside >target
    stacker grab above:/link
    stacker grab above:/up
    stacker grab above:/d/target
    assert_equal "$(cat link up target)" $'inside\ninside\ninside'
    assert [ ! -L link ]
}

# behaviour: a build_only layer and a failed one are grabbed from as they are
# documented: docs/commands.md#grab
# status: beyond
@test "from a failed layer" {
    busybox_base
    cat >stacker.yaml <<'END'
base:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: echo base > /base
it:
  from: {type: built, tag: base}
  run: echo why > /log; exit 3
END
    run -3 stacker build
    stacker grab base:/base
    run -0 --separate-stderr stacker grab it:/log
    assert_said "warning: it: not finished"
    stacker grab it:/base
    assert_equal "$(cat base log)" $'base\nwhy'
}

# behaviour: a file is replaced as a whole; a directory of that name is an error, and stays as it is
# documented: docs/commands.md#grab
# status: beyond
@test "what is here already" {
    build_pair 'echo new > /f; mkdir /d; echo new > /d/f' 'true'
    echo "old, and longer" >f
    # What has the file under another name, or open, keeps it.
    ln f link
    stacker grab above:/f
    assert_equal "$(cat f link)" $'new\nold, and longer'
    mkdir d keep
    echo mine >d/mine
    refuse grab above:/d
    assert_said "there is a d here already"
    assert_equal "$(ls -A d)" mine
    cd keep
    mkdir f
    refuse --roots-dir ../roots grab above:/f
    assert_equal "$(ls -A)" f
}

# behaviour: a device node, fifo or socket by itself is an error that names it, and leaves nothing
# documented: docs/commands.md#grab
# status: beyond
@test "a fifo by itself" {
    build_pair 'mkfifo /fifo' 'true'
    mkdir here
    cd here
    refuse --roots-dir ../roots grab above:/fifo
    assert_said "couldn't grab /fifo of above: device nodes, fifos and sockets can't be grabbed"
    [[ $output$stderr != *tmp* ]]
    assert_equal "$(ls -A)" ""
}

# behaviour: what is not there is an error that names it, and nothing comes of it
# documented: docs/commands.md#grab
# status: documented
@test "nothing to grab" {
    build_pair 'echo x > /gone' 'rm /gone'
    run ! --separate-stderr stacker grab above:/gone
    assert_said /gone
    run ! stacker grab above
    run ! stacker grab nobody:/gone
    assert_not_exists gone
}

# behaviour: what is not there is an error that says why and what shows more, and leaves nothing
# documented: docs/commands.md#grab
# status: beyond
@test "why there is nothing to grab" {
    build_pair 'echo x > /gone' 'rm /gone'
    mkdir here
    cd here
    refuse --roots-dir ../roots grab above:/gone
    assert_said "couldn't grab /gone of above: it is not there"
    assert_said "stacker explain above:/gone"
    refuse --roots-dir ../roots grab above
    refuse --roots-dir ../roots grab nobody:/gone
    assert_equal "$(ls -A)" ""
}

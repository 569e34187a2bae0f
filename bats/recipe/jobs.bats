#!/usr/bin/env bats
# Layers that don't need each other are built at once, and what comes out is as if they had been built one after another.

load ../helpers

# share_fifos NAME…: files that scripts can meet at. A bind that two layers have in common would keep them in order. Each is there as NAME.a, NAME.b and NAME.c.
share_fifos() {
    local name
    for name; do
        mkfifo -m 666 "$name.a"
        ln "$name.a" "$name.b"
        ln "$name.a" "$name.c"
    done
}

# layer NAME BASE [LINE…]: adds a layer to stacker.yaml; the lines come below it.
layer() {
    local name=$1 base=$2
    shift 2
    case $base in
    busybox) base='{type: oci, url: "busybox:latest"}' ;;
    scratch) base='{type: scratch}' ;;
    *) base="{type: built, tag: $base}" ;;
    esac
    printf '%s:\n  from: %s\n' "$name" "$base" >>stacker.yaml
    (($# == 0)) || printf '  %s\n' "$@" >>stacker.yaml
}

# print_result: all that a build leaves for others, in words that don't change from build to build.
print_result() {
    cat oci/index.json
    find oci/blobs -type f -printf '%P\n' | sort
    # Digests of inputs that are other layers stand for one build of these.
    jq -cS '.layers[] |= {inputs: .inputs.inputs | map(sub("^[0-9a-f]+ ([0-9a-f]+|-) "; "")), outputs, blobs}' .stacker/build.cache
}

# behaviour: layers that need nothing of each other are built at the same time
# documented: docs/recipe.md#at-the-same-time
# status: beyond
@test "two scripts meet" {
    busybox_base
    share_fifos there back
    layer a busybox 'binds: ["there.a -> /there", "back.a -> /back"]' 'run: timeout 60 sh -c "echo a > /there; cat /back > /met"'
    layer b busybox 'binds: ["there.b -> /there", "back.b -> /back"]' 'run: timeout 60 sh -c "cat /there > /met; echo b > /back"'
    stacker build --jobs 2
    unpack_image a a
    unpack_image b b
    assert_equal "$(cat a/met b/met)" $'b\na'
    assert_equal "$(list_tags)" $'a\nb'
}

# graph_recipe: layers that need each other in all ways that there are.
graph_recipe() {
    busybox_base
    mkdir files
    echo file >files/file
    layer tools busybox 'build_only: true' 'run: echo tools > /tools'
    layer more tools 'build_only: true' 'run: echo more > /more'
    layer one more 'run: cat /tools /more > /one'
    layer two more 'run: cat /more /tools > /two'
    layer three tools 'imports: ["stacker://more/more"]' 'run: cp /stacker/imports/more /three'
    layer copy busybox 'imports: ["stacker://two/two", {path: files, dest: /}]' 'run: cp /stacker/imports/two /copy'
    layer same busybox 'run: echo same > /same'
    layer equal busybox 'run: echo same > /same'
    layer over busybox 'overlay_dirs: [{source: files, dest: /files}]'
    layer empty scratch
    layer top copy 'generate_labels: echo top > /stacker/oci-labels/top'
}

# behaviour: blobs, the order of the index, and what the cache knows, are the same however many layers are built at a time
# documented: docs/recipe.md#at-the-same-time
# status: beyond
@test "eight at a time give what one at a time gives" {
    export SOURCE_DATE_EPOCH=1000000000
    graph_recipe
    stacker build -j 1
    print_result >../one
    stacker clean
    stacker build -j8
    print_result >../eight
    diff ../one ../eight
    stacker build -j 8
    print_result | diff ../one -
    stacker build -j 8 --no-cache
    print_result | diff ../one -
    stacker build -j 1 --layer-type squashfs
    print_result >../one
    stacker clean
    stacker build -j 8
    stacker build -j 8 --layer-type squashfs
    print_result | diff ../one -
}

# behaviour: a layer that imports what an earlier one puts into its bind is built after it, through a symlink, too
# documented: docs/recipe.md#at-the-same-time
# status: documented
@test "what a bind fills is imported when it is full" {
    busybox_base
    mkdir shared shared/tree
    ln -s shared link
    layer fill busybox 'binds: ["shared -> /shared"]' \
        'run: for i in 1 2 3 4 5 6 7 8 9; do echo $i; done > /shared/tree/file; cp -r /shared/tree /shared/more'
    layer take busybox 'imports: [shared/tree/file]' 'run: cp /stacker/imports/file /took'
    layer through busybox 'imports: [link/more/file]' 'run: cp /stacker/imports/file /took'
    layer over busybox 'overlay_dirs: [{source: shared/more, dest: /over}]'
    layer also busybox 'binds: ["shared/tree -> /tree"]' 'run: cp /tree/file /took'
    stacker build
    for image in take through also; do
        unpack_image "$image" "$image"
        assert_equal "$(wc -l <"$image/took")" 9
    done
    list_layer over 1 | grep -qx over/file
}

# behaviour: a layer that binds what an earlier one imports changes nothing of what that one gets
# documented: docs/recipe.md#at-the-same-time
# status: beyond
@test "what is imported is bound when it has been read" {
    busybox_base
    head -c 30000000 /dev/zero >large
    layer take busybox 'imports: [large]' 'run: wc -c < /stacker/imports/large > /took'
    layer spoil busybox 'binds: ["large -> /large"]' 'run: "> /large"'
    stacker build --jobs 2
    unpack_image take take
    assert_equal "$(cat take/took)" 30000000
}

# behaviour: nothing is built beside a layer with serial: true
# documented: docs/recipe.md#serial
# status: beyond
@test "serial: true is alone" {
    busybox_base
    share_fifos there
    # Whoever is there writes; nobody is.
    layer a busybox 'serial: true' 'binds: ["there.a -> /there"]' 'run: "! timeout 3 cat /there > /met; touch /alone"'
    layer b busybox 'binds: ["there.b -> /there"]' 'run: timeout 1 sh -c "echo b > /there" || touch /alone'
    stacker build --jobs 2
    list_layer a -1 | grep -qx alone
    list_layer b -1 | grep -qx alone
}

# behaviour: a layer that fails ends those that are being built; the error is its own, and what was not begun is named
# documented: docs/commands.md#several-layers-at-a-time
# status: beyond
@test "a failure ends the others" {
    busybox_base
    share_fifos there never
    layer a busybox 'binds: ["there.a -> /there", "never.a -> /never"]' 'run: "echo a > /there; cat /never"'
    layer b busybox 'binds: ["there.b -> /there"]' 'run: "cat /there; exit 3"'
    layer c a 'run: "true"'
    layer d scratch
    run -3 --separate-stderr stacker build --jobs 2
    assert_equal "$(grep -c '^error: ' <<<"$stderr")" 1
    assert_said 'error: run commands failed for image "b" in "stacker.yaml"'
    assert_said 'ended before they were built: a'
    assert_said 'not begun: c, d'
    assert_layout_whole oci
}

# behaviour: the words of a failure are the same, however many layers are built at a time
# documented: docs/commands.md#several-layers-at-a-time
# status: beyond
@test "one failure is told as ever" {
    busybox_base
    layer a busybox 'run: "true"'
    layer b a 'run: exit 3'
    run -3 --separate-stderr stacker build --jobs 1
    one=$(grep -A9 '^error: ' <<<"$stderr")
    run -3 --separate-stderr stacker build --jobs 4
    assert_equal "$(grep -A9 '^error: ' <<<"$stderr")" "$one"
    assert_said "found cached layer a"
}

# behaviour: with --keep-going all is built that doesn't need what failed, all that failed is told, and the exit status is
# that of the first
# documented: docs/commands.md#several-layers-at-a-time
# status: beyond
@test "--keep-going builds what it can" {
    busybox_base
    layer a busybox 'run: exit 3'
    layer b a 'run: "true"'
    layer c busybox 'run: touch /c'
    layer d busybox 'run: exit 4'
    layer e scratch 'imports: ["stacker://b/bin"]'
    layer f c 'run: touch /f'
    for jobs in 1 4; do
        run -3 --separate-stderr stacker build --keep-going --jobs "$jobs"
        assert_equal "$(sed -n 's/^error: run commands failed for image "\(.\)".*/\1/p' <<<"$stderr")" $'a\nd'
        assert_said 'not built, since they need what failed: b, e'
        assert_equal "$(list_tags)" $'c\nf'
    done
    assert_said "found cached layer f"
}

# behaviour: what was finished when another layer failed is found in the cache
# documented: docs/commands.md#several-layers-at-a-time
# status: beyond
@test "what was finished stays" {
    busybox_base
    share_fifos there
    layer a busybox 'run: touch /a'
    layer b a 'binds: ["there.a -> /there"]' 'run: echo b > /there'
    layer c busybox 'binds: ["there.b -> /there"]' 'run: "cat /there; exit 1"'
    run -1 --separate-stderr stacker build --jobs 2
    sed -i 's/exit 1/true/' stacker.yaml
    rm there.*
    touch there.{a,b}
    run -0 --separate-stderr stacker build --jobs 1
    assert_said "found cached layer a"
}

# behaviour: SIGINT ends all layers that are being built, with status 130, and nothing is left
# documented: docs/commands.md#signals
# status: beyond
@test "SIGINT ends all" {
    busybox_base
    share_fifos there never
    layer a busybox 'binds: ["there.a -> /there", "never.a -> /never"]' 'run: "echo a > /there; cat /never"'
    layer b busybox 'binds: ["there.b -> /there", "never.b -> /never"]' 'run: "echo b > /there; cat /never"'
    start "$STACKER" build --jobs 2
    # For both ends: it waits for nobody.
    exec 5<>there.c
    read -r -t 60 _ <&5
    read -r -t 60 _ <&5
    exec 5>&-
    kill -INT "$started"
    wait_for_end
    assert_equal "$status" 130
    assert_equal "$(grep -c '^error: ' started.err)" 1
    assert_nothing_left
}

# behaviour: how many layers are built at a time is a number from 1 on
# documented: docs/commands.md#several-layers-at-a-time; docs/commands.md#config-file
# status: beyond
@test "none at a time is refused" {
    layer a scratch
    refuse build --jobs 0
    assert_said "--jobs 0"
    for jobs in 0 -1 many; do
        echo "jobs: $jobs" >conf.yaml
        refuse --config conf.yaml build
        assert_said "conf.yaml:1:7: jobs is a number from 1 on"
    done
    echo "jobs: 2" >conf.yaml
    stacker --config conf.yaml build
}

#!/usr/bin/env bats
# explain --sizes and --html: what an image ships, and what of it is wasted.

load ../helpers

# stacked_image <LAYERS: makes the OCI layout ./stacked of layers that are listed.
stacked_image() {
    "$TOP/tools/fixtures/make-stacked-image.py" stacked
}

# sizes_of IMAGE FILTER: what jq's filter makes of the numbers.
sizes_of() {
    stacker explain "$1" --sizes --json >sizes.json
    jq -cer "$2" sizes.json
}

# read_page FILE [text|data]: prints what is in a page, and fails if it could do anything.
read_page() {
    "$TOP/tools/test/read-page.py" "$@"
}

# An image with one of every waste: 10 bytes overwritten, 20 shipped again for a mode, 30 deleted, 2 copies of 40 bytes beside
# the first.
wasteful_image() {
    stacked_image <<'END'
[[{"path": "a/changed", "size": 10}, {"path": "a/mode", "text": "mmmmmmmmmmmmmmmmmmmm"}, {"path": "a/gone", "size": 30},
  {"path": "kept", "size": 40}, {"path": "linked", "link": "kept"}],
 [{"path": "a/changed", "size": 11}, {"path": "a/mode", "text": "mmmmmmmmmmmmmmmmmmmm", "mode": "600"}, {"path": "a/.wh.gone"},
  {"path": "copy", "size": 40}],
 [{"path": "b/copy", "size": 40}]]
END
}

# behaviour: each waste counts once: overwritten, shipped again for its mode, deleted, and of N copies all but one
# documented: docs/sizes.md#waste; docs/sizes.md#for-programs
# status: beyond
@test "what is wasted, in numbers" {
    wasteful_image
    assert_equal "$(sizes_of oci:stacked:latest '[.unpacked, .waste.bytes, .waste.percent]')" '[211,140,66.35]'
    assert_equal "$(jq -c '.waste.byKind' sizes.json)" '{"copies":80,"deleted":30,"metadata":20,"overwritten":10}'
    assert_equal "$(jq -c '.waste.items[] | [.kind, .bytes, .paths, .count, .layer, .hiddenBy]' sizes.json)" \
        '["copies",80,["/kept","/copy","/b/copy"],3,0,null]
["deleted",30,["/a/gone"],1,0,1]
["metadata",20,["/a/mode"],1,0,1]
["overwritten",10,["/a/changed"],1,0,1]'
    assert_equal "$(jq '[.waste.byRemedy[]] | add' sizes.json)" 140
    assert_equal "$(jq -c '[.biggest[] | [.path, .bytes, .layer, .names]]' sizes.json)" \
        '[["/kept",40,0,2],["/copy",40,1,1],["/b/copy",40,2,1],["/a/mode",20,1,1],["/a/changed",11,1,1]]'
}

# behaviour: layers are listed from the bottom, with packed and unpacked sizes, and what each adds, changes and deletes
# documented: docs/sizes.md#words
# status: beyond
@test "what each layer does" {
    wasteful_image
    assert_equal "$(sizes_of oci:stacked:latest '[.layers[] | [.number, .unpacked, .adds.entries, .adds.bytes,
        .changes.entries, .changes.bytes, .deletes.entries, .deletes.bytes]]')" \
        '[[0,100,7,100,0,0,0,0],[1,71,1,40,2,31,1,30],[2,40,2,40,0,0,0,0]]'
    assert_equal "$(jq -c '[.layers[].packed]' sizes.json)" \
        "$(for n in 0 1 2; do stat -c %s "$(layer_blob latest $n stacked)"; done | jq -sc .)"
    assert_equal "$(jq '.packed == ([.layers[].packed] | add)' sizes.json)" true
    run -0 stacker explain oci:stacked:latest --sizes
    assert_line --index 0 --regexp '^oci:stacked:latest: 3 layers, .* packed, 211 B unpacked, of which 140 B \(66.4 %\) are wasted$'
    assert_line --regexp '^  layer  packed  unpacked +adds +changes +deletes +made by$'
    assert_line --regexp '^  80 B +/kept, /copy, /b/copy: the same content at several paths$'
    assert_line --regexp '^  30 B +/a/gone of layer 0: deleted by layer 1$'
    assert_line "  together 80 B in copies, 30 B deleted, 20 B shipped again for metadata, 10 B overwritten"
    run -0 stacker explain oci:stacked:latest --layer 1
    assert_line --index 0 "oci:stacked:latest, layer 1: nobody says"
    assert_line --index 1 "  $(layer_digest latest 1 stacked)"
    assert_line --regexp '^  11 B +changes /a/changed$'
    assert_line --regexp '^  30 B +deletes /a/gone$'
    assert_line --regexp '^  40 B +adds /copy$'
    refuse explain oci:stacked:latest --layer 3
    assert_said "its layers are 0 to 2, bottom to top"
}

# behaviour: sizes don't depend on the type of the layers
# documented: docs/sizes.md#words
# status: beyond
@test "sizes of other types of layers" {
    local type
    busybox_recipe $'  run: |\n    echo one > /one; cp /one /two; rm -r /bin/b*; chmod 600 /etc/passwd; rm -r /etc/group'
    stacker build --layer-type tar --layer-type squashfs --layer-type erofs
    sizes_of it '[.unpacked, .waste.items, [.layers[] | [.unpacked, .adds.bytes, .changes.bytes, .deletes]]]' >tar
    for type in squashfs erofs; do
        sizes_of "it-$type" '[.unpacked, .waste.items, [.layers[] | [.unpacked, .adds.bytes, .changes.bytes, .deletes]]]' >"$type"
        assert_equal "$(<"$type")" "$(<tar)"
    done
}

# behaviour: what a build_only layer ships for nothing would be saved by collapsing, and is; layers are named as in the recipe
# documented: docs/sizes.md#who-made-a-layer; docs/sizes.md#waste
# status: beyond
@test "what a build_only layer ships" {
    busybox_base
    cat >stacker.yaml <<'END'
tools:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  run: head -c 3000 /dev/urandom > /large

app:
  from: {type: built, tag: tools}
  run: |
    rm /large
END
    stacker build
    assert_equal "$(sizes_of app '.waste | [.bytes, .byRemedy.collapse, .items[0].paths[0]]')" '[3000,3000,"/large"]'
    assert_equal "$(jq -c '[.layers[] | [.recipe.layer, .recipe.line, .recipe.buildOnly]]' sizes.json)" \
        '[[null,null,null],["tools",1,true],["app",6,false]]'
    stacker explain app --html page.html
    read_page page.html text >words
    assert grep -Fx "  run: head -c 3000 /dev/urandom > /large" words
    assert grep -Fx "    rm /large" words
    stacker build --collapse-build-only
    assert_equal "$(sizes_of app '.waste.bytes')" 0
}

# behaviour: a deleted file of a base is the base's fault, one of the image's own layers its script's
# documented: docs/sizes.md#waste
# status: beyond
@test "whose fault a waste is" {
    build_pair 'head -c 1000 /dev/zero > /own' 'rm /own /etc/passwd'
    assert_equal "$(sizes_of above '.waste.byRemedy.script')" 1000
    assert_equal "$(jq -c '[.waste.items[] | select(.remedy == "base") | .paths[0]]' sizes.json)" '["/etc/passwd"]'
}

# behaviour: a file of the base that a chmod, chown or touch ships again is that, other names of it or not; a hard link across layers
#   and copies of them are told from copies within one, and each has an advice that helps
# documented: docs/sizes.md#waste; docs/sizes.md#for-programs
# status: beyond
@test "what a file is shipped again for" {
    busybox_base
    cat >stacker.yaml <<'END'
mode: {from: &base {type: oci, url: "busybox:latest"}, run: chmod 4755 /bin/busybox}
owner: {from: *base, run: chown -R 7 /etc}
time: {from: *base, run: touch -d 2001-01-01 /etc/passwd}
linked: {from: *base, run: ln /bin/busybox /bin/tool}
copied: {from: *base, run: cp /bin/busybox /bin/tool}
symlinked: {from: *base, run: ln -s busybox /bin/tool}
twice: {from: *base, run: echo twice > /one; cp /one /two}
END
    stacker build
    local items='[.waste.items[] | [.kind, .changed, .remedy, .layer, .hiddenBy]] | unique'
    assert_equal "$(sizes_of mode "$items")" '[["metadata",["mode"],"keep",0,1]]'
    assert_equal "$(jq -r '.waste.items[0].paths[0]' sizes.json)" /bin/busybox
    assert_equal "$(sizes_of owner "$items")" '[["metadata",["owner"],"keep",0,1]]'
    assert_equal "$(sizes_of time "$items")" '[["metadata",["time"],"keep",0,1]]'
    assert_equal "$(sizes_of linked "$items")" '[["metadata",[],"symlink",0,1]]'
    assert_equal "$(sizes_of copied "$items")" '[["copies",null,"symlink",0,null]]'
    assert_equal "$(sizes_of twice "$items")" '[["copies",null,"link",1,null]]'
    assert_equal "$(sizes_of symlinked .waste.bytes)" 0
    run -0 stacker explain mode --sizes
    assert_output --partial "/bin/busybox of layer 0: shipped again by layer 1 for mode"
    assert_output --partial "chmod, chown -R and touch ship them a second time"
    run -0 stacker explain linked --sizes
    assert_output --partial "/bin/busybox of layer 0: shipped again by layer 1, though nothing of it changed"
    assert_output --partial "make symlinks of it: a hard link to a file of a lower layer ships that once more"
}

# behaviour: many wasted files of a directory are one line, by kind and layers; what is large by itself is named
# documented: docs/sizes.md; docs/sizes.md#for-programs
# status: beyond
@test "waste by directory" {
    python3 - >layers <<'END'
import json
files = [{"path": f"usr/share/locale/{n}/text", "text": "%010d" % n} for n in range(100)]
files += [{"path": f"usr/share/doc/{n}", "text": "doc%07d" % n} for n in range(4)] + [{"path": "var/cache/large", "size": 3000}]
gone = [{"path": "var/.wh.cache"}]
print(json.dumps([files, [dict(file, mode="600") for file in files[:104]] + gone]))
END
    stacked_image <layers
    assert_equal "$(sizes_of oci:stacked:latest '.waste.groups[] | [.kind, .bytes, .path, .files]')" \
        '["deleted",3000,"/var/cache/large",1]
["metadata",1000,"/usr/share/locale",100]
["metadata",40,"/usr/share",4]'
    run -0 stacker explain oci:stacked:latest --sizes
    assert_line --regexp '^  1.0 kB +100 files in /usr/share/locale of layer 0: shipped again by layer 1 for mode$'
    assert_line --partial "by COPY --chmod and --chown, say"
}

# behaviour: an image of another program, with layers that its history tells of, is accounted for like any other
# documented: docs/sizes.md#who-made-a-layer
# status: beyond
@test "an image that umoci made" {
    requires umoci
    busybox_base
    mkdir -p one
    head -c 500 /dev/zero >one/file
    umoci raw add-layer --image busybox:latest --tag more --history.created_by 'a layer <of> umoci' <(tar -C one -c file)
    umoci raw add-layer --image busybox:more --history.created_by 'a whiteout' <(touch .wh.file && tar -c .wh.file)
    assert_equal "$(sizes_of oci:busybox:more '.waste.items[] | [.kind, .bytes, .paths[0], .layer, .hiddenBy]')" \
        '["deleted",500,"/file",1,2]'
    assert_equal "$(jq -r '.layers[1].createdBy' sizes.json)" 'a layer <of> umoci'
    # Hard links have no content of their own in a tar.
    assert_equal "$(jq '.layers[0].unpacked' sizes.json)" \
        "$(layer_tar latest 0 busybox | tar -tv | awk '/^-/ { sum += $3 } END { print sum }')"
    stacker explain oci:busybox:more --html page.html
    read_page page.html text >words
    assert grep -Fx "a layer <of> umoci" words
}

# behaviour: --fail-above ends with status 1 if more is wasted, in a part of the image or in bytes, and says how much; with 2 for
#   trouble
# documented: docs/sizes.md#a-limit; docs/commands.md#explain
# status: beyond
@test "a limit of waste" {
    local limit
    wasteful_image
    for limit in 66% 139 0.13kB 0; do
        refuse explain oci:stacked:latest --fail-above "$limit"
        assert_said "oci:stacked:latest wastes 140 B, 66.4 % of its unpacked size, and may waste"
        assert_said "lists what it is, and what would save it"
    done
    for limit in 67% 140 1KiB 2MB; do
        run -0 stacker explain oci:stacked:latest --fail-above "$limit"
        assert_said "are wasted"
    done
    for limit in 101% -- x 5x 1e9; do
        run -2 --separate-stderr stacker explain oci:stacked:latest "--fail-above=$limit"
        assert_said "is no limit of waste"
        assert_said "as 5%, or a size, as 10MB"
    done
    run -2 stacker explain oci:stacked:none --fail-above 5%
    run -2 stacker explain oci:stacked:latest --fail-above 5% --no-such-option
    rm -r stacked
    stacked_image <<<'[[{"path": "a", "size": 1}, {"path": "b", "size": 100000}], [{"path": ".wh.a"}]]'
    refuse explain oci:stacked:latest --fail-above 0.0009%
    assert_said "wastes 1 B, 0.001 % of its unpacked size, and may waste 0.0009%"
}

# behaviour: what a layer has in a directory that it replaces is not there, as unpacked; what can't be unpacked is refused
# documented: docs/sizes.md#waste; docs/sizes.md#bounds
# status: beyond
@test "a layer that replaces what it has itself" {
    stacked_image <<'END'
[[{"path": "d", "directory": true}, {"path": "d/x", "size": 7}, {"path": "d", "size": 3}, {"path": "d", "directory": true}]]
END
    assert_equal "$(sizes_of oci:stacked:latest '[.waste.items[] | [.kind, .bytes, .paths[0]]], .biggest, .layers[0].adds')" \
        '[["repeated",7,"/d/x"],["repeated",3,"/d"]]
[]
{"bytes":0,"entries":2}'
    umoci unpack --image stacked:latest bundle
    assert_equal "$(find bundle/rootfs/d)" bundle/rootfs/d

    rm -r stacked
    stacked_image <<<'[[{"path": "d", "size": 3}, {"path": "d/g", "size": 1}]]'
    run ! umoci unpack --image stacked:latest refused
    refuse explain oci:stacked:latest --sizes
    assert_said "a layer has something in /d, which is no directory in it"
}

# behaviour: of names in an image, what nobody could see or would garble the text is written out
# documented: docs/sizes.md#words
# status: beyond
@test "hostile names in the text" {
    stacked_image <<'END'
[[{"path": "big\u061c\ufeff\udb40\udc41\u2028\u202e\u001b[31m", "size": 90}, {"path": "\u061c/\u2028gone", "size": 9},
  {"path": "\ufeff", "text": "xyz"}, {"path": "copy\u202e", "text": "xyz"}], [{"path": "\u061c/.wh.\u2028gone"}]]
END
    run -0 stacker explain oci:stacked:latest --sizes
    assert_line --partial '/big\u{061C}\u{FEFF}\u{000E0041}\u{2028}\u{202E}\u{1B}[31m, layer 0'
    assert_line --partial '/\u{061C}/\u{2028}gone of layer 0: deleted by layer 1'
    assert_line --partial '/\u{FEFF}, /copy\u{202E}: the same content'
    run -0 stacker explain oci:stacked:latest --layer 0
    assert_line --partial '\u{061C}'
    refute_output --regexp $'\u061c|\ufeff|\U000e0041|\u2028|\u202e|\e'
}

# behaviour: names in an image are text in a page, and what can't be seen in them is written out
# documented: docs/sizes.md#a-page
# status: beyond
@test "hostile names in a page" {
    stacked_image <<'END'
[[{"path": "<script>alert(1)</script>/<img src=x onerror=alert(2)>", "size": 100},
  {"path": "</script><script>alert(3)</script>", "size": 90},
  {"path": "\"' onmouseover='alert(4)", "size": 80},
  {"path": "gpj.\u202eexe", "size": 70}, {"path": "two\nlines\u001b[31m", "size": 60}, {"path": "bytes-\udcff\udc80", "size": 50},
  {"path": "<!--", "size": 45}, {"path": "javascript:alert(5)", "size": 44}, {"path": "\\u{202E}", "size": 43}],
 [{"path": "gpj.\u202eexe", "text": "x"}, {"path": "<script>alert(1)</script>/.wh.<img src=x onerror=alert(2)>"}]]
END
    stacker explain oci:stacked:latest --html page.html
    read_page page.html text >words
    read_page page.html data >trees
    assert grep -F '/<script>alert(1)</script>/<img src=x onerror=alert(2)>' words
    assert grep -F '/</script><script>alert(3)</script>' words
    assert grep -F '/gpj.\u{202E}exe' words
    assert grep -F '/two\u{A}lines\u{1B}[31m' words
    assert grep -F '/bytes-\xFF\x80' words
    assert grep -F '/\\u{202E}' words
    assert_equal "$(jq -c '[.[0][3][][0]] | map(select(. == "<" or startswith("gpj")))' trees)" \
        '["<","gpj.\\u{202E}exe"]'
    run -0 stacker explain oci:stacked:latest --sizes
    refute_output --partial $'\u001b'
}

# behaviour: a page that is written replaces the one before when it is whole, and the text is printed if it is asked for
# documented: docs/sizes.md#a-page
# status: beyond
@test "where a page is written" {
    wasteful_image
    run -0 stacker explain oci:stacked:latest --html page.html
    assert_output ""
    read_page page.html text >words
    assert grep -Fx "oci:stacked:latest" words
    assert grep -F "$(jq -r .manifests[0].digest stacked/index.json), for linux/" words
    assert grep -F "11 B changes /a/changed" words
    assert grep -Fx "$(layer_digest latest 1 stacked)" words
    assert grep -F "Written by stacker $("$STACKER" --version | awk '{ print $2; exit }')" words
    cp page.html before
    run -0 stacker explain oci:stacked:latest --html page.html --sizes
    assert_said "140 B (66.4 %) are wasted"
    cmp page.html before
    run -1 stacker explain oci:stacked:latest --html page.html --fail-above 1%
    refuse explain oci:stacked:latest --html none/page.html
    assert_said "couldn't write the page none/page.html"
    mkdir directory
    refuse explain oci:stacked:latest --html directory
    assert_said "no file"
    refuse explain oci:stacked:none --html page.html
    refuse explain oci:stacked:latest --html -
    assert_said "./- is one of that name"
    cmp page.html before
}

# behaviour: inspect --html shows all images of the layout, the layers that they share once, and what can't be read
# documented: docs/sizes.md#a-page; docs/commands.md#inspect
# status: beyond
@test "a page of all images" {
    build_pair 'head -c 1000 /dev/urandom > /f' 'rm /f'
    stacker inspect --html all.html
    read_page all.html text >words
    assert grep -Fx "$PWD/oci" words
    assert grep -Fx "Layers that several images have" words
    assert_equal "$(grep -c "^$(layer_digest above 0 | cut -c 8-19)" words)" 1
    assert_equal "$(read_page all.html data | jq length)" "$(stacker inspect --json | jq length)"
    rm "$(layer_blob above -1)"
    stacker inspect --html all.html
    read_page all.html text | grep "^above: couldn't"
    # A tag is no name of an image elsewhere, whatever it looks like.
    jq -c '.manifests[1].annotations["org.opencontainers.image.ref.name"] = "docker://127.0.0.1:9/x:1"' oci/index.json >new
    mv new oci/index.json
    stacker inspect --html all.html
    read_page all.html text >words
    grep -F "docker://127.0.0.1:9/x:1" words
    run ! grep -F "couldn't get" words
}

# behaviour: build --timing's last times are in numbers and page, of the image's own layers
# documented: docs/sizes.md#for-programs; docs/sizes.md#a-page
# status: beyond
@test "the last build" {
    build_pair 'echo f > /f' 'echo g > /g'
    assert_equal "$(sizes_of above .lastBuild)" null
    stacker build --no-cache --timing
    assert_equal "$(sizes_of above '[.lastBuild[] | [.layer, .outcome]]')" \
        "$(jq -c '[.traceEvents[] | select(.cat == "layer")] | sort_by(.ts) | map([.args.layer, .args.outcome])' .stacker/timing.json)"
    stacker explain above --html page.html
    read_page page.html text | grep -Fx "The last build that was timed"
}

# behaviour: a layer that is damaged, or that is not what the image says, is an error, and so is a build_only layer
# documented: docs/sizes.md#bounds
# status: beyond
@test "images that can't be accounted for" {
    wasteful_image
    printf x | dd of="$(layer_blob latest 1 stacked)" bs=1 seek=20 conv=notrunc status=none
    refuse explain oci:stacked:latest --sizes
    assert_said "couldn't account for oci:stacked:latest"
    assert_said "the blob is damaged"
    refuse explain nothing --sizes
    assert_said "there is no OCI layout"
    busybox_base
    printf '%s\n' 'tools: {from: {type: oci, url: "busybox:latest"}, build_only: true}' \
        'app: {from: {type: built, tag: tools}}' >stacker.yaml
    stacker build
    refuse explain tools --sizes
    assert_said "tools is a layer that was built without becoming an image: build_only"
    refuse explain docker:// --sizes
}

# behaviour: small files are drawn together, so that a page of very many files is not long
# documented: docs/sizes.md#a-page; docs/sizes.md#bounds
# status: beyond
@test "a page of many files" {
    make_fixture stacked-20000 "$TOP/tools/fixtures/make-stacked-image.py" --files 20000
    cp -r "$FIXTURES/stacked-20000" many
    assert_equal "$(sizes_of oci:many:latest '[.layers[0].adds.bytes == .layers[0].unpacked, .waste.bytes > 0]')" '[true,true]'
    stacker explain oci:many:latest --html page.html
    read_page page.html
    (($(stat -c %s page.html) < 1000000)) || fail "the page has $(stat -c %s page.html) bytes"
}

#!/usr/bin/env bats
# diff: what differs between two images, layouts or directories, and why it may.

load ../helpers

# write_layer FILE CODE: writes a tar by Python, in which add(NAME, content=b"", **members of a TarInfo) adds an entry.
write_layer() {
    python3 -IS - "$@" <<'END'
import io, sys, tarfile

def add(name, content=b"", **members):
    entry = tarfile.TarInfo(name)
    entry.mtime = 1700000000
    entry.size = len(content)
    for key, value in members.items():
        setattr(entry, key, value)
    tar.addfile(entry, io.BytesIO(content))

with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT) as tar:
    exec(sys.argv[2])
END
}

# write_image LAYOUT TAR… : an image "it" of these layers, as they are, and no other, for this machine.
write_image() {
    python3 -IS - "$@" <<'END'
import gzip, hashlib, json, os, sys

layout, layers = sys.argv[1], sys.argv[2:]
os.makedirs(f"{layout}/blobs/sha256", exist_ok=True)

def put(data, kind, **more):
    name = hashlib.sha256(data).hexdigest()
    with open(f"{layout}/blobs/sha256/{name}", "wb") as file:
        file.write(data)
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{name}", "size": len(data), **more}

descriptors, diff_ids = [], []
for layer in layers:
    with open(layer, "rb") as file:
        data = file.read()
    plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    diff_ids.append("sha256:" + hashlib.sha256(plain).hexdigest())
    descriptors.append(put(data, "layer.v1.tar+gzip" if plain is not data else "layer.v1.tar"))
config = {"architecture": "amd64", "os": "linux", "config": {"Env": ["A=1"]},
          "rootfs": {"type": "layers", "diff_ids": diff_ids}}
config = put(json.dumps(config).encode(), "config.v1+json")
manifest = put(json.dumps({"schemaVersion": 2, "config": config, "layers": descriptors}).encode(), "manifest.v1+json",
               annotations={"org.opencontainers.image.ref.name": "it"})
with open(f"{layout}/index.json", "w") as file:
    json.dump({"schemaVersion": 2, "manifests": [manifest]}, file)
with open(f"{layout}/oci-layout", "w") as file:
    file.write('{"imageLayoutVersion":"1.0.0"}')
END
}

# compare_layers CODE CODE: writes two images of one layer each by write_layer, and says as JSON, in ./found, what differs.
compare_layers() {
    write_layer a.tar "$1"
    write_layer b.tar "$2"
    write_image a a.tar
    write_image b b.tar
    run -1 --separate-stderr stacker diff --json oci:a:it oci:b:it
    # shellcheck disable=SC2154  # set by run
    printf '%s\n' "$output" >found
    stacker diff oci:a:it oci:b:it >said || [[ $? == 1 ]]
}

# found FILTER: what jq finds in the only layer of what compare_layers has found.
found() {
    jq -r ".parts[0].layers[0].entries | $1" found
}

# put_index LAYOUT FILTER [OPTION]: the layout's image "it" becomes an index of it for two platforms, changed by jq.
put_index() {
    jq "${3:--c}" "{schemaVersion: 2, mediaType: \"application/vnd.oci.image.index.v1+json\", manifests: ([
        (.manifests[0] | del(.annotations) | .platform = {os: \"linux\", architecture: \"amd64\"}),
        (.manifests[0] | del(.annotations) | .platform = {os: \"linux\", architecture: \"arm64\"})] | $2)}" \
        "$1/index.json" | put_blob "$1" >blob
    jq -c --slurpfile blob blob '{schemaVersion: 2, manifests: [$blob[0] + {
        mediaType: "application/vnd.oci.image.index.v1+json",
        annotations: {"org.opencontainers.image.ref.name": "it"}}]}' "$1/index.json" >new
    mv new "$1/index.json"
}

# assert_reason REASON: it is one of those that were found, and it is said with what to do.
assert_reason() {
    assert_equal "$(jq -r --arg reason "$1" '.reasons[] | select(.reason == $reason) | .help | length > 20' found)" true
    grep -qF "  $1: " said
}

# behaviour: two builds that give the same image are equal: the exit status is 0
# documented: docs/diff.md#what-differs-between-two-images; docs/diff.md#exit-status
# status: beyond
@test "equal images" {
    clamp_times
    busybox_recipe '  run: echo it > /it'
    stacker build
    cp -a oci first
    stacker clean
    stacker build
    run -0 --separate-stderr stacker diff it oci:first:it
    assert_output "it and oci:first:it are equal"
    assert_equal "$(stacker diff --json it oci:first:it | jq -c '[.equal, .a, .b]')" '[true,"it","oci:first:it"]'
    run -0 stacker diff oci first
}

# behaviour: what differs makes the exit status 1, trouble 2, also a wrong command line; --brief says no more than that
# documented: docs/diff.md#exit-status; docs/commands.md#diff
# status: beyond
@test "exit statuses" {
    mkdir -p a b
    touch -d @1700000000 a b
    run -0 stacker diff ./a ./b
    echo 1 >b/file
    run -1 stacker diff ./a ./b
    run -1 --separate-stderr stacker diff --brief ./a ./b
    assert_output "./a and ./b differ"
    run -2 --separate-stderr stacker diff ./a nothing
    assert_output ""
    run -2 --separate-stderr stacker diff dir:a dir:b
    grep -qF 'skopeo copy dir:a oci:directory:tag' <<<"$stderr"
    run -2 --separate-stderr stacker diff ./a
    run -2 --separate-stderr stacker diff --no-such-option ./a ./b
}

# behaviour: what differs is told from the outside in: tags, config and annotations, layers, entries; equal layers are named as such
# documented: docs/diff.md#what-differs
# status: beyond
@test "from the outside in" {
    clamp_times
    busybox_recipe $'  run: echo one > /it\n  annotations: {who: me}\n  environment: {A: "1"}'
    stacker build
    cp -a oci first
    sed -i 's/echo one/echo other/; s/who: me/who: you/; s/A: "1"/A: "2"/' stacker.yaml
    stacker build
    run -1 --separate-stderr stacker diff oci:first:it it
    assert_line --regexp '^  manifest\.annotations\.who: "me" → "you"$'
    assert_line --regexp '^  config\.config\.Env\[[0-9]+\]: "A=1" → "A=2"$'
    assert_line --partial "  layer 0: equal, $(layer_digest it 0)"
    assert_line --partial "  layer 1: 1 differs; $(layer_digest it 1 first) → $(layer_digest it 1)"
    assert_line "  ~ /it: content, 4 → 6 bytes"
    assert_line "      -one"
    assert_line "      +other"
}

# behaviour: layers that are equal are never read: what is damaged there doesn't show
# documented: docs/diff.md#layers
# status: beyond
@test "equal layers are not read" {
    write_layer same.tar 'add("same")'
    write_layer a.tar 'add("a")'
    write_layer b.tar 'add("b")'
    write_image a same.tar a.tar
    write_image b same.tar b.tar
    size=$(stat -c %s same.tar)
    head -c "$size" /dev/zero >"$(layer_blob it 0 a)"
    head -c "$size" /dev/zero >"$(layer_blob it 0 b)"
    run -1 --separate-stderr stacker diff --json oci:a:it oci:b:it
    assert_equal "$(jq -c '[.parts[0].layers[].state]' <<<"$output")" '["equal","differs"]'
    # One that is read is verified.
    head -c "$(stat -c %s a.tar)" /dev/zero >"$(layer_blob it 1 a)"
    run -2 --separate-stderr stacker diff oci:a:it oci:b:it
    assert_said "the blob is damaged"
}

# behaviour: an equal layer at another place is told as moved, one that only one image has as such, others by position
# documented: docs/diff.md#layers
# status: beyond
@test "layers that moved, and that only one image has" {
    for name in one two three old new; do write_layer $name.tar "add('$name')"; done
    write_image a one.tar two.tar old.tar three.tar
    write_image b two.tar one.tar new.tar three.tar
    run -1 --separate-stderr stacker diff --json oci:a:it oci:b:it
    jq -c '.parts[0].layers[] | [.a.number, .b.number, .state, .moved]' <<<"$output" | sort >layers
    assert_equal "$(grep -c 'true' layers)" 1
    assert_equal "$(grep -c '"equal"' layers)" 3
    grep -qxF '[2,2,"differs",false]' layers
    write_image b one.tar two.tar three.tar
    run -1 --separate-stderr stacker diff oci:a:it oci:b:it
    assert_line --partial "layer 2: only in a: $(layer_digest it 2 a)"
    assert_line "  - /old: file of 0 B, 0644, owner 0:0"
    run -1 --separate-stderr stacker diff oci:b:it oci:a:it
    assert_line --partial "layer 2 of b: only in b: $(layer_digest it 2 a)"
    assert_line "  + /old: file of 0 B, 0644, owner 0:0"
}

# behaviour: of a layer with the same content that is packed otherwise it is said how either is; entries are not compared
# documented: docs/diff.md#layers
# status: beyond
@test "another compression" {
    write_layer plain.tar 'add("file", b"0" * 100000)'
    gzip -n9 <plain.tar >packed.tar
    write_image a plain.tar
    write_image b packed.tar
    run -1 --separate-stderr stacker diff --json oci:a:it oci:b:it
    printf '%s\n' "$output" >found
    assert_equal "$(jq -c '.parts[0].layers[0] | [.state, .entries]' found)" '["same content",null]'
    stacker diff oci:a:it oci:b:it >said || [[ $? == 1 ]]
    grep -q 'layer 0: the same content, packed otherwise: not compressed as a whole, .* → gzip, at its best' said
    assert_reason "the compression"
}

# behaviour: added and removed entries, and each thing in which entries of one path differ, are named
# documented: docs/diff.md#entries; docs/diff.md#json
# status: beyond
@test "entries, and what differs of them" {
    compare_layers '
add("gone")
add("mode", mode=0o644)
add("owner", uid=1)
add("time", mtime=1)
add("kind")
add("link", type=tarfile.SYMTYPE, linkname="one")
add("device", type=tarfile.CHRTYPE, devmajor=1, devminor=3)
add("xattr", pax_headers={"SCHILY.xattr.user.a": "1"})
add("content", b"one\n")
add("first")
add("second", type=tarfile.LNKTYPE, linkname="first")
add(".wh.hidden")
add("same", b"same")' '
add("mode", mode=0o640)
add("owner", uid=2)
add("time", mtime=2)
add("kind", type=tarfile.DIRTYPE)
add("link", type=tarfile.SYMTYPE, linkname="two")
add("device", type=tarfile.CHRTYPE, devmajor=1, devminor=5)
add("xattr", pax_headers={"SCHILY.xattr.user.a": "2"})
add("content", b"two\n")
add("first")
add("second")
add(".wh.hidden")
add("same", b"same")
add("new")'
    assert_equal "$(found '.differences[] | "\(.path) \(.differs | join(","))"' | sort)" "$(sort <<'END'
/gone 
/mode mode
/owner owner
/time time
/kind kind
/link link target
/device device
/xattr extended attributes
/content content
/second hard links
/new 
END
)"
    assert_equal "$(found '[.count, .onlyInA, .onlyInB, .changed, .totals.a, .totals.b] | @csv')" 11,1,1,9,13,13
    assert_equal "$(found '.differences[] | select(.path == "/mode") | "\(.a.mode) \(.b.mode)"')" "0644 0640"
    grep -qx '  - /gone: file of 0 B, 0644, owner 0:0' said
    grep -qx '  + /new: file of 0 B, 0644, owner 0:0' said
    grep -qx '  ~ /mode: mode 0644 → 0640' said
    grep -qx '  ~ /time: time 1970-01-01T00:00:01Z → 1970-01-01T00:00:02Z' said
    grep -qx '  ~ /link: target one → two' said
    grep -qx '  ~ /xattr: extended attributes user.a (another value)' said
    grep -qx '  ~ /second: hard links: another name of /first → a file of its own' said
}

# behaviour: text differs by a patch, which is the one of diff -u
# documented: docs/diff.md#content
# status: beyond
@test "the content of text is a patch" {
    seq 1 200 >one
    sed -e '3d' -e '100s/.*/hundred/' -e '180a new' -e '$s/$/ end/' one >other
    printf 'no line end' >>other
    compare_layers 'add("file", open("one", "rb").read())' 'add("file", open("other", "rb").read())'
    diff -u one other | tail -n +3 | cmp - <(found '.differences[0].content.patch[]')
}

# behaviour: other content differs by the offset of the first byte, which is shown with those behind it, however large the file is
# documented: docs/diff.md#content
# status: beyond
@test "the content of binaries is an offset" {
    compare_layers 'add("small", b"\0" * 100 + b"ABC"); add("large", b"\0" * 5000000 + b"A" + b"\0" * 999999)' \
        'add("small", b"\0" * 100 + b"AXC"); add("large", b"\0" * 5000000 + b"B" + b"\0" * 999999)'
    assert_equal "$(found '[.differences[] | [.path, .content.offset]] | @json')" '[["/large",5000000],["/small",101]]'
    assert_equal "$(found '.differences[1].content.bytes | @json')" '{"a":"4243","b":"5843"}'
    grep -qx '      first differs at byte 101' said
    grep -qx '      a: 42 43  BC' said
    assert_equal "$(found '.differences[0].a.sha256')" \
        "$(tar xOf a.tar large | sha256sum | cut -d' ' -f1)"
}

# behaviour: entries in another order are told with how many there are, and the first; so is how an archive is written otherwise
# documented: docs/diff.md#order-and-form
# status: beyond
@test "the order, and the form of the archive" {
    compare_layers 'for name in "abcdef": add(name)' 'for name in "abfcde": add(name)'
    assert_equal "$(found '[.count, .order.moved, .order.first.a, .order.first.b] | @csv')" '0,1,"/c","/f"'
    assert_reason "an order"
    compare_layers 'add("file", uname="root")' 'add("file", uname="")'
    assert_equal "$(found '[.count, .order, (.form | map(.what) | join(","))] | @json')" '[0,null,"the field uname"]'
    grep -qx '  written otherwise: the field uname: "root" (1 time) → nothing (1 time)' said
    assert_reason "the program that wrote the archive"
    write_layer b.tar 'add("file", uname="root")'
    head -c 5120 /dev/zero >>b.tar
    write_image b b.tar
    run -1 --separate-stderr stacker diff oci:a:it oci:b:it
    assert_line --regexp '^  written otherwise: its end: [0-9]+ bytes → [0-9]+ bytes$'
}

# behaviour: of what is made twice, the reason is told where it shows, with what makes it reproducible
# documented: docs/diff.md#why
# status: beyond
@test "reasons" {
    local reason one other
    while IFS='|' read -r reason one other; do
        echo "# $reason"
        compare_layers "add('file', $one)" "add('file', $other)"
        assert_reason "$reason"
        assert_equal "$(jq -c '[.reasons[].reason]' found)" "[\"$reason\"]"
    done <<'END'
a time stamp|b"built Mon Nov 30 17:46:54 UTC 2026\n"|b"built Mon Nov 30 17:46:57 UTC 2026\n"
a time stamp|b"at=1764524814\n"|b"at=1764524820\n"
a time stamp|b"2026-11-30T17:46:54Z x"|b"2026-12-01T17:46:54Z x"
a time stamp|b"\x1f\x8b\x08\x00\x01\x02\x03\x04\x02\x03abc"|b"\x1f\x8b\x08\x00\x05\x02\x03\x04\x02\x03abc"
a time stamp|b"x", mtime=1|b"x", mtime=2
an order|b"b\na\nc\n"|b"c\na\nb\n"
an order|b"/usr/b\n/usr/a"|b"/usr/a\n/usr/b\n"
an order|b"/usr/b /usr/a\n"|b"/usr/a /usr/b\n"
an order|b"".join(b"/usr/%d\n" % n for n in range(150000))|b"".join(b"/usr/%d\n" % n for n in reversed(range(150000)))
a locale|b"B\na\nc\n"|b"a\nB\nc\n"
a locale|b"LANG=de_DE.UTF-8\n"|b"LANG=C\n"
a random number|b"key 4f2a9c61e0b7d8354f2a\n"|b"key 9e7c1b0254adf3869e7c\n"
a random number|b"12345\n"|b"28112\n"
a random number|b"/tmp/tmp.tFNJDt\n"|b"/tmp/tmp.Ql8iVR\n"
a time stamp|b"VERSION=1.0.20261130191908\n"|b"VERSION=1.0.20261130191909\n"
an order|b"1,2,3\n"|b"3,2,1\n"
a locale|b"LANG=C.UTF-8\n"|b"LANG=\n"
a locale|b"1.5\n"|b"1,5\n"
a time zone|b"UTC\n"|b"CET\n"
a number of processors|b"2 cpus on stacker\n"|b"1 cpus on elsewhere\n"
a random number|b"dir tmp.Xa8Kd92lQz\n"|b"dir tmp.pL01mNbVcX\n"
a host name|b"by me@one.example\n"|b"by me@other.example\n"
a umask|b"x", mode=0o644|b"x", mode=0o664
the path of a directory|b"from /tmp/one/src/x.c\n"|b"from /home/other/src/x.c\n"
the user who builds|b"x", uid=1000|b"x", uid=1001
a number of processors|b"make -j4\n"|b"make -j8\n"
a number of processors|b"jobs: 4\n"|b"jobs: 8\n"
a build id|b"\x7fELF" + b"\0" * 60 + b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0" + b"A" * 20|b"\x7fELF" + b"\0" * 60 + b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0" + b"B" * 20
END
    compare_layers 'add("var/log/x.log", b"one\n")' 'add("var/log/x.log", b"two\n")'
    assert_reason "a log or a cache"
    compare_layers 'add("d/tmp.Xa8Kd92lQz")' 'add("d/tmp.pL01mNbVcX")'
    assert_reason "a random number"
}

# behaviour: directories are compared as layers are, with what overlayfs says in them; what stacker keeps of layers, too
# documented: docs/diff.md#what-can-be-compared
# status: beyond
@test "directories" {
    mkdir -p a/d b/d
    echo same | tee a/d/same >b/d/same
    echo one >a/file
    echo other >b/file
    ln a/file a/name
    ln b/file b/name
    find a b -exec touch -hd @1700000000 {} +
    run -1 --separate-stderr stacker diff --json ./a ./b
    assert_equal "$(jq -c '[.parts[0].entries.differences[] | [.path, .differs]]' <<<"$output")" '[["/file",["content"]]]'
    cp -a a c
    touch -d @1700000000 c
    run -0 stacker diff ./a ./c
    rm c/name
    cp -a c/file c/name
    find c -exec touch -hd @1700000000 {} +
    run -1 --separate-stderr stacker diff ./a ./c
    assert_line "  ~ /name: hard links: another name of /file → a file of its own"
    refuse "./a is a directory, and oci is an OCI layout" stacker diff ./a oci
}

# behaviour: layouts are compared tag by tag, images for several platforms platform by platform
# documented: docs/diff.md#what-can-be-compared
# status: beyond
@test "layouts and platforms" {
    write_layer one.tar 'add("one")'
    write_layer two.tar 'add("two")'
    write_image a one.tar
    write_image b two.tar
    jq -c '.manifests += [.manifests[0] | .annotations["org.opencontainers.image.ref.name"] = "other"]' a/index.json >new
    mv new a/index.json
    run -1 --separate-stderr stacker diff --json a ./b
    assert_equal "$(jq -c '[.parts[] | [.title, .state]]' <<<"$output")" '[[["tag it"],"differs"],[["tag other"],"only in a"]]'
    # Indexes.
    for layout in a b; do put_index $layout .; done
    run -1 --separate-stderr stacker diff --json oci:a:it oci:b:it
    assert_equal "$(jq -c '[.parts[] | [.title, .state]]' <<<"$output")" \
        '[[["linux/amd64"],"differs"],[["linux/arm64"],"differs"]]'
    run -1 --separate-stderr stacker diff --json --platform linux/amd64 oci:a:it oci:b:it
    assert_equal "$(jq -c '[.parts[].title]' <<<"$output")" '[[]]'
}

# behaviour: of indexes with the same images it is said what makes them others: their order, what they say of an image, or how they are written
# documented: docs/diff.md#what-differs
# status: beyond
@test "indexes of the same images" {
    local layout
    write_layer one.tar 'add("one")'
    write_image a one.tar
    for layout in order words form foreign; do cp -r a $layout; done
    put_index a .
    put_index foreign '[{digest: ("sha512:" + "0" * 128), size: 1, mediaType: .[0].mediaType}] + .'
    put_index order reverse
    put_index words '.[1].annotations = {note: "new"}'
    put_index form . --tab
    run -1 --separate-stderr stacker diff oci:a:it oci:order:it
    assert_line "the images come in another order: linux/amd64, linux/arm64 → linux/arm64, linux/amd64"
    assert_line "  an order: the images of an index"
    refute_output --partial "written otherwise"
    run -1 --separate-stderr stacker diff --json oci:a:it oci:order:it
    assert_equal "$(jq -c '[.parts[] | [.title, .state, .order.b]]' <<<"$output")" \
        '[[[],"differs",["linux/arm64","linux/amd64"]],[["linux/amd64"],"equal",null],[["linux/arm64"],"equal",null]]'
    run -1 --separate-stderr stacker diff oci:a:it oci:words:it
    assert_line "  index.manifests[1].annotations: not there → {\"note\":\"new\"}"
    refute_output --partial "another order"
    run -1 --separate-stderr stacker diff oci:a:it oci:foreign:it
    assert_line --partial '  index.manifests: not there → [{"digest":"sha512:000'
    refute_output --partial "written otherwise"
    run -1 --separate-stderr stacker diff oci:a:it oci:form:it
    assert_line --partial ", the same values, written otherwise"
    refute_output --partial "another order"
    for layout in order words form; do
        run -1 --separate-stderr stacker diff oci:a:it oci:$layout:it --html page.html
        "$TOP/tools/test/read-page.py" page.html text >said
        grep -q -e "another order" -e "index.manifests" -e "written otherwise" said
    done
}

# behaviour: nothing in a name, a link target or a text is a command to a terminal
# documented: docs/diff.md#strangers
# status: beyond
@test "hostile names" {
    compare_layers 'add("a\x1b[31mred\r\nx\u202ey"); add("file", b"one\x1b]0;title\x07 \xe2\x80\xae\n")' \
        'add("file", b"two\x1b]0;title\x07 \xe2\x80\xae\n"); add("link", type=tarfile.SYMTYPE, linkname="\x1b[2J\u2066x")'
    run ! grep -P '[\x00-\x08\x0b-\x1f\x7f]' said
    run ! grep -e $'\u202e' -e $'\u2066' said
    grep -qF '  - /a\u{1B}[31mred\r\nx\u{202E}y: file' said
    assert_equal "$(found '.differences[0].path == "/a\u001b[31mred\r\nx\u202ey"')" true
}

# behaviour: an image that another program has packed anew is told from ours by what it says otherwise
# documented: docs/diff.md#order-and-form
# status: beyond
@test "an image of umoci" {
    requires umoci
    clamp_times
    busybox_recipe '  run: mkdir /d; echo it > /d/it'
    stacker build
    umoci unpack --rootless --image oci:it bundle
    echo more >>bundle/rootfs/d/it
    umoci repack --image oci:anew bundle
    run -1 --separate-stderr stacker diff it anew
    assert_line --regexp '^  layer 2 of b: only in b: '
    assert_line --regexp '^  config\.history\['
    run -1 --separate-stderr stacker diff --json it anew
    assert_equal "$(jq -c '[.parts[0].layers[].state]' <<<"$output")" '["equal","equal","only in b"]'
}

# behaviour: --html writes a page that shows the same, and in which nothing of an image is ever interpreted
# documented: docs/diff.md#pages
# status: beyond
@test "a page" {
    compare_layers 'add("<script>alert(1)</script>"); add("file", b"<img src=x onerror=alert(2)>\n")' \
        'add("file", b"\"><b>two\n")'
    run -1 --separate-stderr stacker diff --html page.html oci:a:it oci:b:it
    assert_output ""
    python3 -IS - <<'END'
import html.parser, sys

class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text, self.policy = [], "", None
    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        attributes = dict(attributes)
        assert not any(name.startswith("on") or name in ("src", "href") and not value.startswith("#") for name, value in attributes.items()), attributes
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"]
    def handle_data(self, data):
        self.text += data

page = Page()
page.feed(open("page.html", encoding="utf-8").read())
assert page.policy and "default-src 'none'" in page.policy, page.policy
assert not {"img", "b", "iframe", "object"} & set(page.tags), page.tags
assert "/<script>alert(1)</script>" in page.text
assert '-<img src=x onerror=alert(2)>' in page.text
assert '+"><b>two' in page.text
END
}

# behaviour: entries of which only the time differs are told as a number, and take no room of others
# documented: docs/diff.md#entries
# status: beyond
@test "many entries of which only the time differs" {
    compare_layers 'for n in range(1500): add(f"a/f{n}", mtime=1)
add("z", b"one\n", mtime=1)' 'for n in range(1500): add(f"a/f{n}", mtime=2)
add("z", b"two\n", mtime=2)'
    grep -qx '  ~ /z: content of 4 B, time 1970-01-01T00:00:01Z → 1970-01-01T00:00:02Z' said
    grep -qx '  1500 entries: only the time' said
    run ! grep -F '/a/f77:' said
    run ! grep -F 'more' <(grep -v 'time stamp' said)
    assert_equal "$(found '[.onlyTime, .changed, .differences[0].path, (.differences | length)] | @csv')" '1500,1501,"/z",1501'
}

# behaviour: what is to be ignored lets images be equal, and nothing else does
# documented: docs/diff.md#what-is-ignored
# status: beyond
@test "differences that are ignored" {
    compare_layers 'add("file", mtime=1); add("other", uid=1)' 'add("file", mtime=2); add("other", uid=1)'
    run -0 --separate-stderr stacker diff --ignore time oci:a:it oci:b:it
    assert_output "oci:a:it and oci:b:it are equal, but for what is ignored: time"
    run -1 --separate-stderr stacker diff --ignore owner,mode,order,attributes oci:a:it oci:b:it
    assert_line "  ~ /file: time 1970-01-01T00:00:01Z → 1970-01-01T00:00:02Z"
    assert_equal "$(stacker diff --json --ignore time oci:a:it oci:b:it |
        jq -c '[.equal, .ignored, .parts[0].state, .parts[0].layers[0].state]')" '[true,["time"],"ignored","ignored"]'
    compare_layers 'add("a"); add("b", uid=1, mode=0o600)' 'add("b", uid=2, mode=0o640); add("a")'
    run -1 --separate-stderr stacker diff --ignore owner,mode oci:a:it oci:b:it
    run -0 --separate-stderr stacker diff --ignore owner,mode,order oci:a:it oci:b:it
    compare_layers 'add("file", b"1")' 'add("file", b"2", mtime=1)'
    run -1 --separate-stderr stacker diff --ignore time,owner,mode,attributes,order,form,compression,history,annotations \
        oci:a:it oci:b:it
    run -2 --separate-stderr stacker diff --ignore time,colour oci:a:it oci:b:it
    # shellcheck disable=SC2154  # set by run
    assert_equal "$(grep -c 'nothing called "colour" can be ignored' <<<"$stderr")" 1
    # Of two builds of one recipe, all but what the recipe says.
    busybox_recipe '  run: echo it > /it'
    stacker build
    cp -a oci first
    stacker clean
    touch -d '2 hours ago' stacker.yaml
    stacker build
    run -1 --separate-stderr stacker diff it oci:first:it
    run -0 --separate-stderr stacker diff --ignore time it oci:first:it
}

# behaviour: of words of which nothing can be said no reason is guessed
# documented: docs/diff.md#why
# status: beyond
@test "no reasons" {
    local one other
    while IFS='|' read -r one other; do
        echo "# $one"
        compare_layers "add('file', b'$one\\n')" "add('file', b'$other\\n')"
        assert_equal "$(jq -c '.reasons' found)" '[]'
    done <<'END'
foo 1.5|foo 1.6
x=1|x=2
port 80|port 8080
/var/run/a.sock|/var/run/b.sock
/srv/www/index.html|/srv
Stacker|Stocker
END
}

# behaviour: what two recipes have otherwise is a patch, is said to be the reason, and nothing else is a random number
# documented: docs/diff.md#what-differs; docs/diff.md#why
# status: beyond
@test "two recipes" {
    clamp_times
    busybox_recipe '  run: echo 12345 > /it'
    stacker build
    cp -a oci first
    sed -i 's/12345/28112/' stacker.yaml
    stacker build
    run -1 --separate-stderr stacker diff oci:first:it it
    assert_line --regexp '^  manifest\.annotations\..*stacker_yaml":$'
    assert_line --regexp '^      -.*echo 12345 > /it'
    assert_line --regexp '^      \+.*echo 28112 > /it'
    run -1 --separate-stderr stacker diff --json oci:first:it it
    assert_equal "$(jq -c '[.reasons[].reason]' <<<"$output")" '["the recipe"]'
}

# behaviour: of a tar and a squashfs with the same entries it is the type that differs, and nothing of its form
# documented: docs/diff.md#entries; docs/diff.md#why
# status: beyond
@test "layers of two types" {
    clamp_times
    busybox_recipe '  run: mkdir /d && echo it > /d/it'
    stacker build --layer-type tar --layer-type squashfs
    run -1 --separate-stderr stacker diff --json it it-squashfs
    assert_equal "$(jq -c '[.parts[0].layers[].entries.count]' <<<"$output")" '[0,0]'
    assert_equal "$(jq -c '[.reasons[].reason] | contains(["the type of the layer"])' <<<"$output")" true
    run -1 --separate-stderr stacker diff it it-squashfs
    refute_line "layer 0:"
    refute_line "layer 1:"
}

# behaviour: what roots has of a layer is compared by the layer's own files
# documented: docs/diff.md#what-can-be-compared
# status: beyond
@test "a layer of roots" {
    clamp_times
    busybox_recipe '  run: echo it > /it'
    stacker build
    run -0 --separate-stderr stacker diff ./roots/it ./roots/it/overlay
    local base=(roots/sha256_*/overlay)
    run -0 --separate-stderr stacker diff "./$(dirname "${base[0]}")" "./${base[0]}"
}

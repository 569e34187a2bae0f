#!/usr/bin/env bats
# diff: of images that say what isn't so, or are made to cost much.

load ../helpers

# make_images CODE: runs Python in which tar({name: content, …}, **members of all TarInfos), image(layout, tag, *tars),
# index(layout, *descriptors), and layout(layout, *entries, **members of the index) make images.
make_images() {
    python3 -IS - "$1" <<'END'
import hashlib, io, json, os, sys, tarfile

def put(layout, data, kind, **more):
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    os.makedirs(f"{layout}/blobs/sha256", exist_ok=True)
    name = hashlib.sha256(data).hexdigest()
    with open(f"{layout}/blobs/sha256/{name}", "wb") as file:
        file.write(data)
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{name}", "size": len(data), **more}

def tar(entries):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            entry.mtime = 1700000000
            if isinstance(content, str):
                entry.type, entry.linkname, content = tarfile.LNKTYPE, content, b""
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return data.getvalue()

def diff_id(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()

# An image of these layers, by whatever diff IDs and members of its config's config.
def image(layout, *tars, ids=None, config={}, **more):
    config = put(layout, {"architecture": "amd64", "os": "linux", "config": config,
                          "rootfs": {"type": "layers", "diff_ids": ids or [diff_id(data) for data in tars]}},
                 "config.v1+json")
    layers = [put(layout, data, "layer.v1.tar") for data in tars]
    return put(layout, {"schemaVersion": 2, "config": config, "layers": layers}, "manifest.v1+json", **more)

def index(layout, *entries, **more):
    return put(layout, {"schemaVersion": 2, "manifests": entries}, "index.v1+json", **more)

def platform(entry, architecture):
    return {**entry, "platform": {"os": "linux", "architecture": architecture}}

def tagged(entry, tag="it"):
    return {**entry, "annotations": {"org.opencontainers.image.ref.name": tag}}

def layout(layout, *entries, **members):
    with open(f"{layout}/index.json", "w") as file:
        json.dump({"schemaVersion": 2, "manifests": entries, **members}, file)
    with open(f"{layout}/oci-layout", "w") as file:
        file.write('{"imageLayoutVersion":"1.0.0"}')

exec(sys.argv[1])
END
}

# behaviour: entries of an index may be called whatever others are called by their number; each has its own name all the same
# documented: docs/diff.md#strangers; docs/diff.md#what-differs
# status: beyond
@test "entries of an index whose names are those that others get" {
    make_images '
for side, content in ("a", b"1"), ("b", b"2"):
    entry = image(side, tar({"f": content}))
    layout(side, tagged(index(side, *[platform(entry, name) for name in ("amd64", "amd64", "amd64 (2)")])))'
    run -1 --separate-stderr stacker diff --json oci:a:it oci:b:it
    assert_equal "$(jq -c '[.parts[].state]' <<<"$output")" '["differs","differs","differs"]'
    assert_equal "$(jq -c '[.parts[].title[0]]' <<<"$output")" \
        '["linux/amd64","linux/amd64 (2)","linux/amd64 (2)"]'
}

# behaviour: of layouts all is compared: images without a tag, all that have a tag, and what index.json says of them and beside them
# documented: docs/diff.md#what-differs
# status: beyond
@test "layouts that differ in what no tag shows" {
    make_images '
one, two = (lambda side: image(side, tar({"f": b"1"}))), (lambda side: image(side, tar({"f": b"2"})))
# Images without a tag.
layout("a1", one("a1")); layout("b1", two("b1"))
# A tag twice, of which the later one is the same.
layout("a2", tagged(one("a2")), tagged(two("a2"))); layout("b2", tagged(two("b2")), tagged(two("b2")))
# The index, and what it says of an entry.
layout("a3", tagged(one("a3"))); layout("b3", tagged(one("b3")), annotations={"who": "me"})
layout("a4", platform(tagged(one("a4")), "amd64")); layout("b4", platform(tagged(one("b4")), "arm64"))
# The same, in another order.
layout("a5", tagged(one("a5"), "x"), two("a5")); layout("b5", two("b5"), tagged(one("b5"), "x"))
# Tags that look the same.
layout("a6", tagged(one("a6"), "\u00e9")); layout("b6", tagged(one("b6"), "e\u0301"))'
    run -1 --separate-stderr stacker diff oci:a1 oci:b1
    assert_line --partial "no tag, no platform"
    assert_line "  ~ /f: content of 1 B"
    run -1 --separate-stderr stacker diff oci:a2 oci:b2
    assert_line --partial "tag it (2)"
    assert_line "  ~ /f: content of 1 B"
    run -1 --separate-stderr stacker diff oci:a3 oci:b3
    assert_line --partial 'index.annotations: not there → {"who":"me"}'
    run -1 --separate-stderr stacker diff oci:a4 oci:b4
    assert_line --partial 'index.manifests[0].platform.architecture: "amd64" → "arm64"'
    run -0 --separate-stderr stacker diff oci:a5 oci:b5
    run -1 --separate-stderr stacker diff --json oci:a6 oci:b6
    assert_equal "$(jq -c '[.parts[].state] | sort' <<<"$output")" '["only in a","only in b"]'
}

# behaviour: a layer has the content that its image's config says only if it is so: both are read through, with their digests
# documented: docs/diff.md#layers
# status: beyond
@test "a diff ID that isn't the layer's" {
    make_images '
good, evil = tar({"bin/login": b"login"}), tar({"bin/login": b"BACKDOOR"})
layout("a", tagged(image("a", good)))
layout("b", tagged(image("b", evil, ids=[diff_id(good)])))
layout("c", tagged(image("c", b"garbage" * 100, ids=[diff_id(good)])))'
    for image in b c; do
        run -2 --separate-stderr stacker diff oci:a:it "oci:$image:it"
        assert_output ""
        # shellcheck disable=SC2154  # set by run
        assert_regex "$stderr" "couldn't (read|compare) layer"
    done
}

# behaviour: content that changed behind hard links is said, whichever name comes first; names of one file in another order are only that
# documented: docs/diff.md#entries
# status: beyond
@test "content behind hard links" {
    make_images '
layout("a", tagged(image("a", tar({"f": b"1", "g": "f"}))))
layout("b", tagged(image("b", tar({"g": b"CHANGED", "f": "g"}))))
layout("c", tagged(image("c", tar({"g": b"1", "f": "g"}))))
layout("d", tagged(image("d", tar({"f": b"1", "g": b"1"}))))'
    differences='.parts[0].layers[0].entries | [.differences[] | [.path, (.differs | join(","))]]'
    run -1 --separate-stderr stacker diff --json oci:a:it oci:b:it
    assert_equal "$(jq -c "$differences" <<<"$output")" '[["/f","content"],["/g","content"]]'
    run -1 --separate-stderr stacker diff oci:a:it oci:b:it
    assert_line "  ~ /f: content, 1 → 7 bytes"
    run -1 --separate-stderr stacker diff --json oci:a:it oci:c:it
    assert_equal "$(jq -c "$differences" <<<"$output")" '[]'
    assert_equal "$(jq .parts[0].layers[0].entries.order.moved <<<"$output")" 1
    run -1 --separate-stderr stacker diff --json oci:a:it oci:d:it
    assert_equal "$(jq -c "$differences" <<<"$output")" '[["/g","hard links"]]'
}

# behaviour: a document whose values are nested without end is refused, by whatever reads it
# documented: docs/security.md#hostile-input
# status: beyond
@test "a config that is nested too deep" {
    make_images '
def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value
layer = tar({"f": b"1"})
layout("a", tagged(image("a", layer, config={"X": nested(20)})))
layout("b", tagged(image("b", layer, config={"X": [nested(400)] * 100})))'
    run -0 stacker explain oci:a:it --sizes
    for command in "explain oci:b:it --sizes" "diff oci:a:it oci:b:it"; do
        # shellcheck disable=SC2086  # words
        run --separate-stderr stacker $command
        [[ $status != 0 ]]
        assert_regex "$stderr" "more than 64 deep"
    done
}

# behaviour: indexes that name the same image over and over are refused when they have too many entries in all
# documented: docs/diff.md#strangers
# status: beyond
@test "indexes of indexes" {
    make_images '
for side, content in ("a", b"1"), ("b", b"2"):
    entry = image(side, tar({"f": content}))
    for level in range(3):
        entry = index(side, *[platform(entry, "amd64")] * 200)
    layout(side, tagged(entry))'
    run -2 --separate-stderr stacker diff --brief oci:a:it oci:b:it
    assert_regex "$stderr" "the indexes have more than 10000 entries in all"
}

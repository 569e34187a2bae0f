#!/usr/bin/env bats
# How a change vector becomes a judgement: the truth of its script, and what is said of the layers that a builder made.

load ../helpers

setup() {
    begin_test
    export PYTHONDONTWRITEBYTECODE=1
}

# write_vector NAME SECTIONS [VERDICT]: the change vector ./vectors/changes/NAME.vector.
write_vector() {
    mkdir -p "vectors/changes/$(dirname "$1")"
    cp "$TOP/vectors/schema.json" vectors/
    printf 'behaviour: it\ndocumented: nowhere\nverdict: %s\n\n%s\n' "${3-must}" "$2" >"vectors/changes/$1.vector"
}

write_vectors() {
    "$TOP/tools/vectors/write-vectors.py" --from vectors written
}

# changed_entries: what of the first outcome's tree the base has not, a line for each entry, and what it lacks.
changed_entries() {
    python3 - written/vectors.json <<'END'
import json, sys

[vector] = json.load(open(sys.argv[1]))["vectors"]
before = {entry["path"]: entry for entry in vector["base"]}
after = {entry["path"]: entry for entry in vector["outcomes"][0]["tree"]}
for path in sorted(before.keys() | after.keys()):
    if path not in after:
        print("-", path)
    elif before.get(path) != after[path]:
        entry = after[path]
        print("+", *[entry.get(key, "any") for key in ("path", "type", "mode", "mtime", "linked")])
END
}

# complaints [VERDICT] <SECTIONS: of layers that a builder made; `base` and `tree` are before and after.
complaints() {
    { echo; cat; } >sections
    PYTHONPATH=$TOP/tools/vectors python3 - sections "${1-must}" <<'END'
import pathlib, sys

from changes.layer_rules import complaints
from encode.archive import encode_archive
from reference.archive import read_entries
from reference.changes import apply_layers
from text.layer_lines import read_layer
from text.sections import read_file
from text.tree_lines import read_tree

_, sections = read_file(pathlib.Path(sys.argv[1]), "sections")


def layers(word):
    return [read_entries(encode_archive(read_layer(each, word)).finish()) for each in sections if each.word == word]


[after] = [read_tree(section.lines) for section in sections if section.word == "tree"]
before = {path: node for path, node in apply_layers(layers("base")).items() if path != b"."}
print(*complaints(before, after, layers("layer"), sys.argv[2]), sep="\n")
END
}

# assert_complaints EXPECTED [VERDICT] <SECTIONS
assert_complaints() {
    run complaints "${2-must}"
    assert_success
    assert_output "$1"
}

# behaviour: the truth of a change vector is what its script makes of its base; times of that run, and of places for mounts, are left open
# documented: vectors/README.md
# status: beyond
# why: a truth is found as root
# bats test_tags=level:priv
@test "the truth of a script" {
    write_vector create/it 'base
    dir srv mode=0750 mtime=1100000000
    file srv/old "old\n"
    file srv/kept "kept\n" mode=0600
    file tmp/linked "it\n"
    hardlink srv/linked -> tmp/linked
script
    rm /srv/old
    chmod 640 /srv/kept
    echo it >/it
    touch -d @1234567890 /tmp
    ln /srv/linked /z
    echo of-no-account >/etc/hosts'
    write_vectors
    run changed_entries
    assert_output - <<'END'
+ dev dir 0755 any any
+ etc dir 0755 any any
+ it file 0644 any any
+ proc dir 0755 any any
+ run dir 0755 any any
+ srv dir 0750 any any
+ srv/kept file 0640 1000000000 any
- srv/old
+ sys dir 0755 any any
+ tmp dir 1777 1234567890 any
+ z file 0644 1000000000 srv/linked
END
    assert_equal "$(jq -r '.vectors[0] | .layers, (.outcomes | length)' written/vectors.json | xargs)" "2 1"
}

# behaviour: an open vector has the truth, what differs from it, and a refusal as its outcomes, each with its name
# documented: vectors/README.md
# status: beyond
# why: a truth is found as root
# bats test_tags=level:priv
@test "the outcomes of an open vector" {
    write_vector links/it 'base
    file a "one\n"
    hardlink b -> a
    file c "it\n"
    hardlink d -> c
script
    echo two >>/a
    chmod 644 /c
differs apart
    file a "one\ntwo\n" mtime=any
    file b "one\n"
    again c
differs without
    gone a
refused refuses-it' open
    write_vectors
    run jq -r '.vectors[0].outcomes[] | [.name, .refused, (.again // [] | map(.path) | join(",")),
        ((.tree // [])[] | select(.path | IN("a", "b", "d")) | .path + "=" + (.content | @base64d | @json) + (.linked // ""))] | @text' \
        written/vectors.json
    assert_output - <<'END'
["plain",null,"","a=\"one\\ntwo\\n\"","b=\"one\\ntwo\\n\"a","d=\"it\\n\"c"]
["apart",null,"c","a=\"one\\ntwo\\n\"","b=\"one\\n\"","d=\"it\\n\"c"]
["without",null,"","b=\"one\\ntwo\\n\"","d=\"it\\n\"c"]
["refuses-it",true,""]
END
}

# behaviour: a script that fails, and one that does not end, are mistakes of the vector; nothing of them goes on
# documented: vectors/README.md
# status: beyond
# why: a truth is found as root
# bats test_tags=level:priv
@test "a script without a truth" {
    write_vector create/it 'script
    sleep 1000 &
    cat /not-there'
    run -1 --separate-stderr write_vectors
    assert_said "error: vectors/changes/create/it.vector:1: the script ended with status 1: cat: can't open '/not-there'"
}

# behaviour: without root, layer vectors are written all the same, and it is said that change vectors are left out
# documented: vectors/README.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "vectors without root" {
    write_vector create/it 'script
    echo it >/it'
    mkdir -p vectors/layers/order
    printf 'behaviour: it\ndocumented: nowhere\nverdict: must\n\nlayer\n    file it "it"\ntree\n    file it "it"\n' \
        >vectors/layers/order/it.vector
    cp -r "$TOP/tools/vectors" tools
    mkdir -m 777 out
    run -0 setpriv --reuid=65534 --regid=65534 --clear-groups tools/write-vectors.py --from vectors out/written
    assert_output "left out, since their truth is what scripts do as root: 1 change vector
1 vector in out/written"
    assert_equal "$(jq -r '.vectors[].name' out/written/vectors.json)" layers/order/it
}

# behaviour: a layer that says each change once, and nothing else, is as it should be; directories above a change may stand
# documented: vectors/README.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "nothing to complain of" {
    assert_complaints "" <<'END'
base
    dir srv mode=0750
    dir srv/deep
    file srv/deep/it "old\n"
    file srv/old "old\n"
    dir made-again
    file made-again/a "a\n"
    dir now-a-file
    file now-a-file/a "a\n"
    file with-a-new-name "it\n"
tree
    dir srv mode=0750 mtime=any
    dir srv/deep
    file srv/deep/it "new\n" mtime=any
    hardlink srv/deep/link -> srv/deep/it
    dir made-again mtime=any
    file made-again/b "b\n" mtime=any
    file now-a-file "it\n" mtime=any
    file with-a-new-name "it\n"
    hardlink new-name -> with-a-new-name
layer
    dir ./
    dir ./srv/ mode=0750 mtime=2000000000
    file ./srv/.wh.old
    dir ./srv/deep/
    file ./srv/deep/it "new\n" mtime=2000000000
    hardlink ./srv/deep/link -> ./srv/deep/it
    dir ./made-again/ mtime=2000000000
    file ./made-again/.wh..wh..opq
    file ./made-again/b "b\n" mtime=2000000000
    file ./now-a-file "it\n" mtime=2000000000
    file ./with-a-new-name "it\n"
    hardlink ./new-name -> ./with-a-new-name
END
}

# behaviour: an entry of what did not change, one that is missing, one that is there twice, and the builder's trace are complaints
# documented: vectors/README.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "entries too many and too few" {
    assert_complaints 'dev: stands in the layer, a dir, and should not be there
kept: stands in the layer, and nothing of it changed
missing: changed, and is not in the layer
twice: is there twice in one layer' <<'END'
base
    file kept "kept\n"
tree
    file kept "kept\n"
    file missing "it\n" mtime=any
    file twice "it\n" mtime=any
layer
    file kept "kept\n"
    file twice "it\n"
    file ./twice "it\n"
    dir dev
    char dev/null 1:3
END
}

# behaviour: an entry with another mode, content, time, attribute or link than the truth has is a complaint
# documented: vectors/README.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "entries that say something else" {
    assert_complaints 'attribute: in the layer: has no attribute user.note
content: in the layer: content "old\n" instead of "new\n"
link: in the layer: is a link to kept, which is another file
mode: in the layer: mode 0755 instead of 0600
time: in the layer: mtime 7 instead of 5' <<'END'
base
    file kept "kept\n"
tree
    file kept "kept\n"
    file attribute "it\n" xattr:user.note="new"
    file content "new\n" mtime=any
    file first "it\n" mtime=any
    hardlink link -> first
    file mode "it\n" mode=0600
    file time "it\n" mtime=5
layer
    file attribute "it\n"
    file content "old\n"
    file first "it\n"
    hardlink link -> kept
    file mode "it\n" mode=0755
    file time "it\n" mtime=7
END
}

# behaviour: a deletion that is not said, is said twice, goes without saying or deletes what is not there is a complaint
# documented: vectors/README.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "deletions" {
    assert_complaints '.wh..wh.plnk: has a name that only the storage of a union file system knows
.wh.loud: is a whiteout by its name, and no empty file
.wh.plnk: is deleted, and the base does not have it
again: is deleted and made again: the entry alone would say it
directory/file: is deleted, which goes without saying: the directory above it is no more
never-there: is deleted, and the base does not have it
opaque/a: its deletion is said 2 times
opaque/same: is hidden with the rest of its directory, and not in the layer again
unsaid: its deletion is not said' <<'END'
base
    file again "old\n"
    dir directory
    file directory/file "it\n"
    file loud "it\n"
    dir opaque
    file opaque/a "a\n"
    file opaque/same "same\n"
    file unsaid "it\n"
tree
    file again "new\n" mtime=any
    dir opaque mtime=any
    file opaque/same "same\n"
layer
    file .wh.loud "content"
    file .wh..wh.plnk
    file .wh.again
    file again "new\n"
    file .wh.directory
    file directory/.wh.file
    file .wh.never-there
    dir opaque
    file opaque/.wh..wh..opq
    file opaque/.wh.a
END
}

# behaviour: what the specification only recommends is a complaint where the vector says should, and nowhere else
# documented: vectors/README.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "what is recommended" {
    cat >layers <<'END'
base
    dir srv
    file srv/old "old\n"
tree
    dir new mtime=any
    dir srv mtime=any
    file sparse "\0"*4096"end" mtime=any
layer
    dir new
    file new/.wh..wh..opq
    file sparse "\0"*4096"end" sparse=gnu-1.0
    dir srv
    file srv/.wh..wh..opq
END
    assert_complaints "" must <layers
    assert_complaints 'new: is marked opaque, and there is nothing to hide
sparse: is stored as a sparse file
srv: is marked opaque: explicit whiteouts are recommended' should <layers
    assert_complaints 'srv/.wh.old: stands behind the entry of a directory beside it' should <<'END'
base
    dir srv
    file srv/old "old\n"
    dir srv/sub
tree
    dir srv mtime=any
    dir srv/sub mode=0700
layer
    dir srv
    dir srv/sub mode=0700
    file srv/.wh.old
END
}

# behaviour: in a layer that is a file system, devices 0:0 and an attribute of overlayfs delete what whiteouts do in a tar
# documented: vectors/README.md
# status: beyond
# why: nothing of it depends on who runs stacker
# bats test_tags=level:priv
@test "deletions in the form of overlayfs" {
    assert_complaints 'srv/b: its deletion is said 2 times' should <<'END'
base
    file old "old\n"
    dir srv
    file srv/a "a\n"
    file srv/b "b\n"
tree
    dir srv mtime=any
layer
    char old 0:0
    dir srv xattr:trusted.overlay.opaque="y"
    char srv/b 0:0
END
}

#!/usr/bin/env bats
# What makes the bytes of vectors/, and what it refuses.
# bats file_tags=level:priv

load ../helpers

setup() {
    begin_test
    mkdir -p from/layers/a
    cp "$TOP/vectors/schema.json" from
}

# write_vectors DIR [NAME…]: those that the test has written.
write_vectors() {
    "$TOP/tools/vectors/write-vectors.py" --from from "$@"
}

# write_vector NAME [LINE…]: with these lines of the header in place of the verdict; the sections are stdin.
write_vector() {
    local name=$1
    shift
    {
        printf '%s\n' "behaviour: it is as it is" "documented: this test" "${@:-verdict: must}" ""
        cat
    } >"from/layers/a/$name.vector"
}

# write_types [LINE…]: an entry of each type, with what an entry can say.
write_types() {
    write_vector types "$@" <<'END'
layer
    dir "a dir/" mode=1777 mtime=1.5
    file "a dir/f" "hello\n" mode=4755 uid=3 gid=4 uname=u gname=g xattr:user.a="1\x00" xattr:user.b="="
    hardlink b -> "a dir/f"
    symlink s -> "no where"
    char c 1:3
    block d 259:70000
    fifo p mtime=-3
    file "\xff"*200 ("x"*3y)*500 uid=3000000 padding="rest"
    times 3 dir n% mtime=10%
    # once more the same file
    hardlink n1/z -> b
tree
    dir "a dir" mode=1777 mtime=1.5
    file "a dir/f" "hello\n" mode=4755 uid=3 gid=4 xattr:user.a="1\x00" xattr:user.b="="
    hardlink b -> "a dir/f"
    symlink s -> "no where"
    char c 1:3
    block d 259:70000
    fifo p mtime=-3
    file "\xff"*200 ("x"*3y)*500 uid=3000000
    times 3 dir n% mtime=10%
    hardlink n1/z -> b
END
}

# write_format FORMAT: names as long as all of them can have.
write_format() {
    write_vector "format-$1" < <(
        sed "s/FORM/$1/" <<'END'
layer
    file ("d"*40/)*2f "1" uid=7 format=FORM
    symlink l -> "t"*100 format=FORM mtime=7
tree
    dir "d"*40 mode=any mtime=any
    dir ("d"*40/)"d"*40 mode=any mtime=any
    file ("d"*40/)*2f "1" uid=7
    symlink l -> "t"*100 mtime=7
END
    )
}

# write_sparse FORM: more pieces than a header has room for, no piece at all, and what comes after them.
write_sparse() {
    write_vector "sparse-${1//./-}" < <(
        sed "s/FORM/$1/" <<'END'
layer
    file f ("a"*600"\0"*1448)*60"b"*3 sparse=FORM
    file g "\0"*5000 sparse=FORM
    file h "after"
tree
    file f ("a"*600"\0"*1448)*60"b"*3
    file g "\0"*5000
    file h "after"
END
    )
}

# print_layer NAME: the tar of the vector's only layer.
print_layer() {
    local blobs=to/$1/blobs/sha256 manifest
    manifest=$(jq -r --arg name "$1" '.vectors[] | select(.name == $name).manifest | .[7:]' to/vectors.json)
    gzip -dc "$blobs/$(jq -r '.layers[0].digest | .[7:]' "$blobs/$manifest")"
}

# behaviour: the bytes of vectors are the same wherever and by whomever they are made
# documented: vectors/README.md "Without our code"
# status: beyond
# why: digests are only of use to others if they hold on every machine
@test "vectors: the same bytes everywhere" {
    write_types
    (umask 077 && TZ=Asia/Tokyo LC_ALL=C PYTHONHASHSEED=1 write_vectors one)
    mkdir -p elsewhere/deeper
    cp -r from elsewhere/from
    touch -d @0 elsewhere/from/layers/a/*
    (cd elsewhere && umask 002 && TZ=America/New_York LC_ALL=C.UTF-8 PYTHONHASHSEED=2 write_vectors deeper/two)
    diff -rq one elsewhere/deeper/two
    assert_equal "$(jq -r '.vectors[0].manifest' one/vectors.json)" \
        sha256:3a6dbd195f3f05cfb2bf5b2bc6f6455ef5830277778e25ac6a8344086054ff75
}

# behaviour: two runs write the same of all compressions, images and formats of tar that vectors have
# documented: vectors/README.md "Without our code"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "vectors: chapters twice" {
    local chapters=(layers/{compression,formats,image,sparse})
    (TZ=Asia/Tokyo PYTHONHASHSEED=1 "$TOP/tools/vectors/write-vectors.py" one "${chapters[@]}")
    (TZ=America/New_York PYTHONHASHSEED=2 "$TOP/tools/vectors/write-vectors.py" two "${chapters[@]}")
    diff -rq one two
}

# behaviour: what vectors.json says fits vectors/schema.json, and what doesn't fit it is named
# documented: vectors/README.md "vectors.json"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "vectors: the schema" {
    local number=0 change expected line
    write_types "verdict: must" "why: for a reason" "bug: a/b issue 1, c; d" "needs: root, acl"
    write_vector out "verdict: hostile" <<'END'
outside ../stacker-vector
outside "/stacker-vector-\xff"
layer
    file ../stacker-vector "x"
END
    write_vectors to
    "$TOP/tools/vectors/check-json.py" to/vectors.json
    assert_equal "$(jq -c '.vectors[1] | .bugs, .needs, .why' to/vectors.json)" \
        $'["a/b issue 1, c","d"]\n["root","acl"]\n"for a reason"'
    while IFS='|' read -r change expected; do
        number=$((number + 1))
        jq "$change" to/vectors.json >"changed$number.json"
        echo "changed$number.json: $expected" >>expected
    done <<'END'
.version = 2|/version: is 2, not 1
del(.vectors[0].verdict)|/vectors/0: has no verdict
.vectors[0].verdict = "may"|/vectors/0/verdict: 'may' is none of
.vectors[0].more = 1|/vectors/0: has a member more
.vectors[0].documented = []|/vectors/0/documented: has fewer than 1
.vectors[0].outside[0] = "a"|/vectors/0/outside/0: is no object
.vectors[1].outcomes[0].refused = true|/vectors/1/outcomes/0: fits 2 of the forms
.vectors[1].outcomes[0].tree[0].uid = -1|/vectors/1/outcomes/0/tree/0/uid: -1 is less
.vectors[1].outcomes[0].tree[0].mode = 420|/vectors/1/outcomes/0/tree/0/mode: is no string
.vectors[1].outcomes[0].tree[0].mode = "644"|/vectors/1/outcomes/0/tree/0/mode: '644' doesn't match
.vectors[0].kind = "change"|/vectors/0: has no script
END
    run -1 "$TOP/tools/vectors/check-json.py" changed*.json
    while read -r line; do
        assert_line --partial "error: $line"
    done <expected
}

# behaviour: each mistake in vector files is said with its line and what to do, all of them in one run
# documented: vectors/README.md "A vector file"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "vectors: a mistake has its place" {
    local number=0 line expected
    while IFS='|' read -r line expected; do
        number=$((number + 1))
        write_vector "m$number" < <(printf 'layer\n    file f "x"\n%s\ntree\n    file f "x"\n' "$line")
        echo "layers/a/m$number.vector:$expected" >>expected
    done <<'END'
    fiel g|7: fiel is no type of entry
    file g "x|7: a quote that is opened
    file g*3|7: "*" where nothing is before it
    file g mod=0644|7: there is no mod= here
    file g mode=0888|7: mode: '0888' is no octal number
    symlink s target|7: has no -> before the target
    char c 1|7: device: '1' is no MAJOR:MINOR
    file g header:nam="x"|7: a header has no field nam
    file g header:type="xy"|7: the field type has 1 bytes
    file "x"*101 format=v7|7: xxx
    file g xattr:user.a="1" format=gnu|7: gnu has no xattrs
    file g mtime=1.5 format=ustar|7: ustar has no fractions
    dir g format=v7|7: v7 has no dir whose name
    times three file g%|7: three is no number of times
  file g|7: is indented by less than four
lyer|7: no such section: lyer
layer same=4|7: same=4: there is no such layer
END
    write_vector verdict "verdict: may" </dev/null
    echo "layers/a/verdict.vector:3: no such verdict: may" >>expected
    write_vector nothing </dev/null
    echo "layers/a/nothing.vector:1: must, and nothing comes out" >>expected
    run -1 write_vectors to
    while read -r line; do
        assert_line --partial "error: from/$line"
    done <expected
    assert_equal "$(grep -c ^error: <<<"$output") $(grep -c ^help: <<<"$output")" "19 19"
}

# behaviour: a vector that wants something else of the bytes than they mean is refused, with the first difference
# documented: vectors/README.md "What comes out"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "vectors: none contradicts itself" {
    local number=0 change expected line
    write_vector right <<'END'
layer
    dir d
    file d/f "one"
    hardlink g -> d/f
    file d/old
layer
    file d/.wh.old
    char c 1:3 xattr:trusted.a="1"
    symlink s -> f
tree
    dir d
    file d/f "one"
    hardlink g -> d/f
    char c 1:3 xattr:trusted.a="1"
    symlink s -> f
END
    write_vectors to
    mv from/layers/a/right.vector right
    while IFS='|' read -r change expected; do
        number=$((number + 1))
        sed "14,\$ { $change }" right >"from/layers/a/wrong$number.vector"
        echo "layers/a/wrong$number.vector:14: by the reference, $expected" >>expected
    done <<'END'
s/"one"/"two"/|d/f: content "one" instead of "two"
s/dir d/& mode=0700/|d: mode 0755 instead of 0700
s/dir d/& uid=1/|d: uid 0 instead of 1
s/dir d/& mtime=1.5/|d: mtime 1000000000 instead of 1.5
s/hardlink g -> d.f/file g "one"/|d/f: is the same file as g, and should not be
s/symlink s/hardlink s/; s/-> f/-> d\/f/|d/f: is not the same file as s
s/1:3/1:5/|c: device 1:3 instead of 1:5
s/="1"/="2"/|c: attribute trusted.a is "1" instead of "2"
s/xattr.*//|c: has an attribute trusted.a, and should not
s/-> f/-> e/|s: target f instead of e
s/dir d/&\n    file d\/old/|d/old: is not there, should be a file
/symlink/d|s: is there, a symlink, and should not be
s/tree/refused/; /^    /d|a tree comes out
END
    run -1 write_vectors to
    while read -r line; do
        assert_line "error: from/$line"
    done <expected
    assert_equal "$(grep -c ^error: <<<"$output")" 13
}

# behaviour: a vector is `must` only if specifications say what comes out
# documented: vectors/README.md "What comes out"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "vectors: what nobody says is no must" {
    write_vector below <<'END'
layer
    dir d
    symlink s -> d
    file s/f
tree
    dir d
    file d/f
    symlink s -> d
END
    run -1 write_vectors to
    assert_output --partial "layers/a/below.vector:1: is must, and no specification says what an entry below s means"
    sed -i 's/must/should/' from/layers/a/below.vector
    write_vectors to
}

# behaviour: GNU tar makes of each format of tar, and of each form of sparse files, the tree that the vector wants
# documented: vectors/README.md "Entries"
# status: beyond
# why: the reference and the encoder may have one mistake in common
@test "vectors: GNU tar reads the formats" {
    requires root
    local form name
    for form in v7 ustar gnu pax star; do
        write_format "$form"
    done
    for form in gnu-old gnu-0.0 gnu-0.1 gnu-1.0 star; do
        write_sparse "$form"
    done
    write_vectors to
    for name in $(jq -r '.vectors[].name' to/vectors.json); do
        mkdir -p "made/$name"
        print_layer "$name" | tar --extract --numeric-owner --preserve-permissions --directory "made/$name"
        run -0 "$TOP/tools/vectors/compare-tree.py" to "$name" "made/$name"
    done
    assert_equal "$(find made -mindepth 3 -maxdepth 3 | wc -l)" 10
}

# behaviour: zstd and gzip read each kind of their frames, and check what is to be checked
# documented: vectors/README.md "Layers and images"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "vectors: zstd and gzip read the frames" {
    local form blob size count=0
    for form in zstd zstd-frames zstd-skippable zstd-chunked gzip gzip-members estargz; do
        for size in 0 1 600; do
            write_vector "$form-$size" "verdict: hostile" < <(
                printf 'layer compression=%s\n    file f ("x"*%s"y")*9 mtime=7\n    file g\n' "$form" "$size")
        done
    done
    write_vectors to
    while read -r blob; do
        case $blob in
            */zstd*) zstd -dcq "$blob" >tar ;;
            *) gzip -dc "$blob" >tar ;;
        esac
        tar -tf tar >names
        assert_equal "$(head -n 2 names)" $'f\ng'
        count=$((count + 1))
    done < <(grep -rlzv '^{' to/layers/*/*/blobs)
    assert_equal "$count" 21
}

# hexadecimal: stdin, digits without blanks.
hexadecimal() {
    od -An -v -tx1 | tr -d ' \n'
}

# behaviour: a vector changes bytes of a compressed stream and of documents, and what names them has the digest of the new
# documented: vectors/README.md "Layers and images"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "vectors: streams and documents have the bytes that a vector wants" {
    write_vector damaged "verdict: hostile" <<'END'
layer head="\x1f\x8b\x08\x08\0\0\0\0\0\xffname\0" patch=-4:"\x01\x02" patch=15:"\x07" trailing-raw="behind" truncate=1
    file f
layer compression=zstd head="\x28\xb5\x2f\xfd\x00\x58"
    file g
layer same=2 times=3
image
    insert index manifests.0 {"mediaType": "application/xml",
        "size": 7}
    set layout acme true
    replace config "\"amd64\"" "\"amd65\""
    beside refs/latest "old"
END
    write_vectors to
    cd to/layers/a/damaged
    assert_equal "$(jq -c '[.manifests[].size == 7]' index.json)" "[true,false]"
    assert_equal "$(cat oci-layout refs/latest)" '{"acme":true,"imageLayoutVersion":"1.0.0"}old'

    cd blobs/sha256
    assert_equal "$(sha256sum -- * | cut -d' ' -f1)" "$(ls)"
    local manifest config gzip zstd
    manifest=$(jq -r '.manifests[1].digest | ltrimstr("sha256:")' ../../index.json)
    config=$(jq -r '.config.digest | ltrimstr("sha256:")' "$manifest")
    assert_equal "$(jq -r .architecture "$config")" amd65
    assert_equal "$(jq -c '[(.layers | length), (.layers[1:] | unique | length)]' "$manifest")" "[5,1]"

    gzip=$(jq -r '.layers[0].digest | ltrimstr("sha256:")' "$manifest")
    assert_equal "$(head -c 16 "$gzip" | hexadecimal)" 1f8b08080000000000ff6e616d650007
    assert_equal "$(tail -c 9 "$gzip" | hexadecimal)" 01020000626568696e
    zstd=$(jq -r '.layers[1].digest | ltrimstr("sha256:")' "$manifest")
    assert_equal "$(head -c 6 "$zstd" | hexadecimal)" 28b52ffd0058
    assert_equal "$(zstd -dcq "$zstd" | tar -t)" g
}

# behaviour: skopeo and umoci read a layout, and umoci makes of it the tree that the vector wants
# documented: vectors/README.md "Without our code"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "vectors: skopeo and umoci read a layout" {
    requires root
    write_types
    write_vectors to
    assert_equal "$(skopeo inspect --format '{{.Digest}}' oci:to/layers/a/types:latest)" \
        "$(jq -r '.vectors[0].manifest' to/vectors.json)"
    umoci unpack --image to/layers/a/types:latest bundle
    run -0 "$TOP/tools/vectors/compare-tree.py" to layers/a/types bundle/rootfs
    echo more >>"bundle/rootfs/a dir/f"
    run -1 "$TOP/tools/vectors/compare-tree.py" to layers/a/types bundle/rootfs
    assert_output --partial '"a dir/f": content "hello\nmore\n" instead of "hello\n"'
}

# behaviour: what an earlier run has written is replaced, and any other directory is left alone
# documented: vectors/README.md "Without our code"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "vectors: no directory of others is replaced" {
    write_types
    mkdir -p mine
    touch mine/kept
    run -1 write_vectors mine
    assert_line "error: mine: is not empty and has no vectors.json"
    assert_equal "$(ls mine)" kept
    write_vectors to
    mv from/layers/a/types.vector from/layers/a/renamed.vector
    write_vectors to
    assert_equal "$(ls to/layers/a)" renamed
}

#!/usr/bin/env bats
# Names in the extended headers of a tar: paths, and names of extended attributes. They are bytes, and what an archive says
# by them is what comes out, or an error.

load ../helpers

# pax_tar FILE SIZE RECORD…: a tar with one file, which its header calls "header" and which has SIZE bytes, and these
# records, KEY=VALUE with Python's escapes, in an extended header before it.
pax_tar() {
    python3 - "$@" <<'END'
import os, sys

name, size, records = sys.argv[1], int(sys.argv[2]), sys.argv[3:]

def block(path, kind, size):
    header = bytearray(512)
    header[:len(path)] = path
    header[100:107], header[108:115], header[116:123] = b"0000644", b"0000000", b"0000000"
    header[124:135], header[136:147], header[156:157] = b"%011o" % size, b"%011o" % 0, kind
    header[257:265], header[148:156] = b"ustar\x0000", b" " * 8
    header[148:155] = b"%06o\x00" % sum(header)
    return bytes(header)

def padded(data):
    return data + bytes(-len(data) % 512)

body = b""
for record in records:
    text = os.fsencode(record).decode("unicode_escape").encode("latin-1") + b"\n"
    length = len(text) + 2
    while len(b"%d %s" % (length, text)) != length:
        length += 1
    body += b"%d %s" % (length, text)
with open(name, "wb") as tar:
    # So that headers lie across the borders of what is read at once.
    tar.write(padded(block(b"filler", b"0", 1048576 - 1024) + bytes(1048576 - 1024)))
    tar.write(block(b"x", b"x", len(body)) + padded(body) + padded(block(b"header", b"0", size) + b"c" * size))
    tar.write(bytes(1024))
END
}

# tar_recipe: the image "it" of base.tar alone.
tar_recipe() {
    printf 'it:\n  from: {type: tar, url: base.tar}\n' >stacker.yaml
}

# attributes_of FILE: the names and values of its extended attributes that users can set, as Python has them.
attributes_of() {
    python3 -c 'import os, sys
for name in sorted(map(os.fsencode, os.listxattr(sys.argv[1]))):
    if name.startswith(b"user."): print(name, os.getxattr(sys.argv[1], name))' "$1"
}

# behaviour: a path, a link target or the name of an attribute with a NUL in its extended header is refused
# documented: docs/security.md#hostile-input
# status: beyond
@test "a NUL in an extended header" {
    local record
    tar_recipe
    for record in 'path=good\x00bad' 'path=good\x00' 'SCHILY.xattr.user.good\x00bad=value' \
        'GNU.sparse.name=good\x00bad'; do
        pax_tar base.tar 5 "$record"
        refuse build
        assert_said "NUL"
        assert_equal "$(find roots -name 'good*' -o -name '.unpack*')" ""
    done
}

# behaviour: paths that are not UTF-8 come out as the bytes that they are
# documented: docs/storage.md#layers
# status: beyond
@test "a path that is not UTF-8" {
    tar_recipe
    pax_tar base.tar 5 'path=dir/\xff\xfe'
    stacker build
    assert_equal "$(layer_tar it 0 | tar x --to-stdout "dir/"$'\xff\xfe')" ccccc
}

# behaviour: a sparse file has the name that GNU tar says beside the one that it made up, whatever else the header says
# documented: docs/storage.md#layers
# status: beyond
@test "the name of a sparse file" {
    tar_recipe
    pax_tar base.tar 5 'GNU.sparse.name=named' 'path=GNUSparseFile.1/named' 'mtime=-1.5'
    stacker build
    assert_equal "$(list_layer it 0)" $'filler\nnamed'
    pax_tar base.tar 5 'GNU.sparse.name=n\xff' 'path=GNUSparseFile.1/\xff'
    stacker build
    assert_equal "$(layer_tar it 0 | tar x --to-stdout $'n\xff')" ccccc
}

# behaviour: an extended attribute whose name is not UTF-8 goes from a tar into a layer of each type, and out of it
# documented: docs/storage.md#layers
# status: beyond
@test "the name of an attribute that is not UTF-8" {
    local type
    tar_recipe
    pax_tar base.tar 5 'path=file' 'SCHILY.xattr.user.\xff\xfe=value' 'SCHILY.xattr.user.%3D%25=other'
    stacker build --layer-type tar --layer-type squashfs --layer-type erofs
    layer_tar it 0 | grep -aq $'SCHILY.xattr.user.\xff\xfe=value'
    assert_equal "$(attributes_of "$(layer_directory it 0)/overlay/file")" \
        $'b\'user.=%\' b\'other\'\nb\'user.\\xff\\xfe\' b\'value\''
    # From the squashfs, and from the erofs, once more.
    rm -rf roots .stacker
    for type in squashfs erofs; do
        printf 'again:\n  from: {type: oci, url: "oci:it-%s"}\n' "$type" >stacker.yaml
        stacker --oci-dir "from-$type" build
        layer_tar again 0 "from-$type" | grep -aq $'SCHILY.xattr.user.\xff\xfe=value'
    done
}

# behaviour: an extended attribute whose name is longer than Linux allows is an error, and not left out
# documented: docs/storage.md#layers
# status: beyond
@test "the name of an attribute that is too long" {
    tar_recipe
    pax_tar base.tar 5 "SCHILY.xattr.user.$(printf '%0251d' 0)=value"
    refuse build
    assert_said "is longer than 255 bytes"
}

#!/usr/bin/env bats
# Imports from images that are none of the recipe's: in layouts, and in registries.

load ../helpers
load ../registries

# image_to_import: makes ./images an OCI layout whose image "it" has something for each rule by which layers lie upon each
# other.
image_to_import() {
    busybox_base
    cat >image.yaml <<'END'
below:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir -p /etc /opt/app /opt/hidden
    echo below >/etc/name
    echo below >/opt/app/below
    echo gone >/opt/app/gone
    echo gone >/opt/hidden/gone
    chmod 0640 /opt/app/below
it:
  from: {type: built, tag: below}
  run: |
    echo it >/etc/name
    rm /opt/app/gone
    rm -r /opt/hidden
    mkdir /opt/hidden
    echo it >/opt/hidden/it
    ln -s /etc/name /absolute
    ln -s ../../../../etc /opt/app/upwards
END
    stacker build -f image.yaml
    mv oci images
    rm -rf roots .stacker
}

# recipe_of IMPORT…: a layer that keeps its imports, each one a YAML node.
recipe_of() {
    printf 'app:\n  from: {type: oci, url: "busybox:latest"}\n  imports:\n' >stacker.yaml
    printf '    - %s\n' "$@" >>stacker.yaml
    printf '  run: cp -r /stacker/imports /kept\n' >>stacker.yaml
}

# imported FILE…: what the layer's script saw of these files.
imported() {
    (cd .stacker/imports/app && cat "$@")
}

# behaviour: a file or a directory out of an image is what a container of the image would show there
# documented: docs/recipe.md#imports-from-images
# status: beyond
@test "files and directories of an image in a layout" {
    image_to_import
    recipe_of oci:images:it//etc/name oci:images:it//opt/app oci:images:it//opt/hidden/
    stacker build
    assert_equal "$(imported name app/below it)" $'it\nbelow\nit'
    assert_equal "$(ls .stacker/imports/app)" $'app\nit\nname'
    assert_equal "$(ls .stacker/imports/app/app)" $'below\nupwards'
    assert_equal "$(stat -c %a .stacker/imports/app/app/below)" 640
    # The image itself is not part of the new one.
    assert_equal "$(count_layers app)" 2
}

# behaviour: the image's symlinks lead within the image
# documented: docs/recipe.md#imports-from-images
# status: beyond
@test "symlinks of an image" {
    image_to_import
    recipe_of oci:images:it//opt/app/upwards/name "{path: oci:images:it//absolute, dest: /}"
    stacker build
    assert_equal "$(imported name)" it
    unpack_image app rootfs
    assert_equal "$(readlink rootfs/absolute)" /etc/name
}

# behaviour: hash, dest, mode, uid and gid are what they are for other imports
# documented: docs/recipe.md#imports-from-images
# status: beyond
@test "hash, dest, mode and owner of a file of an image" {
    image_to_import
    hash=$(sha256sum <<<it | cut -d' ' -f1)
    recipe_of "{path: 'oci:images:it//etc/name', dest: /opt/it, mode: 0751, uid: 7, gid: 8, hash: $hash}"
    sed -i '/run:/d' stacker.yaml
    stacker build
    unpack_image app rootfs
    assert_equal "$(cat rootfs/opt/it)" it
    assert_equal "$(stat -c '%a %u %g' rootfs/opt/it)" "751 7 8"
    sed -i "s/$hash/$(printf '%064d' 0)/" stacker.yaml
    refuse build
    assert_said "is different than the actual hash"
}

# behaviour: the layer is cached as long as the image is the same, and is built anew if the file in it is another
# documented: docs/recipe.md#imports-from-images; docs/recipe.md#cache
# status: beyond
@test "imports from an image that changes" {
    requires umoci
    image_to_import
    recipe_of oci:images:it//etc/name
    stacker build
    run --separate-stderr stacker build
    assert_said "found cached layer app"
    # Another image with the same file is no reason.
    umoci config --image images:it --config.env A=b
    run --separate-stderr stacker build
    assert_success
    assert_said "found cached layer app"
    umoci config --image images:below --config.env A=b --tag it
    run --separate-stderr stacker build
    assert_success
    assert_said "cache miss because import content changed: oci:images:it//etc/name"
    assert_equal "$(imported name)" below
}

# behaviour: the image may be one of a registry; it is kept as a base is, also by gc
# documented: docs/recipe.md#imports-from-images; docs/registries.md#bases
# status: beyond
@test "a file of an image in a registry" {
    requires docker_registry skopeo
    image_to_import
    start_registry
    skopeo copy --quiet --dest-tls-verify=false oci:images:it "docker://$registry/team/it:1"
    recipe_of "{path: 'docker://$registry/team/it:1//etc/name', insecure: true}"
    run --separate-stderr stacker build
    assert_success
    assert_equal "$(grep -c '^pulling' <<<"$stderr")" 1
    assert_equal "$(imported name)" it
    stacker gc
    list_registry_requests >/dev/null
    sed -i 's,/kept,/still-kept,' stacker.yaml
    stacker build
    assert_equal "$(list_registry_requests | sort -u)" "HEAD /v2/team/it/manifests/1"
    assert_equal "$(imported name)" it
    sed -i 's/, insecure: true//' stacker.yaml
    refuse build
    assert_said "stacker.yaml:4"
    assert_said "help: insecure: true"
}

# behaviour: of an index, the image for the layer's platform is taken
# documented: docs/recipe.md#imports-from-images
# status: beyond
@test "imports from an image of several platforms" {
    requires umoci
    image_to_import
    umoci config --image images:it --architecture arm64 --tag arm
    jq '[.manifests[] | {key: .annotations["org.opencontainers.image.ref.name"], value: {digest, size, mediaType}}] |
        from_entries | {schemaVersion: 2, manifests: [
            (.below + {platform: {os: "linux", architecture: "amd64"}}),
            (.arm + {platform: {os: "linux", architecture: "arm64"}})]}' images/index.json >list
    digest=$(sha256sum <list | cut -d' ' -f1)
    cp list "images/blobs/sha256/$digest"
    jq --arg digest "sha256:$digest" --argjson size "$(stat -c %s list)" '.manifests += [{digest: $digest, size: $size,
        mediaType: "application/vnd.oci.image.index.v1+json",
        annotations: {"org.opencontainers.image.ref.name": "both"}}]' images/index.json >index
    mv index images/index.json
    recipe_of oci:images:both//etc/name
    for architecture in amd64:below arm64:it; do
        sed -i '/^  run:/d; /^  arch:/d' stacker.yaml
        echo "  arch: ${architecture%:*}" >>stacker.yaml
        stacker build
        assert_equal "$(imported name)" "${architecture#*:}"
    done
}

# behaviour: a layer of the image with another content than its name says is an error, and nothing of it is imported
# documented: docs/recipe.md#imports-from-images
# status: beyond
@test "imports from an image that is damaged" {
    image_to_import
    blob=$(layer_blob it -1 images)
    printf X | dd of="$blob" bs=1 seek=30 conv=notrunc status=none
    recipe_of oci:images:it//etc/name
    refuse build
    assert_said "oci:images:it//etc/name"
    assert_not_exists .stacker/imports/app/name
}

# behaviour: what can't be imported from an image is an error with its place, and the form that is right
# documented: docs/recipe.md#imports-from-images
# status: beyond
@test "wrong imports from images" {
    image_to_import
    recipe_of oci:images:it//etc/missing
    refuse build
    assert_said "stacker.yaml:4"
    assert_said "no such file"
    recipe_of oci:images:none//etc/name
    refuse build
    assert_said "there is no image none"
    recipe_of oci:images:it/etc/name
    refuse build
    assert_said "oci:directory:tag//path"
    recipe_of oci:images:it//etc/nam
    refuse build
    assert_said "help: in the image there is /etc/name"
    recipe_of oci:images:it//nowhere/name
    refuse build
    assert_said "help: in the image there is no /nowhere"
    recipe_of docker://busybox:latest
    refuse build
    assert_said "docker://registry/name:tag//path"
    printf 'app:\n  from: {type: tar, url: "oci:images:it//etc/name"}\n' >stacker.yaml
    refuse build
    assert_said "can't be a tar base"
    # A file may be called like that.
    echo local >oci:file
    recipe_of ./oci:file
    stacker build
    assert_equal "$(imported oci:file)" local
}

# behaviour: ACLs go with the files of an image, as they do with those of a layer
# documented: docs/recipe.md#what-is-copied
# status: beyond
@test "ACLs of an image's files" {
    busybox_base
    mkdir files
    echo it >files/it
    # One in the kernel's form: version 2, then tag, permissions and id of each entry.
    python3 -c 'import os, struct
entries = [(1, 6, -1), (2, 4, 1), (4, 4, -1), (0x10, 4, -1), (0x20, 4, -1)]
value = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
os.setxattr("files/it", "system.posix_acl_access", value)'
    tar c --xattrs --xattrs-include='*' -C files it >acl.tar
    cat >image.yaml <<'END'
it:
  from: {type: tar, url: acl.tar}
END
    stacker build -f image.yaml
    mv oci images
    cat >stacker.yaml <<'END'
app:
  from: {type: scratch}
  imports: [{path: "oci:images:it//it", dest: /it}]
END
    stacker build
    layer_tar app -1 | grep -aq SCHILY.xattr.system.posix_acl_access
}

# behaviour: an image that is named as other programs name one, oci-archive: or docker-daemon:, is an error that says which forms there are; a file of such a name is a file
# documented: docs/recipe.md#imports-from-images
# status: beyond
@test "other programs' names of images" {
    local path
    busybox_base
    for path in oci-archive:image.tar:tag//etc/name docker-daemon:name:tag//etc/name; do
        recipe_of "\"$path\""
        refuse build
        assert_said "stacker.yaml:4"
        assert_said "an image is named by docker:// or oci: only"
        assert_said "skopeo copy ${path%%:*}:… oci:directory:tag"
    done
    echo file >oci-archive:image.tar
    recipe_of oci-archive:image.tar
    stacker build
    assert_equal "$(imported oci-archive:image.tar)" file
}

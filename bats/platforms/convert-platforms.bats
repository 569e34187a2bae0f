#!/usr/bin/env bats
# convert: a Dockerfile for several platforms becomes a recipe that builds the same images, stages of the build platform and all.

load ../helpers
load ../registries
load platforms
load indexes

# convert_it: converts ./Dockerfile, and has the recipe take its bases from layouts here.
convert_it() {
    stacker convert
    sed -i 's,docker://,oci:,' stacker.yaml
}

# build_it: builds the image for this machine and for s390x.
build_it() { stacker build --substitute-file stacker-subs.yaml --platform "$machine,linux/s390x"; }

# file_of PLATFORM PATH: what the image has there.
file_of() {
    rm -rf one rootfs
    skopeo copy --quiet --override-arch "${1#*/}" oci:oci:app oci:one:it
    unpack_image it rootfs one
    cat "rootfs$2"
}

# cross_dockerfile: a stage that is built once, one for each platform, and the image, which runs nothing.
cross_dockerfile() {
    cat >Dockerfile <<'END'
FROM --platform=$BUILDPLATFORM busybox:latest AS tool
ARG BUILDARCH
RUN echo "a tool on $BUILDARCH" >/tool
FROM --platform=$BUILDPLATFORM busybox:latest AS build
ARG TARGETPLATFORM TARGETARCH
COPY --from=tool /tool /tool
RUN cat /tool >/out-$TARGETARCH; echo "made it for ${TARGETPLATFORM} ${TARGETARCH:-nothing}" >>/out-$TARGETARCH
FROM busybox:latest
ARG TARGETARCH
ENV MADE_FOR=$TARGETARCH
COPY --from=build /out-$TARGETARCH /out
COPY word-$TARGETARCH /word
LABEL arch=$TARGETARCH
END
    for arch in "${machine#*/}" s390x; do echo "a word for $arch" >"word-$arch"; done
}

# behaviour: stages on the build platform are built on the machine, once or for each platform; each image has what is made for it
# documented: docs/convert.md#platforms
# status: beyond
@test "a Dockerfile that compiles for other machines" {
    requires skopeo
    machine_base
    cross_dockerfile
    convert_it
    build_it
    here=${machine#*/}
    for platform in "$machine" linux/s390x; do
        arch=${platform#*/}
        assert_equal "$(file_of "$platform" /out)" "a tool on $here"$'\n'"made it for $platform $arch"
        assert_equal "$(cat rootfs/word)" "a word for $arch"
        assert_equal "$(image_config it one | jq -c '[.architecture, .config.Labels.arch, (.config.Env | index("MADE_FOR=" + $a) != null)]' \
            --arg a "$arch")" "[\"$arch\",\"$arch\",true]"
    done
    # The tool once, the build for both.
    assert_equal "$(cd roots && echo {tool,build,app}*)" "tool build build@linux-s390x app app@linux-s390x"
}

# behaviour: the images are those that buildah makes of the same Dockerfile
# documented: docs/convert.md#platforms
# status: beyond
@test "what buildah makes of it" {
    requires docker_registry skopeo buildah
    start_registry
    machine_base
    cross_dockerfile
    convert_it
    build_it
    skopeo copy --quiet --multi-arch all --dest-tls-verify=false oci:busybox:latest "docker://$registry/busybox:latest"
    mkdir context
    cp word-* context
    sed "s,busybox:latest,$registry/&," Dockerfile >context/Dockerfile
    for platform in "$machine" linux/s390x; do
        # One storage for each: an image for another platform would be taken for the base.
        buildah=(buildah --root "$PWD/storage-${platform#*/}" --runroot "$PWD/run" --storage-driver vfs)
        "${buildah[@]}" bud --quiet --tls-verify=false --platform "$platform" --isolation chroot --layers=false -t it context \
            >/dev/null
        "${buildah[@]}" push --quiet it "oci:$PWD/theirs:it"
        file_of "$platform" /out >out
        unpack_image it theirs-root theirs
        diff -r rootfs theirs-root
        assert_equal "$(image_config it theirs | jq -c '[.architecture, (.config.Env | sort), .config.Labels.arch]')" \
            "$(image_config it one | jq -c '[.architecture, (.config.Env | sort), .config.Labels.arch]')"
        rm -rf theirs-root theirs
    done
}

# behaviour: where the last stage is for the build platform, that is left out, with a warning that says why
# documented: docs/convert.md#platforms
# status: beyond
@test "an image for the build platform" {
    machine_base
    printf 'FROM --platform=$BUILDPLATFORM busybox:latest\nRUN echo it >/it\n' >Dockerfile
    run -0 --separate-stderr stacker convert
    assert_said "Dockerfile:1: FROM --platform=\$BUILDPLATFORM: left out, since the image is built on this stage"
    run ! grep build_platform stacker.yaml
    sed -i 's,docker://,oci:,' stacker.yaml
    stacker build --substitute-file stacker-subs.yaml
    assert_equal "$(image_config app | jq -r '"\(.os)/\(.architecture)"')" "$machine"
}

#!/usr/bin/env bats
# convert: a Dockerfile becomes a recipe and a file of substitutions that build the same image.

load ../helpers

setup() {
    begin_test
    requires container
    busybox_base
}

# convert_dockerfile: converts ./Dockerfile, and has the recipe take its bases from layouts here.
convert_dockerfile() {
    stacker convert 2>convert.err
    sed -i 's,docker://,oci:,' stacker.yaml
}

# build_both TAG: the image by stacker, in ./ours, and by buildah, in ./theirs, each with its config beside it.
build_both() {
    requires buildah
    convert_dockerfile
    stacker build --substitute-file stacker-subs.yaml
    unpack_image "$1" ours
    image_config "$1" >ours.json

    mkdir context
    find . -maxdepth 1 -mindepth 1 ! -name context ! -name 'ours*' ! -name oci ! -name roots ! -name .stacker \
        ! -name busybox ! -name 'stacker*.yaml' ! -name convert.err -exec cp -a {} context \;
    # It knows here-documents only from 1.33 on: the same Dockerfile without them.
    [[ ! -e Dockerfile.plain ]] || cp Dockerfile.plain context/Dockerfile
    buildah=(buildah --root "$PWD/storage" --runroot "$PWD/run" --storage-driver vfs)
    "${buildah[@]}" tag "$("${buildah[@]}" pull --quiet oci:busybox:latest)" localhost/busybox:latest
    "${buildah[@]}" bud --quiet --pull-never --isolation chroot --layers=false -t it context >/dev/null
    "${buildah[@]}" push --quiet it "oci:$PWD/theirs-layout:it"
    unpack_image it theirs theirs-layout
    image_config it theirs-layout >theirs.json
}

# print_tree DIR: what is in it, without times and what containers leave.
print_tree() {
    "$TOP/tools/look/list-tree.py" "$1" | sed -e "s/ @[0-9]* / /; s/ @[0-9]*\$//" -e "/^b'\(dev\|proc\|sys\|run\)\(\/\|'\)/d" \
        -e "/^b'etc\/\(hosts\|hostname\|hostname\|resolv.conf\)'/d"
}

# print_config FILE: what of a config says how the image is run.
print_config() {
    jq -e --sort-keys '.config | {Env: (.Env | sort), Cmd, Entrypoint, User: (.User // ""),
        WorkingDir: (.WorkingDir // "/"), Volumes: (.Volumes // {}),
        ExposedPorts, StopSignal,
        Labels: ((.Labels // {}) | with_entries(select(.key | startswith("io.buildah") | not)))}' "$1"
}

assert_both_alike() {
    print_tree ours >ours.list
    print_tree theirs >theirs.list
    assert_file_not_empty ours.list
    diff -u theirs.list ours.list
    print_config ours.json >ours.config
    print_config theirs.json >theirs.config
    assert_file_not_empty ours.config
    diff -u theirs.config ours.config
}

# behaviour: the last stage is the layer ${{IMAGE}}, called app; an ARG is a substitution with its default; both files have their usual names
# documented: docs/convert.md#what-becomes-of-what
# status: documented
# original: its own recipe is refused by its own build: of two references to an ARG in one RUN it rewrites the first form only
@test "a Dockerfile becomes stacker.yaml and stacker-subs.yaml" {
    cat >Dockerfile <<'END'
FROM busybox:latest
ARG VERSION=1.0.0
ENV ENV_VERSION1 $VERSION
ENV ENV_VERSION2=${VERSION}
RUN echo $VERSION > /version; echo ${VERSION} >> /version
ENTRYPOINT [ "/bin/cat", "/version" ]
END
    convert_dockerfile
    run -0 grep -F '${{IMAGE}}:' stacker.yaml
    run -0 grep -F '${{VERSION}}' stacker.yaml
    run -0 cat stacker-subs.yaml
    assert_line 'IMAGE: app'
    assert_line 'VERSION: 1.0.0'
    stacker build --substitute-file stacker-subs.yaml
    unpack_image app rootfs
    assert_equal "$(cat rootfs/version)" $'1.0.0\n1.0.0'
    assert_equal "$(image_config app | jq -c '[.config.Entrypoint, (.config.Env | map(select(startswith("ENV_"))))]')" \
        '[["/bin/cat","/version"],["ENV_VERSION1=1.0.0","ENV_VERSION2=1.0.0"]]'
    stacker build --substitute-file stacker-subs.yaml --substitute IMAGE=other --substitute VERSION=2
    unpack_image other other
    assert_equal "$(cat other/version)" $'2\n2'
}

# behaviour: the files can be named
# documented: docs/commands.md#convert
# status: beyond
@test "options name the files" {
    mkdir sub
    printf 'FROM busybox:latest\nCOPY hello /hello\n' >sub/Containerfile
    echo hello >sub/hello
    stacker convert --docker-file sub/Containerfile --output-file it.yaml --substitute-file it.subs
    sed -i 's,docker://,oci:,' it.yaml
    stacker build -f it.yaml --substitute-file it.subs
    unpack_image app rootfs
    assert_equal "$(cat rootfs/hello)" hello
}

# behaviour: what was written is said on stderr with the command that builds it; a build without the values names the file that has them
# documented: docs/commands.md#convert; docs/recipe.md#substitution
# status: beyond
@test "what comes next is said" {
    printf 'FROM busybox:latest\nARG PY=3\nRUN echo $PY > /version\n' >Dockerfile
    run -0 --separate-stderr stacker convert
    assert_output ""
    assert_said "wrote stacker.yaml and stacker-subs.yaml"
    assert_said "next: stacker build --substitute-file stacker-subs.yaml"
    refuse build
    assert_said "no value for substitution IMAGE"
    assert_said "--substitute-file stacker-subs.yaml, which is there"
    mkdir sub
    run -0 --separate-stderr stacker convert -o sub/it.yaml -s sub/stacker-subs.yaml
    assert_said "next: stacker build -f sub/it.yaml --substitute-file sub/stacker-subs.yaml"
    refuse build -f sub/it.yaml
    assert_said "--substitute-file sub/stacker-subs.yaml, which is there"
    rm sub/stacker-subs.yaml
    refuse build -f sub/it.yaml
    refute_said "--substitute-file"
}

# behaviour: a recipe or a file of values that somebody has written or edited is not replaced, unless --force says so; what convert has written is, and so is an empty file
# documented: docs/commands.md#convert
# status: beyond
@test "what somebody has edited stays" {
    printf 'FROM busybox:latest\n' >Dockerfile
    : >stacker.yaml
    stacker convert
    printf 'FROM busybox:latest\nRUN true\n' >Dockerfile
    stacker convert
    run -0 grep -F 'run: |' stacker.yaml
    local edited
    for edited in stacker-subs.yaml stacker.yaml; do
        stacker convert --force
        sed -i '$ i # mine' "$edited"
        cp stacker.yaml stacker-subs.yaml "$BATS_TEST_TMPDIR"
        refuse convert
        assert_said "couldn't write $edited: it is there already"
        assert_said "--force"
        for file in stacker.yaml stacker-subs.yaml; do cmp "$file" "$BATS_TEST_TMPDIR/$file"; done
    done
    printf 'app: {from: {type: scratch}}\n' >stacker.yaml
    refuse convert
    assert_equal "$(cat stacker.yaml)" 'app: {from: {type: scratch}}'
    stacker convert --force
    run -0 grep -F '${{IMAGE}}:' stacker.yaml
}

# behaviour: VOLUME is a bind of ${{STACKER_VOL1}}, which is no path of the host: a script that empties it empties its own
# documented: docs/convert.md#volumes
# status: beyond
@test "a volume is a directory of the script's own" {
    mkdir host
    echo precious >host/file
    cat >Dockerfile <<END
FROM busybox:latest
RUN mkdir -p $PWD/host && echo below > $PWD/host/below && chmod 1777 $PWD/host
VOLUME $PWD/host /other
RUN rm -rf $PWD/host/* && echo here > $PWD/host/made && stat -c %a $PWD/host > /seen && ls $PWD/host /other >> /seen
END
    convert_dockerfile
    run -0 grep -F -e "- '\${{STACKER_VOL1}} -> $PWD/host'" stacker.yaml
    # A value that is a path would be one of the host.
    run ! grep -E '^STACKER_VOL.: *["'\'']?[./]' stacker-subs.yaml
    stacker build --substitute-file stacker-subs.yaml
    assert_equal "$(ls host; cat host/file)" $'file\nprecious'
    unpack_image app rootfs
    assert_equal "$(cat rootfs/seen)" $'1777\n/other:\n\n'"$PWD/host:"$'\nmade'
    # What was there before is in the image, and nothing of what was made in the volume.
    assert_equal "$(ls "rootfs$PWD/host")" below
    assert_equal "$(image_config app | jq -c '.config.Volumes | keys')" "$(jq -nc '[$ENV.PWD + "/host", "/other"] | sort')"
    # Nothing of the host is in it, so that it can be kept.
    run -0 stacker build --substitute-file stacker-subs.yaml
    assert_line "found cached layer app"
}

# behaviour: scripts of a stage on one with a VOLUME see an empty directory there, too; that what they write is lost is said once
# documented: docs/convert.md#volumes
# status: beyond
@test "a volume of the stage below" {
    cat >Dockerfile <<'END'
FROM busybox:latest AS below
VOLUME /v /unused
RUN echo 1 > /v/f
RUN echo 2 > /v/g
FROM below
VOLUME /v
RUN ls /v > /seen && echo 3 > /v/h
END
    convert_dockerfile
    assert_equal "$(grep -c "warning: Dockerfile:3: RUN: what is written to the volume /v " convert.err)" 1
    assert_equal "$(grep -c "RUN: what is written to the volume /v " convert.err)" 1
    stacker build --substitute-file stacker-subs.yaml
    unpack_image app rootfs
    assert_equal "$(cat rootfs/seen)" ""
}

# behaviour: a volume at a path that is a file in the image is an error of the build with its place in the recipe
# documented: docs/recipe.md#binds
# status: beyond
@test "a volume where the image has a file" {
    printf 'FROM busybox:latest\nRUN echo file > /file\nVOLUME /file\nRUN true\n' >Dockerfile
    convert_dockerfile
    run -1 --separate-stderr stacker build --substitute-file stacker-subs.yaml
    assert_regex "$stderr" 'stacker.yaml:[0-9]+:[0-9]+: couldn.t bind volume:1 to /file: it is a file in the image'
    assert_said "help: bind a file"
}

# behaviour: a directory that is given for STACKER_VOL1 is what scripts see of the host
# documented: docs/convert.md#volumes
# status: documented
@test "a volume can be a directory of the host" {
    cat >Dockerfile <<'END'
FROM busybox:latest
VOLUME /out
RUN echo here > /out/file
END
    convert_dockerfile
    run -0 grep STACKER_VOL1 stacker-subs.yaml
    mkdir host
    stacker build --substitute-file stacker-subs.yaml --substitute "STACKER_VOL1=$PWD/host"
    assert_equal "$(cat host/file)" here
}

# behaviour: USER, WORKDIR and variables of a base image in an OCI layout count for RUN, COPY and ENV
# documented: docs/convert.md#the-base-image
# status: beyond
@test "a base image with a user and a working directory" {
    requires umoci
    cat >stacker.yaml <<'END'
base:
  from: {type: oci, url: "busybox:latest"}
  run: |
    mkdir -p /app
    printf 'db:x:70:70::/app:/bin/sh\n' >> /etc/passwd
    chown 70:70 /app
  environment: {PATH: "/opt/tool:/bin", GREETING: hello}
  working_dir: /app
  runtime_user: db
END
    stacker --oci-dir bases build
    rm stacker.yaml
    echo it >file
    cat >Dockerfile <<'END'
FROM oci:bases:base
COPY file ./
ENV PATH=$PATH:/late
RUN echo "$(id -un) $PWD $GREETING" > said
END
    run -0 --separate-stderr stacker convert
    refute_said "not known"
    run ! grep -r BASE_ stacker-subs.yaml
    stacker build --substitute-file stacker-subs.yaml
    unpack_image app app
    assert_equal "$(cat app/app/said)" "db /app hello"
    assert_equal "$(cat app/app/file)" it
    assert_equal "$(image_config app | jq -r '.config | "\(.User) \(.WorkingDir) \(.Env | map(select(startswith("PATH="))) | join(" "))"')" \
        "db /app PATH=/opt/tool:/bin:/late"
}

# behaviour: what is assumed of a base image that is not here is said at the first line that depends on it
# documented: docs/convert.md#the-base-image
# status: beyond
@test "a base image that is not here" {
    printf 'FROM busybox:latest\nENV A=b\nRUN true\nRUN true\n' >Dockerfile
    convert_dockerfile
    run -0 grep -c "not known" convert.err
    assert_output 1
    run -0 grep "Dockerfile:3: RUN: in / and as root" stacker.yaml
}

# behaviour: what a recipe has no place for is a comment with its line, and a warning
# documented: docs/convert.md#what-is-left
# status: beyond
@test "nothing is left out without a word" {
    cat >Dockerfile <<'END'
FROM busybox:latest
EXPOSE http
STOPSIGNAL SIGNOTHING
HEALTHCHECK --interval=5s CMD true
ONBUILD RUN echo later
RUN --mount=type=tmpfs,target=/tmp/it echo it > /it
END
    convert_dockerfile
    run -0 grep -F "# Dockerfile:4: HEALTHCHECK --interval=5s CMD true: left out" stacker.yaml
    for line in 2:EXPOSE 3:STOPSIGNAL 4:HEALTHCHECK 5:ONBUILD 6:RUN; do
        run -0 grep "# Dockerfile:${line%:*}: ${line#*:} " stacker.yaml
        run -0 grep "warning: Dockerfile:${line%:*}: ${line#*:} " convert.err
    done
    stacker build --substitute-file stacker-subs.yaml
}

# behaviour: cache mounts are cache directories of their command, with its owner and mode; what is in them is no image's
# documented: docs/convert.md#caches; docs/convert.md#what-becomes-of-what; docs/convert.md#what-is-left
# status: beyond
@test "cache mounts" {
    cat >Dockerfile <<'END'
FROM busybox:latest
ARG CACHE=/var/cache/it
WORKDIR /work
RUN --mount=type=cache,id=a,target=$CACHE,sharing=locked --mount=type=tmpfs,dst=tmp echo 1 > /var/cache/it/a && cp /var/cache/it/a tmp/a
RUN --mount=type=cache,uid=70,mode=0700,destination=/cache stat -c '%u %a' /cache > /seen
RUN echo kept > /kept && mkdir -p /cache && echo image > /cache/file
END
    convert_dockerfile
    stacker build --substitute-file stacker-subs.yaml
    unpack_image app rootfs
    assert_equal "$(cat rootfs/seen rootfs/work/tmp/a rootfs/cache/file)" $'70 700\n1\nimage'
    assert_not_exists rootfs/var/cache/it
    assert_equal "$(cat .stacker/cache_dirs/app-1/*/*/a)" 1
}

# behaviour: what can't be left out is an error that names all lines, and nothing is written
# documented: docs/convert.md#what-is-left
# status: beyond
@test "what can't be converted is refused" {
    cat >Dockerfile <<'END'
FROM busybox:latest
RUN --mount=type=secret,id=key cat /run/secrets/key
COPY missing /missing
ADD https://example.org/it.git /it
END
    refuse convert
    assert_said "Dockerfile:2: RUN: --mount=type=secret"
    assert_said "Dockerfile:3: COPY: couldn't find missing"
    assert_said "Dockerfile:4: ADD: a git repository"
    assert_file_not_exists stacker.yaml
    assert_file_not_exists stacker-subs.yaml
}

# behaviour: a static program of one stage is all that is in the other
# documented: docs/convert.md#stages
# status: beyond
@test "a compiled program on scratch" {
    printf 'int main;\n' >main.c
    cat >Dockerfile <<'END'
# syntax=docker/dockerfile:1
FROM busybox:latest AS build
WORKDIR /src
COPY main.c go.* ./
ARG TARGETARCH
RUN set -e; \
    # a comment between
    mkdir -p /out/bin; \
    cp main.c /out/bin/server && chmod 0755 /out/bin/server

FROM scratch
COPY --from=build /out/bin/server /server
COPY --from=0 --chown=65534:65534 /src/ /src
USER 65534:65534
ENTRYPOINT ["/server"]
CMD ["--listen", ":8080"]
END
    echo 'module it' >go.mod
    build_both app
    assert_both_alike
}

# behaviour: .dockerignore counts, a COPY after a RUN comes after it, a RUN sees ENV and the directory of WORKDIR
# documented: docs/convert.md#files
# status: beyond
@test "a web application with its dependencies" {
    mkdir -p src/lib node_modules/left
    echo '{}' >package.json
    echo '{"lock": 1}' >package-lock.json
    echo 'app' >src/index.js
    echo 'lib' >src/lib/a.js
    echo 'log' >src/lib/a.log
    echo 'old' >node_modules/left/pad
    printf '%s\n' node_modules '**/*.log' Dockerfile .dockerignore busybox convert.err stacker.yaml >.dockerignore
    cat >Dockerfile <<'END'
FROM busybox:latest
ENV NODE_ENV=production APP_HOME="/srv/the app"
WORKDIR $APP_HOME
COPY package*.json ./
RUN mkdir node_modules && cat package.json package-lock.json > node_modules/installed && cd / && echo $NODE_ENV > env
COPY . .
RUN ls > listing; cd /; false; echo "$APP_HOME" > house
EXPOSE 3000
LABEL org.opencontainers.image.title="The app" version=3
CMD node "$APP_HOME/src/index.js"
END
    build_both app
    assert_both_alike
    assert_file_exists "ours/srv/the app/src/lib/a.js"
    assert_file_not_exists "ours/srv/the app/src/lib/a.log"
}

# behaviour: here-documents are scripts and files, ARGs reach scripts, ENV can build on PATH
# documented: docs/convert.md#what-becomes-of-what
# status: beyond
@test "here-documents, arguments and the base's PATH" {
    echo 'flask' >requirements.txt
    cat >Dockerfile <<'END'
FROM busybox:latest
ARG APP_VERSION=2.5
ARG BUILD_FLAGS="--fast --small"
ENV PATH=/opt/venv/bin:$PATH \
    APP_VERSION=${APP_VERSION} \
    PRICE=\$5
WORKDIR /opt
WORKDIR app
COPY --chown=1000:1000 --chmod=0640 requirements.txt ./
RUN <<EOF
mkdir -p /opt/venv/bin
printf '#!/bin/sh\necho %s\n' "$BUILD_FLAGS" > /opt/venv/bin/tool
chmod 0755 /opt/venv/bin/tool
tool > /opt/app/tool.out
cat > /opt/app/inner <<-INNER
	version $APP_VERSION
	INNER
EOF
COPY <<"CONF" /opt/app/app.conf
literal = $APP_VERSION
CONF
LABEL flags="$BUILD_FLAGS"
ENTRYPOINT ["tool"]
END
    awk '/^RUN <</ { print "COPY plain.sh /plain.sh\nRUN sh /plain.sh && rm /plain.sh"; skip = 1 }
        /^COPY <</ { print "COPY plain.conf /opt/app/app.conf"; skip = 1 }
        !skip { print }
        /^(EOF|CONF)$/ { skip = 0 }' Dockerfile >Dockerfile.plain
    sed -n '/^RUN <</,/^EOF$/p' Dockerfile | sed '1d;$d' >plain.sh
    sed -n '/^COPY <</,/^CONF$/p' Dockerfile | sed '1d;$d' >plain.conf
    build_both app
    assert_both_alike
    assert_equal "$(cat ours/opt/app/inner)" "version 2.5"
    assert_equal "$(cat ours/opt/app/tool.out)" "--fast --small"
}

# behaviour: a byte that no recipe can hold is refused with its line of the Dockerfile; what YAML can only hold in quotes is quoted
# documented: docs/convert.md#what-is-left
# status: beyond
@test "bytes that YAML doesn't take as they are" {
    printf 'FROM busybox:latest\nRUN echo a\0b >/file\n' >Dockerfile
    run -1 stacker convert
    assert_output --partial "Dockerfile:2: a NUL byte"
    assert_file_not_exists stacker.yaml

    printf 'FROM busybox:latest\nRUN echo "\xef\xbf\xbe" >/file\n' >Dockerfile
    convert_dockerfile
    stacker build --substitute-file stacker-subs.yaml
    unpack_image app ours
    assert_equal "$(cat ours/file)" $'\xef\xbf\xbe'
}

# behaviour: a base of an ARG before FROM, stages by name and number, a stage on a stage, an archive that ADD unpacks
# documented: docs/convert.md#stages
# status: beyond
@test "stages on stages and an archive" {
    mkdir -p assets/css
    echo body >assets/css/site.css
    tar -C assets --owner=0 --group=0 -czf assets.tar.gz css
    rm -r assets
    mkdir conf
    echo 'listen 80' >conf/server.conf
    cat >Dockerfile <<'END'
ARG TAG=latest
FROM busybox:${TAG} AS base
ENV SITE=/usr/share/site
WORKDIR /work

FROM base AS assets
ADD assets.tar.gz $SITE/
RUN ls "$SITE/css" > listing

FROM base
COPY --from=assets /usr/share/site /usr/share/site
COPY --from=assets /work/listing ./
COPY conf /etc/server
RUN ["/bin/sh", "-c", "echo $SITE > site"]
STOPSIGNAL SIGQUIT
CMD ["httpd", "-f"]
END
    build_both app
    assert_both_alike
}

# behaviour: variables within each other are replaced down to a hundred, and more are an error with its line
# documented: docs/convert.md#what-becomes-of-what
# status: beyond
@test "variables within each other" {
    local count
    for count in 100 101 100000; do
        python3 -c 'import sys; count = int(sys.argv[1])
print("FROM scratch\nENV A=" + "${A:-" * count + "x" + "}" * count)' "$count" >Dockerfile
        if ((count == 100)); then
            stacker convert
            assert_file_contains stacker.yaml 'A: *x'
        else
            refuse convert
            assert_said "Dockerfile:2"
            assert_said 'more than 100 "${…}" are within each other'
        fi
    done
}

# behaviour: SHELL and USER count for what a RUN does
# documented: docs/convert.md#what-becomes-of-what
# status: beyond
@test "another shell and another user" {
    printf '#!/bin/sh\nexec "$@"\n' >entrypoint.sh
    chmod 0755 entrypoint.sh
    cat >Dockerfile <<'END'
FROM busybox:latest
SHELL ["/bin/busybox", "sh", "-euc"]
RUN echo 'db:x:70:70::/var/lib/db:/bin/sh' >> /etc/passwd; \
    echo 'db:x:70:' >> /etc/group; \
    mkdir -p /var/lib/db; \
    chown db:db /var/lib/db
SHELL ["/bin/sh", "-c"]
COPY entrypoint.sh /usr/local/bin/
COPY --chown=db entrypoint.sh /var/lib/db/
USER db
RUN id -un > /var/lib/db/whoami && echo 'it'"'"'s' >> /var/lib/db/whoami
ENV PGDATA /var/lib/db
ENTRYPOINT ["entrypoint.sh"]
CMD ["postgres"]
END
    build_both app
    assert_both_alike
    assert_equal "$(cat ours/var/lib/db/whoami)" $'db\nit\'s'
}

#!/usr/bin/env bats
# What people type first, who come from Docker or know the program only by name: the error says what there is in its place.

load ../helpers

setup() {
    begin_test
}

# behaviour: where there is no recipe, build, lint and fmt name init, or convert where a Dockerfile lies; a file of values is not taken for a recipe
# documented: docs/commands.md#first-words
# status: beyond
@test "no recipe" {
    local command
    for command in build lint fmt; do
        rm -f Dockerfile stacker-subs.yaml
        refuse "$command"
        assert_said "couldn't read stacker.yaml"
        assert_said "stacker init writes one"
        echo 'A: b' >stacker-subs.yaml
        echo 'FROM scratch' >Dockerfile
        refuse "$command"
        assert_said "stacker convert makes one of the Dockerfile"
        refute_said "there is"
    done
    refuse build -f other.yaml
    refute_said "stacker init"
}

# behaviour: run tells who has built nothing to build, and how an image of a registry, or one of the build, is named
# documented: docs/commands.md#first-words
# status: beyond
@test "images by the names of other programs" {
    requires container
    refuse run app
    assert_said "build first: stacker build"
    refuse run debian:12
    assert_said "an image of a registry is docker://debian:12"
    printf 'app: {from: {type: scratch}}\n' >stacker.yaml
    stacker build
    refuse run app:latest
    assert_said "there is no image app:latest"
    assert_said "stacker run app"
    refute_said "type: oci"
    refuse run library/debian
    assert_said "docker://library/debian"
    refuse init --from debian:12 -f new.yaml
    assert_said "couldn't find the base debian:12: no such file"
    assert_said "docker://debian:12"
    refuse init --from root.tar -f new.yaml
    refute_said "docker://root.tar"
}

# behaviour: where from is a text, the map is named that was probably meant
# documented: docs/recipe.md#from
# status: beyond
@test "from as a text" {
    local text wanted
    while IFS='=' read -r text wanted; do
        echo "app: {from: \"$text\"}" >stacker.yaml
        refuse build
        assert_said "stacker.yaml:1:13: from of layer app must be a map"
        assert_said "{type: $wanted}"
    done <<'END'
debian:12=docker, url: "docker://debian:12"
ghcr.io/a/b:1=docker, url: "docker://ghcr.io/a/b:1"
docker://debian:12=docker, url: "docker://debian:12"
oci:images:base=oci, url: "images:base"
scratch=scratch
base=built, tag: "base"
root.tar=tar, url: "root.tar"
END
}

# behaviour: commands of Docker's that there are not are told what does that here
# documented: docs/commands.md#first-words
# status: beyond
@test "Docker's commands" {
    local command wanted
    while read -r command wanted; do
        refuse "$command" app
        assert_said "there is no command \"$command\""
        assert_said "$wanted"
    done <<'END'
images stacker inspect
push stacker publish
pull stacker run docker://
rmi stacker gc
prune stacker gc
tag stacker publish --tag
cp stacker grab
shell stacker chroot
login skopeo login
version stacker --version
END
}

# behaviour: so are its options, and what stands where a command takes nothing; an option in front of its command is told its place
# documented: docs/commands.md#first-words
# status: beyond
@test "Docker's options" {
    local words wanted
    while IFS='=' read -r words wanted; do
        # shellcheck disable=SC2086  # a command line
        refuse $words
        assert_said "$wanted"
    done <<'END'
build -t app=stacker publish --tag
build --build-arg A B=--substitute NAME=VALUE
build .=takes no directory
run -it app=leave it out
run --rm app=leave it out
run -p 80:80 app=the network is the host's
run -v /a:/b app=binds:
run -e A app=environment:
convert Dockerfile=-i names the Dockerfile
convert -f Dockerfile=write -i FILE
-f it.yaml build=stacker help build
END
    # What is none of them.
    refuse build --nosuch
    assert_said "stacker help build says what it takes"
}

# behaviour: a bind or an import that is written as elsewhere is told how it is written here; of a script that can't be run it is said where it is, what it lacks, and why there is none on scratch
# documented: docs/commands.md#first-words
# status: beyond
@test "recipes as elsewhere" {
    requires container
    local key wanted
    while IFS='|' read -r key wanted; do
        printf 'app:\n  from: {type: scratch}\n  %s\n  run: "true"\n' "$key" >stacker.yaml
        refuse build
        assert_said stacker.yaml:3:
        assert_said "$wanted"
    done <<'END'
binds: ["/tmp:/x"]|write "/tmp -> /x"
binds: ["./a:/x:ro"]|write "./a -> /x"
imports: ["a:/b"]|{path: "a", dest: "/b"}
imports: ["a /b"]|{path: "a", dest: "/b"}
END
    printf 'app:\n  from: {type: scratch}\n  run: "true"\n' >stacker.yaml
    run -127 --separate-stderr stacker build
    assert_said 'run commands failed for image "app"'
    assert_said "the script at stacker.yaml:3:3: couldn't execute /bin/sh"
    assert_said "scratch has no /bin/sh"
    busybox_recipe "  run: |
    #!/usr/bin/python3 -u
    print(1)"
    run -127 --separate-stderr stacker build
    assert_said "the image has no /usr/bin/python3"
}

# behaviour: inspect and mount tell who has built nothing to build; publish tells where a tag is given
# documented: docs/commands.md#first-words
# status: beyond
@test "images that are not there yet" {
    local words
    for words in inspect "inspect app" "mount app there"; do
        # shellcheck disable=SC2086  # a command line
        refuse $words
        assert_said "build first: stacker build"
    done
    printf 'app: {from: {type: scratch}}\n' >stacker.yaml
    refuse publish --url docker://registry.example/app:1
    assert_said "--url docker://registry/path --tag TAG"
}

# behaviour: init --skip-tls makes a recipe whose registry may lack TLS, and is refused where there is none; a volume with a directory of the host is warned about, and changing build_only alone is the one reason that is given
# documented: docs/commands.md#init; docs/recipe.md#labels-volumes-annotations
# status: beyond
@test "what was silent" {
    requires container
    stacker init --skip-tls --from docker://registry.example/a/b:1
    run -0 grep -xF '    insecure: true' stacker.yaml
    run -0 --separate-stderr stacker build --order-only
    rm stacker.yaml
    refuse init --skip-tls --from scratch
    assert_said "--skip-tls is about the registry"
    printf 'app: {from: {type: scratch}, volumes: ["./data:/data", /srv]}\n' >stacker.yaml
    run -0 --separate-stderr stacker build
    assert_said 'stacker.yaml:1:40: "./data:/data" in volumes of layer app'
    refute_said '"/srv"'
    printf 'app: {from: {type: scratch}, build_only: true}\n' >stacker.yaml
    stacker build --no-cache
    printf 'app: {from: {type: scratch}}\n' >stacker.yaml
    run -0 --separate-stderr stacker build
    assert_said "cache miss because layer definition was changed: build_only"
    refute_said "compression was changed"
    refute_said "annotations namespace"
}

# shellcheck shell=bash
# What the adapters for Docker's two builders have in common: a dockerd of their own, with its overlay2 storage, socket and
# network of its own below $JUDGE_SERVER.

# shellcheck source=vectors/judges/adapter.bash
source "${BASH_SOURCE[0]%/*}/adapter.bash"

needs() { printf '%s\n' docker.io skopeo jq; }

# It has no way to a layout: its manifest is read here.
lacks() { echo layout; }

version() { /usr/bin/docker --version | sed 's/^Docker version \([0-9.]*\).*/\1/'; }

# By its path: there may be another program of that name in front.
docker_here() {
    DOCKER_CONFIG=$PWD/docker-config /usr/bin/docker --host "unix://$JUDGE_SERVER/socket" "$@"
}

serve() {
    JUDGE_SERVER=$1
    dockerd --host "unix://$1/socket" --data-root "$1/data" --exec-root "$1/exec" --pidfile "$1/pid" \
        --storage-driver overlay2 --bridge=none --iptables=false --ip6tables=false >&2 &
    until docker_here version >/dev/null 2>&1; do
        kill -0 $! || exit 1
        sleep 0.2
    done
    echo ready
    wait
}

# forget_all: what an earlier vector has left. A layer of the same diff ID would be taken for this one's, and not be read.
forget_all() {
    docker_here system prune --all --force >/dev/null
}

# load_vector LAYOUT:TAG NAME: the layers and the config as they are, in the form that `docker load` takes.
load_vector() {
    local layout=${1%:*} manifest
    forget_all
    manifest=$(image_manifest "$1")
    mkdir archive
    ln -s "$layout/blobs" archive/blobs
    jq --arg name "$2:latest" '[{
        Config: ("blobs/" + (.config.digest | sub(":"; "/"))),
        RepoTags: [$name],
        Layers: [.layers[].digest | "blobs/" + sub(":"; "/")]
    }]' <<<"$manifest" >archive/manifest.json
    tar c --dereference -C archive . | docker_here load --quiet >&2
}

# The image's layers as dockerd has unpacked them, stacked as it does it for containers.
unpack() {
    local name directories layers
    root_only
    name=$(unique_name)
    load_vector "$1" "$name"
    directories=$(docker_here image inspect "$name" | jq -r '.[].GraphDriver.Data | .UpperDir, .LowerDir // empty')
    mapfile -t layers < <(tr : '\n' <<<"$directories" | tac)
    stack "$2" "" "${layers[@]}"
}

build() {
    local name
    root_only
    name=$(unique_name)
    load_vector "$1" "$name"
    mkdir context
    printf 'FROM %s\nRUN %s\n' "$name" "$(script_command "$2")" >context/Dockerfile
    build_image "$name-built" context >&2
    docker_here save "$name-built" >built.tar
    skopeo copy --quiet docker-archive:built.tar "oci:$3"
}

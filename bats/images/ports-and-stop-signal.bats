#!/usr/bin/env bats
# ports: and stop_signal: what an image says of how it is reached and ended.

load ../helpers

# build_it LINES: builds "it" without a base, with the lines added to the layer.
build_it() {
    printf 'it:\n  from: {type: scratch}\n%s\n' "$1" >stacker.yaml
    stacker build
}

# config_of FILTER [TAG]: prints what jq finds in the image's config.
config_of() {
    image_config "${2:-it}" | jq -c "$1"
}

# behaviour: ports: are ExposedPorts, each with its protocol, and ranges are all of their ports
# documented: docs/recipe.md#ports-and-stop_signal
# status: beyond
@test "ports" {
    build_it '  ports: [80, 443/tcp, 53/UDP, "8000-8002", 80/tcp]'
    assert_equal "$(config_of .config.ExposedPorts)" \
        '{"443/tcp":{},"53/udp":{},"80/tcp":{},"8000/tcp":{},"8001/tcp":{},"8002/tcp":{}}'
}

# behaviour: ports are added to those of the base, a stop signal takes the place of the base's; both in all types of image
# documented: docs/recipe.md#ports-and-stop_signal
# status: beyond
@test "the base's" {
    build_it '  build_only: true
  ports: [80]
  stop_signal: SIGQUIT
next:
  from: {type: built, tag: it}
last:
  from: {type: built, tag: next}
  ports: [53/udp]
  stop_signal: 9'
    stacker build --layer-type squashfs --layer-type erofs
    for type in "" -squashfs -erofs; do
        assert_equal "$(config_of '[.config.ExposedPorts, .config.StopSignal]' "next$type")" '[{"80/tcp":{}},"SIGQUIT"]'
        assert_equal "$(config_of '[.config.ExposedPorts, .config.StopSignal]' "last$type")" \
            '[{"53/udp":{},"80/tcp":{}},"9"]'
    done
}

# behaviour: stop_signal: is a signal's name, with SIG or without, in capitals or not, or a number
# documented: docs/recipe.md#ports-and-stop_signal
# status: beyond
@test "stop signals" {
    for pair in SIGTERM=SIGTERM int=SIGINT SIGRTMIN+3=SIGRTMIN+3 rtmax-1=SIGRTMAX-1 15=15; do
        build_it "  stop_signal: ${pair%=*}"
        assert_equal "$(config_of .config.StopSignal)" "\"${pair#*=}\""
    done
}

# behaviour: another order of ports is no change, another port and another signal are ones that the miss names
# documented: docs/recipe.md#cache
# status: beyond
@test "what is a change" {
    build_it '  ports: [80, 443]'
    sed -i 's/ports: .*/ports: [443\/tcp, 80]/' stacker.yaml
    run -0 --separate-stderr stacker build
    assert_said "found cached layer it"
    sed -i 's/ports: .*/ports: [443]/' stacker.yaml
    echo '  stop_signal: INT' >>stacker.yaml
    run -0 --separate-stderr stacker build
    assert_said "cache miss because layer definition was changed: ports, stop_signal"
    sed -i 's/: INT/: SIGINT/' stacker.yaml
    run -0 --separate-stderr stacker build
    assert_said "found cached layer it"
}

# behaviour: what is no port, or no signal, is an error with its place and what it could be
# documented: docs/recipe.md#ports-and-stop_signal
# status: beyond
@test "ports and signals that are none" {
    for value in 'ports: [0]' 'ports: [65536]' 'ports: [-1]' 'ports: ["+1"]' 'ports: [http]' 'ports: [90-80]' \
        'ports: [80/http]' 'ports: ["80/"]' 'ports: 80' 'stop_signal: SIGTREM' 'stop_signal: 0' 'stop_signal: 65' \
        'stop_signal: SIGRTMIN+31' 'stop_signal: SIG' 'stop_signal: [INT]'; do
        printf 'it:\n  from: {type: scratch}\n  %s\n' "$value" >stacker.yaml
        refuse build
        assert_said stacker.yaml:3:
    done
    printf 'it:\n  from: {type: scratch}\n  ports: ["8080:80"]\n' >stacker.yaml
    refuse build
    assert_said "which of the host leads there is for who runs it"
    printf 'it:\n  from: {type: scratch}\n  stop_signal: SIGTREM\n' >stacker.yaml
    refuse build
    assert_said "is SIGTERM meant?"
}

# behaviour: names that others have for these keys lead to them; a health check is none of an OCI image, which is said
# documented: docs/recipe.md#errors; docs/recipe.md#health-checks
# status: beyond
@test "other names" {
    for pair in expose=ports exposed_ports=ports stopsignal=stop_signal caches=cache_dirs interpreter=shell; do
        printf 'it:\n  from: {type: scratch}\n  %s: [a]\n' "${pair%=*}" >stacker.yaml
        refuse build
        assert_said "did you mean ${pair#*=}?"
    done
    printf 'it:\n  from: {type: scratch}\n  healthcheck: true\n' >stacker.yaml
    refuse build
    assert_said "images of the OCI have no health check"
}

# behaviour: other programs read the ports and the stop signal, and keep them
# documented: docs/recipe.md#ports-and-stop_signal
# status: beyond
@test "read by others" {
    requires skopeo umoci
    build_it '  ports: [80]
  stop_signal: INT'
    skopeo inspect --config oci:oci:it >config
    assert_equal "$(jq -c '[.config.ExposedPorts, .config.StopSignal]' config)" '[{"80/tcp":{}},"SIGINT"]'
    umoci config --image oci:it --config.workingdir /srv
    assert_equal "$(config_of '[.config.ExposedPorts, .config.StopSignal]')" '[{"80/tcp":{}},"SIGINT"]'
}

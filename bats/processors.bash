# shellcheck shell=bash
# Processors that tests have bases for, beside the machine's own: those whose busybox tools/fixtures/fetch-foreign-busybox fetches.

# By Debian's name: the platform, and what `uname -m` says there.
# shellcheck disable=SC2034  # who loads this reads them
declare -gA platform_of=([arm64]=linux/arm64 [armhf]=linux/arm/v7 [s390x]=linux/s390x)
# shellcheck disable=SC2034
declare -gA machine_of=([arm64]=aarch64 [armhf]=armv7l [s390x]=s390x)

# find_processor: puts into $base_processor for which one PLATFORM wants bases; it is empty for the machine's own.
find_processor() {
    local name
    base_processor=
    [[ -n ${PLATFORM:-} && $PLATFORM != "linux/$(dpkg --print-architecture)" ]] || return 0
    for name in "${!platform_of[@]}"; do
        [[ ${platform_of[$name]} != "$PLATFORM" ]] || base_processor=$name
    done
    if [[ -z $base_processor ]]; then
        echo "error: there are no bases for PLATFORM=$PLATFORM: it can be ${platform_of[*]}" >&2
        return 1
    fi
}

# refuse_missing_processor: whether bases for PLATFORM can be made, and their scripts run.
refuse_missing_processor() {
    local busybox
    find_processor || return
    [[ -n $base_processor ]] || return 0
    busybox=.build/fixtures/foreign/$base_processor/busybox
    if [[ ! -x $busybox ]]; then
        echo "error: there is no $busybox for bases of $PLATFORM: run make test-packages" >&2
        return 1
    fi
    if ! tools/test/with-handlers "$busybox" true 2>/dev/null; then
        echo "error: nothing on this machine runs programs for $PLATFORM" >&2
        echo "help: stacker check --platform $PLATFORM says what is missing" >&2
        return 1
    fi
}

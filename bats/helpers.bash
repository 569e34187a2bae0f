# shellcheck shell=bash
# What every bats file loads: `load ../helpers` is all that a reproducer needs.
#
# Each test runs in an empty directory of its own and calls `stacker`. What it started, mounted or
# attached through these helpers is taken down afterwards, also when it failed, and a test that leaves a
# process, a mount or a loop device of its own behind fails. Its own is what lies in its directory, and what was started with
# its environment: tests of other files run at the same time.
#
# Each test has a header, the comment lines right above its @test line:
#
#   # behaviour: what is pinned, as a statement
#   # documented: where, separated by "; ": docs/page.md#anchor, or a document's name and chapter
#   # status: documented (every stacker must pass) or beyond (this implementation alone)
#
# What is "documented" is promised by the original's own pages, by the guide that it is hacked by, or by a specification:
# CONTRIBUTING.md says how to tell. Optional are "# why: …" for what a reader has to know, and
#
#   # original: …              what the original does instead, and why that is its fault, where it is known to fail the test
#   # fails-on: NAME…: why     file systems of file-systems.bash that are known not to do it
#   # fails-where: CONDITION…: why   kernels that are known not to do it: kernel<6.6 cgroups=v2 lsm=apparmor sysctl:NAME=VALUE
#                              level=priv, all of them at once; tools/report/conditions.py has the list
#
# A file whose tests show something else on another file system says "# file-systems: all" in the comment at its top:
# `make check-fs` runs it on each. tools/report/check-headers reads the same format. There a file can say, too,
#
#   # runs: alone: why         it bears no other file beside it: it looks at all of the machine, or at the clock
#   # runs: in a machine of its own: why   what it does is the whole machine's; `make check-kernel` runs it, and nothing else
#   # bound: 300 s: why        how long each test may take; 120 s unless it says so
#
# A test that means something at one privilege level only has "# bats test_tags=level:priv" (or
# level:unpriv) above its header, and a "# why: …" that says why. "group:quick" there is for the few that show a kernel in
# minutes, "group:quick-priv" and "group:quick-unpriv" for those that do so at that level.
#
# The environment: STACKER is the binary under test (default ./stacker at the top); CI=true or
# STACKER_REQUIRE=all turns a missing capability from a skip into a failure. At the level "unpriv"
# tools/test/run-bats sets STACKER_TEST_USER: tests run as root, and stacker as that user.

bats_require_minimum_version 1.8.0

# load_library NAME: as bats_load_library, which starts a program for each file of it; that is for each test.
load_library() {
    local file files=("${BATS_LIB_PATH:-/usr/lib/bats}/$1/src"/*.bash)
    if [[ ! -e ${files[0]} ]]; then
        bats_load_library "$1"
        return
    fi
    for file in "${files[@]}"; do
        # shellcheck source=/dev/null
        source "$file"
    done
}
load_library bats-support
load_library bats-assert
load_library bats-file

TOP=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
# How many times as long as here whatever is waited for may take, in whole numbers: what runs tests on an emulated processor
# says so.
slowness=${SLOWNESS:-1}
slowness=${slowness%.*}
# shellcheck source=bats/file-systems.bash
source "$TOP/bats/file-systems.bash"
# shellcheck source=bats/stackers.bash
source "$TOP/bats/stackers.bash"
# shellcheck source=bats/processors.bash
source "$TOP/bats/processors.bash"
find_processor
FIXTURES=$TOP/.build/fixtures
# A validator of JSON Schemas that knows nothing of stacker.
check_jsonschema=$TOP/.build/python/bin/check-jsonschema
# The program itself, and what tests call.
export STACKER_BINARY=${STACKER_BINARY:-$(cd "$TOP" && realpath -m "${STACKER:-stacker}")}
STACKER=$STACKER_BINARY
[[ -z ${STACKER_TEST_USER:-} ]] || STACKER=$TOP/bats/as-user

# --- A test's beginning and end ---------------------------------------------------------------------

# A bats file that needs more calls begin_test and end_test in its own setup and teardown.
setup() {
    begin_test
    requires container
}

teardown() {
    end_test
}

# Enters an empty directory, away from the user's configuration, or skips a test that does not apply.
begin_test() {
    # Which line failed is kept for the test's file alone. bats would keep each one that was about to run here and in its own
    # libraries, too: a twelfth of all that the suite does.
    trap '[[ $BASH_SOURCE != "$BATS_TEST_SOURCE" ]] || bats_debug_trap "$BASH_SOURCE"' DEBUG
    # Not in $BATS_TEST_TMPDIR itself: stderr of `run` and our notes are there. bats makes its directories for one user.
    install -d -m 0755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR"/{home,work}
    cd "$BATS_TEST_TMPDIR/work" || return
    # A kernel that dies has said of what.
    [[ ${MACHINE:-} != own ]] || say_to_kernel
    export HOME=$BATS_TEST_TMPDIR/home
    forget_the_caller
    processes_before=(/proc/[0-9]*)
    if ! is_ours && [[ $(print_header_field status) == beyond ]]; then
        skip "not applicable: beyond what is documented, and $STACKER_BINARY is another stacker"
    fi
    [[ -x $STACKER_BINARY ]] || fail "no stacker at $STACKER_BINARY: run make first"
}

# say_to_kernel: which test it is, as a warning, which goes to the console.
say_to_kernel() {
    printf '<4>bats: %s: %s\n' "${BATS_TEST_FILENAME##*/}" "$BATS_TEST_DESCRIPTION" >/dev/kmsg
}

# forget_the_caller: whoever starts the tests may be a hook of git's, behind a proxy, or keep what they make to
# themselves.
forget_the_caller() {
    umask 022
    unset "${!GIT_@}" "${!XDG_@}" {http,https,all,no}_proxy {HTTP,HTTPS,ALL,NO}_PROXY SSL_CERT_{FILE,DIR} CURL_CA_BUNDLE
    unset DOCKER_CONFIG REGISTRY_AUTH_FILE STACKER_{OCI,ROOTFS,STACKER,WORK}_DIR SOURCE_DATE_EPOCH TAR_OPTIONS
}

# Takes down what the test made, then looks for what stacker left.
end_test() {
    # No line of what follows is the test's.
    trap - DEBUG
    cd / || return
    release_what_the_test_made
    wait_for_loop_devices
    find_leftovers
    if ((${#processes[@]} + ${#mounts[@]} + ${#devices[@]} > 0)); then
        echo "left behind by this test:"
        describe_leftovers
        remove_leftovers
        ! is_ours
    fi
}

# Whether stacker runs as root here: what a user can't do, a test leaves out, or is not run at that level at all.
runs_as_root() {
    ((EUID == 0)) && [[ -z ${STACKER_TEST_USER:-} ]]
}

# Prints a field of the running test's header.
print_header_field() {
    FIELD="# $1: " TEST="@test \"$BATS_TEST_DESCRIPTION\"" awk '
        index($0, ENVIRON["FIELD"]) == 1 { value = substr($0, length(ENVIRON["FIELD"]) + 1) }
        /^@test / { if (index($0, ENVIRON["TEST"]) == 1) { print value; exit }; value = "" }
    ' "$BATS_TEST_FILENAME"
}

# --- What a test needs ------------------------------------------------------------------------------

# requires CAPABILITY…: skips where one is missing, and fails where nothing may be silently unrun. What is there is looked for
# once in a run of the suite, whose directory for that is in CAPABILITIES, or of bats.
requires() {
    local capability reason found=${CAPABILITIES:-$BATS_RUN_TMPDIR}
    for capability in "$@"; do
        [[ ! -e $found/has-$capability ]] || continue
        reason=$("say_what_$capability""_lacks")
        if [[ -z $reason ]]; then
            : >"$found/has-$capability"
            continue
        fi
        if [[ ${CI:-} == true || ${STACKER_REQUIRE:-} == all ]]; then
            fail "requires $capability: $reason"
        fi
        skip "requires $capability: $reason"
    done
}

say_what_root_lacks() {
    ((EUID == 0)) || echo "not run as root"
}

say_what_overlay_lacks() {
    grep -qw overlay /proc/filesystems || modprobe -n overlay 2>/dev/null || echo "no overlayfs in this kernel"
}

say_what_liblxc_lacks() {
    # Only what can't be loaded: a stacker that is broken otherwise has to fail its tests.
    ldd "$STACKER_BINARY" 2>/dev/null | sed -n 's/^[[:space:]]*\(.*\) => not found/\1 is not installed/p'
    [[ $("$STACKER_BINARY" --version 2>/dev/null) != *"liblxc is missing"* ]] || echo "liblxc is not installed"
}

say_what_container_lacks() {
    say_what_overlay_lacks
    say_what_liblxc_lacks
}

say_what_loop_lacks() {
    say_what_root_lacks
    losetup --find >/dev/null 2>&1 || echo "no loop devices"
}

say_what_ext4_lacks() { say_what_file_system_lacks ext4; }
say_what_xfs_lacks() { say_what_file_system_lacks xfs; }
say_what_tmpfs_lacks() { say_what_file_system_lacks tmpfs; }
say_what_btrfs_lacks() { say_what_file_system_lacks btrfs; }

say_what_bindfs_lacks() { say_what_program_lacks bindfs; }
say_what_exfat_lacks() {
    say_what_program_lacks mkfs.exfat
    say_what_program_lacks mount.exfat-fuse
}

say_what_umoci_lacks() { say_what_program_lacks umoci; }
say_what_skopeo_lacks() { say_what_program_lacks skopeo; }
say_what_buildah_lacks() { say_what_program_lacks buildah; }
say_what_squashfs_tools_lacks() { say_what_program_lacks mksquashfs; }
say_what_erofs_utils_lacks() { say_what_program_lacks mkfs.erofs; }
say_what_openssl_lacks() { say_what_program_lacks openssl; }
say_what_nghttpd_lacks() { say_what_program_lacks nghttpd; }
# From PyPI: tools/build/install-python-tools has it where nothing else is.
say_what_check_jsonschema_lacks() { [[ -x $check_jsonschema ]] || echo "there is no $check_jsonschema: run make test-packages"; }
say_what_git_lacks() { say_what_program_lacks git; }
say_what_faketime_lacks() { say_what_program_lacks faketime; }
say_what_veritysetup_lacks() { say_what_program_lacks veritysetup; }
say_what_strace_lacks() { say_what_program_lacks strace; }
say_what_terminal_lacks() { say_what_program_lacks script; }
say_what_program_lacks() {
    command -v "$1" >/dev/null || echo "$1 is not installed"
}

# --- Running stacker --------------------------------------------------------------------------------

# The binary under test. All its directories have their defaults: ./oci, ./roots, ./.stacker.
stacker() {
    "$STACKER" "$@"
}

# refuse ARGUMENT…: runs stacker, which has to end with status 1, say why, and leave nothing half-done.
refuse() {
    run -1 --separate-stderr stacker "$@"
    [[ -n $output$stderr ]] || fail "stacker $* failed without a word"
    assert_layout_whole oci
    assert_nothing_left
}

# assert_said TEXT: the last `run` had TEXT in its stdout or stderr, whatever the case of letters.
assert_said() {
    local said=$output$'\n'${stderr-}
    [[ ${said,,} == *"${1,,}"* ]] || fail "expected: $1"$'\n'"stdout: $output"$'\n'"stderr: ${stderr-}"
}

# refute_said TEXT: the opposite.
refute_said() {
    local said=$output$'\n'${stderr-}
    [[ ${said,,} != *"${1,,}"* ]] || fail "unexpected: $1"$'\n'"stdout: $output"$'\n'"stderr: ${stderr-}"
}

# start COMMAND…: runs it in the background, its id in $started, its output in started.out and
# started.err. Signals have their default actions again, which a shell without job control, or whoever started the
# tests, takes away.
start() {
    # Before it runs: what an earlier one has said must not be taken for its words.
    : >started.out
    : >started.err
    # 3 and 4 are bats' own: a process that holds them open keeps bats from ending.
    # <&0 keeps our stdin, where the shell would give it /dev/null.
    env --default-signal "$@" <&0 >started.out 2>started.err 3>&- 4>&- &
    started=$!
    echo "$started" >>"$BATS_TEST_TMPDIR/started"
}

# pause: for a tenth of a second. sleep would be a process each time that somebody has to be waited for.
pause() {
    # What nobody writes to, and never ends.
    [[ -n ${silence:-} ]] || exec {silence}<> <(:)
    read -r -t 0.1 -u "$silence" || true
}

# wait_for_file PATH: waits until it exists, as long as $started lives.
wait_for_file() {
    local tenths
    for ((tenths = 0; tenths < 600 * slowness; tenths++)); do
        [[ ! -e $1 ]] || return 0
        kill -0 "$started" 2>/dev/null || break
        pause
    done
    # It may have been the last thing that it did.
    [[ -e $1 ]] || fail "$1 never appeared: $(cat started.out started.err)"
}

# wait_for_port PORT: waits until it is listened at on this machine, as long as $started lives.
wait_for_port() {
    local tenths
    for ((tenths = 0; tenths < 600 * slowness; tenths++)); do
        ! (: >"/dev/tcp/127.0.0.1/$1") 2>/dev/null || return 0
        kill -0 "$started" 2>/dev/null || break
        pause
    done
    fail "nobody listens at port $1: $(cat started.out started.err)"
}

# copy_suite: makes ./tree, a copy of the suite in which nothing has to be installed or made anew.
copy_suite() {
    mkdir -p tree/.build "$FIXTURES"
    cp -a "$TOP"/{bats,tools,docs,Makefile,packages.txt,python-packages.txt} tree
    ln -s "$FIXTURES" tree/.build/fixtures
    [[ ! -d $TOP/.build/python ]] || ln -s "$TOP/.build/python" tree/.build/python
}

# Prints a port that nobody listens at, for servers that can't choose one themselves and say which.
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# wait_for_end: waits until $started has ended, its status in $status. Bounded: a hang is a failure.
wait_for_end() {
    local tenths
    for ((tenths = 0; tenths < 1200 * slowness; tenths++)); do
        kill -0 "$started" 2>/dev/null || break
        pause
    done
    ! kill -0 "$started" 2>/dev/null || fail "$started still runs: $(cat started.out started.err)"
    status=0
    # shellcheck disable=SC2034  # the test reads it, as after run
    wait "$started" || status=$?
}

# wait_for_killed: waits until a stacker that was killed has taken along all that it had started, one process after the
# other, and the last of them has let its locks go.
wait_for_killed() {
    local tenths lock
    for ((tenths = 0; tenths < 600 * slowness; tenths++)); do
        [[ -n $(list_other_processes) ]] || break
        pause
    done
    [[ -z $(list_other_processes) ]] || fail "still there: $(list_other_processes)"
    # A process that ends works nowhere any more before its files are closed.
    for lock in {roots,.stacker}/.lock; do
        [[ ! -e $lock ]] || flock --wait 60 "$lock" true || fail "$lock is still held"
    done
}

# list_other_processes: ids of the processes of this test, but for its own shell and what `start` has started. Only in
# $(…), which then is none of them.
list_other_processes() {
    cd / || return
    find_processes
    printf '%s\n' "${processes[@]}" | grep -vx -e "$$" -e '' -f "$BATS_TEST_TMPDIR/started" || true
}

# --- Images -----------------------------------------------------------------------------------------

# busybox_base [DIR]: puts the OCI layout DIR (default busybox) with the tag "latest" here.
busybox_base() {
    copy_busybox '' "${1:-busybox}"
}

# copy_busybox OPTION DIR [PROCESSOR]: puts an image of make-busybox-image's here, for that processor; unless it is given, for
# what PLATFORM says.
copy_busybox() {
    make_busybox "$1" "${3-$base_processor}"
    cp -a --reflink=auto "$made_busybox" "$2"
}

# make_busybox OPTION PROCESSOR: makes it, if need be, its path in $made_busybox.
make_busybox() {
    local name=busybox${1:+-${1#--}}${2:+-$2} arguments=()
    [[ -z $1 ]] || arguments+=("$1")
    [[ -z $2 ]] || arguments+=("$FIXTURES/foreign/$2/busybox" "${platform_of[$2]}")
    make_fixture "$name" "$TOP/tools/fixtures/make-busybox-image" "${arguments[@]}"
    made_busybox=$FIXTURES/$name
}

# busybox_recipe [LINES]: a recipe for "it" on busybox with more lines.
busybox_recipe() {
    busybox_base busybox
    printf 'it:\n  from: {type: oci, url: "busybox:latest"}\n%s\n' "${1-}" >stacker.yaml
}

# spread_base [DIR]: as busybox_base, with the applets in two directories: it stays one file on btrfs without extref, too,
# for tests of something else.
spread_base() {
    copy_busybox --spread "${1:-busybox}"
}

# bare_base [DIR]: as busybox_base, without /dev, /proc, /sys and /etc/resolv.conf, on which a container mounts something.
bare_base() {
    copy_busybox --bare "${1:-busybox}"
}

# elsewhere: prints a directory for what other programs make, away from the file system that the tests work on.
elsewhere() {
    mktemp -d "${ELSEWHERE:-$PWD}/elsewhere.XXXXXX"
}

# layered_base COUNT [DIR]: puts the OCI layout DIR (default layered) with the tag "latest" here: busybox
# and COUNT-1 layers on it. Layer N has a file /layers/N of its own, and /top, which says N.
layered_base() {
    make_busybox '' "$base_processor"
    copy_fixture "layered-$1${base_processor:+-$base_processor}" "$TOP/tools/fixtures/make-layered-image.py" "${2:-layered}" "$made_busybox" "$1"
}

# linked_base COUNT: puts the OCI layout ./linked with the tag "latest" here: busybox, and a layer with a file that has
# COUNT names in the ten directories of /linked.
linked_base() {
    make_busybox '' "$base_processor"
    copy_fixture "linked-$1${base_processor:+-$base_processor}" "$TOP/tools/fixtures/make-linked-image.py" linked "$made_busybox" "$1"
}

# make_fixture NAME MAKER [ARGUMENT…]: makes $FIXTURES/NAME once, by MAKER $FIXTURES/NAME ARGUMENT… It is there when its mark
# is: the directory itself is new, too, while an old one is being removed.
make_fixture() {
    local name=$1 maker=$2
    local mark=$FIXTURES/.$name.made
    shift 2
    [[ ! $mark -nt $maker ]] || return 0
    mkdir -p "$FIXTURES"
    # A file that runs beside this one may want the same.
    (
        flock --wait 100 9
        [[ $mark -nt $maker ]] || { "$maker" "$FIXTURES/$name" "$@" && touch "$mark"; }
    ) 9>"$FIXTURES/.$name.lock"
}

copy_fixture() {
    local name=$1 maker=$2 target=$3
    shift 3
    make_fixture "$name" "$maker" "$@"
    cp -a --reflink=auto "$FIXTURES/$name" "$target"
}

# print_blob DIGEST [LAYOUT]
print_blob() {
    cat "${2:-oci}/blobs/${1/://}"
}

# put_blob [LAYOUT]: makes a blob of stdin, and prints its digest and size as members of a descriptor.
put_blob() {
    local file digest
    file=$(mktemp "${1:-oci}/blob.XXXXXX")
    cat >"$file"
    digest=$(sha256sum "$file" | cut -d' ' -f1)
    printf '{"digest":"sha256:%s","size":%s}\n' "$digest" "$(stat -c %s "$file")"
    mv "$file" "${1:-oci}/blobs/sha256/$digest"
}

# change_image LAYOUT CONFIG [MANIFEST [ENTRY]]: has jq change the config, the manifest and the index entry of the only
# image of a layout.
change_image() {
    local blob index
    blob=$(image_config latest "$1" | jq -c "$2" | put_blob "$1")
    blob=$(image_manifest latest "$1" | jq -c --argjson blob "$blob" ".config += \$blob | ${3:-.}" | put_blob "$1")
    index=$(jq -c --argjson blob "$blob" ".manifests[0] |= (. + \$blob | ${4:-.})" "$1/index.json")
    printf '%s\n' "$index" >"$1/index.json"
}

# list_tags [LAYOUT]: the tags, in the order of index.json.
list_tags() {
    jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"]' "${1:-oci}/index.json"
}

# show_image VERB LAYOUT …: without the program that its first line names to find Python.
show_image() {
    python3 -IS "$TOP/tools/look/show-image.py" "$@"
}

# image_manifest TAG [LAYOUT]
image_manifest() {
    show_image manifest "${2:-oci}" "$1"
}

# image_config TAG [LAYOUT]
image_config() {
    show_image config "${2:-oci}" "$1"
}

# count_layers TAG [LAYOUT]
count_layers() {
    show_image count "${2:-oci}" "$1"
}

# layer_digest TAG N [LAYOUT]: N counts from 0, the lowest layer; -1 is the top one.
layer_digest() {
    show_image layer "${3:-oci}" "$1" "$2"
}

# layer_tar TAG N [LAYOUT]: prints the layer as an uncompressed tar.
layer_tar() {
    # zcat passes on what is not compressed.
    print_blob "$(layer_digest "$@")" "${3:-oci}" | zcat --force
}

# list_layer TAG N [LAYOUT]: the names in the layer, sorted, without "./" before and "/" after.
list_layer() {
    layer_tar "$@" | tar t | sed -e 's,^\./,,' -e 's,/$,,' -e '/^\.\{0,1\}$/d' | LC_ALL=C sort
}

# unpack_image TAG DIR [LAYOUT]: makes DIR the image's root file system, by umoci. It is a symlink if the tests work on a
# file system of their own: umoci has its own troubles with some.
unpack_image() {
    local target=$2
    if [[ -n ${ELSEWHERE:-} ]]; then
        target=$(elsewhere)/rootfs
        ln -s "$target" "$2"
    fi
    umoci raw unpack --image "${3:-oci}:$1" "$target"
}

# work_on_file_system: puts the test on the file system that FS names, or on xfs, where files have names without limit.
work_on_file_system() {
    # run-bats did it if there is one.
    [[ -z ${FS:-} ]] || return 0
    mount_file_system xfs on
    cd on || return
}

# layer_blob TAG N [LAYOUT]: the file of the layer.
layer_blob() {
    local digest
    digest=$(layer_digest "$@")
    echo "${3:-oci}/blobs/${digest/://}"
}

# layer_directory TAG N: the layer's directory, or symlink, under roots.
layer_directory() {
    local digest
    digest=$(layer_digest "$@")
    echo "roots/${digest/:/_}"
}

# clamp_times: from here on, no file and no image is newer than 2023, so that builds can be compared.
clamp_times() {
    export SOURCE_DATE_EPOCH=1700000000
}

# build_pair BELOW ABOVE [ARGUMENT…]: builds two images by these scripts, "below" on busybox and "above" on that.
build_pair() {
    local below=$1 above=$2
    shift 2
    spread_base busybox
    {
        printf 'below:\n  from: {type: oci, url: "busybox:latest"}\n  run: |\n'
        printf '    %s\n' "${below//$'\n'/$'\n    '}"
        printf 'above:\n  from: {type: built, tag: below}\n  run: |\n'
        printf '    %s\n' "${above//$'\n'/$'\n    '}"
    } >stacker.yaml
    stacker build "$@"
}

# build_pair_of_both BELOW ABOVE: the same as tar and as squashfs.
build_pair_of_both() {
    choose_level
    build_pair "$@" --layer-type tar --layer-type squashfs "${level[@]}"
}

# choose_level: puts into $level how ours compresses least, for what is not about that: a busybox as squashfs takes a fifth of a
# second otherwise.
choose_level() {
    level=()
    ! is_ours || level=(--compression-level 1)
}

# mount_layer TAG N DIR: the kernel's view of one squashfs layer.
mount_layer() {
    mkdir -p "$3"
    mount -t squashfs -o loop,ro "$(layer_blob "$1" "$2")" "$3"
    realpath "$3" >>"$BATS_TEST_TMPDIR/mounted"
}

# mount_image TAG DIR: makes DIR the root file system of an image of squashfs layers, by the kernel alone.
mount_image() {
    local n lowerdirs=
    for ((n = 0; n < $(count_layers "$1"); n++)); do
        mount_layer "$1" "$n" "$2.layers/$n"
        lowerdirs=$n:$lowerdirs
    done
    # overlayfs wants two lower directories if there is no upper one.
    mkdir -p "$2" "$2.layers/empty"
    (cd "$2.layers" && mount -t overlay -o "ro,lowerdir=${lowerdirs}empty" stacker-test "../${2##*/}")
    realpath "$2" >>"$BATS_TEST_TMPDIR/mounted"
}

# assert_readers_agree TAG: umoci makes of TAG what the kernel makes of TAG-squashfs; they stay in ./rootfs and ./mounted.
assert_readers_agree() {
    rm -rf rootfs
    unpack_image "$1" rootfs
    mount_image "$1-squashfs" mounted
    "$TOP/tools/look/list-tree.py" rootfs >rootfs.list
    "$TOP/tools/look/list-tree.py" mounted >mounted.list
    assert_file_not_empty rootfs.list
    diff -u rootfs.list mounted.list
}

# assert_layout_whole [LAYOUT]: there is no layout, or everything that it names is there, and nothing else is
# half-written: each blob has the content that its name says.
assert_layout_whole() {
    # Most of what is refused has made none.
    [[ ! -e ${1:-oci} ]] || show_image check "${1:-oci}"
}

# --- Mounts, devices, processes ---------------------------------------------------------------------

# mount_tmpfs SIZE DIR: a small file system, unmounted after the test.
mount_tmpfs() {
    mkdir -p "$2"
    mount -t tmpfs -o "size=$1" stacker-test "$2"
    realpath "$2" >>"$BATS_TEST_TMPDIR/mounted"
}

# mount_file_system NAME DIR [IMAGE]: an empty file system of those that file-systems.bash names, taken down after the
# test. IMAGE (default DIR.img) is the file that it is in; one that is there is mounted as it is.
mount_file_system() {
    attach_file_system "$1" "${3:-$2.img}" "$2"
    realpath "$2" >>"$BATS_TEST_TMPDIR/mounted"
}

# mount_bindfs DIR MOUNT: DIR once more, through a FUSE file system that passes everything on.
mount_bindfs() {
    mkdir -p "$2"
    bindfs "$1" "$2" 3>&- 4>&-
    realpath "$2" >>"$BATS_TEST_TMPDIR/mounted"
}

# unmount_bindfs DIR MOUNT: and waits until the program behind it, which works in DIR, has ended.
unmount_bindfs() {
    local tenths directory
    directory=$(realpath "$1")
    umount "$2"
    for ((tenths = 0; tenths < 300 * slowness; tenths++)); do
        [[ -n $(find /proc -mindepth 2 -maxdepth 2 -name cwd -lname "$directory" 2>/dev/null) ]] || return 0
        pause
    done
    fail "the program behind $2 is still there"
}

# mount_exfat DIR: an empty exFAT by FUSE: no hard links, no devices, no attributes.
mount_exfat() {
    local device
    mkdir -p "$1"
    truncate -s 16M "$1.img"
    mkfs.exfat "$1.img" >/dev/null
    device=$(losetup --find --show "$1.img")
    mount.exfat-fuse "$device" "$1" 3>&- 4>&- || true
    # It goes with its last user, the program behind the mount.
    losetup --detach "$device"
    mountpoint -q "$1" || fail "couldn't mount $1"
    realpath "$1" >>"$BATS_TEST_TMPDIR/mounted"
}

# unmount_exfat DIR: and waits until the program behind it has let its device go.
unmount_exfat() {
    umount "$1"
    wait_for_device_to_go "$1.img"
}

# wait_for_device_to_go IMAGE: the last user of a loop device need not be the mount: udev looks at what is new.
wait_for_device_to_go() {
    local tenths
    for ((tenths = 0; tenths < 300 * slowness; tenths++)); do
        [[ -n $(losetup --associated "$1") ]] || return 0
        pause
    done
    fail "the device of $1 is still there"
}

# mount_overlay DIR MERGED: an overlay of DIR/lower with its upperdir in DIR, made as stacker has them made.
mount_overlay() {
    mkdir -p "$1"/{lower,upper,work} "$2"
    mount -t overlay -o "userxattr,lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" overlay "$2"
    realpath "$2" >>"$BATS_TEST_TMPDIR/mounted"
}

# unmount_file_system DIR: before the test ends. What is done to DIR.img afterwards must not go past its device.
unmount_file_system() {
    umount "$1"
    [[ ! -e $1.img ]] || wait_for_device_to_go "$1.img"
}

# What is looked for after each test is found by the shell alone, if there is nothing; programs are started for the rest.

# find_mounts: puts into $mounts the mount points in this test's directory, as the host sees them, but for the test's own.
find_mounts() {
    local all
    mounts=()
    IFS= read -r -d '' all </proc/self/mountinfo || true
    [[ $all == *" $BATS_TEST_TMPDIR/"* ]] || return 0
    mapfile -t mounts < <(
        DIR=$BATS_TEST_TMPDIR/ awk 'index($5, ENVIRON["DIR"]) == 1 { print $5 }' /proc/self/mountinfo |
            grep -vxF -f <(cat "$BATS_TEST_TMPDIR/mounted" 2>/dev/null)
    )
}

# list_container_processes: ids of processes in a container of this test: those for which /stacker/imports is
# one of the test's own directories. (The mount table can't tell: how an overlay is named there is free, and
# what a test mounts shows up in every namespace that propagation reaches.)
list_container_processes() {
    local seen directory
    for seen in /proc/[0-9]*/root/stacker/imports; do
        [[ -e $seen ]] || continue
        for directory in "$BATS_TEST_TMPDIR"/*/{,*/}.stacker/imports/*/; do
            [[ $seen -ef $directory ]] && cut -d/ -f3 <<<"$seen"
        done
    done
    return 0
}

# find_processes: puts into $processes the ids of all processes that this test still has: in its containers, those that were
# started with its environment, wherever they work, and those at work in its directory, which nothing of bats' own is after
# `cd /`.
find_processes() {
    local path pid
    processes=()
    while read -r path; do
        path=${path#/proc/}
        pid=${path%%/*}
        [[ " ${processes[*]} " == *" $pid "* || ! -e /proc/$pid/exe ]] || processes+=("$pid")
    done < <(
        list_container_processes
        grep -lsxzF "BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR" /proc/[0-9]*/environ
        find /proc/[0-9]*/cwd -maxdepth 0 -lname "$BATS_TEST_TMPDIR/*" 2>/dev/null
    )
}

# is_process_new: whether there is a process that wasn't there when the test began. Most tests leave none, where their file sees
# its own only; to look at each costs more than all else that is done after a test.
is_process_new() {
    local path
    for path in /proc/[0-9]*; do
        [[ " ${processes_before[*]-} " == *" $path "* ]] || return 0
    done
    return 1
}

# find_devices: puts into $devices the loop devices with a file of this test's, but for those that the test itself has mounted.
find_devices() {
    local path file
    devices=()
    for path in /sys/block/loop*/loop/backing_file; do
        { IFS= read -r file <"$path"; } 2>/dev/null || continue
        path=${path#/sys/block/}
        [[ $file != "$BATS_TEST_TMPDIR"/* ]] || devices+=("/dev/${path%%/*}")
    done
    ((${#devices[@]} == 0)) || mapfile -t devices < <(printf '%s\n' "${devices[@]}" | grep -vxF -f <(print_own_devices))
}

print_own_devices() {
    local directory
    while read -r directory; do
        findmnt --noheadings --output SOURCE --mountpoint "$directory" || true
    done < <(cat "$BATS_TEST_TMPDIR/mounted" 2>/dev/null)
}

# wait_for_loop_devices: until this test's are gone, ten seconds at most. The kernel frees one a moment after its last
# mount, and each mount namespace that began meanwhile, whoever's it is, has that mount until it ends.
wait_for_loop_devices() {
    local tenths
    for ((tenths = 0; tenths < 100 * slowness; tenths++)); do
        find_devices
        ((${#devices[@]} > 0)) || return 0
        pause
    done
}

# assert_nothing_left: no mount, container or loop device of this test exists.
assert_nothing_left() {
    local left
    wait_for_loop_devices
    find_mounts
    left="${mounts[*]} ${devices[*]} $(list_container_processes)"
    [[ -z ${left// /} ]] || fail "left behind: $left"
}

release_what_the_test_made() {
    local pid directory
    [[ -e $BATS_TEST_TMPDIR/started || -e $BATS_TEST_TMPDIR/mounted ]] || return 0
    while read -r pid; do
        works_here "$pid" || continue
        kill -TERM "$pid" 2>/dev/null && wait_for_process "$pid"
        works_here "$pid" || continue
        kill -KILL "$pid" 2>/dev/null && wait_for_process "$pid"
    done < <(cat "$BATS_TEST_TMPDIR/started" 2>/dev/null)
    while read -r directory; do
        release_mount "$directory"
    done < <(tac "$BATS_TEST_TMPDIR/mounted" 2>/dev/null)
    [[ -e $BATS_TEST_TMPDIR/mounted ]] || return 0
    rm "$BATS_TEST_TMPDIR/mounted"
    wait_for_programs_of_mounts
}

# wait_for_programs_of_mounts: the program behind a FUSE mount ends a moment after that; ten seconds at most.
wait_for_programs_of_mounts() {
    local tenths
    for ((tenths = 0; tenths < 100 * slowness; tenths++)); do
        find_processes
        ((${#processes[@]} > 0)) || return 0
        pause
    done
}

# works_here PID: whether the process is one of this test's. An id alone may be another process's by now.
works_here() {
    [[ $(readlink "/proc/$1/cwd" 2>/dev/null) == "$BATS_TEST_TMPDIR"/* ]]
}

# wait_for_process PID: until it is gone, thirty seconds at most.
wait_for_process() {
    local tenths
    for ((tenths = 0; tenths < 300 * slowness; tenths++)); do
        kill -0 "$1" 2>/dev/null || return 0
        pause
    done
}

find_leftovers() {
    processes=()
    ! is_process_new || find_processes
    find_mounts
    find_devices
}

describe_leftovers() {
    local item
    for item in "${processes[@]}"; do
        echo "process $item: $(tr '\0' ' ' <"/proc/$item/cmdline" 2>/dev/null)"
    done
    for item in "${mounts[@]}"; do echo "mount $item"; done
    for item in "${devices[@]}"; do echo "loop device $item"; done
}

remove_leftovers() {
    local item
    for item in "${processes[@]}"; do kill -KILL "$item" 2>/dev/null || true; done
    printf '%s\n' "${mounts[@]}" | tac | while read -r item; do umount -l "$item" || true; done
    # Processes and mounts may have held some.
    find_devices
    for item in "${devices[@]}"; do losetup --detach "$item" || true; done
}

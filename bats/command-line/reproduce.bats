#!/usr/bin/env bats
# build --reproduce: two builds in other surroundings, what differs, and what makes it differ. Neither leaves anything.

load ../helpers
load ../imports/web-server
load ../registries

# reproduce_it SCRIPT [OPTION…]: reproduces a layer "it" with that script, beside a layer "same" that is always the same.
reproduce_it() {
    local script=$1
    shift
    clamp_times
    [[ -e busybox ]] || busybox_base
    cat >stacker.yaml <<END
same:
  from: {type: oci, url: "busybox:latest"}
  run: "echo same >/same; umask 022; chmod 644 /same"
it:
  from: {type: oci, url: "busybox:latest"}
  run: |
    $script
${more:-}
END
    run --separate-stderr stacker build --reproduce "$@"
}

# assert_blamed VARIATION WORDS SCRIPT: a script's image differs where that is varied, alone, and this is said; and it is the
# same where all else is.
assert_blamed() {
    local variation=$1 words=$2 others
    reproduce_it "$3" --reproduce-vary "$variation" --reproduce-blame
    assert_failure 1
    assert_line --partial "same: the same in both builds, sha256:"
    assert_line "it: not the same"
    assert_line "it differs with $words: /it"
    assert_nothing_kept
    others=locale,time-zone,host-name,user,jobs,order
    [[ $variation == umask* ]] || others=$others,umask=022
    others=,$others,
    others=${others/,$variation,/,}
    others=${others#,}
    reproduce_it "$3" --reproduce-vary "${others%,}"
    assert_success
}

# refuse_with STATUS ARGUMENT…: stacker ends with that status, says why, and leaves nothing.
refuse_with() {
    run "-$1" --separate-stderr stacker "${@:2}"
    [[ -n $stderr ]]
    assert_nothing_left
}

# assert_nothing_kept: no image, no layer, no file of a build is here.
assert_nothing_kept() {
    assert_nothing_left
    assert_not_exists oci
    assert_equal "$(find .stacker roots ! -type d ! -name .lock ! -name .stacker-roots)" ""
    assert_equal "$(find roots -mindepth 1 -type d)" ""
}

# behaviour: images that are the same in both builds are named with their digests, and the status is 0
# documented: docs/reproducible.md#two-builds
# status: beyond
@test "a recipe that gives the same images again" {
    clamp_times
    busybox_base
    mkdir tree
    touch tree/{one,two}
    cat >stacker.yaml <<'END'
below:
  from: {type: oci, url: "busybox:latest"}
  build_only: true
  imports: [tree]
  overlay_dirs: [{source: tree, dest: /overlay}]
  run: cp -r /stacker/imports/tree /tree; rm /etc/group; mkdir /many; for i in 3 1 2; do echo $i >/many/$i; done
it:
  from: {type: built, tag: below}
  imports: [{path: tree/one, dest: /imported/}]
  run: rm -r /many; mkdir /many; ls /bin | sort >/many/new
  generate_labels: for i in c a b; do echo $i >/stacker/oci-labels/$i; done
other:
  from: {type: scratch}
  imports: [{path: stacker://it/many/new, dest: /new}]
END
    run --separate-stderr stacker build --reproduce --layer-type tar --layer-type squashfs
    assert_success
    assert_equal "$(cut -d, -f1 <<<"$output")" \
        $'it: the same in both builds\nit-squashfs: the same in both builds\nother: the same in both builds\nother-squashfs: the same in both builds'
    assert_nothing_kept
    run --separate-stderr stacker recursive-build --reproduce --layer-type tar
    assert_success
    # What was built twice is what a build makes.
    assert_equal "$(cut -d, -f1 <<<"$output")" $'it: the same in both builds\nother: the same in both builds'
    digest=$(sed -n 's/^it: .* //p' <<<"$output")
    stacker build --layer-type tar --layer-type squashfs
    assert_equal "sha256:$(image_manifest it | sha256sum | cut -d' ' -f1)" "$digest"
}

# behaviour: a script that looks at the clock finds another time in the second build, to the second and by the calendar
# documented: docs/reproducible.md#what-differs
# status: beyond
@test "the time" {
    reproduce_it 'date +%s >/it' --reproduce-vary none
    assert_failure 1
    assert_line "it: not the same"
    assert_line --partial "a time stamp: /it"
    reproduce_it 'date +%F >/it'
    assert_failure 1
    assert_line "it: not the same"
    assert_nothing_kept
}

# behaviour: what is another each time is told from what the surroundings make another
# documented: docs/reproducible.md#whose-fault-it-is
# status: beyond
@test "a random number" {
    reproduce_it 'head -c 8 /dev/urandom | od -x >/it' --reproduce-blame
    assert_failure 1
    assert_line "it differs also where nothing is varied: /it"
    assert_line --partial "what differs where nothing is varied has a time, a random number, or the path of a directory"
    refute_line --partial "same differs"
}

# behaviour: what differs with one thing only is found beside what is another each time, by its path
# documented: docs/reproducible.md#whose-fault-it-is
# status: beyond
@test "a host name beside a random number" {
    # shellcheck disable=SC2016  # the script's own
    reproduce_it 'head -c 8 /dev/urandom | od -x >/random; hostname >/name; echo "$LANG" >/made' \
        --reproduce-vary host-name,locale,order --reproduce-blame
    assert_failure 1
    assert_line "it differs also where nothing is varied: /random; with another host name: /name; with another locale: /made"
    assert_nothing_kept
}

# behaviour: without SOURCE_DATE_EPOCH, when everything has another time, what else differs is blamed all the same
# documented: docs/reproducible.md#whose-fault-it-is
# status: beyond
@test "a host name without SOURCE_DATE_EPOCH" {
    busybox_recipe '  run: hostname >/name; touch /other'
    unset SOURCE_DATE_EPOCH
    run --separate-stderr stacker build --reproduce --reproduce-vary host-name --reproduce-blame
    assert_failure 1
    assert_line --partial "; with another host name: /name"
    refute_line --partial "host name: /name, /other"
}

# behaviour: a script that tells its locale gives another image in the second build
# documented: docs/reproducible.md#what-differs
# status: beyond
@test "the locale" {
    # shellcheck disable=SC2016  # the script's own
    assert_blamed locale "another locale" 'echo "locale: $LANG" >/it'
    # The first build has none.
    # shellcheck disable=SC2016  # the script's own
    reproduce_it 'echo "$LANG" >/it'
    assert_line "  a locale: /it"
}

# behaviour: a script that tells the time in its zone gives another image in the second build
# documented: docs/reproducible.md#what-differs
# status: beyond
@test "the time zone" {
    assert_blamed time-zone "another time zone" 'date -d @0 >/it'
}

# behaviour: a zone may be named by a place, whether or not the image has it; one that nobody knows is refused
# documented: docs/reproducible.md#what-differs
# status: beyond
@test "a time zone by its place" {
    reproduce_it 'date -d @0 +%H >/it' --reproduce-vary time-zone=Asia/Tokyo
    assert_failure 1
    assert_line --regexp '^ *-00$'
    assert_line --regexp '^ *\+09$'
    reproduce_it 'date -d @0 +%H >/it' --reproduce-vary time-zone=Nowhere/Land
    assert_failure 2
    assert_said 'couldn'"'"'t find out what the time zone "Nowhere/Land" is'
    assert_said "JST-9"
    refute_said "the first build"
}

# behaviour: a script that tells the name of its machine gives another image in the second build
# documented: docs/reproducible.md#what-differs
# status: beyond
@test "the host name" {
    assert_blamed host-name "another host name" 'hostname >/it'
    reproduce_it 'hostname >/it'
    assert_line --partial "/it: content"
    assert_line --partial "a host name: /it"
}

# behaviour: the umask is varied where that is asked for: modes that a script has left to it are others
# documented: docs/reproducible.md#what-differs
# status: beyond
@test "the umask" {
    assert_blamed umask=027 "another umask" 'mkdir /it'
    # All others are beside it.
    reproduce_it 'mkdir /it; hostname >/name' --reproduce-vary all,umask=027
    assert_failure 1
    assert_line --partial "/name: content"
    assert_line --partial "/it: mode 0755 → 0750"
}

# behaviour: a script that tells its processors gives another image in the second build
# documented: docs/reproducible.md#what-differs
# status: beyond
@test "the number of jobs" {
    (($(nproc) > 1)) || skip "this machine has one processor"
    assert_blamed jobs "another number of jobs and processors" 'nproc >/it'
    reproduce_it 'nproc >/it'
    assert_line "  a number of processors: /it"
    refute_line --partial "a random number"
}

# behaviour: a script that lists a directory of its base without sorting gives another image in the second build
# documented: docs/reproducible.md#what-differs
# status: beyond
@test "the order of names in directories" {
    assert_blamed order "another order of names in directories" 'find /bin >/it'
    # Whatever the order, the same files are there, and what a script removes and makes is the same.
    reproduce_it 'find /bin | sort >/it; rm /bin/t*; mkdir /bin/test; mv /bin/cat /bin/b; ln -s b /bin/cat' \
        --reproduce-vary order
    assert_success
}

# behaviour: a script that lists a directory of its imports without sorting gives another image in the second build
# documented: docs/reproducible.md#what-differs
# status: beyond
@test "the order of names in imports" {
    mkdir -p tree/below
    touch tree/below/{a..t}
    echo one >tree/below/file
    more='  imports: [tree]'
    assert_blamed order "another order of names in directories" 'find /stacker/imports/tree >/it'
    reproduce_it 'cp -a /stacker/imports/tree /it; sh -c ". /stacker/imports/tree/below/a"; ! touch /stacker/imports/new' \
        --reproduce-vary order
    assert_success
    more='  import: [tree]'
    assert_blamed order "another order of names in directories" 'find /stacker/tree >/it'
}

# behaviour: where no layer is below a script, it is said that it saw no other order
# documented: docs/reproducible.md#what-differs
# status: beyond
@test "the order of names in an archive" {
    clamp_times
    busybox_base
    layer_tar latest 0 busybox >base.tar
    cat >stacker.yaml <<'END'
below:
  from: {type: tar, url: base.tar}
  run: find /bin >/below
above:
  from: {type: built, tag: below}
  run: ls /bin | wc -l >/above
END
    run --separate-stderr stacker build --reproduce
    assert_success
    assert_line --partial "the order of names in directories was not varied for what below begins with"
    run --separate-stderr stacker build --reproduce --reproduce-vary host-name
    assert_success
    refute_said "not varied"
    # In a layer of its own it is.
    sed -i 's/ls .bin .*/find \/bin >\/above/' stacker.yaml
    run --separate-stderr stacker build --reproduce --reproduce-vary order
    assert_failure 1
    assert_line --partial "below: the same in both builds"
    assert_line "above: not the same"
}

# behaviour: a recipe that lets HOME through gives another image in the second build
# documented: docs/reproducible.md#what-differs
# status: beyond
@test "the home directory" {
    more='  build_env_passthrough: [HOME]'
    # shellcheck disable=SC2016  # the script's own
    assert_blamed user "another home directory or user" 'echo "$HOME" >/it'
}

# behaviour: the builds are in different directories, which a recipe can name
# documented: docs/reproducible.md#what-differs
# status: beyond
@test "the directories" {
    # shellcheck disable=SC2016  # stacker's own
    reproduce_it 'echo ${{STACKER_ROOTFS_DIR}} >/it' --reproduce-vary none
    assert_failure 1
    assert_line "it: not the same"
    # The other image has the recipe, too.
    assert_line "same: not the same"
    assert_line --partial "the recipe of same, it names a directory of the build"
    reproduce_it 'date +%s >/it' --reproduce-vary none
    refute_line --partial "names a directory of the build"
}

# behaviour: what the recipe, or the image, says of a variable holds in both builds
# documented: docs/reproducible.md#what-differs
# status: beyond
@test "variables that the recipe sets" {
    more='  build_env: {LANG: de_DE.UTF-8, TZ: Europe/Berlin}'
    # shellcheck disable=SC2016  # the script's own
    reproduce_it 'echo "$LANG $TZ" >/it'
    assert_success
}

# behaviour: without SOURCE_DATE_EPOCH images differ by the time of their build, and it is said what to do about that
# documented: docs/reproducible.md#two-builds
# status: beyond
@test "no SOURCE_DATE_EPOCH" {
    busybox_recipe '  run: echo it >/it'
    run --separate-stderr stacker build --reproduce
    assert_failure 1
    assert_line --partial "without SOURCE_DATE_EPOCH every image has the time of its build"
    run --separate-stderr stacker build --reproduce --source-date-epoch 1700000000
    assert_success
}

# behaviour: a layer that binds files of this machine is refused with its place, before anything runs, unless that is allowed
# documented: docs/reproducible.md#what-is-refused
# status: beyond
@test "writable binds" {
    mkdir shared
    more="  binds: ['$PWD/shared -> /shared']"
    # shellcheck disable=SC2016  # the script's own
    reproduce_it 'echo x >>/shared/runs'
    assert_failure 2
    assert_said "stacker.yaml:8:3: layer it binds files of this machine, to which its script can write"
    assert_said "--reproduce-binds"
    assert_not_exists shared/runs
    assert_not_exists roots
    reproduce_it 'echo x >>/shared/runs' --reproduce-binds
    assert_success
    assert_equal "$(cat shared/runs)" $'x\nx'
}

# behaviour: nothing of what builds have made is used or changed
# documented: docs/reproducible.md#two-builds
# status: beyond
@test "the cache of other builds" {
    clamp_times
    busybox_recipe '  run: echo it >/it'
    stacker build
    # liblxc's log, the caches and the locks of a build are files, too: all of them stay as they are.
    find .stacker roots oci -type f -printf '%p %T@ %i\n' | sort >before
    run --separate-stderr stacker build --reproduce
    assert_success
    refute_said "found cached layer"
    find .stacker roots oci -type f -printf '%p %T@ %i\n' | sort >after
    diff before after
    run --separate-stderr stacker build
    assert_said "found cached layer it"
    sed -i 's/echo it/echo other/' stacker.yaml
    stacker build --reproduce
    run --separate-stderr stacker build
    refute_said "found cached layer it"
    assert_said "filesystem it built successfully"
}

# behaviour: what comes from servers is fetched once for both builds, and not at all if it is kept; the second asks nobody
# documented: docs/reproducible.md#two-builds
# status: beyond
@test "downloads" {
    clamp_times
    busybox_base
    serve
    echo one >files/file
    write_recipe "$url/file"
    run --separate-stderr stacker build --reproduce
    assert_success
    assert_equal "$(list_requests)" "GET /file"
    assert_not_exists .stacker/downloads
    stacker build
    list_requests
    run --separate-stderr stacker build --reproduce
    assert_success
    assert_equal "$(list_requests)" "HEAD /file"
    # What is kept for builds is what it was.
    assert_equal "$(cat .stacker/downloads/*/*)" one
}

# behaviour: a base of a registry is fetched once for both builds, and taken from what is kept where it is
# documented: docs/reproducible.md#two-builds
# status: beyond
@test "a base from a registry" {
    requires docker_registry skopeo
    clamp_times
    start_registry
    push_base
    docker_recipe "$registry/base:latest"
    list_registry_requests >/dev/null
    run --separate-stderr stacker build --reproduce
    assert_success
    list_registry_requests >requests
    assert_equal "$(sort requests | uniq -d)" ""
    assert_equal "$(grep -c "GET /v2/base/blobs" requests)" 2
    assert_not_exists .stacker/layer-bases
    stacker build
    list_registry_requests >/dev/null
    run --separate-stderr stacker build --reproduce --reproduce-blame --reproduce-vary order
    assert_success
    assert_equal "$(list_registry_requests)" "HEAD /v2/base/manifests/latest"
    # The layout of what is kept is as it was: another build finds all of it.
    sed -i 's/echo it/echo other/' stacker.yaml
    stacker build
    run list_registry_requests
    refute_output --partial /blobs/
}

# behaviour: a second build that fails says in which surroundings it did
# documented: docs/reproducible.md#two-builds
# status: beyond
@test "a script that fails in other surroundings" {
    # shellcheck disable=SC2016  # the script's own
    reproduce_it 'test "$(hostname)" = stacker || exit 7' --reproduce-vary host-name=nowhere
    assert_failure 7
    assert_said 'it could be built once, and not with another time, other directories, the host name nowhere'
    assert_nothing_kept
}

# behaviour: a recipe that can't be built at all fails as any build does
# documented: docs/reproducible.md#two-builds
# status: beyond
@test "a script that fails" {
    reproduce_it 'exit 9'
    assert_failure 9
    # Nothing is left to enter.
    refute_said "stacker chroot"
    assert_said "--shell-fail opens a shell there at once"
    refute_said "it could be built once"
    assert_nothing_kept
}

# behaviour: the exit status is 1 only if images differ: a script that fails has its own, and 2 if that is 1, as all trouble has
# documented: docs/reproducible.md#two-builds; docs/commands.md#exit-status
# status: beyond
@test "the exit status of trouble" {
    reproduce_it 'exit 1'
    assert_failure 2
    assert_said "ended with exit status 1"
    run --separate-stderr stacker build --reproduce -f missing.yaml
    assert_failure 2
    run --separate-stderr stacker build --reproduce --no-such-option
    assert_failure 2
    run --separate-stderr stacker recursive-build --reproduce -d missing
    assert_failure 2
    reproduce_it 'exit 1' --reproduce-keep stacker.yaml
    assert_failure 2
    run --separate-stderr stacker build -f missing.yaml
    assert_failure 1
}

# behaviour: standard output has the verdict alone: what scripts write goes to standard error
# documented: docs/reproducible.md#two-builds
# status: beyond
@test "what scripts write" {
    reproduce_it 'echo a word; echo another >&2' --quiet
    assert_success
    assert_equal "$(cut -d, -f1 <<<"$output")" $'same: the same in both builds\nit: the same in both builds'
    assert_equal "$(grep -cE "^(it \| )?a word$" <<<"$stderr")" 2
    assert_equal "$(grep -cE "^(it \| )?another$" <<<"$stderr")" 2
}

# behaviour: the verdict as JSON: what was varied, each image with its digests and what is to blame, and what diff says of both
# documented: docs/reproducible.md#json-and-pages
# status: beyond
@test "a verdict for programs" {
    reproduce_it 'echo a word; hostname >/it' --reproduce-json --reproduce-blame --reproduce-vary host-name=x,order \
        --reproduce-keep kept
    assert_failure 1
    assert_equal "$(jq -c '[.reproducible, .varied]' <<<"$output")" '[false,["host-name=x","order"]]'
    assert_equal "$(jq -c '[.images[] | [.tag, .same]]' <<<"$output")" '[["same",true],["it",false]]'
    assert_equal "$(jq -c '.images[1].causes' <<<"$output")" '[{"places":["/it"],"variation":"host-name"}]'
    assert_equal "$(jq -r '.images[1].second' <<<"$output")" "sha256:$(image_manifest it kept/second | sha256sum | cut -d' ' -f1)"
    jq .comparison <<<"$output" >said
    run -1 --separate-stderr stacker diff kept/first kept/second --json
    assert_equal "$(jq -c '.parts | map(del(.. | .reasons?))' said)" "$(jq -c '.parts | map(del(.. | .reasons?))' <<<"$output")"
    reproduce_it 'echo a word >/it' --reproduce-json
    assert_success
    assert_equal "$(jq -c '[.reproducible, .comparison, .images[].causes]' <<<"$output")" '[true,null,null,null]'
}

# behaviour: a page shows what differs in place of standard output, where the verdicts stay
# documented: docs/reproducible.md#json-and-pages
# status: beyond
@test "a page of what differs" {
    reproduce_it 'hostname >/it' --reproduce-html page.html
    assert_failure 1
    assert_line "it: not the same"
    refute_line --partial "/it: content"
    run -0 cat page.html
    assert_output --partial "<html"
    assert_output --partial "/it"
    assert_output --partial "elsewhere"
}

# behaviour: a page that no file could be is refused before anything is built
# documented: docs/reproducible.md#json-and-pages
# status: beyond
@test "a page nowhere" {
    reproduce_it 'echo it ran >&2' --reproduce-html missing/page.html
    assert_failure 2
    [[ $stderr != *"it ran"* ]]
    [[ $stderr == *"couldn't write the page missing/page.html: "*"name a file in a directory that is there"* ]]
    assert_nothing_left
}

# behaviour: a recipe of which no layer becomes an image has nothing to compare, and that is said
# documented: docs/reproducible.md#two-builds
# status: beyond
@test "no image" {
    more='  build_only: true'
    reproduce_it 'true'
    sed -i 's/^same:/same:\n  build_only: true/' stacker.yaml
    run --separate-stderr stacker build --reproduce --reproduce-html page.html
    assert_success
    assert_output "there is no image to compare: all layers are build_only"
    assert_not_exists page.html
}

# behaviour: --reproduce-keep leaves the images of both builds in two layouts, and refuses a directory with something in it
# documented: docs/reproducible.md#two-builds
# status: beyond
@test "images that are kept" {
    reproduce_it 'date +%s%N >/it' --reproduce-keep kept
    assert_failure 1
    assert_layout_whole kept/first
    assert_layout_whole kept/second
    assert_equal "$(image_manifest same kept/first)" "$(image_manifest same kept/second)"
    run ! cmp <(image_manifest it kept/first) <(image_manifest it kept/second)
    run -1 stacker diff kept/first kept/second
    assert_line --partial "/it: content"
    reproduce_it 'date +%s%N >/it' --reproduce-keep kept
    assert_failure 2
    assert_said "kept is not empty"
    assert_layout_whole kept/first
    reproduce_it 'date +%s >/it' --reproduce-keep with:colon
    assert_failure 1
    assert_line "  a time stamp: /it"
    reproduce_it 'exit 5' --reproduce-keep new
    assert_failure 5
    assert_not_exists new
}

# behaviour: a stop signal in either build leaves nothing, and what a killed one has left the next one removes
# documented: docs/reproducible.md#two-builds
# status: beyond
@test "a build that is stopped" {
    clamp_times
    busybox_base
    mkdir signal
    cat >stacker.yaml <<END
long:
  from: {type: oci, url: "busybox:latest"}
  binds: ['$PWD/signal -> /signal']
  run: |
    touch /signal/\$(hostname)
    test ! -e /signal/wait-\$(hostname) || sleep 600
END
    local host
    for host in stacker elsewhere; do
        rm -f signal/*
        touch "signal/wait-$host"
        start "$STACKER" build --reproduce --reproduce-binds
        wait_for_file "signal/$host"
        kill -TERM "$started"
        wait_for_end
        assert_equal "$status" 143
        assert_nothing_kept
    done
    rm -f signal/*
    touch signal/wait-elsewhere
    start "$STACKER" build --reproduce --reproduce-binds
    wait_for_file signal/elsewhere
    kill -KILL "$started"
    wait_for_end
    wait_for_killed
    assert_equal "$(find roots -maxdepth 1 -name '.run-*' | wc -l)" 1
    rm signal/*
    run --separate-stderr stacker build --reproduce --reproduce-binds
    assert_success
    assert_nothing_kept
}

# behaviour: what has no meaning for two builds is refused with the reason, and so is what can't be varied
# documented: docs/reproducible.md#what-is-refused
# status: beyond
@test "options that don't go together" {
    busybox_recipe
    refuse_with 2 build --reproduce --cache-to docker://localhost/cache
    assert_said "--cache-to and --reproduce don't go together: what they make is not kept"
    refuse_with 2 build --reproduce --timing
    assert_said "--timing and --reproduce don't go together"
    refuse_with 2 build --reproduce --order-only
    assert_said "--order-only and --reproduce don't go together"
    refuse build --reproduce-json
    assert_said "--reproduce-json is for --reproduce"
    refuse build --reproduce-blame
    assert_said "--reproduce-blame is for --reproduce"
    refuse_with 2 build --reproduce --reproduce-vary moon
    assert_said 'nothing called "moon" can be varied'
    assert_said "locale, time-zone, host-name, umask, user, jobs, order"
    refuse_with 2 build --reproduce --reproduce-vary umask=9
    assert_said '"9" is no umask'
    refuse_with 2 build --reproduce --reproduce-vary locale,locale=C
    assert_said "locale is there twice"
    refuse_with 2 build --reproduce --reproduce-vary all,all
    refuse_with 2 build --reproduce --reproduce-vary locale=
    assert_said 'locale has no value'
    assert_not_exists roots
}

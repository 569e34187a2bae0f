#!/usr/bin/env bats
# stacker cache: what is in a shared cache, what goes, and what never does.

load ../helpers
load ../registries
load shared-cache
load cache-care

# behaviour: cache ls has a line for each entry and the sum of all blobs; other programs find the same there
# documented: docs/commands.md#cache; docs/registries.md#housekeeping
# status: beyond
@test "what is in a cache" {
    requires curl skopeo
    stages one
    share one --layer-type tar --layer-type squashfs
    care ls
    assert_success
    assert_line --regexp "^LAYER +PLATFORM +TYPES +SIZE +MADE +USED +KEY$"
    assert_line --regexp "^app +linux/[a-z0-9]+ +tar\+squashfs +[0-9.]+ [kM]?B +$(days_ago 0) [0-9:]+ +- +$(entry_of app)$"
    assert_line --regexp "^tools +linux/[a-z0-9]+ +build_only +.* $(entry_of tools)$"
    assert_line --regexp "^5 entries, [0-9.]+ MB in [0-9]+ blobs$"
    care ls --format json
    assert_success
    assert_equal "$(jq -c '[.version, .repository, .otherTags]' <<<"$output")" "[1,\"$cache\",0]"
    assert_equal "$(jq -c '[.entries[].layer]' <<<"$output")" '["app","more","other","other","tools"]'
    assert_equal "$(jq -r '.entries[].keys[]' <<<"$output" | sort)" \
        "$(skopeo list-tags --tls-verify=false "$cache" | jq -r '.Tags[]' | grep -v '\.time$' | sort)"
    for key in $(list_entries); do
        skopeo inspect --raw --tls-verify=false "$cache:$key" >"manifest-$key"
        jq -c ".config, .layers[] | [.digest, .size]" "manifest-$key" | sort -u >"blobs-$key"
        printf '["sha256:%s",%s]\n' "$(sha256sum <"manifest-$key" | cut -d' ' -f1)" "$(stat -c %s "manifest-$key")" \
            >>"blobs-$key"
        assert_equal "$(jq ".entries[] | select(.keys[0] == \"$key\").size" <<<"$output")" \
            "$(jq -s 'map(.[1]) | add' "blobs-$key")"
    done
    assert_equal "$(jq -c '[.blobs, .size]' <<<"$output")" \
        "$(sort -u blobs-* | jq -sc '[length, (map(.[1]) | add)]')"
}

# behaviour: cache rm removes entries by key and by layer; the next build misses, and says nothing of it
# documented: docs/commands.md#cache
# status: beyond
@test "entries are removed" {
    requires curl skopeo
    share_layers a b c
    key=$(entry_of a)
    care rm "$key" --layer nobody
    assert_failure 1
    assert_said "error: $cache has no entry of a layer \"nobody\""
    care rm "${key:0:20}"
    assert_failure 1
    care rm "${key//[0-9]/0}"
    assert_failure 1
    assert_said "has no entry with the key"
    assert_equal "$(list_entries | wc -l)" 3
    care rm "$key" --layer b --dry-run
    assert_success
    assert_line --regexp "^would remove 2 entries, "
    assert_equal "$(list_entries | wc -l)" 3
    care rm "$key" --layer b
    assert_success
    assert_line --regexp "^a \(linux/[^ ]+, tar, .* kB, made $(days_ago 0)\) $key$"
    assert_line --regexp "^removed 2 entries, [0-9.]+ kB in [0-9]+ blobs; 1 entry is left, "
    assert_equal "$(list_entries)" "$(entry_of c)"
    forget one
    build_from one
    refute_said warning
    refute_said "took layer a"
    assert_said "took layer c"
}

# behaviour: prune --older-than removes what was not used for so long, and only says so with --dry-run
# documented: docs/commands.md#cache; docs/registries.md#housekeeping
# status: beyond
@test "what is too old" {
    requires curl skopeo
    share_layers old middle new
    date_entry "$(entry_of old)" "$(days_ago 50)T10:00:00Z"
    date_entry "$(entry_of middle)" "$(days_ago 20)T10:00:00Z"
    list_entries >all
    care prune --older-than 30d --dry-run
    assert_success
    assert_line --regexp "^old \(.*, made $(days_ago 50)\) $(entry_of old)$"
    assert_line --regexp "^would remove 1 entry, .*; 2 entries are left, "
    assert_equal "$(list_entries)" "$(cat all)"
    care prune --older-than 30d
    assert_success
    assert_line --regexp "^removed 1 entry, "
    assert_equal "$(entry_of old)" ""
    assert_equal "$(list_entries | wc -l)" 2
    care prune --older-than 2w
    assert_equal "$(list_entries)" "$(entry_of new)"
    # A use is known by its day: what was made today is not an hour old.
    care prune --older-than 1m
    assert_line --regexp "^nothing to remove; 1 entry is left, "
}

# behaviour: who takes an entry and may write there leaves a mark, once a day, of which the entry's age counts
# documented: docs/registries.md#housekeeping
# status: beyond
@test "what was used is not old" {
    requires curl skopeo
    share_layers old used
    for layer in old used; do date_entry "$(entry_of $layer)" "$(days_ago 50)T10:00:00Z"; done
    key=$(entry_of used)
    sed -i '/^old:/,/imports/d' one/stacker.yaml
    # Who only reads leaves none.
    forget one
    build_from one
    assert_said "took layer used"
    refute_regex "$(list_entries)" used
    forget one
    list_registry_requests >/dev/null
    build_from one --cache-to "$cache"
    assert_said "took layer used"
    assert_equal "$(list_registry_requests | grep used)" "GET /v2/team/cache/manifests/$key.used
PUT /v2/team/cache/manifests/$key.used"
    assert_equal "$(get_manifest "$key.used" | jq -r '.annotations["org.opencontainers.image.created"]')" \
        "$(days_ago 0)T00:00:00Z"
    list_registry_requests >/dev/null
    forget one
    build_from one --cache-to "$cache"
    assert_equal "$(list_registry_requests | grep used)" "GET /v2/team/cache/manifests/$key.used"
    care ls
    assert_line --regexp "^used .* $(days_ago 50) 10:00 +$(days_ago 0) +$key$"
    assert_line --partial "2 entries, "
    care prune --older-than 30d
    assert_success
    assert_line --regexp "^removed 1 entry"
    assert_equal "$(list_entries)" "$key"$'\n'"$key.used"
    # The mark goes with its entry.
    date_entry "$key.used" "$(days_ago 31)T00:00:00Z"
    care prune --older-than 30d
    assert_line --regexp "^used \(.*, made $(days_ago 50), used $(days_ago 31)\) $key$"
    assert_equal "$(list_entries)" ""
}

# behaviour: what was made today and is taken leaves no mark, and costs no request more
# documented: docs/registries.md#housekeeping
# status: beyond
@test "what is new needs no mark" {
    requires curl
    share_layers new
    forget one
    list_registry_requests >/dev/null
    build_from one --cache-to "$cache"
    assert_said "took layer new"
    refute_regex "$(list_registry_requests)" used
}

# behaviour: prune --keep-size removes the least recently used until the rest is small enough; a blob counts once
# documented: docs/commands.md#cache
# status: beyond
@test "what is too much" {
    requires curl skopeo
    share_layers a b c d
    # No order of names or keys.
    for pair in a:3 b:9 c:7 d:5; do date_entry "$(entry_of ${pair%:*})" "$(days_ago ${pair#*:})T10:00:00Z"; done
    # The oldest has only what another one has, too: it frees next to nothing.
    get_manifest "$(entry_of a)" | jq -c --arg time "$(days_ago 20)T00:00:00Z" \
        '.annotations["org.opencontainers.image.created"] = $time' | put_manifest "$(printf twin | sha256sum | cut -c1-64)"
    care prune --keep-size 250K --dry-run
    assert_success
    assert_equal "$(list_entries | wc -l)" 5
    care prune --keep-size 250K
    assert_success
    assert_equal "$(grep -oE '^[abcd] ' <<<"$output" | tr -d '\n')" "a b c "
    assert_equal "$(list_entries)" "$(printf '%s\n' "$(entry_of a)" "$(entry_of d)" | sort)"
    care ls --format json
    assert [ "$(jq .size <<<"$output")" -le 250000 ]
    care prune --keep-size 1G --older-than 52w
    assert_line --regexp "^nothing to remove; 2 entries are left"
}

# behaviour: an entry that says nothing of when it was made is not too old at once: its age counts from the first prune on
# documented: docs/registries.md#housekeeping
# status: beyond
@test "an entry of an older stacker" {
    requires curl skopeo
    share_layers a b
    key=$(entry_of a)
    change_entry "$key" "del(.annotations)"
    care ls
    assert_line --regexp "^a +- +tar +[0-9]+ kB +- +- +$key$"
    care prune --older-than 30d
    assert_success
    assert_line "1 entry says nothing of when it was made: its age counts from today"
    assert_line --regexp "^nothing to remove; 2 entries"
    care ls
    assert_line --regexp "^a +- +tar +[0-9]+ kB +- +$(days_ago 0) +$key$"
    date_entry "$key.used" "$(days_ago 40)T00:00:00Z"
    care prune --older-than 30d
    assert_line --regexp "^removed 1 entry"
    # By size it is the first to go.
    key=$(entry_of b)
    change_entry "$key" "del(.annotations)"
    share_layers c
    care prune --keep-size 150K
    assert_line --regexp "^b \(-, tar, .*, made nobody knows when\) $key$"
    assert_equal "$(list_entries)" "$(entry_of c)"
}

# behaviour: what stacker has not put there is counted and stays, also an entry to which somebody gave a tag of their own
# documented: docs/registries.md#housekeeping
# status: beyond
@test "what is not stacker's" {
    requires curl skopeo
    share_layers a b
    hexadecimal=$(printf x | sha256sum | cut -c1-64)
    for tag in latest "$hexadecimal" "$hexadecimal.used"; do push_base "team/cache:$tag"; done
    key=$(entry_of a)
    get_manifest "$key" | put_manifest release-1
    list_entries >all
    care ls
    assert_line "left alone 4 tags of which stacker knows nothing"
    care rm --layer a
    assert_failure 1
    assert_line --regexp "^kept a \(.*\) $key: it has the tag release-1, too, which is not stacker's$"
    assert_said "error: 1 entry stays, since a tag that is not stacker's would go, too"
    assert_equal "$(list_entries)" "$(cat all)"
    care prune --keep-size 0
    assert_success
    assert_line --regexp "^removed 1 entry"
    assert_equal "$(list_entries)" "$(printf '%s\n' "$key" "$hexadecimal" "$hexadecimal.used" latest release-1 | sort)"
    skopeo inspect --tls-verify=false "$cache:latest" >inspected
}

# behaviour: a mark whose entry is gone goes with the next prune
# documented: docs/registries.md#housekeeping
# status: beyond
@test "marks of what is gone" {
    requires curl skopeo
    share_layers a
    key=$(entry_of a)
    get_manifest "$key" | jq -c '.artifactType = "application/vnd.stacker.shared-layer.use.v1"' |
        put_manifest "$(printf gone | sha256sum | cut -c1-64).used"
    care prune --older-than 30d
    assert_success
    assert_equal "$(list_entries)" "$key"
}

# behaviour: notes of how long layers took to build are counted as nobody's entry, and go when they are old
# documented: docs/registries.md#housekeeping
# status: beyond
@test "notes of times" {
    requires curl skopeo
    share_layers a b
    mapfile -t notes < <(skopeo list-tags --tls-verify=false "$cache" | jq -r '.Tags[]' | grep '\.time$')
    assert_equal "${#notes[@]}" 2
    date_entry "${notes[0]}" "$(days_ago 40)T00:00:00Z"
    care ls
    refute_output --partial "not stacker's"
    care prune --older-than 30d
    assert_success
    run -0 skopeo list-tags --tls-verify=false "$cache"
    assert_output --partial "${notes[1]}"
    refute_output --partial "${notes[0]}"
    assert_equal "$(list_entries | wc -l)" 2
}

# behaviour: names that somebody has written into an entry garble no output
# documented: docs/registries.md#housekeeping
# status: beyond
@test "hostile names in a cache" {
    requires curl skopeo
    share_layers a
    key=$(entry_of a)
    change_entry "$key" '.annotations["vnd.stacker.shared-layer.layer"] = "x\u001b[31m\n\u202eremoved 9 entries \"y"
        | .annotations["vnd.stacker.shared-layer.platform"] = "a\rb\u2066"
        | .annotations["vnd.stacker.shared-layer.types"] = "\u0007 tar"'
    for command in ls "prune --keep-size 0 --dry-run"; do
        # shellcheck disable=SC2086  # words
        care $command
        assert_success
        refute_output --regexp $'[\e\r\a]'
        refute_output --partial $'\u202e'
        refute_output --partial $'\u2066'
        assert_output --partial 'x\u{1B}[31m\n\u{202E}removed 9 entries'
        refute_line --regexp "^removed"
        assert_output --partial "$key"
    done
    care ls --format json
    assert_equal "$(jq -ca '.entries[0].layer' <<<"$output")" '"x\u001b[31m\n\u202eremoved 9 entries \"y"'
}

# behaviour: a list of tags that comes in pages is read to its end
# documented: docs/registries.md#housekeeping
# status: beyond
@test "a list of tags in pages" {
    requires curl skopeo
    share_layers a
    get_manifest "$(entry_of a)" >entry
    for number in {1..7}; do put_manifest "$(printf '%064d' "$number")" <entry; done
    start_faults "GET /tags/list pages=3 0"
    use_cache "$registry"
    care ls --format json
    assert_success
    # It is one manifest.
    assert_equal "$(jq -c '[(.entries | length), (.entries[0].keys | length)]' <<<"$output")" '[1,8]'
    assert_equal "$(grep -c "GET .*/tags/list" faults/requests)" 3
    care rm "$(printf '%064d' 5)"
    assert_success
    assert_equal "$(list_entries)" ""
}

# behaviour: an entry that a build with --only-missing finds, and need not take, is of use, too
# documented: docs/registries.md#housekeeping
# status: beyond
@test "what need not be built was used" {
    requires curl skopeo
    share_layers a
    key=$(entry_of a)
    date_entry "$key" "$(days_ago 50)T10:00:00Z"
    forget one
    build_from one --only-missing --cache-to "$cache"
    refute_said "took layer a"
    assert_equal "$(list_entries)" "$key"$'\n'"$key.used"
    care prune --older-than 30d
    assert_line --regexp "^nothing to remove; 1 entry is left"
}

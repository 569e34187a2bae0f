#!/usr/bin/env bats
# Caches that machines share: layers with cache_dirs, in which another branch may have left something.

load ../helpers
load ../registries
load shared-cache

# with_cache_dirs NAME: a machine whose layer "it" has cache_dirs, and a layer on it.
with_cache_dirs() {
    machine "$1"
    cat >>"$1/stacker.yaml" <<'END'
  cache_dirs: [/cache]
more:
  from: {type: built, tag: it}
  run: cat /random >/more
END
}

# behaviour: layers with cache_dirs, and those on them, are neither given to a shared cache nor taken from it; a line says so
# documented: docs/registries.md#shared-caches; docs/security.md#cache-directories
# status: beyond
@test "not shared" {
    with_cache_dirs one
    with_cache_dirs two
    share one
    assert_said "layer it is not shared, since it has cache_dirs; with --cache-with-cache-dirs it is"
    refute_said "shared layer"
    # What was asked for on one side only.
    share one --cache-with-cache-dirs
    assert_said "shared layer it at $cache"
    assert_said "shared layer more at $cache"
    build_from two
    refute_said "took layer"
}

# behaviour: with --cache-with-cache-dirs they are shared, and what is in the directories is not
# documented: docs/commands.md#build; docs/registries.md#shared-caches
# status: beyond
@test "shared when asked" {
    with_cache_dirs one
    with_cache_dirs two
    share one --cache-with-cache-dirs
    build_from two --cache-with-cache-dirs
    assert_said "took layer it from $cache"
    assert_said "took layer more from $cache"
    assert_same it
    assert_same more
    assert_not_exists two/.stacker/cache_dirs
}

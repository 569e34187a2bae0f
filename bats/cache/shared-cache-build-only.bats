#!/usr/bin/env bats
# Caches that machines share: build_only layers, and images that were collapsed with them.

load ../helpers
load ../registries
load shared-cache

# behaviour: build_only layers are shared as well, with what stands on them and imports from them
# documented: docs/registries.md#shared-caches
# status: beyond
@test "build_only layers" {
    stages one
    stages two
    share one
    build_from two
    assert_all_taken
    assert_same app
    assert_same other
    assert_equal "$(image_config app two/oci | jq -c '.config.Labels')" '{"second":"saw","tool":"hammer"}'
    assert_local_hit app two
    for name in tools more; do
        run on two explain $name
        assert_output --partial "$name: built"
    done
    on two grab tools:/link
    assert_equal "$(cat two/link)" "$(layer_tar app 1 one/oci | tar xO link)"
    run on two explain more:/link
    assert_output --partial whiteout
}

# behaviour: what is built on a build_only layer that was taken is as on one that was built
# documented: docs/registries.md#shared-caches
# status: beyond
@test "a build on a build_only layer that was taken" {
    stages one
    stages two
    share one
    sed -i 's,>/app$,>/changed,' two/stacker.yaml
    build_from two
    assert_said "took layer more"
    assert_built app
    # Its lower layers come out as on the machine that built them.
    assert_equal "$(image_manifest app two/oci | jq -c '.layers[0:3]')" \
        "$(image_manifest app one/oci | jq -c '.layers[0:3]')"
    assert_equal "$(list_layer app -1 two/oci)" changed
    assert_equal "$(list_layer app 2 two/oci)" $'.wh.link\nmore'
    build_from two --no-cache
    for name in tools more app other; do
        refute_said "took layer $name"
        assert_equal "$(grep -c "^filesystem $name built" <<<"$stderr")" 1
    done
}

# behaviour: a collapsed image is shared as what it is, and taken by whoever collapses, too
# documented: docs/registries.md#shared-caches; docs/recipe.md#collapsing
# status: beyond
@test "a collapsed image" {
    stages one
    stages two
    share one --collapse-build-only
    build_from two
    # Its build_only layers are the same either way.
    assert_said "took layer more"
    assert_built app
    forget two
    build_from two --collapse-build-only
    assert_all_taken
    assert_same app
    assert_equal "$(image_manifest app two/oci | jq '.layers | length')" 2
    on two build --collapse-build-only
    # What one has not built yet is built on what is there, on both alike.
    cat >top <<'END'
top:
  from: {type: built, tag: app}
  run: ls / >/top
END
    for name in one two; do
        cat top >>$name/stacker.yaml
        on $name build --collapse-build-only
    done
    assert_equal "$(layer_tar top -1 two/oci | tar xO top)" "$(layer_tar top -1 one/oci | tar xO top)"
}

# behaviour: build_only layers are shared after an image was collapsed with them, also those of an earlier build
# documented: docs/registries.md#shared-caches; docs/recipe.md#collapsing
# status: beyond
@test "build_only layers that were collapsed" {
    stages one
    stages two
    on one build --collapse-build-only
    share one --collapse-build-only
    build_from two
    assert_said "took layer tools"
    assert_said "took layer more"
    assert_built app
    assert_equal "$(list_layer app 2 two/oci)" $'.wh.link\nmore'
}

# behaviour: a collapsed image is taken with its overlay dirs, though they are no layers of it
# documented: docs/registries.md#shared-caches; docs/recipe.md#collapsing
# status: beyond
@test "a collapsed image with overlay dirs" {
    for name in one two; do
        stages $name
        mkdir $name/dir
        echo file >$name/dir/file
        cat >>$name/stacker.yaml <<'END'
over:
  from: {type: built, tag: tools}
  overlay_dirs: [{source: dir, dest: /over}]
  run: cat /proc/sys/kernel/random/uuid >/own
END
    done
    share one --collapse-build-only
    build_from two --collapse-build-only
    assert_said "took layer over"
    assert_same over
    # The copy, with which the next build compares the directory, came too.
    run --separate-stderr on two build --collapse-build-only
    assert_success
    assert_said "found cached layer over"
}

# behaviour: what stands on a build_only layer, or imports from it, is another's once what is below that is another, also where its own files are the same
# documented: docs/registries.md#shared-caches
# status: beyond
@test "build_only layers that differ by their bases alone" {
    write_layers_on() {
        machine "$1"
        cat >"$1/stacker.yaml" <<END2
below:
  from: {type: oci, url: "busybox:latest"}
  run: echo $2 >/version
tools:
  from: {type: built, tag: below}
  build_only: true
  run: touch -d '2020-01-01 00:00:00' /
app:
  from: {type: built, tag: tools}
  run: cp /version /app
other:
  from: {type: oci, url: "busybox:latest"}
  imports: ["stacker://tools/version"]
  run: cp /stacker/imports/version /other
END2
    }
    write_layers_on one 1
    share one
    write_layers_on two 2
    build_from two
    for name in below tools app other; do assert_built $name; done
    assert_equal "$(layer_tar app -1 two/oci | tar xO app)" 2
    assert_equal "$(layer_tar other -1 two/oci | tar xO other)" 2
    # What is the same is still found.
    write_layers_on three 1
    build_from three
    for name in below tools app other; do assert_said "took layer $name from"; done
}

# shellcheck shell=bash
# What tests of overlay dirs have in common. Loaded by `load overlay-dirs`.

# overlay_recipe [DEST]: the image "it" on busybox, with the directory "dir" as an overlay dir.
overlay_recipe() {
    busybox_base
    cat >stacker.yaml <<END
it:
  from: {type: oci, url: "busybox:latest"}
  overlay_dirs:
    - source: dir${1:+
      dest: $1}
END
}

# shellcheck shell=bash
# Recipes to be planned, with a name that is code for shells, and a registry that is their cache. Loaded by `load plans` after
# `load ../registries`.

# shellcheck disable=SC2016  # a name
hostile='$(touch canary) `touch canary` it'"'"'s #1 %x'

say_what_make_lacks() { say_what_program_lacks make; }
say_what_dot_lacks() { say_what_program_lacks dot; }

# recipes: one in a directory of such a name, and one that requires it and builds on it. $cache is a repository.
recipes() {
    requires container docker_registry
    start_registry
    cache=docker://$registry/cache
    busybox_base
    mkdir -p "images/$hostile" images/app
    cat >"images/$hostile/stacker.yaml" <<'END'
base:
  from: {type: oci, url: "busybox:latest"}
  run: cat /proc/sys/kernel/random/uuid >/base
END
    cat >images/app/stacker.yaml <<'END'
config: {prerequisites: ["../PLACE/stacker.yaml"]}
app:
  from: {type: built, tag: base}
  run: cat /base >/app
END
    sed -i "s|PLACE|$hostile|" images/app/stacker.yaml
}

# plan [ARGUMENT…]: prints a plan of them.
plan() {
    stacker plan -d images --cache-from "$cache" --cache-to "$cache" --cache-skip-tls "$@"
}

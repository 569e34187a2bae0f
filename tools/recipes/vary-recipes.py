#!/usr/bin/env python3
"""Writes a recipe for each key that a layer can have and each of many values, to compare who takes which.

    tools/recipes/vary-recipes.py SCHEMA DIRECTORY

The keys are those of a schema that stacker has printed: a new one is tried, too.
"""

import itertools
import json
import pathlib
import sys

# What YAML can have as a value. Not among it: what only its meaning makes wrong, as a word with half a quote.
VALUES = [
    "", "~", "null", '""', "a", "'a b'", "1", "-1", "1.5", "0644", '"0644"', '"8x"', "0o755", "0x1ff", "true", "yes",
    '"no"', "/a", "/a -> /b", '"-> /b"', '"/a ->"', "volume:c", "volume:c -> /b", "a=b",
    "sha256:" + "a" * 64, "B" * 64, "abc", "oci:d:t", "docker://r/n:t", "http://h/f", "stacker://l/f", "stacker://",
    "ftp://h/f", "arm64", "linux", "386", "[]", "[a]", "[1, true]", "[null]", '[""]', "[[a]]", "[{a: b}]", "{}",
    "{a: b}", "{a: }", "{a: 1}", '{"a=b": c}', "{a: [b]}", "{a: {b: c}}", "{path: x}", "[{path: x}]", "[x, {path: y}]",
    "{source: x}", "[{source: x}]", "[{source: x, dest: /y}]", "[{source: x, dest: y}]", "[{source: x, other: y}]",
    "[{source: }]", "[/a, /b -> /c]", "|\n      text\n      more", "{type: scratch}", "{type: built, tag: a}",
    "{type: oci, url: 'd:t'}", "{type: nothing}", "{tag: a}", "{type: built}", "{type: }", "[80]", "[80/tcp, 53/udp]",
    "[80-90/TCP, 65536]", "[0]", "[8080-8081]", "SIGTERM", "term", "rtmin+3", "RTMAX-31", "65", "/bin/bash -ec",
    "[/cache]", "[{path: /cache, mode: 0700}]", "[{path: cache}]",
]

# Beside what a key's value is, what is within: maps with keys of their own.
WITHIN = {
    "from": ("{{type: docker, url: 'docker://r/n', {}: {}}}", ["insecure", "url", "tag", "type", "image"]),
    "imports": ("[{{path: x, {}: {}}}]", ["path", "hash", "dest", "mode", "uid", "gid", "insecure", "odd", "source"]),
    "overlay_dirs": ("[{{source: x, {}: {}}}]", ["source", "dest", "src"]),
    "cache_dirs": ("[{{path: /x, {}: {}}}]", ["path", "mode", "uid", "dest"]),
    "binds": ("[{{source: /x, dest: /x, {}: {}}}]", ["source", "dest", "src"]),
}


def keys_of(schema: dict) -> list[str]:
    layer = schema["$defs"]["layer"]["anyOf"][0]
    return sorted(layer["properties"])


def recipes(keys: list[str]) -> list[str]:
    found = []
    for key, value in itertools.product([*keys, "unknown"], VALUES):
        base = "" if key == "from" else "  from: {type: scratch}\n"
        found.append(f"app:\n{base}  {key}: {value}\n")
    for key, (form, names) in WITHIN.items():
        base = "" if key == "from" else "  from: {type: scratch}\n"
        for name, value in itertools.product(names, VALUES):
            # A flow map has no place for a block; a key stands once. Whether a number was written with a 0 in front, a
            # loader can't tell.
            pairs = form.format(name, value)
            if "\n" in value or pairs.count(f"{name}: ") > 1 or name == "mode" and value in ("1", "65", "386"):
                continue
            found.append(f"app:\n{base}  {key}: {pairs}\n")
    for value in VALUES:
        found += [f"app: {value}\n", f"config: {value}\napp: {{from: {{type: scratch}}}}\n"]
        for setting in ["prerequisites", "collapse_build_only", "unknown"]:
            found.append(f"config:\n  {setting}: {value}\napp:\n  from: {{type: scratch}}\n")
    return found


def main() -> None:
    schema, directory = json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2])
    directory.mkdir(parents=True)
    for number, text in enumerate(recipes(keys_of(schema))):
        (directory / f"{number:05}.yaml").write_text(text)


if __name__ == "__main__":
    main()

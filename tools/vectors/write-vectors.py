#!/usr/bin/env python3
"""Writes the vectors as OCI layouts, one in the folder of each one's name, and vectors.json, which describes them all.

    tools/vectors/write-vectors.py [--from VECTORS] DIR [NAME…]

NAME is a vector or a folder of them, layers/whiteouts; without any, all are written. What DIR had of an earlier run
goes away; a directory that no run has made is left alone. Bytes depend on nothing but VECTORS, and those of change
vectors on the machine's busybox.
"""

import argparse
import json
import pathlib
import shutil
import sys
from typing import Any

from encode.documents import encode
from output import change_vectors, layer_vectors
from output.description import VERSION
from output.schema import Schema
from text.model import VectorError
from text.vector_file import read_vector

TOP = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = "vectors.json"
KINDS = {"layer": layer_vectors.write, "change": change_vectors.write}


def find_files(top: pathlib.Path, names: list[str]) -> list[pathlib.Path]:
    files = sorted(top.glob("*/*/*.vector"))
    for name in names:
        if not any(is_named(top, file, name) for file in files):
            raise VectorError(top, f"there is no vector {name}", "`ls` there; a name has no suffix")
    return [file for file in files if not names or any(is_named(top, file, name) for name in names)]


def is_named(top: pathlib.Path, file: pathlib.Path, name: str) -> bool:
    own = str(file.relative_to(top).with_suffix(""))
    return own == name or own.startswith(name.rstrip("/") + "/")


def leave_out(files: list[pathlib.Path], folder: pathlib.Path, reason: str) -> list[pathlib.Path]:
    """Says how many are left out."""
    rest = [file for file in files if not file.is_relative_to(folder)]
    if count := len(files) - len(rest):
        print(f"left out, since {reason}: {count} change vector{plural(count)}")
    return rest


def plural(count: int) -> str:
    return "" if count == 1 else "s"


def make_room(directory: pathlib.Path) -> None:
    """Takes away what an earlier run wrote."""
    if directory.exists() and any(directory.iterdir()):
        if not (directory / DOCUMENT).is_file():
            raise VectorError(directory, f"is not empty and has no {DOCUMENT}", "name a directory that may be replaced")
        shutil.rmtree(directory)
    directory.mkdir(parents=True, exist_ok=True)
    # From here on it can be replaced, also if this run doesn't come to its end.
    (directory / DOCUMENT).write_bytes(b"")


def write_vectors(top: pathlib.Path, directory: pathlib.Path, names: list[str]) -> list[str]:
    """Returns what is wrong with vectors, all of it."""
    files = find_files(top, names)
    if why_not := change_vectors.prepare():
        files = leave_out(files, top / "changes", why_not)
    make_room(directory)
    descriptions: list[dict[str, Any]] = []
    mistakes = []
    for file in files:
        try:
            vector = read_vector(top, file)
            descriptions.append(KINDS[vector.kind](vector, directory))
        except VectorError as error:
            mistakes.append(str(error))
    if not mistakes:
        mistakes = write_document(top, directory / DOCUMENT, {"version": VERSION, "vectors": descriptions})
    if not mistakes:
        print(f"{len(descriptions)} vector{plural(len(descriptions))} in {directory}")
    return mistakes


def write_document(top: pathlib.Path, file: pathlib.Path, document: dict[str, Any]) -> list[str]:
    schema = Schema(json.loads((top / "schema.json").read_bytes()))
    violations = [f"error: {file}: {violation}\nhelp: mend what writes it, or the schema, and VERSION with it"
                  for violation in schema.violations(document)]
    if not violations:
        file.write_bytes(encode(document) + b"\n")
    return violations


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="top", type=pathlib.Path, default=TOP / "vectors")
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    try:
        mistakes = write_vectors(options.top.resolve(), options.directory, options.names)
    except VectorError as error:
        mistakes = [str(error)]
    print(*mistakes, sep="\n", end="\n" if mistakes else "", file=sys.stderr)
    return 1 if mistakes else 0


sys.exit(main())

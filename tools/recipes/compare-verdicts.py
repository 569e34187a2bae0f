#!/usr/bin/env python3
"""Compares which recipes stacker refuses, and which a JSON Schema does.

    tools/recipes/compare-verdicts.py LINT SCHEMA_REPORT FILE…

LINT is what `stacker lint --json FILE…` has printed, SCHEMA_REPORT what `check-jsonschema -o json FILE…` has. Prints the
files about which the two are not of one mind, with their text, and ends with 1 if there are any.
"""

import json
import pathlib
import sys


def main() -> int:
    lint = json.loads(pathlib.Path(sys.argv[1]).read_text())
    report = json.loads(pathlib.Path(sys.argv[2]).read_text())
    files = sys.argv[3:]
    refused = {finding["file"]: finding["message"] for finding in lint if finding["rule"] == "refused"}
    invalid = {error["filename"] for error in report["errors"] + report["parse_errors"]}
    different = [file for file in files if (file in refused) != (file in invalid)]
    for file in different:
        verdict = f"stacker refuses it: {refused[file]}" if file in refused else "only the schema refuses it"
        print(f"{file}: {verdict}\n{pathlib.Path(file).read_text()}")
    print(f"{len(files)} recipes, {len(refused)} refused, {len(different)} differently")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())

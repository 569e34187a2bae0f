#!/usr/bin/env python3
"""Says what of each vectors.json doesn't fit vectors/schema.json.

    tools/vectors/check-json.py FILE…
"""

import json
import pathlib
import sys

from output.schema import Schema

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "vectors/schema.json"


def main(files: list[str]) -> int:
    schema = Schema(json.loads(SCHEMA.read_bytes()))
    found = [
        f"error: {file}: {violation}" for file in files
        for violation in schema.violations(json.loads(pathlib.Path(file).read_bytes()))]
    print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)
    return 1 if found else 0


if len(sys.argv) == 1:
    sys.exit(__doc__)
sys.exit(main(sys.argv[1:]))

"""What came of all runs, what was found first."""

import json
import pathlib
from collections import Counter


# Not as it should be, and nobody's images suffer.
_HARMLESS = {"left behind at once"}


def print_summary(files: list[pathlib.Path], only_harm: bool = False) -> int:
    """Returns the exit status."""
    kinds: Counter[str] = Counter()
    rows, status = [], 0
    for path in files:
        # Of a run that was repeated, the last one.
        runs = {(run["point"], run["fault"]): run for run in map(json.loads, path.read_text().splitlines())}
        bad = [run for run in runs.values() if run["found"]]
        for run in bad:
            found = {text.split(":")[0] for text in run["found"]}
            kinds.update(found)
            if not only_harm or found - _HARMLESS:
                status = 1
        # What was not disturbed has shown nothing.
        if 2 * sum(run["hit"] for run in runs.values()) < len(runs):
            print(f"error: {path}: most runs did not come to their point again: names of points are not the same in each run")
            status = 1
        kills = [run for run in runs.values() if run["fault"] == "KILL"]
        rows.append([
            path.name.removesuffix(".jsonl"), len({point for point, _ in runs}), len(kills), len(runs) - len(kills),
            sum(not run["hit"] for run in runs.values()), len(bad)])
    print()
    for kind, count in kinds.most_common():
        print(f"{kind}: {count} runs")
    titles = ["scenario", "points", "kills", "errors", "not hit", "found"]
    widths = [max(len(str(row[column])) for row in [titles, *rows]) for column in range(len(titles))]
    for row in [titles, *rows]:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip())
    return status

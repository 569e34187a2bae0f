"""The detail of an outcome, for people: one line, without what is another one in each run, so that a file of known outcomes
differs only where something has changed."""

import re

LONGEST = 300  # characters
IN_EACH_RUN = [
    (re.compile(r"[^\s\"'=:]*/judge\.\w{8}/"), "…/"),  # the judge's own directory
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "…"),  # what an adapter calls an image
    (re.compile(r"(?<![:0-9a-f])[0-9a-f]{64}\b"), "…"),  # a container; a digest has sha256: in front
    (re.compile(r"(?<=time=\")[0-9T:.+Z-]+(?=\")"), "…"),  # a line of a log
    (re.compile(r"(?<=/)([A-Za-z_.-]+)\d{6,}\b"), r"\1…"),  # a temporary file
]
MTIME = re.compile(r"\bmtime (\d+)(\.\d+)? instead of ")


def detail(text: str, began: float) -> str:
    """`began` is when the run did, in seconds since 1970: a later time is the run's."""
    line = text.strip().split("\n")[0]
    for found, shown in IN_EACH_RUN:
        line = found.sub(shown, line)
    line = MTIME.sub(lambda match: match[0] if int(match[1]) < int(began) else "mtime of the run instead of ", line)
    return line[:LONGEST].replace(" | ", " / ")

"""Reads JUnit XML as bats and Swift Testing write it."""
from xml.etree import ElementTree


def read(path):
    """A report. bats passes on what tests printed, and XML can't hold all of it: control characters are left out."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    return ElementTree.fromstring("".join(c for c in text if c >= " " or c in "\t\n"))

#!/usr/bin/env python3
"""Reads a page that stacker has written as a browser without a network would, and refuses what could do anything.

read-page.py FILE [text|data]

There may be only the elements and attributes below, one style, scripts whose digests the Content-Security-Policy names, and links
within the page. "text" prints what is to be read, a line for each cell, heading or paragraph; "data" the JSON of the treemaps.
"""
import base64
import hashlib
import html.parser
import json
import re
import sys

ELEMENTS = set(
    "html head meta title style body main section header nav h1 h2 h3 h4 p div span a ul ol li table caption thead tbody tr th td"
    " details summary pre code noscript script br".split()
)
ATTRIBUTES = set(
    "lang charset http-equiv content name class id role tabindex aria-label aria-live scope hidden data-image data-title colspan type href".split()
)
VOID = {"meta", "br"}
ENDS = {"h1", "h2", "h3", "h4", "p", "li", "td", "th", "caption", "summary", "pre", "title"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.problems, self.scripts, self.styles, self.data = [], [], [], [], None
        self.policy, self.lines, self.line = "", [], ""

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag not in ELEMENTS:
            self.problems.append(f"an element {tag}")
        for name, value in attrs:
            if name not in ATTRIBUTES:
                self.problems.append(f"an attribute {name} of {tag}")
            if name == "href" and not value.startswith("#"):
                self.problems.append(f"a link to {value}")
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"]
        elif "http-equiv" in attributes:
            self.problems.append(f"a header {attributes['http-equiv']}")
        if tag not in VOID:
            self.open.append((tag, attributes))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop()[0] != tag:
            self.problems.append(f"a stray end of {tag}")
        if tag in ENDS:
            self.lines.append(self.line)
            self.line = ""

    def handle_data(self, data):
        tag, attributes = self.open[-1] if self.open else ("", {})
        if tag == "script" and attributes.get("type") == "application/json":
            self.data = json.loads(data)
        elif tag in ("script", "style"):
            (self.scripts if tag == "script" else self.styles).append(data)
        else:
            self.line += data.strip("\n")

    def handle_comment(self, data):
        self.problems.append(f"a comment {data}")

    def check(self, text):
        if self.open:
            self.problems.append(f"{self.open[-1][0]} has no end")
        for what, parts in (("script", self.scripts), ("style", self.styles)):
            allowed = re.search(rf"{what}-src ([^;]*)", self.policy)
            digests = {f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" for part in parts}
            if not allowed or set(allowed[1].split()) != (digests or {"'none'"}):
                self.problems.append(f"a {what} that the policy doesn't allow, or the other way round")
        if "default-src 'none'" not in self.policy:
            self.problems.append(f"the policy {self.policy}")
        if len(self.styles) != 1 or len(self.scripts) > 1:
            self.problems.append(f"{len(self.styles)} styles and {len(self.scripts)} scripts")
        unseen = re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]", text)
        if unseen:
            self.problems.append(f"a character {unseen[0]!r} at {unseen.start()}")
        return self.problems


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        text = file.read()
    page = Page()
    page.feed(text)
    page.close()
    problems = page.check(text)
    for problem in problems:
        print(f"{sys.argv[1]} has {problem}", file=sys.stderr)
    if sys.argv[2:] == ["text"]:
        print("\n".join(line for line in page.lines if line.strip()))
    elif sys.argv[2:] == ["data"]:
        json.dump(page.data, sys.stdout)
    sys.exit(bool(problems))


main()

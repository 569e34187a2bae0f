"""How reports look that people open in a browser, without a network and whatever a test has printed."""

import base64
import hashlib
import html
import pathlib
import re

HERE = pathlib.Path(__file__).parent

# What is seen as nothing, or makes others be seen in another place or order: controls but the line's end and the tabulator,
# marks of direction, joiners, separators of lines, tags, and halves of characters, which no file can hold.
UNSEEN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff0-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def quote(text: str) -> str:
    """Somebody else's text, as it may stand in a page: nothing of it is markup, and all of it is seen."""
    return html.escape(UNSEEN.sub(lambda match: f"\\u{{{ord(match[0]):x}}}", text), quote=True)


def table(heads: list[str], rows: list[str], more: str = "") -> str:
    """A table in a box of its own, which scrolls where the window is narrow. Heads are markup, as rows are."""
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    start = f'<div class="box"><table{more}>\n<thead><tr>{head}</tr></thead>\n<tbody>'
    return "\n".join([start, *rows, "</tbody></table></div>"])


def document(title: str, parts: list[str], script: str = "") -> str:
    """A page of these parts. It may load nothing, and run nothing but this script: even markup that got in could do no more."""
    style = (HERE / "page.css").read_text(encoding="utf-8")
    policy = f"default-src 'none'; style-src {fingerprint(style)}; base-uri 'none'; form-action 'none'"
    if script:
        policy += f"; script-src {fingerprint(script)}"
    head = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{quote(title)}</title><style>{style}</style></head><body>",
        f"<h1>{quote(title)}</h1>",
    ]
    end = [f"<script>{script}</script>"] if script else []
    return "\n".join([*head, *parts, *end, "</body></html>"]) + "\n"


def fingerprint(text: str) -> str:
    """How a policy names a style or a script that is in the page itself."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

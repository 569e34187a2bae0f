"""How reports look that people open in a browser, without a network."""

import html

STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #cf222e; --known: #9a6700; --dull: #8888; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 2rem; }
th, td { border-bottom: 1px solid var(--line); padding: 0.25rem 0.6rem; text-align: left; vertical-align: top; }
th { position: sticky; top: 0; background: Canvas; }
td.cell { white-space: nowrap; font-variant-numeric: tabular-nums; }
.passed { color: var(--good); } .failed { color: var(--bad); font-weight: 600; } .known { color: var(--known); }
.skipped, .none, small { color: var(--dull); }
pre { background: #8881; padding: 0.7rem; overflow-x: auto; white-space: pre-wrap; }
h3 { margin-bottom: 0; } h3 + p { margin-top: 0.2rem; }
"""


def quote(text: str) -> str:
    return html.escape(text, quote=True)


def document(title: str, parts: list[str]) -> str:
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{quote(title)}</title><style>{STYLE}</style>'
    return "\n".join([head, f"<h1>{quote(title)}</h1>", *parts]) + "</html>\n"

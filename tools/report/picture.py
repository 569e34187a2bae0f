"""How pictures of the documentation look: SVG that a page shows as it is, in the light and in the dark, without a network."""

from page import quote

# Fills that both the text and the paler text can be read on, in the light and in the dark.
FILLS = {
    "seen": ("#dbeafe", "#12304f"),
    "hidden": ("#ffe2e0", "#4a1d1f"),
    "script": ("#cfe3ff", "#1c3f66"),
    "pack": ("#ffe0b8", "#55370f"),
    "unpack": ("#cdf2d5", "#1d4427"),
    "imports": ("#eadcff", "#43285e"),
    "other": ("#e5e9ee", "#30363d"),
}


def style() -> str:
    """In the dark other colours; a picture has its own background, whatever the page around it has."""
    light = " ".join(f".{name} {{ fill: {colours[0]} }}" for name, colours in FILLS.items())
    dark = " ".join(f".{name} {{ fill: {colours[1]} }}" for name, colours in FILLS.items())
    return "\n".join([
        "text { font: 14px system-ui, sans-serif; fill: #1f2328 } .name { font-weight: 600 } .dull { fill: #4b5560 }",
        ".back { fill: #ffffff } .box { stroke: #59636e } .mark { stroke: #b4141e; fill: none } .line { stroke: #d1d9e0 }",
        light,
        "@media (prefers-color-scheme: dark) {",
        "text { fill: #e6edf3 } .dull { fill: #b4bdc8 }",
        ".back { fill: #0d1117 } .box { stroke: #9ea7b3 } .mark { stroke: #ff8d85 } .line { stroke: #3d444d }",
        dark,
        "}",
    ])


def picture(width: int, height: int, title: str, description: str, parts: list[str]) -> str:
    """A picture, and what those are told who can't see it: its title, and what it shows in sentences."""
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="title description">',
        f'<title id="title">{quote(title)}</title>',
        f'<desc id="description">{quote(description)}</desc>',
        f"<style>\n{style()}\n</style>",
        f'<rect class="back" width="{width}" height="{height}"/>',
        *parts,
        "</svg>",
    ]) + "\n"


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    about = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}"{about} text-anchor="{anchor}">{quote(words)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str, more: str = "") -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" class="{kind}"{more}/>'


def size_of(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 50_000 else f"{size / 1e3:.1f} KB"

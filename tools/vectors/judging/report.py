"""The table for people, as judge.html and judge.md, and for machines, as judge.xml in JUnit's form."""

import itertools
import pathlib
import sys
from xml.etree import ElementTree

from judging.table import Cell, Column, Table
from judging.vectors import Vector

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "report"))

from page import document, quote, table as in_box  # noqa: E402  (tools/report is no package)

LOOKS = {"red": "failed", "known": "known", "good": "passed", "none": "none"}


def write(table: Table, directory: pathlib.Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "judge.html").write_text(html_page(table))
    (directory / "judge.md").write_text(markdown_page(table))
    junit(table).write(directory / "judge.xml", encoding="utf-8", xml_declaration=True)
    print(f"{directory / 'judge.html'} shows the table")


def chapters(vectors: list[Vector]) -> list[tuple[str, list[Vector]]]:
    by_name = sorted(vectors, key=lambda vector: vector.name)
    return [(chapter, list(found)) for chapter, found in itertools.groupby(by_name, lambda vector: vector.chapter)]


def red(table: Table) -> list[tuple[Column, Cell]]:
    return [(column, cell) for column in table.columns for cell in column.red]


# --- HTML -------------------------------------------------------------------------------------------


def html_page(table: Table) -> str:
    changed = red(table)
    parts = [f'<p class="{"failed" if changed else "passed"}">{len(changed)} outcomes are not as known</p>']
    parts += [html_counts(table)]
    if changed:
        parts += ["<h2>Not as known</h2>", *(html_change(column, cell) for column, cell in changed)]
    parts += [html_chapter(table, name, vectors) for name, vectors in chapters(table.vectors)]
    return document("Vectors and what implementations make of them", parts)


def html_counts(table: Table) -> str:
    rows = [
        f"<tr><td>{quote(column.title)}</td><td>{column.counts['pass']}</td><td>{quote(other_counts(column))}</td></tr>"
        for column in table.columns
    ]
    return in_box(["implementation", "passes", "other outcomes"], rows)


def html_change(column: Column, cell: Cell) -> str:
    name = quote(cell.vector.name)
    again = f'make judge WITH={column.adapter.name} VECTORS={cell.vector.name}{" PRIVILEGE_LEVEL=unpriv" if column.as_user else ""}'
    why = f"<p>It was known: {quote(cell.known.why)}</p>" if cell.known else ""
    return (
        f"<h3>{name} <small>{quote(column.title)}</small></h3><p>{quote(cell.vector.behaviour)}</p>"
        f"<pre>{quote(cell.change or '')}</pre>{why}<p><code>{quote(again)}</code></p>"
    )


def html_chapter(table: Table, name: str, vectors: list[Vector]) -> str:
    heads = ["vector", "verdict", *(quote(column.title) for column in table.columns)]
    rows = [
        f"<tr><td>{quote(vector.name.removeprefix(name + '/'))}<br><small>{quote(vector.behaviour)}</small></td>"
        f"<td>{vector.verdict}</td>" + "".join(html_cell(column.cells[vector.name]) for column in table.columns) + "</tr>"
        for vector in vectors
    ]
    return f"<h2>{quote(name)}</h2>{in_box(heads, rows)}"


def html_cell(cell: Cell) -> str:
    """What came out; the rest is shown where the pointer rests, and in the row for who has none."""
    said = "; ".join(filter(None, [str(cell.outcome), cell.known.why if cell.known else ""]))
    detail = f"<details><summary>{quote(cell.outcome.kind)}</summary>{quote(said)}</details>"
    text = detail if cell.outcome.detail or cell.known else quote(cell.outcome.kind)
    return f'<td class="{LOOKS[cell.look]}" title="{quote(said)}">{text}</td>'


def other_counts(column: Column) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in column.counts.most_common() if kind != "pass")


# --- Markdown ---------------------------------------------------------------------------------------


def markdown_page(table: Table) -> str:
    lines = ["# Vectors and what implementations make of them", "", f"{len(red(table))} outcomes are not as known.", ""]
    lines += [f"- {column.title}: `{cell.vector.name}` {cell.change}" for column, cell in red(table)]
    for name, vectors in chapters(table.vectors):
        lines += ["", f"## {name}", "", "| vector | verdict | " + " | ".join(c.title for c in table.columns) + " |"]
        lines += ["|---" * (len(table.columns) + 2) + "|"]
        lines += [markdown_row(table, name, vector) for vector in vectors]
    return "\n".join(lines) + "\n"


def markdown_row(table: Table, chapter: str, vector: Vector) -> str:
    cells = [str(column.cells[vector.name].outcome).replace("|", "\\|") for column in table.columns]
    return "| " + " | ".join([vector.name.removeprefix(f"{chapter}/"), vector.verdict, *cells]) + " |"


# --- JUnit ------------------------------------------------------------------------------------------


def junit(table: Table) -> ElementTree.ElementTree:
    """A failure is what is red."""
    root = ElementTree.Element("testsuites")
    for column in table.columns:
        suite = ElementTree.SubElement(
            root, "testsuite", name=column.title, tests=str(len(column.cells)), failures=str(len(column.red))
        )
        for name, cell in sorted(column.cells.items()):
            case = ElementTree.SubElement(suite, "testcase", classname=column.title, name=name, time=f"{cell.seconds:.3f}")
            if cell.change:
                ElementTree.SubElement(case, "failure", message=printable(cell.change)).text = printable(cell.change)
            elif cell.outcome.kind == "-":
                ElementTree.SubElement(case, "skipped", message=cell.outcome.detail or "the adapter has no verb for it")
    return ElementTree.ElementTree(root)


def printable(text: str) -> str:
    """XML can't hold control characters."""
    return "".join(character if character.isprintable() else "?" for character in text)

"""The page of a run: failures first, what is different from an earlier run, the slowest tests, then all of them."""

import collections
import dataclasses

import behaviours
from behaviours import Behaviour
from comparison import CHANGES, Change, Comparison
from page import HERE, document, quote, table
from reports import Outcome, readable
from runs import STATES, SWIFT, Cell, Column, Key, Run, link_group

# How many of the slowest tests are listed, of the bats files and of Swift.
SLOWEST = 20
# How a test comes out that was run.
RAN = [state for state in STATES if state != "none"]
# How many names are a list that is not folded.
SHORT = 10
# How many characters of output there are on a page; of a failure no fewer than so many, and no more than its report has.
OUTPUT, LEAST = 8_000_000, 2_000


class Report:
    """The page of a run."""

    def __init__(self, run: Run, comparison: Comparison | None):
        self.run = run
        self.comparison = comparison
        self.changes = comparison.by_key() if comparison else {}
        self.failures = run.failures()
        self.swift_failures = [each for each in run.swift if each.result == "failed"]
        self.most_output = max(LEAST, OUTPUT // max(1, len(self.failures) + len(self.swift_failures)))
        self.texts = {test.key: test.text for test in run.tests}

    # --- The page ---------------------------------------------------------------------------------

    def html(self, others: list[str]) -> str:
        sections = [
            self.failure_section(),
            self.second_try_section(),
            self.comparison_section(),
            self.kernel_section(),
            self.slowest_section(),
            self.behaviour_section(),
            self.swift_section(),
            *others,
        ]
        parts = [self.summary(), navigation(sections), self.filter_panel(), *sections]
        return document("stacker: behaviours", parts, (HERE / "report.js").read_text(encoding="utf-8"))

    def summary(self) -> str:
        outcomes = [each for found in self.run.outcomes.values() for each in found.values()]
        ran = collections.Counter(each.result for each in outcomes)
        count = len(self.failures) + len(self.swift_failures)
        return (
            f'<p class="{"failed" if count else "passed"}">{count} failures</p>'
            f"<p>{len(self.run.tests)} behaviours in {len(outcomes)} runs, of which {ran['skipped']} were skipped, and "
            f"{len(self.run.swift)} Swift tests.</p>"
        )

    def filter_panel(self) -> str:
        """What report.js shows: a page without scripts has all results, and no use for it."""
        counts = collections.Counter(cell.state for cell in self.run.cells.values())
        counts["none"] = sum(self.run.cell(test, column).state == "none" for test in self.run.tests for column in self.run.columns)
        states = [check(state, name, counts[state]) for state, name in STATES.items()]
        found = collections.Counter(self.changes.values())
        changes = [check(name.replace(" ", "-"), name, found[name]) for name in CHANGES if self.comparison]
        has_outputs = self.failures or self.swift_failures
        unfold = '<button type="button" id="unfold">open or fold all outputs</button>' if has_outputs else ""
        return (
            '<div id="filter" role="search" aria-label="Filter of results" hidden>'
            '<label>words <input type="search" id="words" autocomplete="off" spellcheck="false" aria-describedby="keys"></label>'
            f"<fieldset><legend>status</legend>{''.join(states)}</fieldset>"
            + (f"<fieldset><legend>since before</legend>{''.join(changes)}</fieldset>" if changes else "")
            + f'<button type="button" id="clear">show all</button>{unfold}'
            '<output id="shown" aria-live="polite"></output><small id="keys">Escape leads here, and empties the words</small></div>'
        )

    # --- Failures -----------------------------------------------------------------------------------

    def failure_section(self) -> str:
        found = [self.failure(*each) for each in self.failures] + [self.swift_failure(each) for each in self.swift_failures]
        return section("failures", "Failures", found) if found else ""

    def failure(self, test: Behaviour, column: Column, cell: Cell) -> str:
        options = f"PRIVILEGE_LEVEL={column.level} TEST={test.file}"
        said = cell.outcome.text or test.fails.get(column.file_system, "")
        words = "passes, should fail" if cell.known else ""
        return self.fold(
            Key(*test.key, column), test.text, cell, ["failed", *self.change_status(Key(*test.key, column))], words,
            f"<p>{quote(str(column))}: <code>{quote(f'{column.again} {options}')}</code></p>"
            f'<p><a href="#{self.run.link(*test.key)}">{quote(test.file)}: {quote(test.name)}</a></p>{self.output(said)}',
        )

    def swift_failure(self, test: Outcome) -> str:
        key = Key(test.group, test.name, SWIFT)
        name = f"{test.group} {test.name}"
        return self.fold(
            key, name, Cell(test), ["failed", *self.change_status(key)], "",
            f'<p><a href="#{self.run.link(test.group, test.name)}">{quote(name)}</a></p>{self.output(test.text)}',
        )

    def output(self, said: str) -> str:
        """Where everything fails nobody reads all of it: the reports in XML have the rest."""
        return f"<pre>{quote(readable(said, self.most_output))}</pre>"

    def second_try_section(self) -> str:
        """What passed when it was run once more: no failure, and to be mended all the same."""
        found = [
            f'<details><summary><bdi class="known">{quote(title)}</bdi></summary><pre>{quote(said)}</pre></details>'
            for title, said in self.run.second_tries()
        ]
        return section("second-tries", "Passed at the second try", found) if found else ""

    # --- What is different ----------------------------------------------------------------------------

    def comparison_section(self) -> str:
        found = self.comparison
        if not found:
            return ""
        counts = [f"{len(changes)} {name}" for name, changes in found.changes.items() if changes]
        parts = [f"<p>With {quote(str(found.before.directory))}: {', '.join(counts) or 'no test is different'}.</p>"]
        for words, names in (("ran only now", found.only_now), ("ran only before", found.only_before)):
            listed = f"<p>What {words}: {quote('; '.join(names))}.</p>"
            if len(names) > SHORT:
                listed = f"<details><summary>What {words}: {len(names)} files, suites and columns</summary>{listed}</details>"
            parts += [listed] if names else []
        for name, changes in found.changes.items():
            if changes:
                rows = [self.change_row(change) for change in changes]
                parts.append(
                    f'<section><h3>{name}</h3><p>{quote(found.meaning(name))}</p>'
                    + table(["test", "where", "before", "now"], rows)
                    + "</section>"
                )
        return section("comparison", "Compared with an earlier run", parts)

    def change_row(self, change: Change) -> str:
        cells = [
            f'<td class="cell {each.state if each else "none"}">'
            f'{f"{STATES[each.state]} {duration(each)}" if each else "not there"}</td>'
            for each in (change.before, change.now)
        ]
        statuses = " ".join(filter(None, [change.now and change.now.state, *self.change_status(change.key)]))
        return (
            f'<tr data-status="{statuses}">{self.named(change.key, change.now is not None)}<td>{quote(str(change.key.column))}</td>'
            f"{''.join(cells)}</tr>"
        )

    def named(self, key: Key, is_here: bool) -> str:
        """A cell that leads to a test; one that is gone is nowhere."""
        text = quote(self.texts.get((key.group, key.name), key.name))
        text = f'<a href="#{self.run.link(key.group, key.name)}">{text}</a>' if is_here else text
        return f"<td>{text}<br><small>{quote(key.group)}</small></td>"

    def change_status(self, *keys: Key) -> list[str]:
        return sorted({self.changes[key].replace(" ", "-") for key in keys if key in self.changes})

    # --- Kernels --------------------------------------------------------------------------------------

    def kernel_section(self) -> str:
        """Where they were booted: each machine, what it was like, and how it went."""
        columns = [column for column in self.run.columns if column.kernel]
        heads = ["kernel", "cgroups", "security modules", "level and file system", *(STATES[state] for state in RAN)]
        return section("kernels", "Other kernels", [table(heads, list(map(self.kernel_row, columns)))]) if columns else ""

    def kernel_row(self, column: Column) -> str:
        about = self.run.surroundings[column]
        count = collections.Counter(self.run.cell(test, column).state for test in self.run.tests)
        place = str(dataclasses.replace(column, kernel=""))
        cells = [column.kernel, about.get("cgroups", ""), about.get("lsm", "").replace(",", ", "), place]
        numbers = "".join(f'<td class="cell {state if count[state] else "none"}">{count[state]}</td>' for state in RAN)
        return f"<tr>{''.join(f'<td>{quote(text)}</td>' for text in cells)}{numbers}</tr>"

    # --- The slowest ------------------------------------------------------------------------------------

    def slowest_section(self) -> str:
        in_columns = {key: cell for key, cell in self.run.cells.items() if key.column != SWIFT}
        of_swift = {key: cell for key, cell in self.run.cells.items() if key.column == SWIFT}
        parts = [self.slowest(in_columns)] if in_columns else []
        if of_swift:
            note = "<p>Swift tests run at the same time in one process: the time of each has others' in it.</p>"
            parts.append(f"<section>{note}{self.slowest(of_swift)}</section>")
        return section("slowest", "The slowest tests", parts) if parts else ""

    def slowest(self, cells: dict[Key, Cell]) -> str:
        keys = sorted(cells, key=lambda key: -cells[key].seconds)[:SLOWEST]
        rows = [
            f'<tr data-status="{" ".join([cells[key].state, *self.change_status(key)])}">{self.named(key, True)}'
            f'<td>{quote(str(key.column))}</td><td class="cell">{cells[key].seconds:.1f} s</td></tr>'
            for key in keys
        ]
        return table(["test", "where", "time"], rows)

    # --- All of them --------------------------------------------------------------------------------------

    def behaviour_section(self) -> str:
        by_file = collections.defaultdict(list)
        for test in self.run.tests:
            by_file[test.file].append(test)
        failing = {test.file for test, _, _ in self.failures}
        files = sorted(by_file, key=lambda file: (file not in failing, by_file[file][0].path))
        parts = [self.file_section(by_file[file]) for file in files]
        return section("behaviours", "Behaviours by level, file system and kernel", parts) if parts else ""

    def file_section(self, tests: list[Behaviour]) -> str:
        """The tests of one file."""
        file = tests[0].path
        failing = {test.key for test, _, _ in self.failures}
        tests = sorted(tests, key=lambda test: test.key not in failing)
        keys = {test.key for test in tests}
        columns = [column for column in self.run.columns if keys & self.run.outcomes[column].keys()]
        introduction = behaviours.introduction(file) if file.is_file() else "There is no such file any more."
        return group(
            file.name, file.parent.name, quote(introduction),
            table(
                ["behaviour", "status", *(quote(str(column)) for column in columns)],
                [self.row(test, columns) for test in tests], ' class="behaviours"'),
        )

    def row(self, test: Behaviour, columns: list[Column]) -> str:
        cells = {Key(*test.key, column): self.run.cell(test, column) for column in columns}
        statuses = [*sorted({cell.state for cell in cells.values()}), *self.change_status(*cells)]
        return (
            f'<tr id="{self.run.link(*test.key)}" data-status="{" ".join(statuses)}">'
            f'<td><a href="#{self.run.link(*test.key)}">{quote(test.text)}</a><br><small>{quote("; ".join(test.documented))}</small></td>'
            f"<td>{test.status or 'no header'}</td>" + "".join(self.cell(key, cell) for key, cell in cells.items()) + "</tr>"
        )

    def cell(self, key: Key, cell: Cell) -> str:
        words = {"passed": "yes", "failed": "fails", "known": "fails, as known", "elsewhere": "not at this level"}
        text = words.get(cell.state) or STATES[cell.state]
        if cell.state == "failed":
            text = f'<a href="#{self.failure_link(key)}">{"passes, should fail" if cell.known else text}</a>'
        why = {"skipped": cell.outcome and cell.outcome.text, "known": cell.known or (cell.outcome and cell.outcome.text)}.get(cell.state)
        about = f' <small class="why">{quote(why)}</small>' if why else ""
        change = f' <small class="change">{self.changes[key]}</small>' if key in self.changes else ""
        return (
            f'<td class="cell {cell.state}" data-column="{quote(str(key.column))}">{text}'
            f"{'' if cell.state in ('none', 'elsewhere', 'skipped') else ' ' + duration(cell)}{change}{about}</td>"
        )

    def swift_section(self) -> str:
        suites = collections.defaultdict(list)
        for test in self.run.swift:
            suites[test.group].append(test)
        failing = {test.group for test in self.swift_failures}
        parts = [self.suite_section(name, suites[name]) for name in sorted(suites, key=lambda name: (name not in failing, name))]
        return section("swift", "Swift tests", parts) if parts else ""

    def suite_section(self, name: str, tests: list[Outcome]) -> str:
        passed = sum(test.result == "passed" for test in tests)
        tests = sorted(tests, key=lambda test: test.result != "failed")
        rows = []
        for test in tests:
            key = Key(test.group, test.name, SWIFT)
            place = self.run.link(test.group, test.name)
            statuses = " ".join([test.result, *self.change_status(key)])
            rows.append(
                f'<tr id="{place}" data-status="{statuses}"><td><a href="#{place}">{quote(test.name)}</a></td>'
                f"{self.cell(key, Cell(test))}</tr>"
            )
        return group(name, "", f"{passed} of {len(tests)} passed", table(["test", "outcome"], rows))

    def fold(self, key: Key, text: str, cell: Cell, statuses: list[str], words: str, output: str) -> str:
        """A failure, with its output folded under it."""
        about = ", ".join(filter(None, [words, str(key.column), f"{cell.seconds:.1f} s"]))
        return (
            f'<details id="{self.failure_link(key)}" data-of="{self.run.link(key.group, key.name)}" data-status="{" ".join(statuses)}">'
            f'<summary><bdi class="failed">{quote(text)}</bdi> <small>{quote(about)}</small></summary>{output}</details>'
        )

    def failure_link(self, key: Key) -> str:
        where = key.column.level, key.column.file_system, key.column.kernel
        return f"failure/{self.run.link(key.group, key.name)}/{link_group('.'.join(filter(None, where)))}"


# --- Pieces ---------------------------------------------------------------------------------------------


def section(name: str, title: str, parts: list[str]) -> str:
    return f'<section id="{name}"><h2>{title}</h2>\n' + "\n".join(parts) + "\n</section>"


def group(name: str, above: str, introduction: str, content: str) -> str:
    """A table under the name of a file or a suite, by which its rows are found, too."""
    words = quote(f"{name} {above}")
    return (
        f'<section class="group" id="{link_group(name)}" data-words="{words}">'
        f"<h3>{quote(name)} <small>{quote(above)}</small></h3><p>{introduction}</p>{content}</section>"
    )


def check(value: str, name: str, count: int) -> str:
    return f'<label><input type="checkbox" value="{value}">{name} <small>{count}</small></label>'


def duration(cell: Cell) -> str:
    return f"<small>{cell.seconds:.1f} s</small>"


def navigation(sections: list[str]) -> str:
    """Links to the sections that there are."""
    titles = {
        "failures": "failures", "second-tries": "second tries", "comparison": "compared with before", "kernels": "other kernels", "slowest": "the slowest", "behaviours": "behaviours",
        "swift": "Swift tests", "tables": "other tables",
    }
    found = [name for name in titles if any(each.startswith(f'<section id="{name}"') for each in sections)]
    return "<nav><ul>" + "".join(f'<li><a href="#{name}">{titles[name]}</a></li>' for name in found) + "</ul></nav>"

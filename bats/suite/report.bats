#!/usr/bin/env bats
# The page of a run: what of it is whose, where it leads, and how it differs from an earlier one. `make check-report` tries it in
# a browser.
#
# bats file_tags=level:priv

load ../helpers

setup() {
    begin_test
    mkdir now before
}

# case_of NAME SECONDS [OUTCOME]: a test of hello.bats in a report; OUTCOME is XML.
case_of() {
    printf '<testcase classname="hello.bats" name="%s" time="%s">%s</testcase>\n' "$1" "$2" "${3:-}"
}

# report_of FILE: a report of the cases on stdin.
report_of() {
    { echo '<testsuites><testsuite name="it">'; cat; echo '</testsuite></testsuites>'; } >"$1"
}

# Writes now/index.html, which nothing that is in the reports may keep from being written.
write_report() {
    "$TOP/tools/report/write-report.py" "$@" now
}

# show TAG [ID]: the text of each such element of now/index.html, a line for each row, heading and paragraph, by a parser that
# knows nothing of who wrote the page.
show() {
    python3 - "$@" <<'END_OF_SCRIPT'
import html.parser, sys

class Reader(html.parser.HTMLParser):
    depth, text = 0, ""

    def handle_starttag(self, name, attributes):
        if name == sys.argv[1] and (self.depth or dict(attributes).get("id") in (sys.argv[2:] or [dict(attributes).get("id")])):
            self.depth += 1
        self.text += " " if self.depth else ""

    def handle_data(self, data):
        self.text += data.replace("\n", " ") if self.depth else ""

    def handle_endtag(self, name):
        if self.depth:
            self.text += "\n" if name in ("tr", "h2", "h3", "p", "pre", "summary") else " "
            self.depth -= name == sys.argv[1]

reader = Reader()
reader.feed(open("now/index.html", encoding="utf-8").read())
for line in filter(None, (" ".join(line.split()) for line in reader.text.split("\n"))):
    print(line)
END_OF_SCRIPT
}

# behaviour: what tests print, and what they are called, is text in the report: markup and scripts are not interpreted, marks of direction are seen, and the page may load nothing
# documented: CONTRIBUTING.md, "The report"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "a run that means harm" {
    harm='&lt;/pre&gt;&lt;/details&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(2)&gt;&quot; onclick=&quot;alert(3) &#x202e;gnol'
    {
        case_of "rm in run: leaves a whiteout" 1 "<failure>$harm</failure>"
        case_of "--no-cache builds again" 1 "<skipped>$harm</skipped>"
        case_of "$harm" 1 "<failure>$harm</failure>"
    } | report_of now/bats-priv.tmpfs.xml
    report_of "now/bats-priv.<img src=x>.xml" < <(case_of "--no-cache builds again" 1)
    report_of now/swift.xml <<<"<testcase classname='$harm' name='$harm' time='1'><failure>$harm</failure></testcase>"
    cp -r now/. before
    sed -i 's,<failure>.*</failure>,,' before/*.xml
    write_report --before before
    python3 - <<'END_OF_SCRIPT'
import base64, hashlib, html.parser, re

page = open("now/index.html", encoding="utf-8").read()
started, policy, texts = [], "", {"script": "", "style": ""}

class Reader(html.parser.HTMLParser):
    def handle_starttag(self, name, attributes):
        global policy
        started.append(name)
        known = {"lang", "charset", "http-equiv", "content", "name", "id", "class", "href", "role", "hidden", "type", "value", "scope",
                 "autocomplete", "spellcheck", "data-status", "data-words", "data-column", "data-of"}
        assert all(each in known or each.startswith("aria-") for each, _ in attributes), (name, attributes)
        about = dict(attributes)
        assert about.get("href", "#").startswith("#"), about
        if about.get("http-equiv") == "Content-Security-Policy":
            policy = about["content"]

    def handle_data(self, data):
        if started[-1] in texts:
            texts[started[-1]] += data

Reader().feed(page)
assert started.count("script") == started.count("style") == 1, started
assert not {"img", "iframe", "object", "link", "base", "svg"} & set(started), set(started)
rules = dict(each.strip().split(" ", 1) for each in policy.split(";"))
assert rules["default-src"] == "'none'", policy
for kind, text in texts.items():
    text = text.split(f"</{kind}>")[0]
    source = page.split(f"<{kind}>")[1].split(f"</{kind}>")[0]
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    assert rules[f"{kind}-src"] == f"'sha256-{digest}'", (kind, policy)
assert "\u202e" not in page and page.count("\\u{202e}gnol") >= 6, page.count("\\u{202e}gnol")
END_OF_SCRIPT
    run show pre
    assert_line --index 0 '</pre></details><script>alert(1)</script><img src=x onerror=alert(2)>" onclick="alert(3) \u{202e}gnol'
    assert_equal "${#lines[@]}" 3
}

# behaviour: each behaviour has an address in the report, made of its file and its name alone; no two have the same, and all that leads to one arrives
# documented: CONTRIBUTING.md, "The report"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "addresses of behaviours" {
    "$TOP/tools/report/check-headers" --list "$TOP"/bats/*/*.bats >headers
    python3 - <<'END_OF_SCRIPT'
from xml.etree import ElementTree
root = ElementTree.Element("testsuites")
for line in open("headers", encoding="utf-8"):
    file, name = line.split("\t")[:2]
    case = ElementTree.SubElement(root, "testcase", classname=file.split("/")[-1], name=name, time="1")
    ElementTree.SubElement(case, "failure").text = "it failed"
ElementTree.ElementTree(root).write("now/bats-priv.ext4.xml", encoding="utf-8")
END_OF_SCRIPT
    write_report
    grep -oE ' id="[^"]*"' now/index.html | cut -d '"' -f 2 | sort >ids
    assert_equal "$(uniq -d ids)" ""
    assert_equal "$(grep -c '^[a-z0-9-]*/[a-z0-9-]*$' ids)" "$(wc -l <headers)"
    grep -qx hello/rm-in-run-leaves-a-whiteout ids
    grep -qx failure/hello/rm-in-run-leaves-a-whiteout/priv.ext4 ids
    assert_equal "$(grep -oE 'href="#[^"]*"' now/index.html | cut -d '"' -f 2 | cut -c 2- | sort -u | comm -23 - ids)" ""
    # What else ran changes nothing.
    report_of now/bats-priv.ext4.xml < <(case_of "rm in run: leaves a whiteout" 1)
    write_report
    run show tr hello/rm-in-run-leaves-a-whiteout
    assert_output --partial "a deleted file of the base is a whiteout in the layer"
}

# behaviour: failures stand first, each with its output folded under it; a row says of which statuses it is, for the filter
# documented: CONTRIBUTING.md, "The report"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "failures are folded" {
    {
        case_of "--no-cache builds again" 1
        case_of "rm in run: leaves a whiteout" 2.5 "<failure>there is none</failure>"
    } | report_of now/bats-priv.ext4.xml
    report_of now/bats-unpriv.ext4.xml < <(case_of "rm in run: leaves a whiteout" 1 "<skipped>no overlay</skipped>")
    write_report
    run show section failures
    assert_output "Failures
a deleted file of the base is a whiteout in the layer root, ext4, 2.5 s
root, ext4: make check PRIVILEGE_LEVEL=priv TEST=hello.bats
hello.bats: rm in run: leaves a whiteout
there is none"
    assert_file_contains now/index.html '<details id="failure/hello/rm-in-run-leaves-a-whiteout/priv.ext4" [^>]*data-status="failed"><summary>'
    refute grep -q '<details[^>]* open' now/index.html
    assert_file_contains now/index.html '<tr id="hello/rm-in-run-leaves-a-whiteout" data-status="failed skipped">'
    assert_file_contains now/index.html '<tr id="hello/no-cache-builds-again" data-status="none passed">'
    first=$(grep -n '<section id="failures">' now/index.html | cut -d : -f 1)
    (($(grep -n '<section id="slowest">' now/index.html | cut -d : -f 1) > first))
    # Without scripts all is there, and no filter that does nothing.
    assert_file_contains now/index.html '<div id="filter" [^>]* hidden>'
    assert_equal "$(grep -c '<[^>]* hidden>' now/index.html)" 1
}

# behaviour: where very many tests fail with very much output, the page has each failure, and of the outputs the beginnings and ends
# documented: CONTRIBUTING.md, "The report"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "everything fails" {
    python3 - <<'END_OF_SCRIPT'
from xml.etree import ElementTree
root = ElementTree.Element("testsuites")
for number in range(200):
    case = ElementTree.SubElement(root, "testcase", classname="hello.bats", name=f"number {number}", time="1")
    ElementTree.SubElement(case, "failure").text = f"begin {number}\n" + "x" * 60000 + f"\nend {number}"
ElementTree.ElementTree(root).write("now/bats-priv.ext4.xml", encoding="utf-8")
END_OF_SCRIPT
    write_report
    assert_equal "$(grep -c '<pre>begin [0-9]*$' now/index.html)" 200
    assert_equal "$(grep -c '^end [0-9]*</pre>' now/index.html)" 200
    assert_file_contains now/index.html '… 200[0-9]* characters are left out here …'
    (($(stat -c %s now/index.html) < 9000000))
}

# behaviour: what passed at a second try is in the report, with what it said at the first, as text
# documented: CONTRIBUTING.md, "The report"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "second tries" {
    report_of now/bats-priv.ext4.xml < <(case_of "the build names what it prepares and what it built" 1)
    cat >now/second-tries <<'END_OF_LIST'
hello.bats (priv) passed at its second try; at the first:
    not ok 4 the build names what it prepares and what it built
    # it waited for <b>a minute</b>
passed at its second try: Unit.TarTests: long()
END_OF_LIST
    write_report
    run show section second-tries
    assert_output "Passed at the second try
hello.bats (priv) passed at its second try; at the first:
not ok 4 the build names what it prepares and what it built # it waited for <b>a minute</b>
passed at its second try: Unit.TarTests: long()"
    assert_file_contains now/index.html '0 failures'
    rm now/second-tries
    write_report
    refute grep -q second-tries now/index.html
}

# behaviour: the tables that `make judge` and `make check-fs` have written beside the report are linked
# documented: CONTRIBUTING.md, "The report"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "tables beside the report" {
    report_of now/bats-priv.ext4.xml < <(case_of "the build names what it prepares and what it built" 1)
    write_report
    refute grep -q '"judge.html"\|"file-systems.md"' now/index.html
    touch now/judge.html now/file-systems.md
    write_report
    assert_file_contains now/index.html '<a href="judge.html">What implementations'
    assert_file_contains now/index.html '<a href="file-systems.md">Behaviours by file system'
}

# behaviour: the slowest tests are listed, the slowest first
# documented: CONTRIBUTING.md, "The report"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "the slowest tests" {
    {
        case_of "--no-cache builds again" 1.5
        case_of "rm in run: leaves a whiteout" 20
    } | report_of now/bats-priv.ext4.xml
    report_of now/swift.xml <<<'<testcase classname="Unit.TarTests" name="long()" time="3"/>'
    write_report
    run show section slowest
    assert_line --index 2 "a deleted file of the base is a whiteout in the layer hello.bats root, ext4 20.0 s"
    assert_line --index 3 "--no-cache builds again what the cache holds hello.bats root, ext4 1.5 s"
    assert_line "long() Unit.TarTests Swift 3.0 s"
}

# behaviour: a test that failed and that no header tells of, since its file is gone or it was renamed, is in the report, as a failure
# documented: CONTRIBUTING.md, "The report"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "a failure without a header" {
    report_of now/bats-priv.ext4.xml <<'END_OF_REPORT'
<testcase classname="gone.bats" name="nobody knows it" time="1"><failure>but it failed</failure></testcase>
END_OF_REPORT
    write_report
    run show section failures
    assert_output --partial "nobody knows it root, ext4, 1.0 s"
    assert_output --partial "but it failed"
    run show tr gone/nobody-knows-it
    assert_output "nobody knows it no header fails 1.0 s"
}

# behaviour: compared with an earlier report, tests are newly failing, no longer run, mended, new, gone or much slower, as notes; what ran in one of the two only is named and no change of a test
# documented: CONTRIBUTING.md, "The report"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "an earlier run" {
    {
        case_of "what run: writes is the image&#39;s top layer" 1
        case_of "rm in run: leaves a whiteout" 1 "<failure>as before</failure>"
        case_of "--no-cache builds again" 1
        case_of "the base's layer is reused, blob for blob" 1
        case_of "404 names of one file are one file in the container" 1 "<failure>it was wrong</failure>"
        case_of "the build names what it prepares and what it built" 1
        case_of "nobody has it now" 1
        case_of "it takes what it takes" 1
        case_of "and so does this" 1
        case_of "and this" 1
    } | report_of before/bats-priv.ext4.xml
    # All of it takes half as long again; one of them ten times.
    {
        case_of "what run: writes is the image&#39;s top layer" 1.5 "<failure>it is wrong</failure>"
        case_of "rm in run: leaves a whiteout" 1.5 "<failure>as before</failure>"
        case_of "--no-cache builds again" 1.5 "<skipped>no time</skipped>"
        case_of "the base's layer is reused, blob for blob" 10
        case_of "404 names of one file are one file in the container" 1.5
        case_of "the build names what it prepares and what it built" 1.5
        case_of "nobody had it before" 1.5
        case_of "it takes what it takes" 1.5
        case_of "and so does this" 1.5
        case_of "and this" 1.5
    } | report_of now/bats-priv.ext4.xml
    report_of now/bats-unpriv.ext4.xml < <(case_of "the build names what it prepares and what it built" 1)
    sed -i 's,</testsuite>,<testcase classname="other.bats" name="it" time="1"/>&,' before/bats-priv.ext4.xml
    report_of before/swift.xml <<<'<testcase classname="Unit.TarTests" name="long()" time="3"/>'
    run -0 write_report --before before
    run show section comparison
    assert_line --index 0 "Compared with an earlier run"
    assert_line --index 1 "With before: 1 newly failing, 1 no longer run, 1 gone, 1 much slower, 1 mended, 1 new."
    assert_line "What ran only now: user, ext4."
    assert_line "What ran only before: Swift; other.bats (root, ext4, 1)."
    assert_line --regexp "^a build runs the script .* hello.bats root, ext4 passed 1.0 s failed 1.5 s$"
    assert_line --regexp "^--no-cache builds again .* root, ext4 passed 1.0 s skipped 1.5 s$"
    assert_line "nobody has it now hello.bats root, ext4 passed 1.0 s not there"
    assert_line "nobody had it before hello.bats root, ext4 not there passed 1.5 s"
    assert_line --regexp "unchanged, below what the build added hello.bats root, ext4 passed 1.0 s passed 10.0 s$"
    assert_line --regexp "^the hard links of the base survive.* root, ext4 failed 1.0 s passed 1.5 s$"
    assert_line --partial "compared with before: root, ext4: 1.5 times"
    # The same in the row, and for the filter.
    run show tr hello/404-names-of-one-file-are-one-file-in-the-container
    assert_output --partial "yes 1.5 s mended"
    assert_file_contains now/index.html '<tr id="hello/what-run-writes-is-the-image-s-top-layer" data-status="failed none newly-failing">'
}

# behaviour: what is no earlier report is refused, with what to name instead: a directory without one, and the report itself
# documented: CONTRIBUTING.md, "The report"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "no earlier run" {
    report_of now/bats-priv.ext4.xml < <(case_of "the build names what it prepares and what it built" 1)
    run -1 write_report --before before
    assert_line --index 0 "error: before has no reports: no bats-LEVEL.FILE-SYSTEM.xml, no swift*.xml"
    run -1 write_report --before now/../now
    assert_line --index 0 "error: now/../now is the report itself"
    assert_line --index 1 "help: copy it before the next run, and name the copy"
    assert_not_exists now/index.html
}

# behaviour: `make report BEFORE=DIR` writes the report of the last run again, compared with an earlier one
# documented: CONTRIBUTING.md, "The report"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "make report" {
    report_of before/bats-priv.ext4.xml < <(case_of "the build names what it prepares and what it built" 1)
    report_of now/bats-priv.ext4.xml < <(case_of "the build names what it prepares and what it built" 1 "<failure>it is quiet</failure>")
    make -C "$TOP" report REPORT="$PWD/now" BEFORE="$PWD/before"
    run show section comparison
    assert_line --index 1 "With $PWD/before: 1 newly failing."
    make -C "$TOP" report REPORT="$PWD/now"
    refute grep -q 'section id="comparison"' now/index.html
}

# behaviour: a report that is empty, cut or no file is a failure on the page, times that are none and numbers of characters without end keep nothing from being shown, and names that differ in signs only have places of their own
# documented: CONTRIBUTING.md, "The report"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "reports that can't be read" {
    : >now/bats-priv.ext4.xml
    echo '<testsuites><testsuite>' >now/bats-priv.xfs.xml
    mkdir now/bats-unpriv.ext4.xml
    {
        case_of "a b" abc
        case_of "a-b" inf
        case_of "a b 2" 1 "<failure>&#$(printf '9%.0s' {1..5000});it is quiet</failure>"
    } | report_of now/bats-unpriv.xfs.xml
    write_report
    run show section failures
    for name in bats-priv.ext4 bats-priv.xfs bats-unpriv.ext4; do assert_output --partial "couldn't read $name.xml"; done
    assert_output --partial "it is quiet"
    run -0 grep -o '<tr id="hello/[^"]*"' now/index.html
    assert_equal "$(sort <<<"$output" | uniq)" '<tr id="hello/a-b"
<tr id="hello/a-b-2"
<tr id="hello/a-b-3"'
}

# behaviour: what ran on another kernel is in columns of its own, with its machine's cgroups and security modules, and says how to run it there again; what is known to fail there is no failure
# documented: CONTRIBUTING.md, "The report"
# status: beyond
# why: nothing of it depends on who runs stacker
@test "another kernel" {
    report_of now/bats-priv.ext4.xml < <(case_of "--no-cache builds again" 1)
    for name in plain words; do
        mkdir -p "now/kernels/$name"
        {
            echo '<properties><property name="machine" value="own"/><property name="kernel" value="6.1.0-57"/>'
            echo '<property name="asked" value="debian-12"/><property name="cgroups" value="v2"/><property name="lsm" value="yama,apparmor"/>'
            [[ $name == plain ]] || echo '<property name="cmdline" value="lsm=&lt;b&gt; quiet"/>'
            echo '</properties>'
            case_of "--no-cache builds again" 9 '<skipped type="known-on-kernel">kernel&lt;6.6: it is too old</skipped>'
            [[ $name == plain ]] || case_of "rm in run: leaves a whiteout" 2 "<failure>there is none</failure>"
        } | report_of "now/kernels/$name/bats-priv.ext4.xml"
    done
    write_report
    run show section kernels
    assert_line "kernel cgroups security modules level and file system failed skipped fails as known passed"
    assert_line "Linux 6.1.0-57 v2 yama, apparmor root, ext4 0 0 1 0"
    assert_line "Linux 6.1.0-57 lsm=<b> quiet v2 yama, apparmor root, ext4 1 0 1 0"
    run show section failures
    assert_line "root, ext4, Linux 6.1.0-57 lsm=<b> quiet: make check-kernel KERNEL=debian-12 CMDLINE='lsm=<b> quiet' PRIVILEGE_LEVEL=priv TEST=hello.bats"
    run show tr hello/no-cache-builds-again
    assert_output --regexp 'documented yes 1.0 s fails, as known 9.0 s kernel<6.6: it is too old fails, as known 9.0 s'
}

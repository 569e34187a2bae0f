import OCI
import Pages

extension ImageComparison {
    /// How many entries of one layer are on a page, and how many lines of one patch.
    private static let mostEntries = 2000
    private static let mostLines = 200
    /// How many places of one reason are named.
    private static let mostPlaces = 20

    /// A page for a browser: the same as the text, and more of it.
    package func page() -> String {
        let (a, b) = (
            names.map { visible($0, isText: false, limit: 200) }.a,
            names.map { visible($0, isText: false, limit: 200) }.b
        )
        let body: HTML = """
            <main>
            <h1>What differs between \(a) and \(b)</h1>
            \(head)
            \(whyTable)
            \(isEqual ? [] : parts.map(Self.section))
            </main>
            """
        return Page(title: "\(a) and \(b)", body: body, style: Self.style).text()
    }

    private static let style: StaticString = """
        .gone { color: var(--bad); } .new { color: var(--good); }
        h3 { font-size: 1.05rem; margin: 1.5rem 0 0.5rem; }
        section { border-top: 2px solid var(--line); margin-top: 2rem; }
        section > h2:first-child { font-size: 1.35rem; margin-top: 1rem; }
        td code, p code { overflow-wrap: anywhere; }
        pre { max-height: 24rem; overflow: auto; }
        """

    /// What came out, in few words: first of all, and of how much.
    private var head: HTML {
        if isEqual { return "<p class=\"good\">Nothing differs\(besides).</p>" }
        let digests = parts.compactMap { part in
            if case .image(let image) = part.finding, part.title.isEmpty { image.digests } else { nil }
        }
        func name(_ name: String, _ digest: Digest?) -> HTML {
            let digest: HTML = digest.map { ", <code>\($0.description)</code>" } ?? ""
            return "<code>\(visible(name, isText: false, limit: 200))</code>\(digest)"
        }
        let differing = parts.count { !$0.finding.isEqual }
        let count = parts.count > 1 ? ": \(differing) of \(parts.count)" : ""
        return """
            <p class="bad">They differ\(count)\(besides).</p>
            <p>a is \(name(names.a, digests.first?.a)).<br>b is \(name(names.b, digests.first?.b)).</p>
            """
    }

    private var whyTable: HTML {
        let reasons = reasons
        if reasons.isEmpty { return "" }
        var table = Table("Why it may be", [.words("reason"), .words("where"), .words("what makes it the same")])
        for (reason, places) in reasons {
            let listed = places.prefix(Self.mostPlaces).map { visible($0, isText: true) }.joined(separator: ", ")
            let rest = places.count - Self.mostPlaces
            table.add(["\(reason.rawValue)", "\(listed)\(rest > 0 ? ", and \(rest) more" : "")", "\(reason.hint)"])
        }
        return "<h2>Why</h2>\n\(table.html)"
    }

    private static func section(_ part: Part) -> HTML {
        let title = part.title.joined(separator: ", ")
        if title.isEmpty { return html(part.finding, "") }
        return "<section>\(html(part.finding, "<h2>\(visible(title, isText: true))</h2>\n"))</section>\n"
    }

    private static func html(_ finding: Finding, _ heading: HTML) -> HTML {
        switch finding {
        case .equal: return "\(heading)<p>equal</p>"
        case .onlyInA(let what): return "\(heading)<p>only in a: <code>\(what)</code></p>"
        case .onlyInB(let what): return "\(heading)<p>only in b: <code>\(what)</code></p>"
        case .notThere(let digests):
            return
                "\(heading)<p><code>\(digests.a.description)</code> → <code>\(digests.b.description)</code>, of which no more can be compared</p>"
        case .order(let order):
            return "\(heading)<p>the images come in another order: \(visible(order.words, isText: true))</p>"
        case .rewritten(let digests):
            return
                "\(heading)<p>index: <code>\(digests.a.description)</code> → <code>\(digests.b.description)</code>, the same values, written otherwise</p>"
        case .fields(let document): return "\(heading)\(html(document))"
        case .entries(let entries): return "\(heading)\(html(entries, of: "entries"))"
        case .image(let image) where image.isEqual: return "\(heading)<p>equal, but for what is ignored</p>"
        case .image(let image): return "\(heading)\(html(image))"
        }
    }

    private static func html(_ image: ImageDifference) -> HTML {
        var layers = Table("Layers, the lowest first", [.words("layer"), .words("how it differs")])
        for layer in image.layers { layers.add(["\(layer.name)", "\(visible(layer.words, isText: true))"]) }
        let details = image.layers.map { layer -> HTML in
            guard let entries = layer.entries else { return "" }
            let details = html(entries, of: layer.name)
            return details == "" ? "" : "<h3>\(layer.name)</h3>\n\(details)"
        }
        return """
            <h3>Manifest and config</h3>
            <p>manifest: <code>\(image.digests.a.description)</code> → <code>\(image.digests.b.description)</code></p>
            \(html(image.fields))
            \(image.rewritten.map { "<p>\($0): the same values, written otherwise</p>" as HTML })
            <h3>Layers</h3>
            \(layers.html)
            \(details)
            """
    }

    private static func html(_ document: DocumentDifference) -> HTML {
        if document.isEmpty { return "" }
        // A patch is as wide as the page.
        let patches = document.fields.compactMap { field -> HTML? in
            field.patch.map { patch in
                "<p><code>\(visible(field.place, isText: true))</code>:</p>\n\(html(patch.lines(atMost: mostLines)))"
            }
        }
        let fields = document.fields.filter { $0.patch == nil }
        let more: HTML = document.rest > 0 ? "<p>and \(document.rest) more members</p>" : ""
        var table = Table("Members that differ", [.words("member"), .words("a"), .words("b")])
        for field in fields {
            func value(_ text: String?) -> HTML {
                text.map { "<code>\(visible($0, isText: true, limit: 1000))</code>" } ?? "not there"
            }
            table.add(["\(visible(field.place, isText: true))", value(field.values.a), value(field.values.b)])
        }
        return "\(table.isEmpty ? "" : table.html)\(patches)\(more)"
    }

    private static func html(_ entries: EntriesDifference, of name: String) -> HTML {
        var table = Table(
            "\(name): \(entries.words)", [.words("in"), .words("path"), .words("what differs"), .words("why")])
        let listed = entries.listed(atMost: mostEntries)
        for entry in listed.entries {
            let side: HTML =
                entry.facts.b == nil
                ? "<span class=\"gone\">a</span>" : entry.facts.a == nil ? "<span class=\"new\">b</span>" : "both"
            let content: HTML = entry.content.map(html) ?? ""
            table.add([
                side, "<span class=\"path\">/\(visible(entry.path))</span>",
                "\(visible(entry.words, isText: true))\(content)",
                "\(entry.reasons.inOrder.map(\.rawValue).joined(separator: ", "))",
            ])
        }
        let more: HTML =
            "\(listed.rest > 0 ? "<p>and \(listed.rest) more</p>" : "")\(listed.onlyTime > 0 ? "<p>\(listed.onlyTime) entries: only the time</p>" : "")"
        let order: HTML =
            entries.order.map { order in
                "<p>\(order.moved) would have to be moved to come in the same order: where a has <code>/\(visible(order.first.a))</code>, b has <code>/\(visible(order.first.b))</code></p>"
            } ?? ""
        let form = entries.form.map { form -> HTML in
            "<p>written otherwise: \(form.what): \(visible(form.values.a, isText: true)) → \(visible(form.values.b, isText: true))</p>"
        }
        return "\(table.isEmpty ? "" : table.html)\(more)\(order)\(form)"
    }

    private static func html(_ content: ContentDifference) -> HTML {
        switch content.form {
        case .patch: html(content.lines(atMost: mostLines))
        case .bytes, .unread:
            "<pre>\(visible(content.lines(atMost: mostLines).joined(separator: "\n"), isText: true))</pre>"
        }
    }

    /// A patch, what comes and what goes each in its colour.
    private static func html(_ patch: [String]) -> HTML {
        let lines = patch.map { line -> HTML in
            let text = visible(line, isText: true)
            return switch line.first {
            case "-": "<span class=\"gone\">\(text)</span>\n"
            case "+": "<span class=\"new\">\(text)</span>\n"
            case "@": "<span class=\"quiet\">\(text)</span>\n"
            default: "\(text)\n"
            }
        }
        return "<pre>\(lines)</pre>"
    }
}

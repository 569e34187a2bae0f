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
        let verdict: HTML =
            isEqual
            ? "<p class=\"good\">Nothing differs.</p>" : "<p>a is <code>\(a)</code>, b is <code>\(b)</code>.</p>"
        let body: HTML = """
            <main>
            <h1>What differs between \(a) and \(b)</h1>
            \(verdict)
            \(whyTable)
            \(isEqual ? [] : parts.map(Self.section))
            </main>
            """
        return Page(title: "\(a) and \(b)", body: body, style: Self.style).text()
    }

    private static let style: StaticString = """
        .gone { color: var(--bad); } .new { color: var(--good); }
        td pre { max-height: 24rem; overflow: auto; }
        """

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
        let heading: HTML = title.isEmpty ? "" : "<h2>\(visible(title, isText: true))</h2>\n"
        switch part.finding {
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
        case .fields(let fields): return "\(heading)\(html(fields))"
        case .entries(let entries): return "\(heading)\(html(entries, of: "entries"))"
        case .image(let image): return "\(heading)\(html(image))"
        }
    }

    private static func html(_ image: ImageDifference) -> HTML {
        var layers = Table("Layers, the lowest first", [.words("layer"), .words("what became of it")])
        for layer in image.layers { layers.add(["\(layer.name)", "\(visible(layer.words, isText: true))"]) }
        let details = image.layers.map { layer -> HTML in
            guard case .differ(let entries) = layer.outcome else { return "" }
            return "<h3>\(layer.name)</h3>\n\(html(entries, of: layer.name))"
        }
        return """
            <h2>Manifest and config</h2>
            <p>manifest: <code>\(image.digests.a.description)</code> → <code>\(image.digests.b.description)</code></p>
            \(html(image.fields))
            \(image.rewritten.map { "<p>\($0): the same values, written otherwise</p>" as HTML })
            <h2>Layers</h2>
            \(layers.html)
            \(details)
            """
    }

    private static func html(_ fields: [FieldDifference]) -> HTML {
        if fields.isEmpty { return "" }
        var table = Table("Members that differ", [.words("member"), .words("a"), .words("b")])
        for field in fields {
            func value(_ text: String?) -> HTML {
                text.map { "<code>\(visible($0, isText: true, limit: 1000))</code>" } ?? "not there"
            }
            table.add(["\(visible(field.place, isText: true))", value(field.values.a), value(field.values.b)])
        }
        return table.html
    }

    private static func html(_ entries: EntriesDifference, of name: String) -> HTML {
        var table = Table(
            "\(name): \(entries.words)", [.words("in"), .words("path"), .words("what differs"), .words("why")])
        for entry in entries.entries.prefix(mostEntries) {
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
        let rest = entries.count - min(entries.entries.count, mostEntries)
        let more: HTML = rest > 0 ? "<p>and \(rest) more</p>" : ""
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
        let lines = content.lines(atMost: mostLines).joined(separator: "\n")
        return "<pre>\(visible(lines, isText: true))</pre>"
    }
}

import Failure
import Progress

extension ImageComparison {
    /// How many entries of one layer are listed, and how many lines of one patch.
    private static let mostEntries = 200
    private static let mostLines = 40
    /// How many places of one reason are named.
    private static let mostPlaces = 5

    /// In a few words.
    package var verdict: String {
        "\(shown(names.a)) and \(shown(names.b)) \(isEqual ? "are equal" : "differ")\(besides)"
    }

    /// What was not to count, in words; empty if all counts.
    var besides: String {
        ignored.isEmpty ? "" : ", but for what is ignored: \(ignored.inOrder.map(\.rawValue).joined(separator: ", "))"
    }

    /// For people.
    package func text() -> String {
        if isEqual { return verdict }
        var lines = ["a: \(shown(names.a))", "b: \(shown(names.b))"]
        for part in parts {
            lines += Self.lines(of: part)
        }
        let reasons = reasons
        if !reasons.isEmpty { lines.append("why it may be:") }
        for (reason, places) in reasons {
            let more = places.count > Self.mostPlaces ? ", and \(places.count - Self.mostPlaces) more" : ""
            lines.append("  \(reason.rawValue): \(places.prefix(Self.mostPlaces).joined(separator: ", "))\(more)")
            lines.append("    help: \(reason.hint)")
        }
        return lines.joined(separator: "\n")
    }

    private static func lines(of part: Part) -> [String] {
        let title = part.title.joined(separator: ", ")
        let head = title.isEmpty ? "" : "\(title): "
        switch part.finding {
        case .equal: return ["\(head)equal"]
        case .onlyInA(let what): return ["\(head)only in a: \(what)"]
        case .onlyInB(let what): return ["\(head)only in b: \(what)"]
        case .notThere(let digests):
            return ["\(head)\(digests.a) → \(digests.b), of which no more can be compared"]
        case .order(let order): return ["\(head)the images come in another order: \(order.words)"]
        case .rewritten(let digests):
            return ["\(head)index: \(digests.a) → \(digests.b), the same values, written otherwise"]
        case .fields(let document): return (title.isEmpty ? [] : ["\(title):"]) + lines(of: document)
        case .entries(let entries): return ["\(head)\(entries.words)"] + lines(of: entries)
        case .image(let image) where image.isEqual: return ["\(head)equal, but for what is ignored"]
        case .image(let image): return (title.isEmpty ? [] : ["\(title):"]) + lines(of: image)
        }
    }

    private static func lines(of document: DocumentDifference) -> [String] {
        let lines = document.fields.flatMap { field -> [String] in
            if let patch = field.patch {
                return ["  \(field.place):"] + patch.lines(atMost: mostLines).map { "      \($0)" }
            }
            func value(_ text: String?) -> String { text.map { shown($0, limit: 300) } ?? "not there" }
            return ["  \(field.place): \(value(field.values.a)) → \(value(field.values.b))"]
        }
        return lines + (document.rest > 0 ? ["  and \(document.rest) more members"] : [])
    }

    private static func lines(of image: ImageDifference) -> [String] {
        var lines = ["manifest: \(image.digests.a) → \(image.digests.b)"]
        lines += Self.lines(of: image.fields)
        lines += image.rewritten.map { "  \($0): the same values, written otherwise" }
        if !image.layers.isEmpty { lines.append("layers:") }
        lines += image.layers.map { "  \($0.name): \($0.words)" }
        for layer in image.layers {
            let entries = layer.entries.map(Self.lines) ?? []
            if !entries.isEmpty { lines += ["\(layer.name):"] + entries }
        }
        return lines
    }

    private static func lines(of entries: EntriesDifference) -> [String] {
        var lines: [String] = []
        let listed = entries.listed(atMost: mostEntries)
        for entry in listed.entries {
            let mark = entry.facts.b == nil ? "-" : entry.facts.a == nil ? "+" : "~"
            lines.append("  \(mark) \(entry.shownPath): \(entry.words)")
            if let content = entry.content { lines += content.lines(atMost: mostLines).map { "      \($0)" } }
        }
        if listed.rest > 0 { lines.append("  and \(listed.rest) more") }
        if listed.onlyTime > 0 { lines.append("  \(listed.onlyTime) entries: only the time") }
        if let order = entries.order {
            let first = order.first.map { shown(fromRoot: $0) }
            let words = order.moved == 1 ? "entry comes" : "entries come"
            lines.append("  order: \(order.moved) \(words) elsewhere; where a has \(first.a), b has \(first.b)")
        }
        lines += entries.form.map { "  written otherwise: \($0.what): \($0.values.a) → \($0.values.b)" }
        return lines
    }
}

extension BothSides<[String]> {
    /// Both orders of some names.
    var words: String { "\(a.joined(separator: ", ")) → \(b.joined(separator: ", "))" }
}

extension LayerComparison {
    /// What became of it, on one line.
    var words: String {
        let moved = isMoved ? ", at another place" : ""
        switch outcome {
        case .ignored: return "equal\(moved), but for what is ignored: \(blobs)"
        case .equal: return "equal\(moved), \(places.a.map { "\($0.digest), \(humanSize($0.size))" } ?? "")"
        case .repacked(let forms): return "the same content, packed otherwise\(moved): \(forms.a) → \(forms.b)"
        case .onlyInA: return "only in a: \(places.a.map { "\($0.digest), \(humanSize($0.size))" } ?? "")"
        case .onlyInB: return "only in b: \(places.b.map { "\($0.digest), \(humanSize($0.size))" } ?? "")"
        case .differ(let entries):
            return "\(entries.words); \(blobs)"
        }
    }

    /// Which blob it is on either side.
    private var blobs: String {
        guard let a = places.a, let b = places.b else { return "" }
        return "\(a.digest) → \(b.digest), \(humanSize(a.size)) → \(humanSize(b.size))"
    }
}

extension LinePatch {
    /// As it is shown.
    func lines(atMost limit: Int) -> [String] {
        let left = leftOut + max(0, lines.count - limit)
        return lines.prefix(limit).map(\.text) + (left > 0 ? ["… and \(left) more lines"] : [])
    }
}

extension ContentDifference {
    /// As a patch, or by bytes.
    func lines(atMost limit: Int) -> [String] {
        switch form {
        case .patch(let patch): return patch.lines(atMost: limit)
        case .bytes(let offset, let bytes):
            return ["first differs at byte \(offset)", "a: \(hexWords(bytes.a))", "b: \(hexWords(bytes.b))"]
        case .unread(let why): return [why]
        }
    }
}

extension EntriesDifference {
    /// Of how many only the time may differ for each to be listed.
    private static let mostTimes = 10

    /// Those that are listed, how many others there are, and of how many only the time differs that are told as a number.
    func listed(atMost limit: Int) -> (entries: [EntryDifference], rest: Int, onlyTime: Int) {
        let areListed = onlyTime <= Self.mostTimes
        let most = areListed ? limit + onlyTime : limit
        let found = (areListed ? entries : entries.filter { !$0.isTimeOnly }).prefix(most)
        return (Array(found), count - (areListed ? 0 : onlyTime) - found.count, areListed ? 0 : onlyTime)
    }
}

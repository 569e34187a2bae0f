import Failure
import FileTree
import Progress

// How what differs is said, in text and on a page.

extension ImageComparison {
    /// All reasons that were found, each with where.
    var reasons: [(reason: Reason, places: [String])] {
        var places: [Reason: [String]] = [:]
        for part in parts {
            let title = part.title.isEmpty ? "" : "\(part.title.joined(separator: ", ")): "
            for (reasons, place) in part.finding.reasons {
                for reason in reasons { places[reason, default: []].append(title + place) }
            }
        }
        return Reason.allCases.compactMap { reason in places[reason].map { (reason, $0) } }
    }
}

extension ImageComparison.Finding {
    fileprivate var reasons: [(Set<Reason>, String)] {
        switch self {
        case .equal, .onlyInA, .onlyInB, .notThere, .rewritten: []
        case .order: [([.order], "the images of an index")]
        case .fields(let document): document.fields.map { ($0.reasons, $0.place) }
        case .entries(let entries): entries.reasons
        case .image(let image):
            image.fields.fields.map { ($0.reasons, $0.place) } + image.layers.flatMap(\.reasons)
        }
    }
}

extension LayerComparison {
    fileprivate var reasons: [(Set<Reason>, String)] {
        switch outcome {
        case .equal, .ignored, .onlyInA, .onlyInB: []
        case .repacked: [([.compression], name)]
        case .differ(let entries): (areOfTwoTypes ? [(Set([Reason.layerType]), name)] : []) + entries.reasons
        }
    }

    /// Whether one is an archive, and the other the image of a file system, or one of another.
    private var areOfTwoTypes: Bool {
        guard let a = places.a, let b = places.b else { return false }
        return a.mediaType.fileSystem != b.mediaType.fileSystem
    }

    /// `layer 2`, or `layer 2, layer 3 of b`.
    var name: String {
        switch (places.a, places.b) {
        case (let a?, let b?) where a.number != b.number: "layer \(a.number), layer \(b.number) of b"
        case (let a?, _): "layer \(a.number)"
        case (nil, let b): "layer \(b?.number ?? 0) of b"
        }
    }
}

extension EntriesDifference {
    fileprivate var reasons: [(Set<Reason>, String)] {
        var found = entries.filter { !$0.reasons.isEmpty }.map { ($0.reasons, $0.shownPath) }
        if let order { found.append(([.order], "\(order.moved) entries in another order")) }
        if !form.isEmpty { found.append(([.archive], "\(form.count == 1 ? form[0].what : "the headers")")) }
        return found
    }

    /// `1 only in a, 2 only in b, 3 differ`
    var words: String {
        let parts: [String?] = [
            onlyInA > 0 ? "\(onlyInA) only in a" : nil, onlyInB > 0 ? "\(onlyInB) only in b" : nil,
            changed > 0 ? "\(changed) \(changed == 1 ? "differs" : "differ")" : nil,
            order.map { "\($0.moved) in another order" },
            count == 0 && order == nil
                ? (form.isEmpty ? "the same entries" : "the same entries, written otherwise") : nil,
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }
}

extension EntryDifference {
    /// From the root of the image, on one line, whatever is in it.
    var shownPath: String { shown(fromRoot: path) }

    /// `content, mode 0644 → 0600`
    var words: String {
        guard let a = facts.a, let b = facts.b else { return (facts.a ?? facts.b)?.words ?? "" }
        return aspects.map { aspect in
            switch aspect {
            case .kind: "\(a.kind.rawValue) → \(b.kind.rawValue)"
            case .content: a.size == b.size ? "content of \(humanSize(a.size))" : "content, \(a.size) → \(b.size) bytes"
            case .target: "target \(shown(path: a.target)) → \(shown(path: b.target))"
            case .links: "hard links: \(a.linkWords) → \(b.linkWords)"
            case .device: "device number"
            case .mode: "mode \(a.mode) → \(b.mode)"
            case .owner: "owner \(a.owner) → \(b.owner)"
            case .time: "time \(a.time) → \(b.time)"
            case .attributes: "extended attributes \(attributeWords(a, b))"
            }
        }.joined(separator: ", ")
    }

    private func attributeWords(_ a: EntryFacts, _ b: EntryFacts) -> String {
        let names = Set(a.attributes.map(\.name)).union(b.attributes.map(\.name)).sorted()
        return names.compactMap { name in
            let values = facts.map { $0?.attributes.first { $0.name == name }?.value }
            if values.a == values.b { return nil }
            return "\(name) (\(values.a == nil ? "only in b" : values.b == nil ? "only in a" : "another value"))"
        }.joined(separator: ", ")
    }
}

extension EntryFacts {
    /// `file of 12 B, 0644, owner 0:0`
    var words: String {
        switch kind {
        case .whiteout, .opaque: kind.rawValue
        case .hardLink: "hard link to \(shown(fromRoot: target))"
        case .symlink: "symlink to \(shown(path: target)), owner \(owner)"
        case .file: "file of \(humanSize(size)), \(mode), owner \(owner)"
        default: "\(kind.rawValue), \(mode), owner \(owner)"
        }
    }

    var mode: String {
        let digits = String(permissions, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    var owner: String { "\(uid.map { "\($0)" } ?? "?"):\(gid.map { "\($0)" } ?? "?")" }

    var linkWords: String { kind == .hardLink ? "another name of \(shown(fromRoot: target))" : "a file of its own" }

    var time: String { RFC3339.format(modified, fraction: modified.nanoseconds != 0) }
}

extension LinePatch.Line {
    /// As it stands in a patch; nothing in it is a command to a terminal.
    var text: String {
        switch self {
        case .hunk(let place): place
        case .both(let line): " \(Self.shown(line))"
        case .removed(let line): "-\(Self.shown(line))"
        case .added(let line): "+\(Self.shown(line))"
        case .noEnd: "\\ No newline at end of file"
        }
    }

    /// How much of a line is shown.
    private static let longest = 500

    /// A tab stays.
    private static func shown(_ line: [UInt8]) -> String {
        let scalars = String(decoding: line.prefix(longest), as: UTF8.self).unicodeScalars
        let text = scalars.map { $0 == "\t" ? "\t" : $0.shown }.joined()
        return line.count > longest ? text + "…" : text
    }
}

/// Bytes as a hex dump shows them: `7f 45 4c 46  .ELF`.
func hexWords(_ bytes: [UInt8]) -> String {
    let digits = bytes.map { byte in
        let text = String(byte, radix: 16)
        return text.count == 1 ? "0" + text : text
    }
    let text = bytes.map { (0x20..<0x7f).contains($0) ? String(UnicodeScalar($0)) : "." }
    return bytes.isEmpty ? "(its end)" : "\(digits.joined(separator: " "))  \(text.joined())"
}

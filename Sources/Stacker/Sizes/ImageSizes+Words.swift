import Failure
import Progress

extension ImageSizes {
    /// For people.
    package func text() -> String {
        ([heading, ""] + layerLines + [""] + wasteLines + biggestLines + timingLines).joined(separator: "\n")
    }

    private var heading: String {
        let count = layers.count == 1 ? "1 layer" : "\(layers.count) layers"
        return "\(shown(name)): \(count), \(humanSize(packed)) packed, \(humanSize(unpacked)) unpacked, of which "
            + "\(humanSize(wasted)) (\(inTenths(wastedPercent)) %) are wasted"
    }

    // MARK: - Layers

    private var layerLines: [String] {
        let rows =
            [["layer", "packed", "unpacked", "adds", "changes", "deletes", "made by"]]
            + layers.enumerated().map { number, layer in
                [
                    "\(number)", layer.twin.map { "as layer \($0)" } ?? humanSize(layer.packed),
                    humanSize(layer.unpacked),
                    layer.changes.added.words, layer.changes.changed.words, layer.changes.deleted.words,
                    layer.origin.words,
                ]
            }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return ["layers, bottom to top:"]
            + rows.map { row in
                let cells = zip(row, widths).map { $0.padding(to: $1) }
                return "  " + cells.dropLast().joined(separator: "  ") + "  " + row[row.count - 1]
            }
    }

    // MARK: - Waste

    private static let shownWastes = 20
    private static let shownFiles = 10

    private var wasteLines: [String] {
        guard !wastes.isEmpty else { return ["nothing is shipped that is not seen, and nothing twice"] }
        var lines = ["shipped and not seen, or more than once:"]
        for waste in wastes.prefix(Self.shownWastes) { lines.append("  \(waste.sizeInWords)  \(waste.words)") }
        lines += rest(wastes.dropFirst(Self.shownWastes).map(\.bytes))
        lines += ["", "what would save it:"]
        lines += savings.map { "  \(humanSize($0.bytes).padding(to: 7))  \($0.remedy.words)" }
        return lines
    }

    private var biggestLines: [String] {
        guard !biggest.isEmpty else { return [] }
        return ["", "biggest files:"]
            + biggest.prefix(Self.shownFiles).map {
                "  \(humanSize($0.bytes).padding(to: 7))  \(shown(fromRoot: $0.path)), layer \($0.layer)"
            }
    }

    private func rest(_ bytes: [Int64]) -> [String] {
        bytes.isEmpty ? [] : ["  \(humanSize(bytes.reduce(0, +)).padding(to: 7))  in \(bytes.count) more"]
    }

    private var timingLines: [String] {
        guard let timing else { return [] }
        return ["", "the last build that was timed:"]
            + timing.layers.map { "  \($0.timeInWords.padding(to: 7))  \(shown($0.tag)): \(shown($0.outcome))" }
    }
}

extension TreeAccount.Change {
    /// `3 (1.2 MB)`, or 0.
    var words: String { entries == 0 ? "0" : "\(entries) (\(humanSize(bytes)))" }
}

extension LayerOrigin {
    /// What made the layer, in one line.
    var words: String {
        if let recipe {
            let kind = recipe.isBuildOnly ? "build_only layer" : "layer"
            return "\(kind) \(shown(recipe.tag)), line \(recipe.line) of its recipe"
        }
        return createdBy.map { shown($0, limit: 60) } ?? "nobody says"
    }
}

extension LastBuild.Layer {
    /// How long it took.
    var timeInWords: String {
        milliseconds < 1000 ? "\(milliseconds) ms" : "\(inTenths(Double(milliseconds) / 1000)) s"
    }
}

extension Waste {
    fileprivate var sizeInWords: String { humanSize(bytes).padding(to: 7) }

    /// Which content is wasted, and why.
    fileprivate var words: String {
        if kind == .copies {
            let named = paths.prefix(3).map { shown(fromRoot: $0) }.joined(separator: ", ")
            return "\(named)\(count > 3 ? " and \(count - 3) more" : ""): \(kind.words)"
        }
        let by = hidden.map { " by layer \($0)" } ?? ""
        return "\(shown(fromRoot: paths[0])) of layer \(layer): \(kind.words)\(by)"
    }
}

extension Waste.Remedy {
    /// What to do, as an advice.
    var words: String {
        switch self {
        case .collapse: "build with --collapse-build-only, or collapse_build_only: true in the recipe"
        case .script: "delete it in the script that makes it, or make it in the layer that changes it"
        case .mode: "give it its mode and owner where it is made: in the script, or by mode, uid and gid of an import"
        case .base: "take another base, or one that was squashed: what a base ships no layer on it can take back"
        case .link: "make hard links or symlinks of it, in the layer that makes it"
        }
    }
}

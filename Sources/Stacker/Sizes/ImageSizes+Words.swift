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
            + "\(humanSize(wasted)) (\(inPercent(wastedPercent)) %) are wasted"
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
        lines += wasteGroups.prefix(Self.shownWastes).map {
            "  \(humanSize($0.place.bytes).padding(to: 7))  \($0.words)"
        }
        lines += rest(wasteGroups.dropFirst(Self.shownWastes).map(\.place))
        if wastedByKind.count > 1 {
            lines.append(
                "  together "
                    + wastedByKind.map { "\(humanSize($0.bytes)) \($0.kind.words)" }.joined(separator: ", "))
        }
        lines += ["", "what would save it:"]
        lines += savings.map { "  \(humanSize($0.bytes).padding(to: 7))  \($0.remedy.words(isOurs: isOurs))" }
        return lines
    }

    private var biggestLines: [String] {
        guard !biggest.isEmpty else { return [] }
        return ["", "biggest files:"]
            + biggest.prefix(Self.shownFiles).map {
                "  \(humanSize($0.bytes).padding(to: 7))  \(shown(fromRoot: $0.path))\($0.otherNames), layer \($0.layer)"
            }
    }

    private func rest(_ places: [FileGroup]) -> [String] {
        guard !places.isEmpty else { return [] }
        let bytes = humanSize(places.reduce(0) { $0 + $1.bytes }).padding(to: 7)
        return ["  \(bytes)  in \(places.reduce(0) { $0 + $1.files }) more"]
    }

    // MARK: - One layer

    /// For people: what one layer adds, changes and deletes, by directory.
    ///
    /// - Throws: `Failure` if there is no layer of that number.
    package func text(layer number: Int) throws -> String {
        let layer = try self.layer(number)
        var lines = ["\(shown(name)), layer \(number): \(layer.origin.words)", "  \(layer.descriptor.digest)"]
        if layer.parts.isEmpty { lines.append("  it adds, changes and deletes nothing") }
        lines += layer.parts.map {
            "  \(humanSize($0.place.bytes).padding(to: 7))  \($0.kind.rawValue) \($0.place.words(of: "name"))"
        }
        return lines.joined(separator: "\n")
    }

    private func layer(_ number: Int) throws -> Layer {
        guard layers.indices.contains(number) else {
            throw Failure(
                "\(shown(name)) has no layer \(number)", help: "its layers are 0 to \(layers.count - 1), bottom to top")
        }
        return layers[number]
    }

    private var timingLines: [String] {
        guard let timing else { return [] }
        return ["", "the last build that was timed:"]
            + timing.layers.map { "  \($0.timeInWords.padding(to: 7))  \(shown($0.tag)): \(shown($0.outcome))" }
    }
}

extension ImageSizes.File {
    /// How many names it has beside the one that is shown, as the end of that.
    var otherNames: String { names > 1 ? " (+\(names - 1) \(names == 2 ? "name" : "names"))" : "" }
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

extension FileGroup {
    /// The file, or how many there are in which directory.
    ///
    /// - Parameter noun: what one of them is.
    func words(of noun: String) -> String {
        files == 1 ? shown(fromRoot: path) : "\(files)\(isRest ? " more" : "") \(noun)s in \(shown(fromRoot: path))"
    }
}

extension WasteGroup {
    /// Which contents are wasted, and why.
    fileprivate var words: String {
        if place.files == 1, example.kind == .copies {
            let named = example.paths.prefix(3).map { shown(fromRoot: $0) }.joined(separator: ", ")
            return
                "\(named)\(example.count > 3 ? " and \(example.count - 3) more" : ""): \(example.reason(saysLayer: true))"
        }
        return "\(place.words(of: "file")) of layer \(example.layer): \(example.reason(saysLayer: true))"
    }
}

extension Waste.Remedy {
    /// What to do, as an advice.
    ///
    /// - Parameter isOurs: whether it is for a recipe of stacker's, or for a Dockerfile.
    func words(isOurs: Bool) -> String {
        switch self {
        case .collapse: "build with --collapse-build-only, or collapse_build_only: true in the recipe"
        case .script:
            "delete it in the \(isOurs ? "script" : "step") that makes it, or make it in the layer that changes it"
        case .mode:
            "give it its mode, owner and time where it is made: "
                + (isOurs ? "in the script, or by mode, uid and gid of an import" : "by COPY --chmod and --chown, say")
        case .keep:
            "leave mode, owner and time of the base's files alone: chmod, chown -R and touch ship them a second time"
        case .base: "take another base, or one that was squashed: what a base ships no layer on it can take back"
        case .link: "make hard links or symlinks of it, in the layer that makes it"
        case .symlink: "make symlinks of it: a hard link to a file of a lower layer ships that once more"
        }
    }
}

import Failure

/// Which of the variations make a difference to images, and where, found by builds that have one of them each.
struct ReproduceCauses {
    /// What each build had otherwise, `nil` for nothing but time and place, and where its image differs.
    private var found: [String: [(variation: Variation?, places: Set<DifferingPlace>)]] = [:]
    private static let mostPlaces = 10

    /// Takes note that an image is not what the first build made.
    ///
    /// - Parameters:
    ///   - variation: what that build had otherwise; `nil` for nothing but time and place.
    ///   - places: where they differ, as far as that can be told.
    mutating func add(_ variation: Variation?, of tag: String, at places: Set<DifferingPlace> = []) {
        found[tag, default: []].append((variation, places))
    }

    /// What makes a difference to one image.
    struct Cause: Encodable {
        /// What it is called on the command line; `nil` for what is another each time.
        let variation: String?
        /// Paths, and members of manifest and config.
        let places: [String]
    }

    /// An image's causes. What differs by itself comes first, and where it does nothing else is blamed for it.
    func causes(of tag: String) -> [Cause] {
        told(of: tag).map { Cause(variation: $0.variation?.name, places: $0.places) }
    }

    private func told(of tag: String) -> [(variation: Variation?, places: [String])] {
        let found = found[tag] ?? []
        let always = found.first { $0.variation == nil }
        return ([always].compactMap(\.self) + found.filter { $0.variation != nil }).compactMap { variation, places in
            guard let always, variation != nil else { return (variation, places.inWords) }
            let others = places.subtracting(always.places)
            return others.isEmpty ? nil : (variation, others.inWords)
        }
    }

    /// What was found out of an image, in a sentence.
    func text(about tag: String) -> String {
        let told = told(of: tag)
        guard !told.isEmpty else { return "\(shown(tag)) differs with none of them alone, only with several together" }
        let clauses = told.map { variation, places in
            (variation.map { "with \($0.kindInWords)" } ?? "also where nothing is varied") + Self.list(places)
        }
        let text = "\(shown(tag)) differs \(clauses.joined(separator: "; "))"
        guard told[0].variation == nil else { return text }
        return text
            + "\nwhat differs where nothing is varied has a time, a random number, or the path of a directory; what else "
            + "may differ there doesn't show beside that"
    }

    private static func list(_ places: [String]) -> String {
        if places.isEmpty { return "" }
        let rest = places.count - mostPlaces
        return ": " + places.prefix(mostPlaces).joined(separator: ", ") + (rest > 0 ? ", and \(rest) more" : "")
    }
}

/// Where two images differ, and in what.
struct DifferingPlace: Hashable {
    /// A path, or a member of manifest or config, as it can be shown.
    let name: String
    /// What of it differs.
    let aspect: String
}

extension Set<DifferingPlace> {
    /// Each name once, in their order.
    fileprivate var inWords: [String] { Set<String>(map(\.name)).sorted() }
}

extension ImageComparison {
    /// Where both differ, as far as that is known entry by entry.
    var differingPlaces: Set<DifferingPlace> {
        var places: Set<DifferingPlace> = []
        for part in parts {
            let title = part.title.isEmpty ? "" : shown(part.title.joined(separator: ", ")) + ": "
            func add(_ name: String, _ aspects: [String]) {
                for aspect in aspects { places.insert(DifferingPlace(name: title + name, aspect: aspect)) }
            }
            guard case .image(let image) = part.finding else { continue }
            for field in image.fields.fields { add(field.place, ["value"]) }
            for layer in image.layers {
                guard case .differ(let entries) = layer.outcome else { continue }
                for entry in entries.entries {
                    add(entry.shownPath, entry.aspects.isEmpty ? ["that it is there"] : entry.aspects.map(\.rawValue))
                }
                if let order = entries.order { add("the order of a layer's entries", ["\(order.moved)"]) }
            }
        }
        return places
    }
}

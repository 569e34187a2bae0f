import Failure

/// Which of the variations make a difference to images, found by builds that have one of them each.
struct ReproduceCauses {
    private var causes: [String: [Variation?]] = [:]

    /// Takes note that an image is not what the first build made.
    ///
    /// - Parameter variation: what that build had otherwise; `nil` for nothing but time and place.
    mutating func add(_ variation: Variation?, of tag: String) { causes[tag, default: []].append(variation) }

    /// Whether an image differs though nothing is varied.
    func differsWithoutAny(_ tag: String) -> Bool { causes[tag]?.contains(nil) ?? false }

    /// What was found out of an image, in a sentence.
    func text(about tag: String) -> String {
        let found = causes[tag] ?? []
        guard !differsWithoutAny(tag) else {
            return
                "\(shown(tag)) differs also where nothing is varied: it has a time, a random number, or the path of a "
                + "directory; what else may differ doesn't show beside that"
        }
        if found.isEmpty { return "\(shown(tag)) differs with none of them alone, only with several together" }
        return "\(shown(tag)) differs with \(found.compactMap { $0?.kindInWords }.joined(separator: "; with "))"
    }
}

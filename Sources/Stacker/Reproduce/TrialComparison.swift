import Host
import SystemPackage

/// How images of two trial builds are compared: knowing in what the builds differ.
struct TrialComparison {
    let first: TrialBuild
    let second: TrialBuild
    /// What the second one had otherwise.
    let variations: [Variation]
    let log: Log

    /// What differs between the images of a tag, and why it may.
    func images(of tag: String) throws -> ImageComparison {
        try compare { .image(NamedImageRequest(tag: tag, in: $0.directories.oci)) }
    }

    /// What differs between all images of both.
    func layouts() throws -> ImageComparison { try compare { .layout($0.directories.oci) } }

    private func compare(_ place: (TrialBuild) -> ComparedPlace) throws -> ImageComparison {
        var options = ImageComparison.Options()
        options.marks =
            variations.flatMap(\.marks) + [
                ComparisonMark(.buildPath, a: first.place.string, b: second.place.string)
            ]
        return try ImageComparison(
            of: place(first), and: place(second), called: ("the first build's", "the second build's"), options,
            in: first.directories, log: log)
    }
}

extension Variation {
    /// What a script may have of either build and of no other. Of a variable that the first build lacks that one has nothing.
    fileprivate var marks: [ComparisonMark] {
        let standard = ScriptSurroundings()
        switch self {
        case .locale(let name): return ["POSIX", ""].map { ComparisonMark(.locale, a: $0, b: name) }
        case .timeZone(let zone):
            let variable = ComparisonMark(.timeZone, a: "", b: zone)
            guard zone.hasPrefix("<"), let end = zone.firstIndex(of: ">") else { return [variable] }
            return [variable, ComparisonMark(.timeZone, a: "UTC", b: String(zone[..<end].dropFirst()))]
        case .hostName(let name): return [ComparisonMark(.hostName, a: standard.hostName, b: name)]
        case .user(let home): return [ComparisonMark(.user, a: Environment["HOME"] ?? "", b: home)]
        case .jobs(let jobs):
            let processors = BothSides(BuildRequest.processors, Self.processors(for: jobs)).map { "\($0)" }
            return [ComparisonMark(.jobs, a: processors.a, b: processors.b, isWhole: true)]
        // Modes speak for themselves, and so does an order.
        case .mask, .order: return []
        }
    }
}

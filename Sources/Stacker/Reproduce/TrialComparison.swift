import Host
import SystemPackage

/// How images of two trial builds are compared: knowing in what the builds differ.
struct TrialComparison {
    let first: TrialBuild
    let second: TrialBuild
    /// What the second one had otherwise.
    let variations: [Variation]
    let log: Log

    /// What differs between the images of a tag, and why it may, for people.
    func text(of tag: String) throws -> String {
        var options = ImageComparison.Options()
        options.marks =
            variations.compactMap(\.mark) + [
                ComparisonMark(.buildPath, a: first.place.string, b: second.place.string)
            ]
        func place(_ trial: TrialBuild) -> ComparedPlace { .image("oci:\(trial.directories.oci):\(tag)") }
        return try ImageComparison(
            of: place(first), and: place(second), called: ("the first build's", "the second build's"), options,
            in: first.directories, log: log
        ).text()
    }
}

extension Variation {
    /// The words that a script may have of either build, where they are no other's; `nil` if there are none.
    fileprivate var mark: ComparisonMark? {
        let standard = ScriptSurroundings()
        switch self {
        case .locale(let name): return ComparisonMark(.locale, a: "POSIX", b: name)
        case .timeZone(let zone):
            guard zone.hasPrefix("<"), let end = zone.firstIndex(of: ">") else { return nil }
            return ComparisonMark(.timeStamp, a: "UTC", b: String(zone[..<end].dropFirst()))
        case .hostName(let name): return ComparisonMark(.hostName, a: standard.hostName, b: name)
        case .user(let home): return Environment["HOME"].map { ComparisonMark(.user, a: $0, b: home) }
        // Modes speak for themselves; numbers may be anything.
        case .mask, .jobs, .order: return nil
        }
    }
}

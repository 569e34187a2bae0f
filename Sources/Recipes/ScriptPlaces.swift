import RecipeText

extension Script {
    /// Lines of the script that stand in the file as they stand in it, or all in one line of the file.
    private struct Stretch {
        var script: ClosedRange<Int>
        var file: ClosedRange<Int>

        /// The same with a further line; `nil` if that stands somewhere else.
        func extended(by number: Int, at line: Int) -> Stretch? {
            guard number == script.upperBound + 1 else { return nil }
            let isTogether = file.count == 1 && line == file.upperBound
            let isInStep = file.count == script.count && line == file.upperBound + 1
            guard isTogether || isInStep else { return nil }
            return Stretch(script: script.lowerBound...number, file: file.lowerBound...line)
        }

        var inWords: String {
            "\(Self.inWords(script)) \(script.count == 1 ? "is" : "are") \(Self.inWords(file))"
        }

        private static func inWords(_ lines: ClosedRange<Int>) -> String {
            lines.count == 1 ? "line \(lines.lowerBound)" : "lines \(lines.lowerBound) to \(lines.upperBound)"
        }
    }

    /// How many stretches are told of.
    private static let stretchLimit = 4

    /// Which lines of the stacker file the script's are, which its interpreter counts from 1: half a sentence.
    ///
    /// - Parameter place: what is known already of where the script is.
    /// - Returns: `nil` if that says it all, or nobody can tell.
    package func linesInWords(besides place: SourcePosition) -> String? {
        var stretches: [Stretch] = []
        for (number, place) in zip(1..., places) {
            guard let line = place?.line else { continue }
            if let longer = stretches.last?.extended(by: number, at: line) {
                stretches[stretches.count - 1] = longer
            } else {
                stretches.append(Stretch(script: number...number, file: line...line))
            }
        }
        guard stretches.contains(where: { $0.file != place.line...place.line }) else { return nil }
        let told = stretches.prefix(Self.stretchLimit).map(\.inWords).joined(separator: ", ")
        let rest = stretches.count > Self.stretchLimit ? ", and so on," : ""
        return "its \(told)\(rest) of \(place.file)"
    }
}

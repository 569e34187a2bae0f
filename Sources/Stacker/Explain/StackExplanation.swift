import Failure
import FileTree
import OCI
import Progress
import SystemPackage

/// What `stacker explain LAYER` says: the overlay stack, bottom to top.
package struct StackExplanation: Encodable {
    private let layer: String
    private let state: ExplainedLayer.State
    private let stack: [Entry]

    private struct Entry: Encodable {
        /// From 0 at the bottom.
        let number: Int
        let part: ExplainedLayer.Part
        /// Bytes of its files; `nil` if not all of it can be read.
        let unpacked: Int64?

        enum CodingKeys: String, CodingKey { case number, unpacked }

        func encode(to encoder: any Encoder) throws {
            try part.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(number, forKey: .number)
            try container.encode(unpacked, forKey: .unpacked)
        }
    }

    /// Measures the directories of a layer.
    package init(of layer: ExplainedLayer) throws {
        self.layer = layer.name
        state = layer.state
        stack = try layer.parts.reversed().enumerated().map { number, part in
            Entry(number: number, part: part, unpacked: try Self.size(of: part))
        }
    }

    private static func size(of part: ExplainedLayer.Part) throws -> Int64? {
        guard part.isThere else { return nil }
        do {
            return try Directory(at: FilePath(part.directory)).sizeOfFiles()
        } catch {
            // Without root, some directories of an image are closed; and some images are odd.
            let errno = error.rootErrno
            guard errno == .permissionDenied || error is TreeTooDeep else {
                throw Failure("couldn't measure \(part.directory)", because: error)
            }
            return nil
        }
    }

    /// For people.
    package func text() -> String {
        let sizes = stack.map { entry in
            entry.part.isThere
                ? entry.unpacked.map { "\(humanSize($0)) unpacked" } ?? "not all readable" : "not there"
        }
        let digits = "\(stack.count - 1)".count
        let widths = (name: stack.map(\.part.name.count).max() ?? 0, size: sizes.map(\.count).max() ?? 0)
        let lines = zip(stack, sizes).map { entry, size in
            "  \("\(entry.number)".padding(to: digits))  \(entry.part.name.padding(to: widths.name))  \(size.padding(to: widths.size))  \(entry.part.directory)"
        }
        let heading = ExplainedLayer.heading(layer, state)
        return
            ([heading]
            + (lines.isEmpty ? ["  nothing is below it, and nothing in it"] : ["layers, bottom to top:"] + lines))
            .joined(
                separator: "\n")
    }

    /// For programs.
    package func json() throws -> String { try JSON.text(self) }
}

import Failure
import OCI

/// What differs between two images, layouts or directories, from the outside in, and why it may.
package struct ImageComparison: Sendable {
    /// How the user calls both.
    let names: BothSides<String>
    /// What was not to count.
    let ignored: Set<IgnoredDifference>
    /// What was compared, each with its result; that of a layout has a part for each tag.
    private(set) var parts: [Part] = []

    /// One thing that was compared.
    struct Part: Sendable {
        /// Which it is, the outermost first: a tag, a platform. Empty where there is one thing only.
        let title: [String]
        let finding: Finding
    }

    /// What was found.
    enum Finding: Sendable {
        case equal
        /// Only one side has it; in words, what it is.
        case onlyInA(String), onlyInB(String)
        /// Of it no more is there than its digest.
        case notThere(BothSides<Digest>)
        /// Of an index, what it says of its images and beside them.
        case fields(DocumentDifference)
        /// Of an index, images that both have, in the order of either.
        case order(BothSides<[String]>)
        /// Of an index, that it says the same, and has other bytes.
        case rewritten(BothSides<Digest>)
        case image(ImageDifference)
        case entries(EntriesDifference)

        var isEqual: Bool {
            switch self {
            case .equal: true
            case .image(let image): image.isEqual
            default: false
            }
        }
    }

    /// Whether nothing differs.
    package var isEqual: Bool { parts.allSatisfy(\.finding.isEqual) }

    /// How two things are compared.
    package struct Options: Sendable {
        /// Which image of several is meant; all are compared unless it is said.
        package var platform: Platform?
        /// Whether a registry may be spoken to without verified TLS.
        package var isInsecure = false
        /// Words that are known to be of one side.
        package var marks: [ComparisonMark] = []
        /// What may differ all the same.
        package var ignored: Set<IgnoredDifference> = []

        /// The defaults.
        package init() {}
    }

    /// Compares them.
    ///
    /// - Throws: `Failure` if either can't be read, or they are of different kinds.
    package init(
        of a: ComparedPlace, and b: ComparedPlace, called names: (String, String), _ options: Options = Options(),
        in directories: StackerDirectories, log: Log
    ) throws {
        self.names = BothSides(names.0, names.1)
        ignored = options.ignored
        let comparing = Comparing(options, directories, log)
        switch (a, b) {
        case (.tree(let one), .tree(let other)):
            let sources = BothSides<any EntrySource>(TreeSource(path: one), TreeSource(path: other))
            let difference = try EntriesDifference(
                of: sources, comparing.finder, EntryComparison.Options(ignored: options.ignored))
            parts = [Part(title: [], finding: difference.isEmpty ? .equal : .entries(difference))]
        case (.layout(let one), .layout(let other)):
            parts = try comparing.layouts(Layout(at: one), Layout(at: other))
        case (.image(let one), .image(let other)):
            parts = try comparing.subjects(comparing.subject(one), comparing.subject(other), [])
        default:
            throw Failure(
                "\(names.0) is \(a.kind), and \(names.1) is \(b.kind)",
                help: "compare two images, two layouts, or two directories: oci:DIRECTORY:TAG is an image of a layout")
        }
    }
}

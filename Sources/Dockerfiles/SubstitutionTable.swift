/// The substitutions of a converted Dockerfile, in the order in which they were met: what the substitution file holds.
struct SubstitutionTable: Sendable {
    struct Entry: Sendable, Equatable {
        let name: String
        /// The value that the Dockerfile gives.
        let value: String
        /// What a reader of the substitution file should know.
        let comment: String?
    }

    private(set) var entries: [Entry] = []
    /// What stacker substitutes by itself, with the values on this machine: the file has nothing of them.
    let builtIn: [String: String]

    init(builtIn: [String: String] = [:]) {
        self.builtIn = builtIn
    }

    var names: Set<String> { Set(entries.map(\.name)) }

    /// The value of a substitution that is there.
    subscript(_ name: String) -> String { builtIn[name] ?? entries.first { $0.name == name }?.value ?? "" }

    /// Makes sure of a substitution with this value.
    ///
    /// - Returns: its name, which is another one if `name` has another value already.
    mutating func declare(_ name: String, _ value: String, comment: String? = nil) -> String {
        var free = name
        var number = 1
        while case let entry = entries.first(where: { $0.name == free }), entry != nil || builtIn[free] != nil {
            if entry?.value == value { return free }
            number += 1
            free = "\(name)_\(number)"
        }
        entries.append(Entry(name: free, value: value, comment: comment))
        return free
    }

    /// What a text comes to with the values of the Dockerfile.
    func value(of text: ConvertedText) -> String {
        text.pieces.map { piece in
            switch piece {
            case .literal(let text): text
            case .reference(let name): self[name]
            }
        }.joined()
    }
}

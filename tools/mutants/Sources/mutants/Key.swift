/// What a mutant is known by, also when other lines of the file change.
struct Keys {
    /// Of those that are alike in everything.
    private var seen: [String: Int] = [:]

    mutating func key(of mutant: Mutant, in path: String, line: String) -> String {
        let words = [path, line, mutant.kind, mutant.was, mutant.now].joined(separator: "\n")
        let occurrence = seen[words, default: 0]
        seen[words] = occurrence + 1
        return String(Self.hash("\(words)\n\(occurrence)"), radix: 16)
    }

    /// FNV-1a: the same in each run.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}

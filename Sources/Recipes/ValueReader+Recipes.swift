import Failure
import RecipeText

extension ValueReader {
    /// A script: a text, or a list of lines; `nil` for a list of none.
    package static func script(_ node: YAMLNode, _ what: String) throws -> Script? {
        switch node.content {
        case .sequence(let nodes):
            if nodes.isEmpty { return nil }
            let entries = try nodes.map { try line($0, "an entry of \(what)") }
            return Script(
                text: entries.joined(separator: "\n"), places: zip(nodes, entries).flatMap { places(of: $1, in: $0) })
        case .scalar(let text, _): return Script(text: text, places: places(of: text, in: node))
        case .mapping: throw wrong(node, what, "text or a list", help: colonAdvice)
        }
    }

    /// Where the lines of a text stand.
    private static func places(of text: String, in node: YAMLNode) -> [SourcePosition?] {
        let breaks = text.utf8.count { $0 == UInt8(ascii: "\n") }
        // Behind the last line end there is nothing.
        let isWhole = text.utf8.last == UInt8(ascii: "\n")
        return (0...breaks).map { $0 == breaks && isWhole ? nil : node.place(ofLine: $0) }
    }

    /// The error for a key that is none, with the one that was probably meant.
    ///
    /// - Parameter aliases: what people call keys that have another name here.
    static func unknownKey(
        _ key: Located<String>, _ whereIs: String, known: [String], aliases: [String: String] = [:]
    ) -> Failure {
        let what = "\(key.position): unknown key \(quoted(key.value)) \(whereIs)"
        guard let near = KeyAliases.meant(by: key.value, known, aliases) else {
            return Failure(what, help: "known keys are \(known.joined(separator: ", "))")
        }
        return Failure("\(what): did you mean \(near)?")
    }
}

import Failure
import RecipeText

extension ValueReader {
    /// A script: a text, or a list of lines; `nil` for a list of none.
    package static func script(_ node: YAMLNode, _ what: String) throws -> Script? {
        switch node.content {
        case .sequence(let nodes):
            if nodes.isEmpty { return nil }
            return Script(text: try nodes.map { try line($0, "an entry of \(what)") }.joined(separator: "\n"))
        case .scalar(let text, _): return Script(text: text)
        case .mapping: throw wrong(node, what, "text or a list", help: colonAdvice)
        }
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

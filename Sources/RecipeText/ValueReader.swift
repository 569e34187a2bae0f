import Failure
import OrderedCollections

/// Reads YAML nodes as the kinds of value that a recipe has. `what` names the value in messages: `run of layer foo`.
package enum ValueReader {
    /// The text of a scalar, as written.
    package static func text(_ node: YAMLNode, _ what: String) throws -> String {
        guard case .scalar(let text, _) = node.content else { throw wrong(node, what, "text") }
        return node.isNull ? "" : text
    }

    /// The text of a scalar that must not be empty.
    package static func someText(_ node: YAMLNode, _ what: String) throws -> String {
        let text = try text(node, what)
        guard !text.isEmpty else { throw Failure("\(node.position): \(what) is empty") }
        return text
    }

    /// Whether a scalar says yes, in any spelling of [YAML 1.1](https://yaml.org/type/bool.html).
    package static func bool(_ node: YAMLNode, _ what: String) throws -> Bool {
        let text = try text(node, what)
        switch text {
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y": return true
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N": return false
        default: throw Failure("\(node.position): \(what) must be true or false, not \(quoted(text))")
        }
    }

    /// The nodes of a list.
    package static func list(_ node: YAMLNode, _ what: String) throws -> [YAMLNode] {
        guard case .sequence(let nodes) = node.content else { throw wrong(node, what, "a list") }
        return nodes
    }

    /// A list of texts, none of them empty.
    package static func texts(_ node: YAMLNode, _ what: String) throws -> [String] {
        try entries(node, what).map { try someText($0, "an entry of \(what)") }
    }

    /// The nodes of a list each of which can be a text. What people write without a list is one.
    package static func entries(_ node: YAMLNode, _ what: String) throws -> [YAMLNode] {
        guard case .scalar(let text, _) = node.content, !text.isEmpty else { return try list(node, what) }
        throw wrong(node, what, "a list", help: "also of one: [\(quoted(text))]")
    }

    /// The pairs of a map.
    package static func map(_ node: YAMLNode, _ what: String) throws -> [YAMLPair] {
        guard case .mapping(let pairs) = node.content else { throw wrong(node, what, "a map") }
        return pairs
    }

    /// A map of names to texts, in file order. A name without a value has the empty text.
    package static func dictionary(_ node: YAMLNode, _ what: String) throws -> OrderedDictionary<String, String> {
        var result: OrderedDictionary<String, String> = [:]
        for pair in try settings(node, what) {
            result[pair.key.value] = try text(pair.value, "\(quoted(pair.key.value)) in \(what)")
        }
        return result
    }

    /// A map of variables to values: as ``dictionary(_:_:)``, and what cannot be in an environment is refused.
    package static func environment(_ node: YAMLNode, _ what: String) throws -> OrderedDictionary<String, String> {
        for pair in try settings(node, what) {
            let key = pair.key.value
            guard !key.isEmpty, !key.contains("=") else {
                throw Failure("\(pair.key.position): \(quoted(key)) in \(what) cannot be a variable's name")
            }
        }
        return try dictionary(node, what)
    }

    /// The pairs of a map of names to texts, of which people write a list of `NAME=value` elsewhere.
    private static func settings(_ node: YAMLNode, _ what: String) throws -> [YAMLPair] {
        guard case .sequence(let nodes) = node.content else { return try map(node, what) }
        let name: Substring? =
            if case .scalar(let text, _)? = nodes.first?.content, text.contains("=") {
                text.prefix { $0 != "=" }
            } else { nil }
        // Not the value, which may be a secret.
        throw wrong(
            node, what, "a map", help: name.map { "write \(quoted("\($0): …")) in place of \(quoted("- \($0)=…"))" })
    }

    /// A command: a list of words, or a text that is split as a shell does.
    package static func words(_ node: YAMLNode, _ what: String) throws -> [String] {
        switch node.content {
        case .sequence(let nodes): return try nodes.map { try line($0, "an entry of \(what)") }
        case .scalar(let text, _): return try attempt("\(node.position): \(what)") { try shellWords(text) }
        case .mapping: throw wrong(node, what, "text or a list", help: colonAdvice)
        }
    }

    /// A text of a command, which people write without quotes.
    package static func line(_ node: YAMLNode, _ what: String) throws -> String {
        if case .mapping = node.content { throw wrong(node, what, "text", help: colonAdvice) }
        return try text(node, what)
    }

    /// What to do where a map stands for a text.
    package static let colonAdvice =
        "a \":\" before a blank makes a map of a text: put it in quotes, or write a block with \"|\""

    /// A whole number as YAML 1.1 writes it: `0777` and `0o777` are octal, `0x1ff` hexadecimal.
    package static func number(_ node: YAMLNode, _ what: String, upTo limit: UInt32) throws -> UInt32 {
        let text = try text(node, what)
        // A sign behind the prefix would otherwise be read as part of the number.
        let digits = text.contains("+") ? "" : text.lowercased()
        let value =
            if digits.hasPrefix("0x") {
                UInt32(digits.dropFirst(2), radix: 16)
            } else if digits.hasPrefix("0o") {
                UInt32(digits.dropFirst(2), radix: 8)
            } else if digits.hasPrefix("0"), digits.count > 1 {
                UInt32(digits.dropFirst(), radix: 8)
            } else {
                UInt32(digits)
            }
        guard let value, value <= limit else {
            throw Failure("\(node.position): \(what) is not a number that it can be: \(quoted(text))")
        }
        return value
    }

    /// The error for a value of the wrong kind.
    package static func wrong(_ node: YAMLNode, _ what: String, _ expected: String, help: String? = nil) -> Failure {
        let text =
            if case .scalar(let text, _) = node.content, !node.isNull { "text: \(quoted(text))" } else { node.kind }
        return Failure("\(node.position): \(what) must be \(expected), not \(text)", help: help)
    }
}

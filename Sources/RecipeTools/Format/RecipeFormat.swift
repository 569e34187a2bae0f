import Failure
import RecipeText
import Recipes

/// A stacker file in the form that all have: two blanks for each level, lists indented below their key, one blank behind
/// `-`, `:` and `,`, one empty line at most.
///
/// Only blanks and line ends are added and removed, so that neither a comment nor a key can get lost or change its place;
/// texts, those of scripts above all, are not looked into. Who asks gets a text that means the same, or an error.
package enum RecipeFormat {
    /// The text in that form.
    ///
    /// - Parameters:
    ///   - bytes: the content of a stacker file.
    ///   - name: how messages name it.
    /// - Throws: `Failure` for what is not YAML or has a placeholder where no value can stand.
    package static func format(_ bytes: [UInt8], name: String) throws -> String {
        let original = try utf8Text(of: bytes, name)
        let hasMark = original.unicodeScalars.first == "\u{FEFF}"
        let text = hasMark ? String(original.unicodeScalars.dropFirst()) : original
        let before = try Meaning(of: text, name)
        var layout = Layout(
            text: Array(text.unicodeScalars), tokens: try YAMLToken.tokens(of: before.masked, file: name))
        let formatted = layout.format()
        guard let after = try? Meaning(of: formatted, name), after == before else {
            throw Failure(
                "\(name): can't be formatted without changing what it says, so it was left alone",
                help: "the likely reason is a placeholder or a line end within a text: write it in double quotes")
        }
        return (hasMark ? "\u{FEFF}" : "") + formatted
    }
}

/// What must be the same afterwards: every letter in its order, comments too, and what a parser makes of them, with
/// placeholders as they stand and as they are replaced.
private struct Meaning: Equatable {
    /// The text with something harmless in place of each placeholder, letter for letter.
    let masked: String
    private let tree: String
    private let replaced: String?
    private let letters: [Unicode.Scalar]

    init(of text: String, _ name: String) throws {
        let placeholders = try Substitutions.placeholders(in: text, file: name)
        let masked = Self.mask(text, placeholders)
        let help = placeholders.isEmpty ? nil : "a placeholder has to stand where a value or a name can stand"
        let document = try attempt("couldn't format \(name)", help: help) {
            try YAMLComposer.compose(masked, file: name)
        }
        self.masked = masked
        tree = document.root.map(Self.describe) ?? ""
        let expansion = Substitutions(missing: .replace("x")).expand(text, file: name)
        replaced = (try? YAMLComposer.compose(expansion.text, file: name))?.root.map(Self.describe)
        letters = text.unicodeScalars.filter { !$0.isBlank && !$0.isLineEnd }
    }

    static func == (left: Meaning, right: Meaning) -> Bool {
        // The masked text itself has other blanks.
        left.tree == right.tree && left.replaced == right.replaced && left.letters == right.letters
    }

    private static func mask(_ text: String, _ places: [Range<Int>]) -> String {
        var result = String.UnicodeScalarView()
        let utf8 = Array(text.utf8)
        var end = 0
        for place in places {
            result += String(decoding: utf8[end..<place.lowerBound], as: UTF8.self).unicodeScalars
            let piece = String(decoding: utf8[place], as: UTF8.self).unicodeScalars
            result += piece.map { $0.isBlank || $0.isLineEnd ? $0 : "x" }
            end = place.upperBound
        }
        result += String(decoding: utf8[end...], as: UTF8.self).unicodeScalars
        return String(result)
    }

    /// A text that two values have in common only if they are the same.
    private static func describe(_ node: YAMLNode) -> String {
        switch node.content {
        case .scalar(let text, let plain): "\(plain ? "plain" : "text") \(text.utf8.count) \(text)"
        case .sequence(let nodes): "[\(nodes.map(describe).joined(separator: ","))]"
        case .mapping(let pairs):
            "{\(pairs.map { "\($0.key.value.utf8.count) \($0.key.value):\(describe($0.value))" }.joined(separator: ","))}"
        }
    }
}

extension Unicode.Scalar {
    /// A blank or a tab.
    var isBlank: Bool { self == " " || self == "\t" }
    /// Part of a line's end.
    var isLineEnd: Bool { self == "\n" || self == "\r" }
}

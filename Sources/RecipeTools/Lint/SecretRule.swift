import Failure
import RecipeText
import Recipes

// A recipe is in the image that is made of it, as an annotation; so is what it sets.
extension Linter {
    mutating func askAboutSecrets(_ recipe: LintedRecipe) {
        for layer in recipe.layers {
            for key in [LayerKey.buildEnvironment, .environment, .labels, .annotations] {
                guard case .mapping(let pairs)? = layer.values[key.rawValue]?.content else { continue }
                for pair in pairs {
                    guard case .scalar(let value, _) = pair.value.content, !value.isEmpty else { continue }
                    let isNamed = SecretText.isName(pair.key.value) && !SecretText.isReference(value)
                    guard isNamed || SecretText.isFound(in: value) else { continue }
                    report(
                        .secret, recipe.origin(of: pair.value),
                        "\(quoted(pair.key.value)) in \(key.rawValue) looks like a secret, and the image shows it",
                        help: "import a file with it, which is only there while the script runs", layer: layer.name)
                }
            }
            let script = layer.definition.run?.text ?? ""
            for (line, text) in script.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
            where SecretText.isFound(in: String(text)) {
                report(
                    .secret, layer.place(ofLine: line), "a secret in the script, which the image shows",
                    help: "import a file with it, and read it from /stacker/imports", layer: layer.name)
            }
        }
    }
}

/// What gives a secret away.
enum SecretText {
    private static let words: Set<String> = [
        "password", "passwd", "passphrase", "secret", "secrets", "token", "apikey", "credential", "credentials",
    ]
    /// In front of "key", and only there.
    private static let keys: Set<String> = [
        "api", "private", "access", "secret", "signing", "encryption", "auth", "ssh",
    ]
    /// At the end of a name, these say that it is not the secret itself.
    private static let abouts: Set<String> = [
        "file", "path", "dir", "url", "uri", "name", "id", "length", "ttl", "type", "expiry", "endpoint", "enabled",
    ]

    /// Whether something of this name is probably secret.
    static func isName(_ name: String) -> Bool {
        let parts = name.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        guard let last = parts.last, !abouts.contains(last) else { return false }
        return parts.contains(where: words.contains)
            || zip(parts, parts.dropFirst()).contains { keys.contains($0) && $1 == "key" }
    }

    /// Whether a value leads to a secret, and is none: a path, a switch.
    static func isReference(_ value: String) -> Bool {
        value.hasPrefix("/")
            || ["true", "false", "yes", "no", "on", "off", "0", "1", "none"].contains(value.lowercased())
    }

    /// Whether a text holds what only a secret looks like.
    static func isFound(in text: String) -> Bool {
        if text.firstRange(of: "-----BEGIN ") != nil, text.firstRange(of: "PRIVATE KEY-----") != nil { return true }
        if hasPassword(text) { return true }
        return text.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-")) }.contains { word in
            beginnings.contains { word.hasPrefix($0.start) && word.count >= $0.count }
        }
    }

    /// How tokens of services begin, and how long they are at least.
    private static let beginnings: [(start: String, count: Int)] = [
        ("ghp_", 36), ("gho_", 36), ("ghs_", 36), ("github_pat_", 40), ("glpat-", 20), ("AKIA", 20), ("ASIA", 20),
        ("xoxb-", 20), ("xoxp-", 20), ("sk_live_", 20), ("npm_", 36), ("pypi-", 40), ("dckr_pat_", 20), ("AIza", 39),
    ]

    /// `scheme://user:password@host`, with a password that stands there.
    private static func hasPassword(_ text: String) -> Bool {
        for part in text.split(separator: "://").dropFirst() {
            let host = part.prefix { $0 != "/" && !$0.isWhitespace && $0 != "\"" && $0 != "'" }
            guard let at = host.lastIndex(of: "@"), let colon = host[..<at].firstIndex(of: ":") else { continue }
            let password = host[host.index(after: colon)..<at]
            if !password.isEmpty, !password.hasPrefix("$") { return true }
        }
        return false
    }
}

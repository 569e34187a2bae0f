import Failure
import OrderedCollections

extension LayerDefinition {
    /// The variables that reach `run` from stacker's own environment unless `build_env_passthrough` says otherwise.
    package static let defaultPassthrough: Set<String> = [
        "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY",
        "http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy",
        "TERM", "SOURCE_DATE_EPOCH",
    ]

    /// Those of `variables` that reach `run`, and then those of `build_env`, which win; both without empty values.
    ///
    /// - Parameter variables: stacker's own environment. The result has them sorted by name.
    /// - Throws: `Failure` for a pattern that is no regular expression; parsing has refused such already.
    package func runEnvironment(passing variables: [String: String]) throws -> OrderedDictionary<String, String> {
        var result: OrderedDictionary<String, String> = [:]
        let passes = try passthrough()
        for name in variables.keys.filter(passes).sorted() where variables[name] != "" {
            result[name] = variables[name]
        }
        return result.merging(buildEnvironment) { _, own in own }
    }

    /// Whether a name passes: one of the patterns must match all of it.
    private func passthrough() throws -> (String) -> Bool {
        guard let patterns = buildEnvironmentPassthrough else { return Self.defaultPassthrough.contains }
        let expressions = try patterns.map { pattern in
            try attempt("build_env_passthrough \(quoted(pattern))") { try Regex(pattern) }
        }
        return { name in expressions.contains { name.wholeMatch(of: $0) != nil } }
    }
}

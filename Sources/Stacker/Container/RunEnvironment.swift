import Failure
import Glibc
import OCI
import OrderedCollections

/// The environment of a script: the base image's variables, those of stacker's own environment that pass through, the
/// recipe's `build_env`; the later ones win.
struct RunEnvironment: Sendable {
    private(set) var variables: OrderedDictionary<String, String> = [:]

    /// Passed through unless `build_env_passthrough` says otherwise.
    private static let passedByDefault: Set = [
        "ftp_proxy", "http_proxy", "https_proxy", "no_proxy", "FTP_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
        "TERM", "SOURCE_DATE_EPOCH",
    ]

    /// Puts the environment of a layer's script together.
    ///
    /// - Parameters:
    ///   - base: the image's variables, each `NAME=value`.
    ///   - own: stacker's own, likewise.
    init(of layer: LayerDefinition, base: [String], own: [String] = Environment.all) throws {
        variables["PATH"] = ImageConfig.Execution.standardPath
        for (name, value) in base.compactMap(Self.split) { variables[name] = value }
        let passes = try Self.filter(layer.buildEnvironmentPassthrough)
        for (name, value) in own.compactMap(Self.split) where passes(name) && !value.isEmpty { variables[name] = value }
        for (name, value) in layer.buildEnvironment { variables[name] = value }
        variables["STACKER_LAYER_NAME"] = layer.name
    }

    /// Which names pass: those that one of the regular expressions matches as a whole.
    private static func filter(_ patterns: [String]?) throws -> (String) -> Bool {
        guard let patterns, !patterns.isEmpty else { return passedByDefault.contains }
        let expressions = try patterns.map { pattern in
            try attempt("couldn't understand build_env_passthrough \"\(pattern)\"") { try Regex(pattern) }
        }
        return { name in expressions.contains { name.wholeMatch(of: $0) != nil } }
    }

    private static func split(_ entry: String) -> (String, String)? {
        guard let equals = entry.firstIndex(of: "="), equals != entry.startIndex else { return nil }
        return (String(entry[..<equals]), String(entry[entry.index(after: equals)...]))
    }
}

extension Environment {
    /// All variables of the process, each `NAME=value`, in order.
    static var all: [String] {
        var entries: [String] = []
        var next = environ
        while let entry = next.pointee {
            entries.append(String(cString: entry))
            next += 1
        }
        return entries
    }
}

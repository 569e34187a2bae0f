import Failure
import RecipeText

/// Turns the YAML of one stacker file into layers and settings.
package struct RecipeParser {
    /// The one top-level key that is no layer.
    package static let configKey = "config"

    let source: RecipeSource
    /// Whether a layer can't have a name because stacker gives it to things of its own.
    package let isReserved: (String) -> Bool
    private(set) var settings = Recipe.Settings()
    private(set) var layers: [LayerDefinition] = []
    private(set) var warnings: [Diagnostic] = []

    init(source: RecipeSource, isReserved: @escaping (String) -> Bool) {
        self.source = source
        self.isReserved = isReserved
    }

    mutating func parse(_ root: YAMLNode?) throws {
        guard let root, !root.isNull else {
            throw Failure("\(source.name): empty: there are no layers in it")
        }
        guard case .mapping(let pairs) = root.content else {
            throw Failure("\(root.position): a stacker file is a map of layers, not \(root.kind)")
        }
        for pair in pairs {
            if pair.key.value == Self.configKey {
                try parseSettings(pair.value)
            } else {
                try checkName(pair.key)
                var parser = LayerParser(name: pair.key, source: source)
                layers.append(try parser.parse(pair.value))
                warn(parser.warnings)
            }
        }
        if layers.isEmpty, settings.prerequisites.isEmpty {
            throw Failure("\(root.position): there are no layers in \(source.name)")
        }
    }

    /// A warning about the language, and not about one place, is given once.
    private mutating func warn(_ new: [Diagnostic]) {
        for warning in new where !(warning.isGeneral && warnings.contains { $0.message == warning.message }) {
            warnings.append(warning)
        }
    }

    // MARK: - config

    private mutating func parseSettings(_ node: YAMLNode) throws {
        if node.isNull { return }
        for pair in try ValueReader.map(node, "config") {
            let what = "\(pair.key.value) in config"
            switch pair.key.value {
            case "prerequisites":
                if pair.value.isNull { continue }
                settings.prerequisites = try ValueReader.list(pair.value, what).map { entry in
                    let text = try ValueReader.someText(entry, "an entry of \(what)")
                    return Recipe.Prerequisite(source: source.prerequisite(text), position: entry.position)
                }
            case "collapse_build_only":
                if pair.value.isNull { continue }
                settings.collapseBuildOnly = try ValueReader.bool(pair.value, what)
            default:
                throw ValueReader.unknownKey(pair.key, "in config", known: ["prerequisites", "collapse_build_only"])
            }
        }
    }

    // MARK: - Layer names

    /// A layer's name becomes a tag and the name of a directory, in a path that overlayfs splits at ":".
    private func checkName(_ name: Located<String>) throws {
        let text = name.value
        if text.isEmpty { throw Failure("\(name.position): a layer's name is empty") }
        if text.contains(":") {
            throw Failure("\(name.position): layer name \(quoted(text)): \":\" is forbidden in a layer's name")
        }
        if text == "." || text == ".." || text.contains("/") {
            throw Failure(
                "\(name.position): layer name \(quoted(text)): a layer's name is the name of a directory, "
                    + "so it cannot be \".\" or \"..\" or hold \"/\"")
        }
        if text.utf8.count > 200 {
            throw Failure("\(name.position): layer name \(quoted(text)) is longer than 200 bytes")
        }
        if isReserved(text) {
            throw Failure(
                "\(name.position): layer name \(quoted(text)) is a name that stacker itself uses in roots-dir")
        }
    }
}

import Failure
import RecipeText

/// Turns the YAML of one stacker file into layers and settings.
package struct RecipeParser {
    /// The one top-level key that is no layer.
    package static let configKey = "config"

    let source: RecipeSource
    /// What stands for values that are not known.
    let unknown: String?
    /// Whether a layer can't have a name because stacker gives it to things of its own.
    package let isReserved: (String) -> Bool
    private(set) var settings = Recipe.Settings()
    private(set) var layers: [LayerDefinition] = []
    private(set) var warnings: [Diagnostic] = []

    init(source: RecipeSource, unknown: String?, isReserved: @escaping (String) -> Bool) {
        self.source = source
        self.unknown = unknown
        self.isReserved = isReserved
    }

    mutating func parse(_ root: YAMLNode?) throws {
        guard let root, !root.isNull else {
            throw Failure("\(source.name): empty: there are no layers in it")
        }
        guard case .mapping(let pairs) = root.content else {
            throw Failure("\(root.position): a stacker file is a map of layers, not \(root.kind)")
        }
        try refuseComposeFile(pairs)
        for pair in pairs {
            if pair.key.value == Self.configKey {
                try parseSettings(pair.value)
            } else {
                try checkName(pair.key)
                var parser = LayerParser(name: pair.key, source: source, unknown: unknown)
                layers.append(try parser.parse(pair.value))
                warn(parser.warnings)
            }
        }
        if layers.isEmpty, settings.prerequisites.isEmpty {
            throw Failure("\(root.position): there are no layers in \(source.name)")
        }
    }

    /// Refuses a file that says which containers run: its `services` has names of its own in place of a layer's keys.
    private func refuseComposeFile(_ pairs: [YAMLPair]) throws {
        guard let services = pairs.first(where: { $0.key.value == "services" }),
            case .mapping(let names) = services.value.content, !names.isEmpty,
            names.allSatisfy({ LayerKey(rawValue: $0.key.value) == nil })
        else { return }
        throw Failure(
            "\(services.key.position): this is a compose file, and no stacker file",
            help:
                "stacker makes images and starts no services: stacker convert -i Dockerfile makes a stacker file of what "
                + "a service is built of")
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
            switch SettingKey(rawValue: pair.key.value) {
            case .prerequisites:
                if pair.value.isNull { continue }
                settings.prerequisites = try ValueReader.list(pair.value, what).map { entry in
                    let text = try ValueReader.someText(entry, "an entry of \(what)")
                    return Recipe.Prerequisite(source: source.prerequisite(text), position: entry.position)
                }
            case .collapseBuildOnly:
                if pair.value.isNull { continue }
                settings.collapseBuildOnly = try ValueReader.bool(pair.value, what)
            case .platforms:
                if pair.value.isNull { continue }
                settings.platforms = try ValueReader.platforms(pair.value, what, unknown)
                    .map { Located($0, at: pair.key.position) }
            case nil:
                throw ValueReader.unknownKey(pair.key, "in config", known: SettingKey.names)
            }
        }
    }

    // MARK: - Layer names

    /// A layer's name becomes a tag and the name of a directory, in a path that overlayfs splits at ":".
    private func checkName(_ name: Located<String>) throws {
        let text = name.value
        if text.isEmpty { throw Failure("\(name.position): a layer's name is empty") }
        if text.contains(":") {
            throw Failure(
                "\(name.position): layer name \(quoted(text)): \":\" is forbidden in a layer's name",
                help: "a layer has no tag; an image gets one when it is published: stacker publish --tag TAG")
        }
        if text == "." || text == ".." || text.contains("/") {
            throw Failure(
                "\(name.position): layer name \(quoted(text)): a layer's name is the name of a directory, "
                    + "so it cannot be \".\" or \"..\" or hold \"/\"")
        }
        if text.utf8.count > 200 {
            throw Failure("\(name.position): layer name \(quoted(text)) is longer than 200 bytes")
        }
        if let tag = PlatformLayerName.parts(of: text)?.tag {
            throw Failure(
                "\(name.position): layer name \(quoted(text)) is one that stacker itself gives to layer \(quoted(tag)) for "
                    + "another platform", help: "to build it for that, write platforms: in layer \(quoted(tag))")
        }
        if isReserved(text) {
            throw Failure(
                "\(name.position): layer name \(quoted(text)) is a name that stacker itself uses in roots-dir")
        }
    }
}

import Failure
import RecipeText

/// Turns the YAML of one layer into a ``LayerDefinition``.
struct LayerParser {
    let source: RecipeSource
    var layer: LayerDefinition
    private(set) var warnings: [Diagnostic] = []
    /// What stands for values that are not known.
    private let unknown: String?

    init(name: Located<String>, source: RecipeSource, unknown: String?) {
        self.source = source
        self.unknown = unknown
        layer = LayerDefinition(name: name.value, position: name.position)
    }

    mutating func parse(_ node: YAMLNode) throws -> LayerDefinition {
        // Nothing at all is a layer without `from`, which is reported with other bases.
        if node.isNull { return layer }
        for pair in try ValueReader.map(node, "layer \(layer.name)") {
            if pair.key.value == "bom" {
                warn(pair.key.position, "bom is ignored: stacker makes no bill of materials", isGeneral: true)
                continue
            }
            guard let key = LayerKey(rawValue: pair.key.value) else {
                try refuseHealthCheck(pair.key)
                throw ValueReader.unknownKey(
                    pair.key, "in layer \(layer.name)", known: LayerKey.names,
                    aliases: KeyAliases.layer)
            }
            if pair.value.isNull {
                if key == .os || key == .architecture {
                    throw Failure("\(pair.key.position): \(key.rawValue) of layer \(layer.name) has no value")
                }
                continue
            }
            layer.positions[key] = pair.key.position
            try parse(key, pair.value, "\(key.rawValue) of layer \(layer.name)")
        }
        try refuseOverlaps()
        try refuseTwoPlatforms()
        return layer
    }

    mutating func warn(_ position: SourcePosition, _ message: String, isGeneral: Bool = false) {
        warnings.append(Diagnostic(position: position, message: message, isGeneral: isGeneral))
    }

    private mutating func parse(_ key: LayerKey, _ node: YAMLNode, _ what: String) throws {
        switch key {
        case .from: layer.from = try from(node, what)
        case .imports, .legacyImport: try parseImports(key, node, what)
        case .overlayDirectories: layer.overlayDirectories = try overlayDirectories(node, what)
        case .binds: layer.binds = try ValueReader.entries(node, what).map { try bind($0, "an entry of \(what)") }

        case .cacheDirectories: layer.cacheDirectories = try cacheDirectories(node, what)

        case .run: layer.run = try ValueReader.script(node, what)
        case .generateLabels: layer.generateLabels = try ValueReader.script(node, what)
        case .shell: layer.shell = try shell(node, what)
        case .command: layer.command = try ValueReader.words(node, what)
        case .entrypoint: layer.entrypoint = try ValueReader.words(node, what)
        case .fullCommand: layer.fullCommand = try ValueReader.words(node, what)

        case .buildEnvironment:
            layer.buildEnvironment = try ValueReader.environment(node, what).filter { !$0.value.isEmpty }
        case .buildEnvironmentPassthrough:
            layer.buildEnvironmentPassthrough = try ValueReader.entries(node, what).map { try pattern($0, what) }
        case .environment: layer.environment = try ValueReader.environment(node, what)
        case .volumes: layer.volumes = try volumes(node, what)
        case .labels: layer.labels = try ValueReader.dictionary(node, what)
        case .annotations: layer.annotations = try ValueReader.dictionary(node, what)

        case .workingDirectory: layer.workingDirectory = try ValueReader.text(node, what)
        case .runtimeUser: layer.runtimeUser = try ValueReader.text(node, what)
        case .ports: layer.ports = try ports(node, what)
        case .stopSignal: layer.stopSignal = try stopSignal(node, what)
        case .buildOnly: layer.isBuildOnly = try ValueReader.bool(node, what)
        case .serial: layer.isSerial = try ValueReader.bool(node, what)
        case .os: layer.os = try ValueReader.someText(node, what)
        case .architecture: layer.architecture = try ValueReader.someText(node, what)
        case .platforms: layer.platforms = try ValueReader.platforms(node, what, unknown)
        case .buildPlatform: layer.buildPlatform = try buildPlatform(node, what)
        }
    }

    // MARK: - Values of one key only

    private func from(_ node: YAMLNode, _ what: String) throws -> From {
        if case .scalar(let text, _) = node.content, !node.isNull {
            throw ValueReader.wrong(node, what, "a map", help: From.advice(on: text))
        }
        var from = From(position: node.position)
        for pair in try ValueReader.map(node, what) {
            let keyWhat = "\(pair.key.value) in \(what)"
            switch FromKey(rawValue: pair.key.value) {
            case .type:
                if pair.value.isNull { continue }
                from.kind = try baseKind(pair.value, keyWhat, what)
            case .url:
                if pair.value.isNull { continue }
                from.url = Located(try ValueReader.text(pair.value, keyWhat), at: pair.value.position)
            case .tag:
                if pair.value.isNull { continue }
                from.tag = Located(try ValueReader.text(pair.value, keyWhat), at: pair.value.position)
            case .insecure:
                if pair.value.isNull { continue }
                from.isInsecure = try ValueReader.bool(pair.value, keyWhat)
            case nil:
                throw ValueReader.unknownKey(
                    pair.key, "in from of layer \(layer.name)", known: FromKey.names,
                    aliases: KeyAliases.from)
            }
        }
        return from
    }

    private func baseKind(_ node: YAMLNode, _ what: String, _ from: String) throws -> From.Kind {
        let text = try ValueReader.someText(node, what)
        if let kind = From.Kind(rawValue: text) { return kind }
        let known = From.Kind.allCases.map(\.rawValue)
        let problem = "\(node.position): unknown type \(quoted(text)) in \(from)"
        guard let near = nearest(to: text, in: known) else {
            throw Failure(problem, help: "type is one of \(known.joined(separator: ", "))")
        }
        throw Failure("\(problem): did you mean \(near)?")
    }

    /// A regular expression, tried here so that a bad one has its place in the message.
    private func pattern(_ node: YAMLNode, _ what: String) throws -> String {
        let text = try ValueReader.someText(node, "an entry of \(what)")
        _ = try attempt("\(node.position): \(what): \(quoted(text)) is not a regular expression") { try Regex(text) }
        return text
    }
}

import SystemPackage

/// One key of a layer and its value in a canonical form: what the cache compares.
///
/// Two layers whose fields are equal mean the same; how they are spelled, and where they stand, is not in them. A list of
/// fields can say which key changed, which a digest could not.
package struct DefinitionField: Sendable, Hashable, Codable {
    /// The key, as in a recipe; for entries of a map, the map's.
    package let key: String
    /// The value. Different values have different texts.
    package let text: String
}

extension LayerDefinition {
    /// The keys that the layer has, in a fixed order. Paths are as written, not where they are on this machine.
    package var fields: [DefinitionField] {
        LayerKey.allCases.compactMap { key in
            canonicalText(of: key).map { DefinitionField(key: key.rawValue, text: $0) }
        }
    }

    private func canonicalText(of key: LayerKey) -> String? {
        switch key {
        case .from: from.map(canonical)
        case .imports: usesLegacyImport ? nil : list(imports.map(canonical))
        case .legacyImport: usesLegacyImport ? list(imports.map(canonical)) : nil
        case .overlayDirectories: list(overlayDirectories.map { "\(literal($0.path)) -> \(literal($0.destination))" })
        case .run: run.map { literal($0.text) }
        case .shell: shell == Script.standardShell ? nil : words(shell)
        case .command: command.map(words)
        case .entrypoint: entrypoint.map(words)
        case .fullCommand: fullCommand.map(words)
        case .buildEnvironment: list(buildEnvironment.map(pair))
        case .buildEnvironmentPassthrough: buildEnvironmentPassthrough.map(words)
        case .environment: list(environment.map(pair))
        case .volumes: list(volumes.map(literal))
        case .labels: list(labels.map(pair).sorted())
        case .generateLabels: generateLabels.map { literal($0.text) }
        case .workingDirectory: workingDirectory.map(literal)
        case .runtimeUser: runtimeUser.map(literal)
        case .ports: list(ports.map(literal).sorted())
        case .stopSignal: stopSignal.map(literal)
        case .annotations: list(annotations.map(pair).sorted())
        case .buildOnly: isBuildOnly ? "true" : nil
        case .binds: list(binds.map { "\(literal($0.path)) -> \(literal(bindDestination($0)))" })
        case .cacheDirectories: list(cacheDirectories.map(canonical).sorted())
        // When it is built is no part of what comes out.
        case .serial: nil
        case .os: os.map(literal)
        case .architecture: architecture.map(literal)
        // What is built for this machine is what is built where nobody asks for platforms.
        case .platforms: asked?.platform == .machine ? nil : asked.map { literal($0.platform.description) }
        case .buildPlatform: buildPlatform == .each ? literal(target.description) : nil
        }
    }

    private func canonical(_ from: From) -> String {
        var parts: [String] = []
        if let kind = from.kind { parts.append("type: \(kind.rawValue)") }
        if let url = from.url { parts.append("url: \(literal(url.value))") }
        if let tag = from.tag { parts.append("tag: \(literal(tag.value))") }
        if from.isInsecure { parts.append("insecure: true") }
        return "{\(parts.joined(separator: ", "))}"
    }

    private func canonical(_ entry: Import) -> String {
        var parts = ["path: \(literal(entry.path))"]
        if let hash = entry.hash { parts.append("hash: \(hash.hex)") }
        if let destination = entry.destination { parts.append("dest: \(literal(destination))") }
        parts += attributes(mode: entry.mode, uid: entry.uid, gid: entry.gid)
        if case .image(.docker(_, insecure: true), _) = entry.source { parts.append("insecure: true") }
        return "{\(parts.joined(separator: ", "))}"
    }

    private func canonical(_ entry: CacheDirectory) -> String {
        let path = "path: \(literal(entry.path.string))"
        return "{\(([path] + attributes(mode: entry.mode, uid: entry.uid, gid: entry.gid)).joined(separator: ", "))}"
    }

    private func attributes(mode: UInt32?, uid: UInt32?, gid: UInt32?) -> [String] {
        var parts: [String] = []
        if let mode { parts.append("mode: 0\(String(mode, radix: 8))") }
        if let uid { parts.append("uid: \(uid)") }
        if let gid { parts.append("gid: \(gid)") }
        return parts
    }

    /// A bind without a destination of its own has its absolute source there: as written, that is the source again.
    private func bindDestination(_ bind: Bind) -> String {
        bind.source == .host(FilePath(bind.destination)) ? bind.path : bind.destination
    }

    /// `nil` for an empty list: an absent key.
    private func list(_ entries: [String]) -> String? {
        entries.isEmpty ? nil : "[\(entries.joined(separator: ", "))]"
    }

    /// A list that differs from an absent key even when it is empty.
    private func words(_ words: [String]) -> String {
        "[\(words.map(literal).joined(separator: ", "))]"
    }

    private func pair(_ entry: (key: String, value: String)) -> String {
        "\(literal(entry.key)): \(literal(entry.value))"
    }
}

/// `text` in double quotes, on one line; different texts give different literals.
private func literal(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

import Failure
import OCI
import RecipeText
import SystemPackage

// The keys of a layer that name files: imports, overlay_dirs, binds.
extension LayerParser {
    // MARK: - imports

    mutating func parseImports(_ key: LayerKey, _ node: YAMLNode, _ what: String) throws {
        let entries =
            if case .sequence(let nodes) = node.content { nodes } else { [node] }
        let imports = try entries.map { try parseImport($0, "an import of layer \(layer.name)") }
        if key == .legacyImport, !imports.isEmpty {
            warn(
                layer.position(of: key),
                "import is deprecated: write imports, and find the files in /stacker/imports instead of /stacker",
                isGeneral: true)
        }
        guard layer.imports.isEmpty || imports.isEmpty else {
            throw Failure("\(layer.position(of: key)): layer \(layer.name) has both import and imports: write imports")
        }
        if !imports.isEmpty {
            layer.imports = imports
            layer.usesLegacyImport = key == .legacyImport
            for pair in imports.sharingName {
                warn(
                    pair.later.position,
                    "import \(pair.later.path) takes the place of import \(pair.earlier.path) "
                        + "(\(pair.earlier.position)): both are called \(quoted(pair.name)) in /stacker/imports; "
                        + "give one another name, or import the directory that it is in")
            }
        }
    }

    private mutating func parseImport(_ node: YAMLNode, _ what: String) throws -> Import {
        switch node.content {
        case .scalar:
            let path = try ValueReader.someText(node, what)
            return try newImport(Located(path, at: node.position), what)
        case .mapping(let pairs): return try importMap(pairs, node, what)
        case .sequence: throw ValueReader.wrong(node, what, "a path or a map")
        }
    }

    private func newImport(_ path: Located<String>, _ what: String) throws -> Import {
        let from = try Import.Source(path, relativeTo: source.directory, what)
        var shown = path.value
        if case .http(let address) = from { shown = address.description }
        return Import(path: shown, position: path.position, source: from)
    }

    private mutating func importMap(_ pairs: [YAMLPair], _ node: YAMLNode, _ what: String) throws -> Import {
        guard let path = pairs.first(where: { $0.key.value == ImportKey.path.rawValue })?.value else {
            for pair in pairs { try refuse(pair.key, in: what) }
            let unknown = pairs.map(\.key).filter { ImportKey(rawValue: $0.value) == nil }
            for key in unknown
            where KeyAliases.meant(by: key.value, ImportKey.names, KeyAliases.importWarnings) == "path" {
                throw ValueReader.unknownKey(
                    key, "in \(what)", known: ImportKey.names, aliases: KeyAliases.importWarnings)
            }
            throw Failure("\(node.position): \(what) has no path")
        }
        let text = try ValueReader.someText(path, "path of \(what)")
        var result = try newImport(Located(text, at: path.position), what)
        for pair in pairs {
            let keyWhat = "\(pair.key.value) of import \(quoted(text))"
            guard let key = ImportKey(rawValue: pair.key.value) else {
                try refuse(pair.key, in: "import \(quoted(text))")
                warnOfUnknown(pair.key, in: text)
                continue
            }
            if pair.value.isNull { continue }
            switch key {
            case .path: continue
            case .hash: result.hash = try hash(pair.value, keyWhat)
            case .destination: result.destination = try absolutePath(pair.value, keyWhat)
            case .mode: result.mode = try mode(pair.value, keyWhat)
            case .insecure: allow(insecure: try ValueReader.bool(pair.value, keyWhat), &result, pair.key)
            case .uid: result.uid = try ValueReader.number(pair.value, keyWhat, upTo: .max - 1)
            case .gid: result.gid = try ValueReader.number(pair.value, keyWhat, upTo: .max - 1)
            }
        }
        return result
    }

    /// Only registries are spoken to in a way that it is about.
    private mutating func allow(insecure: Bool, _ entry: inout Import, _ key: Located<String>) {
        guard case .image(.docker(let reference, _), let path) = entry.source else {
            return warn(
                key.position,
                "insecure means nothing to import \(quoted(entry.path)): it is for docker://registry/name:tag//path")
        }
        entry.source = .image(.docker(reference, insecure: insecure), path: path)
    }

    /// Refuses a key that can only be meant as another one.
    private func refuse(_ key: Located<String>, in what: String) throws {
        guard KeyAliases.importErrors[key.value.lowercased()] != nil else { return }
        throw ValueReader.unknownKey(key, "in \(what)", known: ImportKey.names, aliases: KeyAliases.importErrors)
    }

    /// Says of a key that does nothing what is missing without it.
    private mutating func warnOfUnknown(_ key: Located<String>, in path: String) {
        let meant = KeyAliases.meant(by: key.value, ImportKey.names, KeyAliases.importWarnings)
        let consequence: String
        switch meant {
        case "dest": consequence = ", so that the file does not get where it says"
        case "mode": consequence = ", so that files keep their own modes"
        case "hash": consequence = ", so that the file is not checked"
        case "uid", "gid", "uid and gid": consequence = ", so that files belong to root"
        default: consequence = ", as if it were not there"
        }
        let hint = meant.map { ": did you mean \($0)?" } ?? ""
        warn(key.position, "unknown key \(quoted(key.value)) in import \(quoted(path)) is ignored\(consequence)\(hint)")
    }

    /// Checked before anybody looks for the file.
    private func hash(_ node: YAMLNode, _ what: String) throws -> Digest? {
        let text = try ValueReader.text(node, what)
        if text.isEmpty { return nil }
        let hash = text.lowercased()
        guard let digest = Digest(hex: hash.hasPrefix("sha256:") ? hash.dropFirst(7) : hash[...]) else {
            throw Failure(
                "\(node.position): \(what): \(quoted(text)) is not valid",
                help: "a hash is a SHA-256: 64 hexadecimal digits, as sha256sum prints them")
        }
        return digest
    }

    /// Nobody means a decimal number: it would be other permissions than it looks like.
    func mode(_ node: YAMLNode, _ what: String) throws -> UInt32 {
        let text = try ValueReader.text(node, what)
        let mode = try? ValueReader.number(node, what, upTo: 0o7777)
        if let first = text.first, ("1"..."9").contains(first), let number = UInt32(text) {
            let octal = "0\(String(number, radix: 8))"
            let isOctal = text.count <= 4 && text.allSatisfy { ("0"..."7").contains($0) }
            if isOctal || mode != nil {
                throw Failure(
                    "\(node.position): \(what): \(text) is a decimal number in YAML, and means \(octal)",
                    help: "write \(isOctal ? "0\(text)" : octal): modes are octal, and begin with 0")
            }
        }
        guard let mode else {
            throw Failure(
                "\(node.position): \(what) is not a number that it can be: \(quoted(text))",
                help: "modes are octal, and begin with 0, from 0 to 07777: 0755")
        }
        return mode
    }

    func absolutePath(_ node: YAMLNode, _ what: String) throws -> String {
        let path = try ValueReader.someText(node, what)
        guard path.hasPrefix("/") else {
            throw Failure("\(node.position): \(what) must be an absolute path, not \(quoted(path))")
        }
        return path
    }

    // MARK: - overlay_dirs

    func overlayDirectories(_ node: YAMLNode, _ what: String) throws -> [OverlayDirectory] {
        try ValueReader.list(node, what).map { entry in
            let what = "an entry of \(what)"
            let ends = try sourceAndDestination(entry, what)
            guard let path = ends.source else { throw Failure("\(entry.position): \(what) has no source") }
            let destination = try ends.destination.map { try absolutePath($0, "dest of \(what)") } ?? "/"
            return OverlayDirectory(
                path: path.value, position: path.position, source: source.absolute(path.value), destination: destination
            )
        }
    }

    // MARK: - binds

    /// `/a`, `/a -> /b`, or a map of source and dest; a source may be `volume:NAME`.
    package func bind(_ node: YAMLNode, _ what: String) throws -> Bind {
        var path: Located<String>
        var destination: String?
        if case .scalar = node.content {
            let text = try ValueReader.someText(node, what)
            path = Located(text, at: node.position)
            if let arrow = text.firstRange(of: "->") {
                path = Located(trimmed(text[..<arrow.lowerBound]), at: node.position)
                destination = trimmed(text[arrow.upperBound...])
            } else {
                path = Located(trimmed(text[...]), at: node.position)
            }
            guard !path.value.isEmpty, destination != "" else {
                throw Failure("\(node.position): \(what) is not SOURCE or SOURCE -> DEST: \(quoted(text))")
            }
        } else {
            let ends = try sourceAndDestination(node, what)
            guard let source = ends.source else { throw Failure("\(node.position): \(what) has no source") }
            path = source
            destination = try ends.destination.map { try ValueReader.someText($0, "dest of \(what)") }
        }
        let seen = try bindSource(path, what)
        // A relative destination is one in the container's root, as a path within a rootfs is.
        var target = destination.map { FilePath("/").pushing(FilePath($0)).lexicallyNormalized() }
        if target == nil, case .host(let path) = seen { target = path }
        guard let target else {
            throw Failure(
                "\(path.position): \(what) has no destination: a volume has no place of its own",
                help: "say where scripts see it: \(path.value) -> /path")
        }
        if let objection = ReservedPlace.objection(to: target) {
            throw Failure(
                "\(path.position): \(what): nothing can be bound on \(target): \(objection)",
                help: "bind it on another path: \(path.value) -> /path")
        }
        return Bind(path: path.value, position: path.position, source: seen, destination: target.string)
    }

    private func bindSource(_ path: Located<String>, _ what: String) throws -> Bind.Source {
        let prefix = "volume:"
        guard path.value.hasPrefix(prefix) else { return .host(source.absolute(path.value)) }
        let name = String(path.value.dropFirst(prefix.count))
        guard let component = FilePath.Component(name), component.kind == .regular, name.utf8.count <= 200 else {
            throw Failure(
                "\(path.position): \(what): \(quoted(name)) can't be a volume's name",
                help: "write volume:NAME, without a \"/\"; a path that begins so is written ./\(path.value)")
        }
        return .volume(name)
    }

    private func trimmed(_ text: Substring) -> String {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }

    /// The `source` and `dest` of a map that may have nothing else.
    private func sourceAndDestination(
        _ node: YAMLNode, _ what: String
    ) throws -> (source: Located<String>?, destination: YAMLNode?) {
        var source: Located<String>?
        var destination: YAMLNode?
        for pair in try ValueReader.map(node, what) {
            switch EndKey(rawValue: pair.key.value) {
            case .source where pair.value.isNull, .destination where pair.value.isNull: continue
            case .source:
                let text = try ValueReader.someText(pair.value, "source of \(what)")
                source = Located(text, at: pair.value.position)
            case .destination: destination = pair.value
            case nil:
                throw ValueReader.unknownKey(
                    pair.key, "in \(what)", known: EndKey.names, aliases: KeyAliases.ends)
            }
        }
        return (source, destination)
    }
}

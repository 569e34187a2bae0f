import Failure
import RecipeText
import SystemPackage

// The keys of a layer that say how its scripts run: shell, cache_dirs.
extension LayerParser {
    // MARK: - shell

    /// The words that a script's path follows.
    func shell(_ node: YAMLNode, _ what: String) throws -> [String] {
        let words = try ValueReader.words(node, what)
        guard let program = words.first, program.hasPrefix("/") else {
            let problem = words.first.map { "begins with \(quoted($0)), which is no absolute path" } ?? "is empty"
            throw Failure(
                "\(node.position): \(what) \(problem)",
                help: "name a program of the image and its options: shell: /bin/bash -euxo pipefail")
        }
        // Docker's SHELL ends so. The script would be taken for a command, and run without the other options.
        if words.count > 1, let last = words.last, Self.takesCommand(last) {
            throw Failure(
                "\(node.position): \(what) ends with \(last), which takes a command",
                help: "leave \(last == "-c" ? "-c" : "the c") out: scripts are files, whose path follows")
        }
        return words
    }

    /// Whether a word is an option of a shell by which the next word is a command: `-c`, `-ec`.
    private static func takesCommand(_ word: String) -> Bool {
        word.hasPrefix("-") && word.hasSuffix("c") && word.dropFirst().allSatisfy { ("a"..."z").contains($0) }
            && word.count <= 5
    }

    // MARK: - cache_dirs

    /// Paths, or maps of `path` and what the directory is to be like.
    func cacheDirectories(_ node: YAMLNode, _ what: String) throws -> [CacheDirectory] {
        try ValueReader.entries(node, what).map { try cacheDirectory($0, "an entry of \(what)") }
    }

    private func cacheDirectory(_ node: YAMLNode, _ what: String) throws -> CacheDirectory {
        guard case .mapping(let pairs) = node.content else {
            return CacheDirectory(position: node.position, path: try cachePath(node, what))
        }
        guard let path = pairs.first(where: { $0.key.value == CacheDirectoryKey.path.rawValue })?.value else {
            throw Failure("\(node.position): \(what) has no path")
        }
        var result = CacheDirectory(position: path.position, path: try cachePath(path, "path of \(what)"))
        for pair in pairs {
            let keyWhat = "\(pair.key.value) of \(what)"
            guard let key = CacheDirectoryKey(rawValue: pair.key.value) else {
                throw ValueReader.unknownKey(
                    pair.key, "in \(what)", known: CacheDirectoryKey.names, aliases: KeyAliases.cacheDirectory)
            }
            if pair.value.isNull { continue }
            switch key {
            case .path: break
            case .mode: result.mode = try mode(pair.value, keyWhat)
            case .uid: result.uid = try ValueReader.number(pair.value, keyWhat, upTo: .max - 1)
            case .gid: result.gid = try ValueReader.number(pair.value, keyWhat, upTo: .max - 1)
            }
        }
        return result
    }

    private func cachePath(_ node: YAMLNode, _ what: String) throws -> FilePath {
        let path = FilePath(try absolutePath(node, what)).lexicallyNormalized()
        if let objection = ReservedPlace.objection(to: path) {
            throw Failure("\(node.position): \(what): \(path) can't be a cache directory: \(objection)")
        }
        return path
    }

    /// Refuses cache directories one of which would hide another, or a bind: what is in which of them would depend on
    /// their order, and one would have the mount point of the other in it.
    func refuseOverlaps() throws {
        for (number, entry) in layer.cacheDirectories.enumerated() {
            let others =
                layer.cacheDirectories[..<number].map { ($0.path, "cache directory \($0.path) (\($0.position))") }
                + layer.binds.map { (FilePath($0.destination), "bind on \($0.destination) (\($0.position))") }
            for (path, name) in others where path.starts(with: entry.path) || entry.path.starts(with: path) {
                throw Failure(
                    "\(entry.position): cache directory \(entry.path) of layer \(layer.name) and \(name) "
                        + "would hide each other",
                    help: "name directories neither of which is in the other")
            }
        }
    }
}

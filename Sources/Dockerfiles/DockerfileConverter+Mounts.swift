import Failure
import Recipes
import SystemPackage

/// The options of a `RUN --mount`, as they are written.
struct MountOptions {
    /// The whole flag.
    let written: String
    private let options: [(name: String, value: String)]

    init(_ flag: DockerfileInstruction.Flag) {
        written = flag.written
        options = (flag.value ?? "").split(separator: ",").map { option in
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (parts[0].lowercased(), parts.count > 1 ? parts[1] : "")
        }
    }

    var type: String { self["type"] ?? "bind" }

    /// The value of the option that has one of these names; of several the last one counts.
    subscript(_ names: String...) -> String? { options.last { names.contains($0.name) }?.value }
}

// RUN --mount.
extension DockerfileConverter {
    // MARK: - Caches

    /// Sees that the current layer has the cache directories of a RUN, and no others: each command has its own to a
    /// Dockerfile's builder, and all scripts of a layer have the same.
    mutating func beginCaches(_ instruction: DockerfileInstruction) throws {
        var caches: [ConvertedLayer.CacheDirectory] = []
        for flag in instruction.flags where flag.name == "mount" {
            let mount = MountOptions(flag)
            guard mount.type == "cache" else { continue }
            let cache = try cacheDirectory(mount, instruction.line)
            if let obstacle = obstacle(to: cache.path, caches) {
                try makeTarget(of: mount, instruction.line)
                note(instruction.line, "RUN \(flag.written): left out, \(obstacle)")
            } else {
                caches.append(cache)
            }
        }
        let isCovered = caches.contains { stage.layer.makesDirectory(at: table.place(of: $0.path), table) }
        if isCovered || stage.layer.hasCommands && caches != stage.layer.cacheDirectories { beginLayer() }
        stage.layer.cacheDirectories = caches
    }

    /// Whether what a script of the current layer makes at a path would be in a cache, and not in the image.
    func isInCache(_ path: ConvertedText) -> Bool {
        stage.layer.cacheDirectories.contains { table.place(of: path).starts(with: table.place(of: $0.path)) }
    }

    private mutating func cacheDirectory(
        _ mount: MountOptions, _ line: Int
    ) throws -> ConvertedLayer.CacheDirectory {
        var cache = ConvertedLayer.CacheDirectory(path: try target(of: mount, line))
        cache.mode = try digits(mount, "mode", line, isMode: true)
        cache.uid = try digits(mount, "uid", line)
        cache.gid = try digits(mount, "gid", line)
        if mount["from"] != nil || mount["source"] != nil {
            note(line, "RUN \(mount.written): the cache begins empty, without what it is to be a copy of")
        }
        if mount["id"] != nil {
            note(line, "RUN \(mount.written): the cache is this layer's own, whatever its id")
        }
        return cache
    }

    /// A number of an option, as a recipe has it.
    private mutating func digits(
        _ mount: MountOptions, _ name: String, _ line: Int, isMode: Bool = false
    ) throws -> String? {
        guard let written = mount[name] else { return nil }
        let value = table.value(of: try expand(written, line))
        guard let number = UInt32(value, radix: isMode ? 8 : 10) else {
            throw Failure("\(mount.written): \(name) is no number")
        }
        return isMode ? "0" + String(number, radix: 8) : String(number)
    }

    /// Why there can't be a cache directory at a path: half a sentence.
    private func obstacle(to path: ConvertedText, _ others: [ConvertedLayer.CacheDirectory]) -> String? {
        let path = table.place(of: path)
        if let objection = ReservedPlace.objection(to: path) { return objection }
        let taken =
            others.map { (table.place(of: $0.path), "another cache") }
            + stage.layer.binds.map { (table.place(of: $0.destination), "a volume") }
        return taken.first { $0.0.starts(with: path) || path.starts(with: $0.0) }.map { "\($0.0) is \($0.1)" }
    }

    // MARK: - Targets

    private mutating func target(of mount: MountOptions, _ line: Int) throws -> ConvertedText {
        guard let target = try option(mount["target", "dst", "destination"], line) else {
            throw Failure("\(mount.written) names no target")
        }
        return absolute(target)
    }

    private mutating func option(_ value: String?, _ line: Int) throws -> ConvertedText? {
        try value.map { try expand($0, line) }
    }

    /// Makes the directory that a mount would be on: a Dockerfile's builder does, and the command relies on it.
    mutating func makeTarget(of mount: MountOptions, _ line: Int) throws {
        let path = try target(of: mount, line)
        let isMade = stage.layer.steps.contains { if case .directory(path) = $0 { true } else { false } }
        if !isMade { stage.layer.steps.append(.directory(path)) }
        stage.knownDirectories.insert(table.value(of: path))
        let owner = (try option(mount["uid"], line), try option(mount["gid"], line))
        if owner.0 != nil || owner.1 != nil {
            let owner = (owner.0 ?? ConvertedText("0")) + ":" + (owner.1 ?? ConvertedText("0"))
            stage.layer.steps.append(.state("chown " + owner.shellWord + " " + path.shellWord))
        }
        if let mode = try option(mount["mode"], line) {
            stage.layer.steps.append(.state("chmod " + mode.shellWord + " " + path.shellWord))
        }
    }
}

extension ConvertedLayer {
    /// Whether its script makes a directory there, or in there, of which a mount would let the image have nothing.
    fileprivate func makesDirectory(at place: FilePath, _ table: SubstitutionTable) -> Bool {
        steps.contains { step in
            guard case .directory(let path) = step else { return false }
            return table.place(of: path).starts(with: place)
        }
    }
}

extension SubstitutionTable {
    /// The path that a text stands for, absolute.
    func place(of path: ConvertedText) -> FilePath {
        FilePath("/").pushing(FilePath(value(of: path))).lexicallyNormalized()
    }
}

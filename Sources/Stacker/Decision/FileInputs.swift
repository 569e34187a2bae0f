import Failure
import FileTree
import OCI
import Recipes
import SystemPackage

/// What a layer's imports and overlay dirs are to the cache: a digest of each.
struct FileInputs {
    let contents: LayerContents
    /// The inputs of the layer's last build.
    let last: LayerInputs?
    /// What may be read to know them.
    let reading: Reading

    /// How far one goes to know the content of something.
    enum Reading {
        /// What is missing is downloaded, and unpacked.
        case everything
        /// Nothing is downloaded or unpacked.
        case whatIsUnpacked
        /// Files of this machine, and downloads. Layers and images are not looked into: what is known of them stands for what
        /// is imported.
        case ownFiles(knowing: (Base) throws -> Digest?)
    }

    /// Whether it may be read what only root, or a user in a namespace, can.
    var readsEverything: Bool {
        if case .everything = reading { return true }
        return false
    }

    private var mayDownload: Bool {
        if case .whatIsUnpacked = reading { return false }
        return true
    }

    private var digests: FileDigests { contents.bases.context.digests }

    /// Adds the digests.
    ///
    /// - Returns: false if one can't be known without unpacking a layer.
    /// - Throws: a failure with file, line and column of an import that is not there.
    func add(_ layer: LayerDefinition, to inputs: inout LayerInputs) throws -> Bool {
        for entry in layer.imports where try !add(entry, to: &inputs) { return false }
        for entry in layer.overlayDirectories {
            let digest = try attempt("\(entry.position): couldn't read overlay_dir \(entry.path)") {
                let node = try Self.sayingWhere(entry.source) { try SourceNode(at: entry.source, following: true) }
                guard node.isDirectory else {
                    throw Failure("it should be a directory", help: "imports: with dest: brings single files")
                }
                return try digests.digest(of: node, .ofHost)
            }
            inputs.add(.overlayDirectoryContent, part: entry.path, digest)
        }
        return true
    }

    private func add(_ entry: Import, to inputs: inout LayerInputs) throws -> Bool {
        if case .ownFiles(let knowing) = reading, let base = entry.base {
            guard let known = try knowing(base) else { return false }
            inputs.add(.importContent, part: entry.path, known, basis: known)
            return true
        }
        var basis: Digest?
        if let base = entry.base {
            basis = try attempt("\(entry.position): couldn't import \(entry.path)") {
                try contents.bases.input(base, contents.platform, mayDownload: mayDownload)
            }
            guard let basis else { return false }
            // The same build of that layer, or the same image, has the same files: they need not be there to know them.
            if let known = last?.input(.importContent, part: entry.path), known.basis == basis {
                inputs.add(.importContent, part: entry.path, known.digest, basis: basis)
                return true
            }
        }
        let digest = try attempt("\(entry.position): couldn't import \(entry.path)") { () -> Digest? in
            try node(of: entry).map { try digests.digest(of: $0, entry.attributes) }
        }
        guard let digest else { return false }
        inputs.add(.importContent, part: entry.path, digest, basis: basis)
        return true
    }

    private func node(of entry: Import) throws -> SourceNode? {
        func read() throws -> SourceNode? { try entry.node(in: contents, mayUnpack: mayDownload) }
        guard case .local(let path) = entry.source else { return try read() }
        return try Self.sayingWhere(
            path, help: ImageSource.adviceOnTransport(entry.path) ?? Self.adviceOnTarget(in: entry.path), read)
    }

    /// What to write in place of a path that seems to have, behind it, the place where it is to go.
    private static func adviceOnTarget(in path: String) -> String? {
        if path.contains(" -> ") { return "only binds have arrows: write path: and dest: in place of this one" }
        guard let range = path.firstRange(of: ":/") ?? path.firstRange(of: " /"), range.lowerBound > path.startIndex
        else { return nil }
        let (source, destination) = (path[..<range.lowerBound], "/\(path[range.upperBound...])")
        return "where a file goes is said apart: write {path: \(quoted(source)), dest: \(quoted(destination))}"
    }

    /// Reads a path that a recipe names relative to itself; if it is not there, the failure has all of it, and what is
    /// there in its place.
    private static func sayingWhere<Result>(
        _ path: FilePath, help: String? = nil, _ read: () throws -> Result
    ) throws -> Result {
        do {
            return try read()
        } catch let error where error.systemError == .noSuchFileOrDirectory {
            throw Failure("\(path)", because: Errno.noSuchFileOrDirectory, help: help ?? nearMiss(path))
        }
    }
}

extension Import {
    /// The layer of the recipe or the image that it is a part of.
    fileprivate var base: Base? {
        switch source {
        case .layer(let name, _): .built(layer: name)
        case .image(let image, _): image.base
        case .local, .http: nil
        }
    }
}

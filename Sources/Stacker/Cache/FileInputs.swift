import Failure
import FileTree
import OCI
import SystemPackage

/// What a layer's imports and overlay dirs are to the cache: a digest of each.
struct FileInputs {
    let contents: LayerContents
    let mayUnpack: Bool
    /// The inputs of the layer's last build.
    let last: LayerInputs?

    /// Adds the digests.
    ///
    /// - Returns: false if one can't be known without unpacking a layer.
    /// - Throws: a failure with file, line and column of an import that is not there.
    func add(_ layer: LayerDefinition, to inputs: inout LayerInputs, _ digests: inout FileDigests) throws -> Bool {
        for entry in layer.imports where try !add(entry, to: &inputs, &digests) { return false }
        for entry in layer.overlayDirectories {
            let digest = try attempt("\(entry.position): couldn't read overlay_dir \(entry.path)") {
                let node = try SourceNode(at: entry.source, following: true)
                guard node.isDirectory else {
                    throw Failure("it should be a directory", help: "imports: with dest: brings single files")
                }
                return try digests.digest(of: node, .ofHost)
            }
            inputs.add(LayerInputs.overlayDirectoryContent, part: entry.path, digest)
        }
        return true
    }

    private func add(_ entry: Import, to inputs: inout LayerInputs, _ digests: inout FileDigests) throws -> Bool {
        var basis: Digest?
        if let base = entry.base {
            basis = try attempt("\(entry.position): couldn't import \(entry.path)") {
                try contents.resolver.input(
                    base, contents.platform, contents.cache, &digests, mayDownload: mayUnpack)
            }
            guard let basis else { return false }
            // The same build of that layer, or the same image, has the same files: they need not be there to know them.
            if let known = last?.input(LayerInputs.importContent, part: entry.path), known.basis == basis {
                inputs.add(LayerInputs.importContent, part: entry.path, known.digest, basis: basis)
                return true
            }
        }
        let digest = try attempt("\(entry.position): couldn't import \(entry.path)") { () -> Digest? in
            let node = try entry.node(in: contents, mayUnpack: mayUnpack) { try digests.digest(of: $0) }
            return try node.map { try digests.digest(of: $0, entry.attributes) }
        }
        guard let digest else { return false }
        inputs.add(LayerInputs.importContent, part: entry.path, digest, basis: basis)
        return true
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

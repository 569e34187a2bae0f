import Failure
import FoundationEssentials
public import SystemPackage

extension Layout {
    /// Removes the blobs that no entry of the index reaches, and left-overs of writers that were killed.
    ///
    /// What other tools put there stays: nested indexes, artifacts and their subjects are followed too.
    ///
    /// - Returns: the names that were removed.
    @discardableResult
    public func collectGarbage() throws -> [FilePath] {
        try attempt("couldn't remove unused blobs of \(path)") {
            let garbage = try garbage(keeping: reach(from: index().manifests))
            for name in garbage { try blobs.remove(name) }
            return garbage
        }
    }

    /// All blobs that these descriptors lead to, themselves among them, be they there or not.
    public func reach(from descriptors: [Descriptor]) throws -> Set<Digest> {
        var reached: Set<Digest> = []
        var rest = descriptors
        while let descriptor = rest.popLast() {
            guard reached.insert(descriptor.digest).inserted else { continue }
            guard descriptor.mediaType.namesBlobs, try holds(descriptor) else { continue }
            rest += try JSONDecoder().decode(References.self, from: Data(read(descriptor))).descriptors
        }
        return reached
    }

    /// The names of the other blobs, and of left-overs of writers that were killed.
    public func garbage(keeping reached: Set<Digest>) throws -> [FilePath] {
        try blobs.names().filter { name in
            Digest(hex: name.string).map { !reached.contains($0) } ?? name.string.hasSuffix(".tmp")
        }
    }
}

extension MediaType {
    fileprivate var namesBlobs: Bool { isIndex || isManifest || rawValue.contains("manifest") }
}

/// All descriptors in an index, a manifest or an artifact manifest.
private struct References: Decodable {
    var config: Descriptor?
    var subject: Descriptor?
    var layers: [Descriptor]?
    var blobs: [Descriptor]?
    var manifests: [Descriptor]?

    var descriptors: [Descriptor] {
        [config, subject].compactMap(\.self) + [layers, blobs, manifests].compactMap(\.self).joined()
    }
}

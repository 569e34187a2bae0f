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
            var reached: Set<Digest> = []
            var rest = try index().manifests
            while let descriptor = rest.popLast() {
                guard reached.insert(descriptor.digest).inserted else { continue }
                guard descriptor.mediaType.namesBlobs, try holds(descriptor) else { continue }
                rest += try JSONDecoder().decode(References.self, from: Data(read(descriptor))).descriptors
            }
            var removed: [FilePath] = []
            for name in try blobs.names() {
                if let digest = Digest(hex: name.string), reached.contains(digest) { continue }
                if Digest(hex: name.string) == nil && !name.string.hasSuffix(".tmp") { continue }
                try blobs.remove(name)
                removed.append(name)
            }
            return removed
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

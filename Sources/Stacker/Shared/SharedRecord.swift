import Failure
import Layers
import OCI
import Roots
import SystemPackage

/// What an entry of a shared cache says of its layer: the config of the artifact that the entry is. It does not say what
/// the layer was built of, which the artifact does: what came of it may be the same. Of a build_only layer it says all that
/// makes a difference to what stands on it, which is known by the record's digest.
struct SharedRecord: Sendable, Equatable, Codable {
    static let mediaType = MediaType(rawValue: "application/vnd.stacker.shared-layer.config.v1+json")
    /// Of what is read into memory: this record, and the manifests and configs of images.
    static let sizeLimit: Int64 = 4 << 20

    /// The layer's name, for people.
    var layer: String
    /// The manifest of each image; `nil` for a build_only layer.
    var images: [LayerType: Descriptor]?
    /// The layer's own overlay dirs, bottom first.
    var overlayDirectories: [Piece] = []
    /// What a build_only layer is beside its directories: see ``SharedKey/frame``.
    var frame: Digest?
    /// The upperdir of a build_only layer.
    var upper: Blob?
    /// All labels of a build_only layer's config.
    var labels: [String: String]?

    /// A directory as a tar.
    struct Blob: Sendable, Equatable, Codable {
        var descriptor: Descriptor
        var diffID: Digest
    }

    /// An overlay dir.
    struct Piece: Sendable, Equatable, Codable {
        var copy: OverlayDirectoryCopy
        /// Which layer of the images it is, from 0; `nil` if it is none.
        var place: Int?
        /// Its content, if it is no layer and something is in it.
        var blob: Blob?
    }

    /// Reads the record of an entry, which anybody may have written who can write to the repository.
    init(_ bytes: [UInt8]) throws {
        self = try JSON.decode(SharedRecord.self, from: bytes)
        for copy in overlayDirectories.map(\.copy) {
            let name = FilePath(copy.name)
            guard name.isRelative, name.components.count == 1, name.isWithin, FilePath(copy.destination).isRelative,
                FilePath(copy.destination).isWithin
            else { throw Failure("it has an overlay dir that would lead elsewhere") }
        }
    }

    /// A record to write.
    init(layer: String) { self.layer = layer }
}

extension FilePath {
    /// Whether no component leads upwards.
    fileprivate var isWithin: Bool { components.allSatisfy { $0.kind == .regular } }
}

extension Descriptor {
    /// The same, if it is short enough to be read into memory.
    func short() throws -> Descriptor {
        guard (0...SharedRecord.sizeLimit).contains(size) else {
            throw Failure("blob \(digest) of the entry has \(size) bytes, more than is allowed here")
        }
        return self
    }
}

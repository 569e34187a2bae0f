import Failure
import FileTree
import Glibc
import Host
import Layers
import OCI
import Roots
import Synchronization
import SystemPackage

/// What earlier builds made, and of which inputs: `build.cache` in stacker's directory.
///
/// The file is a JSON document. What a build changes it adds behind that, one JSON text for each change ([RFC 7464](
/// https://www.rfc-editor.org/rfc/rfc7464)), so that a change costs the same however many layers there are; the end of the
/// build makes one document of it again. A reader that knows of documents only refuses a file with changes.
///
/// Several threads may work on layers at once: what is known has a lock, which is held while the file is written.
final class BuildCache: Sendable {
    /// The version that we write. The original counts from 1; what it wrote is not ours to trust, nor the reverse.
    static let version = 1000
    private static let name: FilePath = "build.cache"

    private let directory: Directory
    private let known: Mutex<Known>

    private struct Known {
        var layers: [String: Entry] = [:]
        /// Whether the file is there, and changes can be added to it.
        var takesChanges = false
        /// Whether it is more than a document, or lacks what was learnt.
        var isUnfinished = false

        /// Takes a change that was written behind the document.
        mutating func apply(_ text: ArraySlice<UInt8>) {
            // It is to be one document again before anything is added: it would grow with each build that is killed.
            (takesChanges, isUnfinished) = (false, true)
            // One that a kill has cut was not made.
            guard let change = try? JSON.decode(Change.self, from: Array(text)) else { return }
            layers[change.layer] = change.entry
        }
    }

    /// One layer's last successful build.
    struct Entry: Sendable, Equatable, Codable {
        /// What it was built of.
        var inputs: LayerInputs
        /// The manifest that came out, for each type; none if the layer is build_only.
        var manifests: [LayerType: Descriptor]
        /// This very build: another one of the same inputs need not give the same, so what is built on it is built
        /// again too.
        var identity: Digest
        /// The same for all machines that have this build: the record of its entry in a shared cache, whoever has signed
        /// that. Only build_only layers have it, and only if they were shared or taken; those that are images are known by
        /// what they are.
        var shared: Digest?
        /// The blobs that the manifests name, the config first; types of whose blobs nothing is known are not there.
        var blobs: [LayerType: [BlobLength]]?
        /// The metadata of the layer's storage, when they were last read and understood.
        var metadata: Digest?
        /// How long the build took, wherever it was.
        var milliseconds: Int?
        /// The build that has made the layer's storage, as that says itself.
        var storage: String?
        /// In which start of the machine the storage was made, as long as it may not be on the disk.
        var unsettled: String?

        private enum CodingKeys: String, CodingKey {
            case inputs, identity, shared, blobs, metadata, milliseconds, storage, unsettled
            case manifests = "outputs"
        }

        /// Records a build that is done now.
        ///
        /// - Parameter identity: which build it is; `nil` for one that nobody has seen before.
        init(inputs: LayerInputs, manifests: [LayerType: Descriptor], identity: Digest? = nil) {
            self.inputs = inputs
            self.manifests = manifests
            self.identity = identity ?? .unique()
        }

        /// Records what has just come out.
        init(inputs: LayerInputs, _ outcome: LayerOutcome) {
            self.init(inputs: inputs, manifests: outcome.manifests)
            metadata = outcome.metadata
            for (type, image) in outcome.images where manifests[type] != nil { note(image.manifest, type) }
        }

        /// Remembers the storage that the build has just made.
        mutating func note(_ layer: LayerDirectory) {
            storage = layer.build
            unsettled = Boot.current
        }

        /// Whether the storage is another build's, of which nothing else is known any more.
        func isOutdated(_ layer: LayerDirectory) -> Bool {
            guard let storage, let build = layer.build else { return false }
            return storage != build
        }

        /// Whether the machine was started since the storage was made, and it may not have been on the disk by then.
        var isDoubtful: Bool { unsettled.map { $0 != Boot.current } ?? false }

        /// Remembers which blobs an image has, unless its manifest leads further: then it is to be read.
        mutating func note(_ manifest: ImageManifest, _ type: LayerType) {
            guard manifest.leadsToBlobsOnly else { return }
            blobs = blobs ?? [:]
            blobs?[type] = manifest.blobs.map { BlobLength(digest: $0.digest, size: $0.size) }
        }
    }

    private struct File: Codable {
        var version: Int
        var layers: [String: Entry]
    }

    private struct Version: Decodable {
        var version: Int
    }

    /// What became of a layer; nothing: it is forgotten.
    private struct Change: Codable {
        var layer: String
        var entry: Entry?
    }

    /// What comes before a change, and stands in no JSON.
    private static let recordSeparator: UInt8 = 0x1e

    /// Reads the cache of a stacker directory. One that is damaged, or another version's, is set aside with a message.
    ///
    /// - Parameter log: without it, such a one is an error.
    init(in stackerDirectory: FilePath, log: Log?) throws {
        directory = try Directory(at: stackerDirectory)
        let path = stackerDirectory.appending(Self.name.string)
        let bytes = try attempt("couldn't read \(path)") { [directory] in
            try directory.readFile(Self.name, limit: 256 << 20)
        }
        do {
            known = Mutex(try bytes.map(Self.understand) ?? Known())
        } catch {
            guard let log else { throw Failure("couldn't use \(path)", because: error) }
            let aside = FilePath("\(Self.name).unusable")
            log.info("couldn't use \(path): \(error); setting it aside as \(aside) and building anew")
            try directory.rename(Self.name, to: aside)
            known = Mutex(Known())
        }
    }

    private static func understand(_ bytes: [UInt8]) throws -> Known {
        let parts = bytes.split(separator: recordSeparator, omittingEmptySubsequences: false)
        let document = Array(parts[0])
        let version = try JSON.decode(Version.self, from: document).version
        guard version == Self.version else {
            throw Failure("it has version \(version), this stacker reads version \(Self.version)")
        }
        var known = Known(layers: try JSON.decode(File.self, from: document).layers, takesChanges: true)
        for change in parts.dropFirst() { known.apply(change) }
        return known
    }

    /// All layers that have one.
    var names: [String] { known.withLock { $0.layers.keys.sorted() } }

    /// The blobs that manifests name, of those that need not be read to know it.
    var blobs: [Digest: [Digest]] {
        var blobs: [Digest: [Digest]] = [:]
        for entry in known.withLock({ $0.layers.values }) {
            for (type, known) in entry.blobs ?? [:] {
                if let image = entry.manifests[type] { blobs[image.digest] = known.map(\.digest) }
            }
        }
        return blobs
    }

    /// The last successful build of a layer.
    subscript(_ layer: String) -> Entry? { known.withLock { $0.layers[layer] } }

    /// Forgets a layer, on disk too: from here on its storage changes, and a killed build must not leave an entry that
    /// speaks for what is no longer there.
    func forget(_ layer: String) throws {
        try known.withLock { known in
            if known.layers.removeValue(forKey: layer) != nil { try add(Change(layer: layer), &known) }
        }
    }

    /// Records a layer's successful build.
    func record(_ entry: Entry, for layer: String) throws {
        try known.withLock { known in
            known.layers[layer] = entry
            try add(Change(layer: layer, entry: entry), &known)
        }
    }

    /// Keeps what was learnt of a build that is known. It is written at the end.
    func learn(_ entry: Entry, of layer: String) {
        known.withLock { known in
            guard let last = known.layers[layer], last != entry else { return }
            known.layers[layer] = entry
            known.isUnfinished = true
        }
    }

    /// Takes note that all is on the disk that was made since the machine was started.
    func settle() {
        known.withLock { known in
            for (layer, entry) in known.layers where entry.unsettled != nil && !entry.isDoubtful {
                known.layers[layer]?.unsettled = nil
                known.isUnfinished = true
            }
        }
    }

    /// Makes one document of the file.
    func finish() throws {
        try known.withLock { known in
            if known.isUnfinished { try save(&known) }
        }
    }

    private func add(_ change: Change, _ known: inout Known) throws {
        guard known.takesChanges else { return try save(&known) }
        try attempt("couldn't write to \(Self.name)") {
            let text = [Self.recordSeparator] + (try JSON.encode(change)) + Array("\n".utf8)
            try directory.openNoSymlinks(Self.name, O_WRONLY | O_APPEND).writeAll(text)
        }
        known.isUnfinished = true
    }

    private func save(_ known: inout Known) throws {
        try directory.replaceFile(Self.name, with: JSON.encode(File(version: Self.version, layers: known.layers)))
        (known.takesChanges, known.isUnfinished) = (true, false)
    }
}

/// A blob and how long it is: in JSON one string, since there are many.
struct BlobLength: Sendable, Equatable {
    let digest: Digest
    let size: Int64
}

extension BlobLength: Codable {
    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        let parts = text.split(separator: " ")
        guard parts.count == 2, let digest = Digest(hex: parts[0]), let size = Int64(parts[1]) else {
            throw Failure("\(shown(text)) is no digest and length")
        }
        (self.digest, self.size) = (digest, size)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode("\(digest.hex) \(size)")
    }
}

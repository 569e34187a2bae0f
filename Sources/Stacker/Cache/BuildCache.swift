import Failure
import FileTree
import OCI
import SystemPackage

/// What earlier builds made, and of which inputs: `build.cache` in stacker's directory.
struct BuildCache: Sendable {
    /// The version that we write. The original counts from 1; what it wrote is not ours to trust, nor the reverse.
    static let version = 1000
    private static let name: FilePath = "build.cache"

    private let directory: Directory
    private var layers: [String: Entry]

    /// One layer's last successful build.
    struct Entry: Sendable, Equatable, Codable {
        /// What it was built of.
        var inputs: LayerInputs
        /// The manifest that came out, for each type; none if the layer is build_only.
        var outputs: [LayerType: Descriptor]
        /// This very build: another one of the same inputs need not give the same, so what is built on it is built
        /// again too.
        var identity: Digest
        /// The same for all machines that have this build: the manifest of its entry in a shared cache. Only build_only
        /// layers have it, and only if they were shared or taken; those that are images are known by what they are.
        var shared: Digest?

        /// Records a build that is done now.
        init(inputs: LayerInputs, outputs: [LayerType: Descriptor]) {
            self.inputs = inputs
            self.outputs = outputs
            identity = Digest(of: (0..<32).map { _ in UInt8.random(in: .min ... .max) })
        }
    }

    private struct File: Codable {
        var version: Int
        var layers: [String: Entry]
    }

    private struct Version: Decodable {
        var version: Int
    }

    /// Reads the cache of a stacker directory. One that is damaged, or another version's, is set aside with a message.
    ///
    /// - Parameter log: without it, such a one is an error.
    init(in stackerDirectory: FilePath, log: Log?) throws {
        directory = try Directory(at: stackerDirectory)
        layers = [:]
        let path = stackerDirectory.appending(Self.name.string)
        let bytes = try attempt("couldn't read \(path)") { try directory.readFile(Self.name, limit: 256 << 20) }
        guard let bytes else { return }
        do {
            let version = try JSON.decode(Version.self, from: bytes).version
            guard version == Self.version else {
                throw Failure("it has version \(version), this stacker reads version \(Self.version)")
            }
            layers = try JSON.decode(File.self, from: bytes).layers
        } catch {
            guard let log else { throw Failure("couldn't use \(path)", because: error) }
            let aside = FilePath("\(Self.name).unusable")
            log.info("couldn't use \(path): \(error); setting it aside as \(aside) and building anew")
            try directory.rename(Self.name, to: aside)
        }
    }

    /// All layers that have one.
    var names: [String] { layers.keys.sorted() }

    /// The last successful build of a layer.
    subscript(_ layer: String) -> Entry? { layers[layer] }

    /// Forgets a layer, on disk too: from here on its storage changes, and a killed build must not leave an entry that
    /// speaks for what is no longer there.
    mutating func forget(_ layer: String) throws {
        if layers.removeValue(forKey: layer) != nil { try save() }
    }

    /// Records a layer's successful build.
    mutating func record(_ entry: Entry, for layer: String) throws {
        layers[layer] = entry
        try save()
    }

    private func save() throws {
        try directory.replaceFile(Self.name, with: JSON.encode(File(version: Self.version, layers: layers)))
    }
}

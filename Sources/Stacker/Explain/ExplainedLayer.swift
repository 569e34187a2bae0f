import Failure
import FileTree
import Layers
import OCI
import Roots
import SystemPackage

/// A layer of the recipe as its storage has it: the directories that overlayfs puts together for it, and how far its
/// build came.
package struct ExplainedLayer: Sendable {
    /// How far the last build came.
    enum State: String, Sendable, Encodable {
        case built
        /// It failed, or was stopped.
        case unfinished
        /// A stacker is at work in the roots directory.
        case building
    }

    /// One directory of the stack.
    struct Part: Sendable, Encodable {
        /// The digest, or which directory of which layer it is.
        let name: String
        /// The digest of its blob; none as long as it is not encoded.
        let digest: Digest?
        /// Where it is, absolute.
        let directory: String
        /// Whether it is there.
        let isThere: Bool

        init(name: String, digest: Digest? = nil, directory: FilePath) throws {
            self.name = name
            self.digest = digest
            self.directory = directory.string
            isThere = try ifUsable { try Directory(at: directory) } != nil
        }

        enum CodingKeys: String, CodingKey {
            case name, digest, directory
            case isThere = "present"
        }
    }

    let name: String
    let state: State
    /// The directories, top first.
    let parts: [Part]
}

extension ExplainedLayer {
    /// Reads the storage of a layer; nothing is changed, and no lock is taken.
    ///
    /// - Parameter platform: which of those is meant that the layer was built for; `nil` for this machine's.
    /// - Throws: `Failure` if no layer of that name was ever begun here.
    package init(_ name: String, for platform: Platform? = nil, in directories: StackerDirectories) throws {
        let roots = try RootsDirectory(reading: directories.roots)
        let name = try PlatformLayers(in: roots, of: directories).name(of: name, for: platform)
        let layer = roots.layer(name)
        guard try Self.names(in: roots).contains(name) else {
            let known = try Self.names(in: roots).joined(separator: ", ")
            throw Failure(
                "there is no layer \(quoted(name)) in \(roots.path)",
                help: known.isEmpty ? "build it first" : "there are \(known)")
        }
        self.name = name
        let metadata = try layer.metadata()
        let built = try metadata.map { try Self.parts(of: $0, layer) } ?? []
        // What is encoded and not yet moved is still where the run left it.
        if metadata != nil, built.allSatisfy(\.isThere) {
            (state, parts) = (.built, built)
            return
        }
        state = Lock.isHeld(on: roots.path) ? .building : .unfinished
        parts = try layer.base().map { try Self.parts(of: $0, layer) } ?? built
    }

    /// The layers of recipes that have been begun.
    private static func names(in roots: RootsDirectory) throws -> [String] {
        try roots.directory.names().map(\.string).filter { name in
            guard !RootsDirectory.isContentName(name), !name.hasPrefix(".") else { return false }
            return try roots.directory.status(FilePath(name))?.kind == .directory && roots.layer(name).hasUpperdir
        }
    }

    private static func parts(of metadata: OverlayMetadata, _ layer: LayerDirectory) throws -> [Part] {
        let roots = layer.roots
        let layers = metadata.anyImage?.layers ?? []
        var parts = try zip(layers, roots.contents(of: layers)).flatMap { blob, content in
            try Self.parts(of: blob.digest, content ?? [roots.contentPath(of: blob.digest)])
        }
        for name in metadata.builtLayers {
            let below = roots.layer(name)
            parts += try Self.parts(of: below, below.metadata()?.overlayDirectories ?? [])
        }
        if !metadata.hasBuiltOCIOutput { parts += try Self.parts(of: layer, metadata.overlayDirectories) }
        // As for overlayfs: what is there twice counts once, where it is highest.
        var seen: Set<String> = []
        return parts.reversed().filter { seen.insert($0.directory).inserted }
    }

    /// The directories of an encoded layer, bottom first: of one that was merged there are several.
    private static func parts(of layer: Digest, _ directories: [FilePath]) throws -> [Part] {
        if directories.count == 1 {
            return [try Part(name: layer.description, digest: layer, directory: directories[0])]
        }
        return try directories.enumerated().reversed().map { number, directory in
            let name = "part \(number + 1) of \(directories.count) of \(layer)"
            return try Part(name: name, digest: layer, directory: directory)
        }
    }

    private static func parts(of layer: LayerDirectory, _ overlayDirectories: [OverlayDirectoryCopy]) throws -> [Part] {
        try overlayDirectories.map { copy in
            try Part(name: "overlay dir \(copy.name) of \(layer.name)", directory: layer.overlayDirectory(copy.name))
        } + [try Part(name: "upperdir of \(layer.name)", directory: layer.upperdir)]
    }
}

extension ExplainedLayer {
    /// A layer and its state, for people.
    static func heading(_ name: String, _ state: State) -> String {
        switch state {
        case .built: "\(name): built"
        case .unfinished: "\(name): not finished, its last build failed or was stopped"
        case .building: "\(name): not finished, a build is under way"
        }
    }
}

/// What `stacker explain` was asked for: `LAYER`, or `LAYER:/PATH`.
package struct ExplainedPlace: Sendable, Equatable {
    /// The layer.
    package let layer: String
    /// The path in it, from the root.
    package let path: FilePath?

    /// Takes an argument apart. No layer's name has a colon.
    package init(_ text: String) throws {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let layer = parts.first, !layer.isEmpty, layer != ".", layer != "..", !layer.contains("/") else {
            throw Failure("\(quoted(text)) names no layer", help: "write LAYER, or LAYER:/PATH")
        }
        self.layer = layer
        path = parts.count > 1 ? FilePath("/").pushing(FilePath(String(parts[1].drop { $0 == "/" }))) : nil
    }
}

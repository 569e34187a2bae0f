import Failure
import FileTree
import Glibc
import OCI
import SystemPackage

/// Of which directories the content of a layer is put together that has none of its own: it was made of them, and nothing
/// was copied.
///
/// It is kept as `merged.json` in the layer's directory, where others have `overlay`.
package struct MergedLayer: Codable {
    /// The directories, top first, relative to the roots directory.
    package var directories: [String]
    /// Over what they are the layer's content, each as ``base(_:)`` has it; `nil`: over anything. What they hide of each
    /// other is not in the layer, so that on another base they would hide more than the layer does.
    package var bases: [Digest]?

    private static let name: FilePath = "merged.json"

    init(_ directories: [String], over bases: [Digest]? = nil) {
        self.directories = directories
        self.bases = bases
    }

    /// Reads what a layer's directory has; `nil` if nothing, or nothing that can be understood: its blob has it all.
    package init?(in storage: Directory) throws {
        guard let bytes = try storage.readFile(Self.name, limit: 1 << 20),
            let known = try? JSON.decode(MergedLayer.self, from: bytes)
        else { return nil }
        self = known
    }

    /// Writes it into a layer's directory in one step.
    package func write(to storage: Directory) throws { try storage.replaceFile(Self.name, with: JSON.encode(self)) }

    /// One digest for the layers below another.
    package static func base(_ layers: some Sequence<Descriptor>) -> Digest {
        Digest(of: layers.map(\.digest.description).joined(separator: " ").utf8)
    }

    /// The same for each of an image's layers, bottom first: of those below it.
    static func bases(of layers: [Descriptor]) -> [Digest] {
        var hasher = DigestHasher()
        return layers.indices.map { place in
            if place > 0 {
                Array("\(place > 1 ? " " : "")\(layers[place - 1].digest)".utf8).withUnsafeBytes { hasher.update($0) }
            }
            let here = hasher
            return here.finish()
        }
    }
}

extension RootsDirectory {
    /// Where the content of each of an image's layers is: the directories that it is put together of, top first, nearly
    /// always one. `nil` for a layer that is not there.
    ///
    /// - Parameter layers: the image's layers, bottom first.
    package func contents(of layers: [Descriptor]) throws -> [[FilePath]?] {
        try zip(layers, MergedLayer.bases(of: layers)).enumerated().map { place, layer in
            let (layer, base) = layer
            if try holdsOwnContent(of: layer.digest) {
                return try ownContent(of: layer.digest, on: place == 0 ? nil : base)
            }
            guard let merged = try mergedLayer(layer.digest), merged.bases?.contains(base) ?? true,
                !isDoubtful(layer.digest.directoryName)
            else { return nil }
            let directories = merged.directories.map { path.pushing(FilePath($0)) }
            return try directories.allSatisfy { try $0.isThere() } ? directories : nil
        }
    }

    /// The same of the top layer alone.
    package func contentOfTop(of layers: [Descriptor]) throws -> [FilePath]? {
        try contents(of: layers).last.flatMap(\.self)
    }

    /// Says that what is a layer's content over one base is so over another, too: over the same in another type.
    package func extend(
        _ digest: Digest, over layers: some Sequence<Descriptor>, as known: some Sequence<Descriptor>
    ) throws {
        if try dependsOnBase(digest) {
            return try extendRestored(storage(of: digest), from: MergedLayer.base(known), to: layers)
        }
        let base = MergedLayer.base(layers)
        guard var merged = try mergedLayer(digest), let bases = merged.bases, !bases.contains(base) else { return }
        merged.bases = bases + [base]
        try merged.write(to: storage(of: digest))
    }

    /// Of what a layer's content is put together; `nil` if it has a directory of its own, or is not there.
    package func mergedLayer(_ digest: Digest) throws -> MergedLayer? {
        do {
            return try MergedLayer(in: storage(of: digest))
        } catch let error where error.systemError == .noSuchFileOrDirectory {
            return nil
        }
    }

    /// The directory of a layer, which may be a symlink to that of another type.
    private func storage(of digest: Digest) throws -> Directory {
        Directory(try directory.open(digest.directoryName, O_RDONLY | O_DIRECTORY))
    }
}

import FileTree
import Layers
import OCI
import SystemPackage

/// What lies over a layer's own content on one base: `on_<base>` in the layer's directory, complete or absent.
package struct Restored: Codable {
    /// The layers of the base. When one of them is gone, so is what this was made for.
    var layers: [Digest]

    private static let prefix = "on_"
    private static let record: FilePath = "layers.json"
    /// What overlayfs, or whoever reads as it does, takes.
    static let directory: FilePath = "overlay"

    init(on layers: some Sequence<Descriptor>) { self.layers = layers.map(\.digest) }

    /// What it is called in a layer's directory.
    static func name(on base: Digest) -> FilePath { FilePath(prefix + base.hex) }

    fileprivate static func isName(_ name: FilePath) -> Bool {
        name.string.hasPrefix(prefix) && Digest(hex: name.string.dropFirst(prefix.count)) != nil
    }

    /// Whether a directory of a stack is one that lies over a layer's own, and says nothing but what others say already.
    static func has(_ path: FilePath) -> Bool {
        let place = path.removingLastComponent()
        guard let name = place.lastComponent, let layer = place.removingLastComponent().lastComponent else {
            return false
        }
        return isName(FilePath(root: nil, [name])) && RootsDirectory.isContentName(layer.string)
    }

    /// Writes it into the directory that is going to have the name.
    func write(to directory: Directory) throws { try directory.replaceFile(Self.record, with: JSON.encode(self)) }

    /// What is said in such a directory; `nil` if nothing that can be understood.
    fileprivate init?(in directory: Directory) throws {
        guard let bytes = try directory.readFile(Self.record, limit: 16 << 20),
            let known = try? JSON.decode(Restored.self, from: bytes)
        else { return nil }
        self = known
    }
}

extension RootsDirectory {
    /// Says that what was restored on one base holds on another, too: on the same in another type.
    func extendRestored(_ storage: Directory, from base: Digest, to layers: some Sequence<Descriptor>) throws {
        let (known, name) = (Restored.name(on: base), Restored.name(on: MergedLayer.base(layers)))
        guard known != name, try storage.status(known) != nil, try storage.status(name) == nil else { return }
        let temporary = try makeTemporary()
        let new = try directory.directory(temporary)
        try Restored(on: layers).write(to: new)
        if try storage.directory(known).status(Restored.directory) != nil {
            try new.makeSymlink(Restored.directory, to: FilePath("..").pushing(known).pushing(Restored.directory))
        }
        try directory.rename(temporary, to: name, in: storage, replacing: false)
    }

    /// What was restored on bases that are gone.
    ///
    /// - Parameters:
    ///   - layer: the name of a layer's directory.
    ///   - isThere: whether a layer is one that is needed.
    /// - Returns: names in the layer's directory.
    package func restoredOnNothing(_ layer: FilePath, unless isThere: (Digest) -> Bool) throws -> [FilePath] {
        guard let storage = try ifUsable({ try directory.directory(layer) }) else { return [] }
        let names = try storage.names().filter(Restored.isName)
        let live = try names.filter { name in
            guard let on = try ifUsable({ try storage.directory(name) }), let known = try Restored(in: on) else {
                return false
            }
            return known.layers.allSatisfy(isThere)
        }
        // One that stands for another keeps that.
        let meant = try live.compactMap { name in
            try ifUsable { try storage.directory(name).symlinkTarget(Restored.directory) }?
                .removingLastComponent().lastComponent
        }.map { FilePath(root: nil, [$0]) }
        return names.filter { !live.contains($0) && !meant.contains($0) }
    }
}

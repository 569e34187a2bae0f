import FileTree
import Roots
import SystemPackage

/// One thing that nothing refers to.
struct GarbageItem: Encodable {
    /// What it is.
    enum Kind: String, Encodable {
        case layer = "unpacked layer"
        case part = "part of collapsed layers"
        case restored = "directories of a layer on a base that is gone"
        case alias = "second name of an unpacked layer"
        case storage = "layer that has no finished build"
        case imports = "imports of a layer that is gone"
        case cacheDirectory = "cache directory that no build has"
        case download = "download"
        case image = "pulled image"
        case blob = "blob"
        case temporary = "left-over of a build that was killed"
    }

    let kind: Kind
    /// Where it is, absolute; of a pulled image, the layout and the tag.
    let path: String
    /// The bytes that are free when it is gone; `nil` if they can't be counted.
    let size: Int64?
    /// Where it is: what `name` is removed from.
    private let parent: Directory
    private let name: FilePath

    enum CodingKeys: String, CodingKey { case kind, path, size }

    /// A file or a directory.
    init(_ kind: Kind, _ name: FilePath, in parent: Directory, at place: FilePath) throws {
        self.init(kind, name, in: parent, path: place.pushing(name).string, size: try parent.freedSize(of: name))
    }

    /// A tag, which takes no room.
    init(tag: String, of layout: FilePath, in parent: Directory) {
        self.init(.image, FilePath(tag), in: parent, path: "\(layout):\(tag)", size: 0)
    }

    private init(_ kind: Kind, _ name: FilePath, in parent: Directory, path: String, size: Int64?) {
        (self.kind, self.path, self.size, self.parent, self.name) = (kind, path, size, parent, name)
    }

    /// Removes it, all at once as far as its name is concerned.
    ///
    /// - Parameter roots: whose rule it is that a layer's directory is complete or absent, at any kill.
    func remove(_ roots: RootsDirectory?) throws {
        switch kind {
        case .image: return
        case .layer, .part, .restored, .storage:
            guard let roots else { return }
            let temporary = try roots.makeTemporary()
            try parent.rename(name, to: "removed", in: roots.directory.directory(temporary))
            try roots.directory.removeTree(temporary)
        case .alias, .imports, .cacheDirectory, .download, .blob, .temporary: try parent.removeTree(name)
        }
    }
}

extension Directory {
    /// A file that has another name elsewhere does not go with this one.
    fileprivate func freedSize(of name: FilePath) throws -> Int64? {
        guard let status = try status(name) else { return 0 }
        switch status.kind {
        case .directory: return try? directory(name).sizeOfFiles()
        case .regular: return status.links == 1 ? status.size : 0
        default: return 0
        }
    }
}

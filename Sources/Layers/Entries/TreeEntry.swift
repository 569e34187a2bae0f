import FileTree

/// What separates the names in a path.
let slash = UInt8(ascii: "/")

/// One name in a tree that is being encoded.
struct TreeEntry: Sendable {
    /// The path relative to the root of the tree, without slashes around it; empty for the root.
    var path: [UInt8]
    /// Kind, permissions, owner, size and times.
    var status: FileStatus
    /// The extended attributes that a layer carries, sorted by name. See ``CarriedAttributes``.
    var attributes: [ExtendedAttribute] = []
    /// For a symlink, where it points.
    var symlinkTarget: [UInt8] = []
    /// For a further name of a file that came already: the path of its first name in this walk.
    var firstName: [UInt8]?
    /// For a directory: it hides what lower layers have in theirs.
    var isOpaque = false
    /// For a directory: there are whiteouts right in it.
    var hasWhiteouts = false

    /// The last component of the path; empty for the root.
    var name: ArraySlice<UInt8> { path[(path.lastIndex(of: slash).map { $0 + 1 } ?? 0)...] }

    /// How long the path of the directory is that it lies in.
    var parentLength: Int { path.lastIndex(of: slash) ?? 0 }

    /// Whether this name hides one of a lower layer.
    var isWhiteout: Bool { status.isWhiteout }

    /// What an image that overlayfs takes as a lower directory says beyond the attributes that a layer carries, in the
    /// attributes of either kind of mount: that a directory is opaque, and that there are whiteouts to look for, which
    /// overlayfs does in any root.
    var overlayAttributes: [ExtendedAttribute] {
        (isOpaque ? OverlayAttribute.opaqueToAll : [])
            + (hasWhiteouts && !path.isEmpty ? OverlayAttribute.originToAll : [])
    }
}

import FileTree
import Glibc

/// One entry of a layer that is being unpacked, whatever the layer's format.
protocol LayerEntry {
    /// The name, byte by byte; empty or `.` for the root.
    var path: [UInt8] { get }
    /// What kind of file it is; `nil` if the layer does not say.
    var kind: FileKind? { get }
    /// The low twelve bits of the mode.
    var permissions: mode_t { get }
    /// `nil` if it is beyond what Linux has.
    var uid: uid_t? { get }
    /// `nil` if it is beyond what Linux has.
    var gid: gid_t? { get }
    /// Length of the content of a regular file.
    var size: Int64 { get }
    /// For a device node.
    var device: dev_t { get }
    /// When the content changed last.
    var modified: Timestamp { get }
    /// Whether that time stands for none, since the layer says nothing of this directory.
    var hasNoTime: Bool { get }
    /// For a symlink, where it points.
    var symlinkTarget: [UInt8] { get }
    /// For a further name of a file that came already: that file's name.
    var hardLinkTarget: [UInt8]? { get }
    /// For a directory: it hides the lower ones. A format that says it by a name of its own leaves this false.
    var isOpaque: Bool { get }
    /// Whether names that start with `.wh.` mean whiteouts, as in tar.
    var namesWhiteouts: Bool { get }
    /// The extended attributes that a layer carries.
    ///
    /// - Throws: A ``Failure`` if they are larger than `limit` in all.
    func attributes(limit: Int) throws -> [ExtendedAttribute]
}

/// Gives the content of the entry that came last.
protocol LayerContent {
    /// The next piece and its offset in the file; between pieces there may be holes. `nil` at the end.
    func nextContent() throws -> (bytes: UnsafeRawBufferPointer, offset: Int64)?
}

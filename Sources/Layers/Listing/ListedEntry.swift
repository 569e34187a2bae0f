import FileTree
import Glibc

/// One entry of a layer, as the layer has it.
package struct ListedEntry: Sendable {
    /// What it is.
    package enum Kind: Sendable, Equatable {
        case directory
        case regular
        case symlink(target: [UInt8])
        /// A further name of a file that came before; that one's path.
        case hardLink(to: [UInt8])
        case characterDevice(dev_t)
        case blockDevice(dev_t)
        case fifo
        case socket
        /// The layer does not say.
        case unknown
        /// It hides what lower layers have at its path: a tar has a name `.wh.NAME` for it, images a device 0:0.
        case whiteout
        /// The directory at its path shows nothing of lower layers: a tar has a file `.wh..wh..opq` in it. Of an image it comes
        /// right after the directory itself.
        case opaque
    }

    /// Where it is from the root of the image, without slashes around it; empty for the root. See ``EntryName``.
    package var path: [UInt8]
    /// What it is.
    package var kind: Kind
    /// The low twelve bits of the mode.
    package var permissions: mode_t
    /// The owning user; `nil` if it is beyond what Linux has.
    package var uid: uid_t?
    /// The owning group; `nil` if it is beyond what Linux has.
    package var gid: gid_t?
    /// How long the content of a regular file is; 0 for whatever else.
    package var size: Int64
    /// When the content changed last.
    package var modified: Timestamp
    /// The extended attributes that a layer carries. See ``CarriedAttributes``.
    package var attributes: [ExtendedAttribute]

    /// Makes an entry of its parts, as a layer would have it of a file.
    package init(
        path: [UInt8], kind: Kind, permissions: mode_t, uid: uid_t?, gid: gid_t?, size: Int64, modified: Timestamp,
        attributes: [ExtendedAttribute]
    ) {
        self.path = path
        self.kind = kind
        self.permissions = permissions
        self.uid = uid
        self.gid = gid
        self.size = size
        self.modified = modified
        self.attributes = attributes
    }
}

/// Gives the content of the entry that came last, piece by piece. What isn't read is skipped.
package struct ListedContent {
    private let read: () throws -> (bytes: UnsafeRawBufferPointer, offset: Int64)?

    /// Content that comes from somewhere.
    ///
    /// - Parameter read: gives the next piece and its offset in the file, and `nil` at the end.
    package init(_ read: @escaping () throws -> (bytes: UnsafeRawBufferPointer, offset: Int64)?) {
        self.read = read
    }

    /// That of whatever is no regular file.
    package static var none: ListedContent { ListedContent { nil } }

    /// The next piece and its offset in the file; between pieces, and after the last one, there may be holes. `nil` at the end.
    ///
    /// The bytes are there until the next call.
    package func next() throws -> (bytes: UnsafeRawBufferPointer, offset: Int64)? { try read() }

    /// Gives all of the content, without a gap: holes are the zeros that they are read as.
    ///
    /// - Parameters:
    ///   - size: how long the content is.
    ///   - checkpoint: called between pieces of holes, which may be as long as whoever made the layer says. What it throws ends
    ///     the reading.
    package func readAll(
        size: Int64, checkpoint: () throws -> Void, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var end: Int64 = 0
        func fill(to offset: Int64) throws {
            while end < offset {
                try checkpoint()
                let count = min(Int64(Self.zeros.count), offset - end)
                try Self.zeros.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0.prefix(Int(count)))) }
                end += count
            }
        }
        while let piece = try next() {
            try fill(to: piece.offset)
            try body(piece.bytes)
            end = piece.offset + Int64(piece.bytes.count)
        }
        try fill(to: size)
    }

    private static let zeros = [UInt8](repeating: 0, count: 1 << 20)
}

/// A file system of which a layer can be an image: what such layers are called, and how they begin.
package struct FileSystemMedia: Sendable {
    /// The types of layers that can be unpacked.
    package let types: [MediaType]
    /// What the names of all such types begin with.
    private let family: MediaType
    /// The superblock's magic number, and where it stands.
    private let magic: (bytes: [UInt8], offset: Int)

    /// A squashfs.
    package static let squashfs = FileSystemMedia(
        types: [.squashfs, .squashfsGzip, .squashfsZstd], family: .squashfs, magic: (Array("hsqs".utf8), 0))
    /// An erofs: EROFS_SUPER_MAGIC_V1 at EROFS_SUPER_OFFSET.
    package static let erofs = FileSystemMedia(
        types: [.erofs], family: .erofs, magic: ([0xe2, 0xe1, 0xf5, 0xe0], 1024))

    static let all = [squashfs, erofs]

    /// Whether a layer of this type is such an image, also one that nobody here can unpack.
    package func covers(_ type: MediaType) -> Bool {
        types.contains(type) || type.rawValue.hasPrefix("\(family.rawValue)+")
    }

    /// The type of a layer of which the first bytes show that it is such an image; `nil` if they don't.
    func type(of start: [UInt8], saidToBe type: MediaType) -> MediaType? {
        guard start.dropFirst(magic.offset).starts(with: magic.bytes) else { return nil }
        return covers(type) ? type : family
    }
}

import FileTree

/// An erofs that is read: inodes by the number of their slot.
struct ErofsStoredImage: StoredImage {
    static let format = "erofs"

    let root: UInt64
    let content: ErofsContentReader
    private let inodes: ErofsInodeReader
    private let attributes: ErofsAttributeReader

    init(_ file: OpenFile, size: Int64, limits: UnpackLimits) throws {
        let input = try ErofsInput(file, size: size)
        root = UInt64(input.superblock.rootSlot)
        content = ErofsContentReader(input)
        inodes = ErofsInodeReader(input: input, content: ErofsContentReader(input))
        attributes = ErofsAttributeReader(input: input)
    }

    static func paddedSize(_ input: OpenFile, size: Int64) throws -> Int64 {
        try ErofsInput(input, size: size).size
    }

    func inode(_ slot: UInt64, sizeLimit: Int64) throws -> ErofsStoredInode {
        try inodes.read(slot, sizeLimit: sizeLimit)
    }

    func names(in directory: ErofsStoredInode) -> ErofsNames { ErofsNames(directory) }

    func next(_ names: inout ErofsNames) throws -> (name: [UInt8], inode: UInt64)? {
        try names.next(inodes.content)
    }

    func attributes(of inode: ErofsStoredInode, limit: Int) throws -> [ExtendedAttribute] {
        try attributes.attributes(inode, limit: limit)
    }

    func beginContent(of inode: ErofsStoredInode) throws { try content.begin(inode) }
}

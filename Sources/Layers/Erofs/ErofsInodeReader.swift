import Failure
import FileTree
import Glibc
import OCI

/// An inode as an image has it.
struct ErofsStoredInode: StoredInode {
    var kind = FileKind.regular
    var permissions: mode_t = 0
    var uid: uid_t = 0
    var gid: gid_t = 0
    var time = Timestamp(seconds: 0)
    var links: UInt32 = 1
    var size: Int64 = 0
    var device: dev_t = 0
    var symlinkTarget: [UInt8] = []
    var layout = Erofs.Layout.plain
    /// Where the content starts, or how its chunks are.
    var place: UInt32 = 0
    /// Where its extended attributes are, in bytes, and how many bytes they have.
    var attributes: Range<Int64> = 0..<0
    /// Where that starts which follows inode and attributes.
    var rest: Int64 { attributes.upperBound }
}

/// Reads inodes.
struct ErofsInodeReader {
    private static let longestTarget = 65535

    let input: ErofsInput
    let content: ErofsContentReader

    /// Reads the inode in a slot.
    ///
    /// - Parameter sizeLimit: a longer file is refused.
    func read(_ slot: UInt64, sizeLimit: Int64) throws -> ErofsStoredInode {
        guard slot < UInt64(input.size) / UInt64(Erofs.slotSize) else {
            throw Failure("the erofs is damaged: an inode lies beyond its end")
        }
        let start =
            Int64(input.superblock.metadataBlock) * Int64(Erofs.blockSize) + Int64(slot) * Int64(Erofs.slotSize)
        var bytes = try input.read(Erofs.slotSize, at: start)
        let format = bytes.number(UInt16.self, at: 0)
        guard let layout = Erofs.Layout(rawValue: format >> 1 & 7), format >> 4 == 0 else {
            throw Failure("it has an inode of no known form")
        }
        let isLong = format & 1 != 0
        if isLong { bytes += try input.read(Erofs.slotSize, at: start + Int64(Erofs.slotSize)) }
        var inode = ErofsStoredInode()
        inode.layout = layout
        let mode = mode_t(bytes.number(UInt16.self, at: 4))
        inode.kind = FileKind(mode: mode)
        guard inode.kind.mode == mode & S_IFMT else { throw Failure("it has an inode of no known type") }
        inode.permissions = mode & 0o7777
        inode.place = bytes.number(UInt32.self, at: 16)
        if isLong {
            inode.size = Int64(clamping: bytes.number(UInt64.self, at: 8))
            inode.uid = bytes.number(UInt32.self, at: 24)
            inode.gid = bytes.number(UInt32.self, at: 28)
            let nanoseconds = bytes.number(UInt32.self, at: 40)
            guard nanoseconds < 1_000_000_000 else { throw Failure("its time is none") }
            inode.time = Timestamp(
                seconds: Int64(bitPattern: bytes.number(UInt64.self, at: 32)), nanoseconds: Int32(nanoseconds))
            inode.links = bytes.number(UInt32.self, at: ErofsInode.linksOffset)
        } else {
            inode.size = Int64(bytes.number(UInt32.self, at: 8))
            inode.uid = UInt32(bytes.number(UInt16.self, at: 24))
            inode.gid = UInt32(bytes.number(UInt16.self, at: 26))
            inode.time = input.superblock.time
            inode.links = UInt32(bytes.number(UInt16.self, at: 6))
        }
        let words = Int64(bytes.number(UInt16.self, at: 2))
        let attributes = start + Int64(bytes.count)
        let length = words == 0 ? 0 : Int64(ErofsInode.attributesHeader) + 4 * (words - 1)
        inode.attributes = attributes..<attributes + length
        try readRest(&inode, sizeLimit)
        return inode
    }

    /// What the kinds of file differ in.
    private func readRest(_ inode: inout ErofsStoredInode, _ sizeLimit: Int64) throws {
        switch inode.kind {
        case .regular:
            if inode.size > sizeLimit { throw UnpackLimits.exceeded(bytes: sizeLimit) }
        case .directory:
            guard inode.layout == .plain || inode.layout == .inline, inode.size <= input.size else {
                throw Failure("the erofs is damaged: a directory is stored as none can be")
            }
        case .symlink:
            guard inode.size > 0, inode.size <= Self.longestTarget else {
                throw Failure("a symlink's target is \(inode.size) bytes long")
            }
            inode.symlinkTarget = try content.whole(inode)
            guard !inode.symlinkTarget.contains(0) else { throw Failure("a symlink's target has a NUL in it") }
            inode.size = 0
        case .characterDevice, .blockDevice:
            inode.device = decodedDevice(inode.place)
            inode.size = 0
        case .fifo, .socket:
            inode.size = 0
        }
    }
}

import Failure
import FileTree

/// Reads the entries of an erofs, a directory before what is in it, and trusts nothing that it says.
final class ErofsReader: ImageReader {
    let content: ErofsContentReader
    private(set) var bytes: Int64 = 0
    private let rootSlot: UInt64
    private let inodes: ErofsInodeReader
    private let attributes: ErofsAttributeReader
    private let limits: UnpackLimits
    private let bytesLimit: Int64

    private var isStarted = false
    private var open: [OpenDirectory] = []
    private var seenDirectories: Set<UInt64> = []
    private var firstNames: FirstNames

    private struct OpenDirectory {
        var path: [UInt8]
        var names: ErofsNames
    }

    init(_ file: OpenFile, size: Int64, limits: UnpackLimits, bytesLimit: Int64) throws {
        self.limits = limits
        self.bytesLimit = bytesLimit
        firstNames = FirstNames(limits)
        let input = try ErofsInput(file, size: size)
        rootSlot = UInt64(input.superblock.rootSlot)
        content = ErofsContentReader(input)
        inodes = ErofsInodeReader(input: input, content: ErofsContentReader(input))
        attributes = ErofsAttributeReader(input: input)
    }

    static func paddedSize(_ input: OpenFile, size: Int64) throws -> Int64 {
        try ErofsInput(input, size: size).size
    }

    func next() throws -> ImageEntry<ErofsStoredInode>? {
        if !isStarted {
            isStarted = true
            return try read(rootSlot, at: [])
        }
        while var directory = open.popLast() {
            let parent = directory.path
            let child = try attempt("couldn't read the directory \(shown(parent))") {
                try directory.names.next(inodes.content)
            }
            guard let (name, slot) = child else { continue }
            open.append(directory)
            let path = parent.isEmpty ? name : parent + [slash] + name
            return try attempt("couldn't unpack \(shown(path))") { try read(slot, at: path) }
        }
        return nil
    }

    private func read(_ slot: UInt64, at path: [UInt8]) throws -> ImageEntry<ErofsStoredInode> {
        if path.count > limits.nameLength {
            throw Failure("its name is \(path.count) bytes long, more than \(limits.nameLength)")
        }
        let inode = try inodes.read(slot, sizeLimit: bytesLimit - bytes)
        var entry = ImageEntry(path: path, inode: inode)
        if inode.kind == .directory {
            guard seenDirectories.insert(slot).inserted else {
                throw Failure("the erofs is damaged: it is a directory that was there already")
            }
            open.append(OpenDirectory(path: path, names: ErofsNames(inode)))
        } else {
            if path.isEmpty { throw Failure("the root of the erofs is not a directory") }
            if inode.links > 1, !entry.isWhiteout, let first = try firstNames.first(slot, now: path) {
                entry.hardLinkTarget = first
                return entry
            }
        }
        let stored = try attributes.attributes(inode, limit: limits.attributes)
        if let name = CarriedAttributes.redirection(stored) {
            throw Failure("part of it is in a lower layer (\(name))")
        }
        entry.isOpaque = CarriedAttributes.isOpaque(stored)
        entry.carried = stored.filter { CarriedAttributes.carries($0.name) }
        if inode.kind == .regular {
            bytes += inode.size
            try content.begin(inode)
        }
        return entry
    }
}

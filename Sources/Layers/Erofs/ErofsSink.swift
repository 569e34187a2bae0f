import Failure
import FileTree
import Glibc
import OCI

/// Writes a tree as an erofs layer that overlayfs can take as a lower directory: whiteouts stay what they are, and
/// what a directory has to say of them is said to either kind of mount.
final class ErofsSink: LayerSink {
    private let options: EncodeOptions
    private let verity: Bool
    private let level: Int
    private let blob: PendingBlob
    private var image: ErofsImage
    private let buffer = Chunk(capacity: ErofsCompressor.batchSize)
    /// The directories that the next entry can lie in, the outermost first.
    private var open: [OpenDirectory] = []
    /// The file whose content is coming.
    private var pending: Pending?
    /// Where the inode of each file with several names is, and how many of them came.
    private var linked: [[UInt8]: Linked] = [:]
    private var inodes: UInt32 = 0
    private var entries = 0

    private struct OpenDirectory {
        var name: [UInt8]
        var pathLength: Int
        var inode: ErofsInode
        var children: [ErofsDirectory.Child] = []
        var subdirectories: UInt32 = 0
        /// Where the subdirectories name this one, which has no place yet.
        var mentions: [Int64] = []
    }

    private struct Pending {
        var name: [UInt8]
        /// If the file has further names, its path.
        var linkedPath: [UInt8]?
        var inode: ErofsInode
        var content: ErofsContent
    }

    private struct Linked {
        var child: ErofsDirectory.Child
        var names: UInt32 = 1
    }

    init(blobs: any BlobDestination, verity: Bool, level: Int, options: EncodeOptions) throws {
        try CompressionLevels.erofs.check(level)
        self.options = options
        self.verity = verity
        self.level = level
        blob = try blobs.newBlob()
        image = ErofsImage(blob.file)
    }

    func add(_ entry: TreeEntry) throws {
        entries += 1
        if open.isEmpty { try addRoot(entry.path.isEmpty ? entry : nil) }
        if entry.path.isEmpty { return }
        let name = Array(entry.name)
        try close(downTo: entry.parentLength)
        if let first = entry.firstName, var file = linked[first] {
            file.names += 1
            linked[first] = file
            file.child.name = name
            open[open.count - 1].children.append(file.child)
            return
        }
        var inode = try inode(entry)
        let linkedPath = entry.status.links > 1 && !entry.isWhiteout ? entry.path : nil
        switch entry.status.kind {
        case .directory:
            open.append(OpenDirectory(name: name, pathLength: entry.path.count, inode: inode))
        case .regular:
            let content = ErofsContent(
                size: entry.status.size, buffer: buffer, level: level, workers: options.workers, on: options.processors)
            pending = Pending(name: name, linkedPath: linkedPath, inode: inode, content: content)
        case .symlink:
            inode.length = Int64(entry.symlinkTarget.count)
            let room = Erofs.blockSize - inode.encoded.count
            if entry.symlinkTarget.count <= room {
                inode.layout = .inline
                try write(inode, entry.symlinkTarget, name, linkedPath)
            } else {
                inode.place = try entry.symlinkTarget.withUnsafeBytes { try image.append($0) }
                try write(inode, [], name, linkedPath)
            }
        case .characterDevice, .blockDevice:
            inode.place = entry.deviceNumber
            try write(inode, [], name, linkedPath)
        case .fifo:
            try write(inode, [], name, linkedPath)
        case .socket:
            throw Failure("a layer cannot hold a socket")
        }
    }

    func addContent(_ bytes: UnsafeRawBufferPointer) throws {
        try pending?.content.add(bytes, to: &image)
    }

    func endContent() throws {
        guard var file = pending else { return }
        pending = nil
        file.inode.length = file.content.size
        let count = ErofsInode.size + file.inode.attributes.count
        var rest: [UInt8] = []
        switch try file.content.finish(room: Erofs.blockSize - count, in: &image) {
        case .inline(let bytes):
            file.inode.layout = .inline
            rest = bytes
        case .plain(let block):
            file.inode.place = block
        case .compressed(let blocks, let index):
            file.inode.layout = .compressed
            file.inode.place = blocks
            rest = [UInt8](repeating: 0, count: -count & 7) + index
        }
        try write(file.inode, rest, file.name, file.linkedPath)
    }

    func finish() throws -> EncodedLayer {
        try attempt("couldn't write an erofs layer") {
            if open.isEmpty { try addRoot(nil) }
            try close(downTo: nil)
            for file in linked.values.sorted(by: { $0.child.slot < $1.child.slot }) where file.names > 1 {
                var links = [UInt8](repeating: 0, count: 4)
                links.put(file.names, at: 0)
                try image.overwrite(links, at: Self.offset(file.child.slot) + Int64(ErofsInode.linksOffset))
            }
            let (used, digest) = try image.finish(root: rootOffset, inodes: UInt64(inodes))
            let sealed = try SealedImage(blob.file, used: used, salt: verity ? digest : nil)
            try blob.commit(sealed.digest)
            return sealed.layer(.erofs, entries: entries)
        }
    }

    func abandon() {
        blob.discard()
    }

    // MARK: - Inodes

    private var rootOffset: Int64 = 0

    private static func slot(_ offset: Int64) -> UInt64 { UInt64(offset) / UInt64(Erofs.slotSize) }
    private static func offset(_ slot: UInt64) -> Int64 { Int64(slot) * Int64(Erofs.slotSize) }

    /// An erofs has a root, said or not. One that says nothing new has a time that says nothing.
    private func addRoot(_ entry: TreeEntry?) throws {
        var root = ErofsInode(metadata: InodeMetadata(unsaidRoot: options.root))
        if let entry {
            if entry.isWorthAnEntry(options.root) {
                root = try inode(entry)
            } else {
                root.attributes = try attributes(of: entry)
            }
        }
        // Its number has 16 bits: it takes the first place, and is filled in when its list of names is known.
        rootOffset = try image.place(ofInode: root.encoded.count)
        try image.appendInode(root.encoded)
        open.append(OpenDirectory(name: [], pathLength: 0, inode: root))
    }

    private func inode(_ entry: TreeEntry) throws -> ErofsInode {
        inodes += 1
        return ErofsInode(
            metadata: InodeMetadata(of: entry, latestTime: options.latestTime), number: inodes,
            attributes: entry.isWhiteout ? [] : try attributes(of: entry))
    }

    private func attributes(of entry: TreeEntry) throws -> [UInt8] {
        try ErofsInode.encode(entry.attributes + entry.overlayAttributes)
    }

    /// Writes the inode of anything but a directory, and gives it its name.
    private func write(_ inode: ErofsInode, _ rest: [UInt8], _ name: [UInt8], _ linkedPath: [UInt8]?) throws {
        let bytes = inode.encoded + rest
        let offset = try image.place(ofInode: bytes.count)
        try image.appendInode(bytes)
        let child = ErofsDirectory.Child(name: name, slot: Self.slot(offset), kind: inode.metadata.kind)
        open[open.count - 1].children.append(child)
        if let linkedPath { linked[linkedPath] = Linked(child: child) }
    }

    // MARK: - Directories

    /// The walk has left the directories below the one whose path has this length; `nil`: all.
    private func close(downTo pathLength: Int?) throws {
        while let last = open.last, pathLength.map({ last.pathLength > $0 }) ?? true {
            open.removeLast()
            if open.isEmpty { try writeRoot(last) } else { try write(last) }
        }
    }

    /// Writes a directory: whole blocks of its list by themselves, the rest after the inode if there is room.
    private func write(_ directory: OpenDirectory) throws {
        var inode = directory.inode
        var list = ErofsDirectory(directory.children)
        inode.links = 2 + directory.subdirectories
        inode.length = Int64(list.bytes.count)
        var whole = list.bytes.count & ~(Erofs.blockSize - 1)
        if inode.encoded.count + list.bytes.count - whole > Erofs.blockSize { whole = list.bytes.count }
        inode.layout = whole == list.bytes.count ? .plain : .inline
        let start = try image.place(ofInode: inode.encoded.count + list.bytes.count - whole)
        list.setOwnSlot(Self.slot(start))
        if whole > 0 { inode.place = try list.bytes[..<whole].withUnsafeBytes { try image.append($0) } }
        try image.appendInode(inode.encoded + list.bytes[whole...])
        try mention(start, at: directory.mentions)
        let mention =
            list.parentSlot < whole
            ? Int64(inode.place) * Int64(Erofs.blockSize) + Int64(list.parentSlot)
            : start + Int64(inode.encoded.count + list.parentSlot - whole)
        open[open.count - 1].mentions.append(mention)
        open[open.count - 1].subdirectories += 1
        open[open.count - 1].children.append(.init(name: directory.name, slot: Self.slot(start), kind: .directory))
    }

    private func writeRoot(_ directory: OpenDirectory) throws {
        var inode = directory.inode
        var list = ErofsDirectory(directory.children)
        inodes += 1
        inode.number = inodes
        inode.links = 2 + directory.subdirectories
        inode.length = Int64(list.bytes.count)
        list.setOwnSlot(Self.slot(rootOffset))
        list.setParentSlot(Self.slot(rootOffset))
        inode.place = try list.bytes.withUnsafeBytes { try image.append($0) }
        try image.overwrite(Array(inode.encoded[..<ErofsInode.size]), at: rootOffset)
        try mention(rootOffset, at: directory.mentions)
    }

    private func mention(_ directory: Int64, at places: [Int64]) throws {
        var slot = [UInt8](repeating: 0, count: 8)
        slot.put(Self.slot(directory), at: 0)
        for place in places { try image.overwrite(slot, at: place) }
    }
}

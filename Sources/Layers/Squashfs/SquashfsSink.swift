import Failure
import FileTree
import Glibc
import OCI

/// Writes a tree as a squashfs layer that overlayfs can take as a lower directory: whiteouts stay what they are, and
/// what a directory has to say of them is said to either kind of mount.
final class SquashfsSink: LayerSink {
    private let options: EncodeOptions
    private let verity: Bool
    private let blob: PendingBlob
    private let image: SquashfsImage
    private var inodes: [SquashfsInode] = []
    /// The directories that the next entry can lie in, the outermost first.
    private var open: [OpenDirectory] = []
    /// Which inode each file with several names has.
    private var linked: [[UInt8]: Int] = [:]
    private var entries = 0
    private var leftOutACLs: (count: Int, example: [UInt8]) = (0, [])

    private struct OpenDirectory {
        var pathLength: Int
        var inode: Int
        var children: [SquashfsInode.Child] = []
    }

    init(blobs: any BlobDestination, verity: Bool, level: Int, options: EncodeOptions) throws {
        try CompressionLevels.squashfs.check(level)
        self.options = options
        self.verity = verity
        blob = try blobs.newBlob()
        // What mount shows of it is nothing; zero where no time is asked for.
        let modified = options.latestTime.map(SquashfsInode.seconds) ?? 0
        image = try SquashfsImage(
            blob.file, level: level, workers: options.workers, modified: modified, on: options.processors)
    }

    func add(_ entry: TreeEntry) throws {
        entries += 1
        if inodes.isEmpty { try addRoot(entry.path.isEmpty ? entry : nil) }
        if entry.path.isEmpty { return }
        let name = FileName(entry.name)
        close(downTo: entry.parentLength)
        if let first = entry.firstName, let inode = linked[first] {
            inodes[inode].links += 1
            open[open.count - 1].children.append(.init(name: name, inode: inode))
            return
        }
        let index = try append(entry)
        open[open.count - 1].children.append(.init(name: name, inode: index))
        if entry.status.kind == .directory {
            open.append(OpenDirectory(pathLength: entry.path.count, inode: index))
        } else if entry.status.links > 1, !entry.isWhiteout {
            linked[entry.path] = index
        }
    }

    func addContent(_ bytes: UnsafeRawBufferPointer) throws {
        try image.addContent(bytes)
    }

    func endContent() throws {
        try image.endContent()
    }

    func finish() throws -> EncodedLayer {
        try attempt("couldn't write a squashfs layer") {
            if inodes.isEmpty { try addRoot(nil) }
            close(downTo: nil)
            let tables = try image.finish(inodes)
            inodes = []
            sayLeftOut()
            let salt = verity ? try salt(tables) : nil
            let sealed = try SealedImage(blob.file, used: tables.upperBound, salt: salt)
            try blob.commit(sealed.digest)
            return sealed.layer(.squashfsZstd, entries: entries)
        }
    }

    func abandon() {
        blob.discard()
    }

    /// Superblock and tables say the place and length of every block of content, its owner and its time.
    private func salt(_ tables: Range<UInt64>) throws -> Digest {
        var hasher = DigestHasher()
        try blob.file.forEachPiece(in: 0..<96) { hasher.update($0) }
        try blob.file.forEachPiece(in: Int64(tables.lowerBound)..<Int64(tables.upperBound)) { hasher.update($0) }
        return hasher.finish()
    }

    // MARK: - Inodes

    /// A squashfs has a root, said or not. One that says nothing new has a time that says nothing.
    private func addRoot(_ entry: TreeEntry?) throws {
        var root = SquashfsInode(
            metadata: InodeMetadata(unsaidRoot: options.root), content: .directory([]), parent: 0)
        if let entry {
            if entry.isWorthAnEntry(options.root) {
                root = try inode(entry, content: .directory([]))
            } else {
                root.attributes = try attributes(of: entry)
            }
        }
        inodes.append(root)
        open.append(OpenDirectory(pathLength: 0, inode: 0))
    }

    private func append(_ entry: TreeEntry) throws -> Int {
        let content: SquashfsInode.Content
        switch entry.status.kind {
        case .directory: content = .directory([])
        case .regular: content = .regular(try image.beginContent())
        case .symlink: content = .symlink(entry.symlinkTarget)
        case .characterDevice, .blockDevice: content = .device(entry.deviceNumber)
        case .fifo: content = .fifo
        case .socket: throw Failure("a layer cannot hold a socket")
        }
        inodes.append(try inode(entry, content: content))
        return inodes.count - 1
    }

    private func inode(_ entry: TreeEntry, content: SquashfsInode.Content) throws -> SquashfsInode {
        SquashfsInode(
            metadata: InodeMetadata(of: entry, latestTime: options.latestTime),
            attributes: entry.isWhiteout ? SquashfsInode.noAttributes : try attributes(of: entry), content: content,
            parent: open.last?.inode ?? 0)
    }

    private func attributes(of entry: TreeEntry) throws -> UInt32 {
        var attributes = entry.attributes
        if attributes.contains(where: { !SquashfsImage.holds($0.name) }) {
            attributes.removeAll { !SquashfsImage.holds($0.name) }
            if leftOutACLs.count == 0 { leftOutACLs.example = entry.path }
            leftOutACLs.count += 1
        }
        return try image.addAttributes(attributes + entry.overlayAttributes)
    }

    /// The walk has left the directories below the one whose path has this length; `nil`: all.
    private func close(downTo pathLength: Int?) {
        while let last = open.last, pathLength.map({ last.pathLength > $0 }) ?? true {
            // The walk gives whiteouts first; in a squashfs names are sorted.
            inodes[last.inode].content = .directory(last.children.sorted { $0.name < $1.name })
            open.removeLast()
        }
    }

    private func sayLeftOut() {
        guard leftOutACLs.count > 0 else { return }
        let more = leftOutACLs.count - 1
        let others = more > 0 ? " and \(more) other\(more > 1 ? "s" : "")" : ""
        options.warn(
            "left out the POSIX ACLs of \(shown(path: leftOutACLs.example))\(others): squashfs cannot hold them")
    }
}

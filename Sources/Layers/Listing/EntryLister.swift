import Failure
import FileTree
import Glibc

/// Gives the entries of a layer, of whatever type, in the terms that all types have in common, by the rules by which
/// ``TreeWriter`` makes files of them.
struct EntryLister {
    /// How many there were.
    private(set) var entries = 0
    private var room: Int64
    private let options: ListOptions
    private let body: (ListedEntry, ListedContent) throws -> Void

    init(_ options: ListOptions, _ body: @escaping (ListedEntry, ListedContent) throws -> Void) {
        self.options = options
        self.body = body
        room = options.bytesLimit
    }

    /// Takes the next entry.
    ///
    /// - Parameter reader: gives its content.
    mutating func list(_ entry: some LayerEntry, from reader: some LayerContent) throws {
        entries += 1
        if entries > options.limits.entries { throw UnpackLimits.exceeded(entries: options.limits.entries) }
        if entries % 64 == 0 { try options.checkpoint() }
        let path = entry.path
        let listed: ListedEntry? = try attempt("couldn't read the entry \(shown(path: path))") {
            try describe(entry, EntryName(path, limit: options.limits.nameLength))
        }
        guard let listed else { return }
        let size = listed.size
        let content = ListedContent {
            guard let piece = try reader.nextContent() else { return nil }
            // The map of a sparse file can say anything.
            guard piece.offset >= 0, piece.offset <= size - Int64(piece.bytes.count) else {
                throw Failure("its content is not within its size")
            }
            return piece
        }
        try body(listed, content)
        guard entry.isOpaque else { return }
        var mark = listed
        mark.kind = .opaque
        try body(mark, .none)
    }

    /// - Returns: `nil` for what aufs keeps for itself, which means nothing.
    private mutating func describe(_ entry: some LayerEntry, _ name: EntryName) throws -> ListedEntry? {
        var listed = ListedEntry(
            path: name.path, kind: .unknown, permissions: entry.permissions, uid: entry.uid, gid: entry.gid, size: 0,
            modified: entry.modified, attributes: try entry.attributes(limit: options.limits.attributes))
        if entry.namesWhiteouts, let mark = try WhiteoutMark(name) {
            switch mark {
            case .ofAufs: return nil
            case .opaque: (listed.path, listed.kind) = (Array(name.parent), .opaque)
            case .hides(let hidden?):
                let parent = Array(name.parent)
                listed.path = parent.isEmpty ? Array(hidden.bytes) : parent + [slash] + hidden.bytes
                listed.kind = .whiteout
            case .hides(nil): throw Failure("it is a whiteout of no possible name")
            }
            return listed
        }
        if let target = entry.hardLinkTarget {
            listed.kind = .hardLink(to: try EntryName(target, limit: options.limits.nameLength).path)
            return listed
        }
        listed.kind = kind(of: entry)
        if name.isRoot, listed.kind != .directory { throw Failure("the root can only be a directory") }
        guard listed.kind == .regular else { return listed }
        // libarchive takes what an extended header says.
        if entry.size < 0 { throw Failure("its size is less than nothing") }
        if entry.size > room { throw UnpackLimits.exceeded(bytes: options.bytesLimit) }
        room -= entry.size
        listed.size = entry.size
        return listed
    }

    private func kind(of entry: some LayerEntry) -> ListedEntry.Kind {
        switch entry.kind {
        case nil: .unknown
        case .directory: .directory
        case .regular: .regular
        case .symlink: .symlink(target: entry.symlinkTarget)
        // overlayfs's own whiteout, by its device number: said or not, it would act as one.
        case .characterDevice: entry.device == 0 ? .whiteout : .characterDevice(entry.device)
        case .blockDevice: .blockDevice(entry.device)
        case .fifo: .fifo
        case .socket: .socket
        }
    }
}

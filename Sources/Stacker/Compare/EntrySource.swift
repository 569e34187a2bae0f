import Failure
import FileTree
import Glibc
import Host
import Layers
import OCI
import SystemPackage

/// Something with entries that can be gone through, again and again: a layer's blob, or a directory.
protocol EntrySource: Sendable {
    /// Goes through all entries in their order, each with its content. What `body` throws ends it.
    func forEach(_ body: (ListedEntry, ListedContent) throws -> Void) throws
}

/// A layer's blob, whose digests are checked while it is read.
struct LayerSource: EntrySource {
    let descriptor: Descriptor
    let diffID: Digest?
    /// Opens the blob, and says of which type it is by its content: of what nobody needs none is opened, or fetched.
    let open: @Sendable () throws -> (blob: OpenFile, descriptor: Descriptor)

    func forEach(_ body: (ListedEntry, ListedContent) throws -> Void) throws {
        let (blob, descriptor) = try open()
        var options = ListOptions()
        options.checkpoint = { try StopSignal.check() }
        _ = try listLayer(blob, descriptor, diffID: diffID, options: options, body)
    }
}

/// A directory, with whiteouts as overlayfs has them if it is one of a layer.
struct TreeSource: EntrySource {
    let path: FilePath

    func forEach(_ body: (ListedEntry, ListedContent) throws -> Void) throws {
        let root = try Directory(at: path)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var firstNames: [FileIdentity: [UInt8]] = [:]
        try attempt("couldn't read \(path)") {
            try report(ListedEntry(directory: root, at: []), body)
            var walk = try DepthFirstWalk(DirectoryNode(root))
            var places: [[UInt8]] = [[]]
            while let here = places.last, let step = try walk.next() {
                guard case .child(let child, let parent) = step else {
                    places.removeLast()
                    continue
                }
                try StopSignal.check()
                let path = (here.isEmpty ? [] : here + [UInt8(ascii: "/")]) + child.name.bytes
                let status = try child.status()
                if status.kind == .directory {
                    let node = try parent.node(child.name)
                    try report(ListedEntry(directory: node.directory, at: path), body)
                    try walk.enter(node)
                    places.append(path)
                } else {
                    try visit(child, status, at: path, buffer, &firstNames, body)
                }
            }
        }
    }

    /// A directory's own entry, and the one that says it is opaque.
    private func report(_ entry: ListedEntry, _ body: (ListedEntry, ListedContent) throws -> Void) throws {
        var entry = entry
        let isOpaque = entry.attributes.contains { OverlayAttribute.has($0.name) && $0.name.hasSuffix(".opaque") }
        entry.attributes.removeAll { !CarriedAttributes.carries($0.name) }
        try body(entry, .none)
        guard isOpaque else { return }
        entry.kind = .opaque
        entry.attributes = []
        try body(entry, .none)
    }

    private func visit(
        _ child: TreeChild, _ status: FileStatus, at path: [UInt8], _ buffer: UnsafeMutableRawBufferPointer,
        _ firstNames: inout [FileIdentity: [UInt8]], _ body: (ListedEntry, ListedContent) throws -> Void
    ) throws {
        var entry = ListedEntry(status, at: path)
        if status.kind == .symlink { entry.kind = .symlink(target: try child.holder.symlinkTarget(child.name)) }
        guard entry.kind != .whiteout else { return try body(entry, .none) }
        if status.links > 1 {
            if let first = firstNames[status.identity] {
                entry.kind = .hardLink(to: first)
                return try body(entry, .none)
            }
            firstNames[status.identity] = path
        }
        entry.attributes = try child.holder.attributes(of: child.name.path, where: CarriedAttributes.carries)
        guard status.kind == .regular else { return try body(entry, .none) }
        let file = try attempt("couldn't open \(shown(path: path))") {
            try child.holder.open(child.name, O_RDONLY | O_NONBLOCK)
        }
        var offset: Int64 = 0
        let content = ListedContent {
            try StopSignal.check()
            let count = try file.read(into: buffer, at: offset)
            defer { offset += Int64(count) }
            return count == 0 ? nil : (UnsafeRawBufferPointer(rebasing: buffer[..<count]), offset)
        }
        try body(entry, content)
    }
}

extension ListedEntry {
    /// The entry that a tar would have for a file.
    fileprivate init(_ status: FileStatus, at path: [UInt8]) {
        let kind: Kind =
            switch status.kind {
            case .directory: .directory
            case .regular: .regular
            case .symlink: .symlink(target: [])
            case .characterDevice: status.isWhiteout ? .whiteout : .characterDevice(status.specialDevice)
            case .blockDevice: .blockDevice(status.specialDevice)
            case .fifo: .fifo
            case .socket: .socket
            }
        self.init(
            path: path, kind: kind, permissions: status.permissions, uid: status.uid, gid: status.gid,
            size: status.kind == .regular ? status.size : 0, modified: status.modified, attributes: [])
    }

    /// A directory with all attributes that it has.
    fileprivate init(directory: Directory, at path: [UInt8]) throws {
        self.init(try directory.file.status(), at: path)
        attributes = try directory.file.attributes()
    }
}

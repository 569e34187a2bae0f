import Failure
import FileTree
import Glibc
import SystemPackage

/// Walks a tree once, depth first, parents before children and the names of each directory sorted by their bytes, its
/// whiteouts before all else, and hands every entry and every file's content to all sinks. Works by descriptor: no path
/// is resolved twice, and paths may be longer than the kernel takes.
struct TreeWalk {
    private let options: EncodeOptions
    /// The first name of each file with several names.
    private var firstNames: [FileIdentity: [UInt8]] = [:]
    private let buffer = ReadBuffer(capacity: 256 << 10)

    init(_ options: EncodeOptions) { self.options = options }

    /// Whether a walk would give no entry at all.
    func isEmpty(_ root: any TreeNode) throws -> Bool {
        let entry = try rootEntry(root)
        if isWorthAnEntry(entry) || entry.isOpaque { return false }
        return try attempt("couldn't read the tree") { try root.children() }
            .allSatisfy { try $0.status().kind == .socket && !root.hidesLower($0.name) }
    }

    /// Walks the tree.
    mutating func run(_ root: any TreeNode, into sinks: [any LayerSink]) throws {
        let entry = try rootEntry(root)
        if isWorthAnEntry(entry) || entry.isOpaque { for sink in sinks { try sink.add(entry) } }
        var walk = try attempt("couldn't read the tree") { try DepthFirstWalk(root) }
        for whiteout in try whiteouts(walk.upcoming, of: root, at: []) { for sink in sinks { try sink.add(whiteout) } }
        // Of the directories that the walk is in.
        var paths: [[UInt8]] = [[]]
        var entries = 0
        while let here = paths.last,
            let step = try attempt("couldn't encode \(shown(path: here))", { try walk.next() })
        {
            guard case .child(let child, let parent) = step else {
                paths.removeLast()
                continue
            }
            let path = Self.path(child, in: here)
            entries += 1
            if entries % 16 == 1 { try options.checkpoint() }
            try attempt("couldn't encode \(shown(path: path))") {
                guard let (directory, entry) = try visit(child, at: path, in: parent, sinks: sinks) else { return }
                try walk.enter(directory)
                try add(entry, whiteouts(walk.upcoming, of: directory, at: path), sinks)
                paths.append(path)
            }
        }
    }

    // MARK: - Entries

    private func rootEntry(_ root: any TreeNode) throws -> TreeEntry {
        try attempt("couldn't read the root of the tree") {
            var entry = TreeEntry(path: [], status: try root.directory.file.status())
            let attributes = try root.directory.file.attributes()
            entry.isOpaque = root.isOpaque ?? OverlayAttribute.isOpaque(attributes)
            entry.attributes = try carried(attributes)
            return entry
        }
    }

    /// Whether the root's metadata are to be said. Its being opaque is another matter.
    private func isWorthAnEntry(_ root: TreeEntry) -> Bool {
        root.isWorthAnEntry(options.root)
    }

    /// Hands one child to the sinks, unless it is a directory: then it is returned.
    private mutating func visit(
        _ child: TreeChild, at path: [UInt8], in parent: any TreeNode, sinks: [any LayerSink]
    ) throws -> (node: any TreeNode, entry: TreeEntry)? {
        var entry = TreeEntry(path: path, status: try child.status())
        if entry.isWhiteout || entry.status.kind == .socket { return nil }
        if child.name.bytes.starts(with: Whiteout.prefix) {
            throw Failure(
                "a layer would say by this name that \(shown(path: child.name.bytes.dropFirst(4))) was removed")
        }
        switch entry.status.kind {
        case .directory:
            let node = try parent.node(child.name)
            let attributes = try node.directory.file.attributes()
            entry.isOpaque =
                try node.isOpaque
                ?? (OverlayAttribute.isOpaque(attributes) && parent.liesOnDirectory(child.name))
            entry.attributes = try carried(attributes)
            return (node, entry)
        default:
            break
        }
        if entry.status.links > 1 {
            if let first = firstNames[entry.status.identity] {
                entry.firstName = first
                for sink in sinks { try sink.add(entry) }
                return nil
            }
            firstNames[entry.status.identity] = path
        }
        if entry.status.kind == .regular {
            try addRegular(&entry, child, sinks)
        } else {
            if entry.status.kind == .symlink {
                entry.symlinkTarget = try child.holder.symlinkTarget(child.name)
            }
            entry.attributes = try carried(child.holder.attributes(of: child.name.path))
            for sink in sinks { try sink.add(entry) }
        }
        return nil
    }

    /// Hands a directory to the sinks, and the whiteouts in it. They come before the entries beside them, as image-spec
    /// asks for, so that who unpacks can apply the layer in one pass.
    private func add(_ directory: TreeEntry, _ whiteouts: [TreeEntry], _ sinks: [any LayerSink]) throws {
        var directory = directory
        directory.hasWhiteouts = !whiteouts.isEmpty
        for entry in [directory] + whiteouts { for sink in sinks { try sink.add(entry) } }
    }

    /// The whiteouts among the names of a directory.
    private func whiteouts(
        _ children: ArraySlice<TreeChild>, of parent: any TreeNode, at here: [UInt8]
    ) throws -> [TreeEntry] {
        try children.compactMap { child in
            let path = Self.path(child, in: here)
            return try attempt("couldn't encode \(shown(path: path))") {
                let entry = TreeEntry(path: path, status: try child.status())
                // Overlayfs hard-links all its whiteouts to one inode: that group means nothing.
                if entry.isWhiteout { return entry }
                return entry.status.kind == .socket ? try leaveOutSocket(entry, child, of: parent) : nil
            }
        }
    }

    private static func path(_ child: TreeChild, in here: [UInt8]) -> [UInt8] {
        here.isEmpty ? Array(child.name.bytes) : here + [slash] + child.name.bytes
    }

    /// Leaves a socket out. What lower layers have under its name must not show instead: a whiteout hides it.
    private func leaveOutSocket(_ socket: TreeEntry, _ child: TreeChild, of parent: any TreeNode) throws -> TreeEntry? {
        let hides = try parent.hidesLower(child.name)
        options.warn(
            "left out \(shown(path: socket.path)): a layer cannot hold a socket"
                + (hides ? "; the file that was there before is removed" : ""))
        guard hides else { return nil }
        var whiteout = socket
        whiteout.status.kind = .characterDevice
        whiteout.status.specialDevice = 0
        whiteout.status.permissions = 0
        return whiteout
    }

    /// Hands a regular file and its content to the sinks.
    private func addRegular(_ entry: inout TreeEntry, _ child: TreeChild, _ sinks: [any LayerSink]) throws {
        let file = try child.holder.open(child.name, O_RDONLY | O_NONBLOCK)
        entry.attributes = try carried(file.attributes())
        for sink in sinks { try sink.add(entry) }
        var rest = entry.status.size
        while rest > 0 {
            let piece = UnsafeMutableRawBufferPointer(
                rebasing: buffer.bytes[..<Int(min(rest, Int64(buffer.bytes.count)))])
            let count = try file.read(into: piece)
            if count == 0 { throw Failure("it shrank by \(rest) bytes while it was read") }
            for sink in sinks { try sink.addContent(UnsafeRawBufferPointer(rebasing: piece[..<count])) }
            rest -= Int64(count)
            options.advanced(count)
            if entry.status.size > 16 << 20 { try options.checkpoint() }
        }
        if try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<1])) != 0 {
            throw Failure("it grew while it was read")
        }
        for sink in sinks { try sink.endContent() }
    }

    /// The attributes that go into a layer.
    private func carried(_ attributes: [ExtendedAttribute]) throws -> [ExtendedAttribute] {
        if attributes.isEmpty { return [] }
        if let name = OverlayAttribute.redirection(attributes) {
            throw Failure(
                "part of it is in a lower layer (\(name))",
                help: "the overlay was mounted with redirect_dir or metacopy; build it again without them")
        }
        return attributes.filter { CarriedAttributes.carries($0.name) }
    }
}

/// The memory that file content is read into.
private final class ReadBuffer: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    init(capacity: Int) {
        bytes = .allocate(byteCount: capacity, alignment: 4096)
    }

    deinit {
        bytes.deallocate()
    }
}

extension TreeEntry {
    /// Whether this, being the root, is written under the rule.
    func isWorthAnEntry(_ rule: RootEntry) -> Bool {
        switch rule {
        case .never: false
        case .always: true
        case .ifDifferent(let permissions, let uid, let gid):
            status.permissions != permissions || status.uid != uid || status.gid != gid || !attributes.isEmpty
        }
    }
}

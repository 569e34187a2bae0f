import Failure
import FileTree
import Glibc
import OCI
import Roots

/// All that the layers of an image have, by path: what is seen in the end, and what is only shipped.
///
/// A name is kept once however many layers have it. What a hostile image can ask for is bounded: see ``Limits``.
struct ShippedTree {
    /// Bounds, far above any real image.
    struct Limits {
        /// Names in all layers together, those of directories that have no entry among them.
        var names = 3_000_000
        /// What the layers have at those names.
        var entries = 3_000_000
        /// Bytes of names.
        var bytes = 256 << 20
        /// Symlinks on the way to one entry.
        var symlinks = 40
    }

    private let limits: Limits

    /// A name in a directory. The first one is the root.
    struct Node {
        let name: [UInt8]
        let parent: Int32
        /// The directory's children are a list: the last one that came, and from each the one before.
        var lastChild: Int32 = -1
        var sibling: Int32 = -1
        /// What the topmost layer has here; from each the next lower one.
        var top: Int32 = -1
        /// What the layer that is being read has in the directory is a list of the same kind.
        var lastOwnChild: Int32 = -1
        var ownSibling: Int32 = -1
    }

    /// What one layer has at a name.
    struct Entry {
        let layer: Int32
        var mark: OverlayMark
        /// What a regular file holds; -1 for whatever else.
        var content: Int32 = -1
        /// The next lower layer's.
        let below: Int32
        /// Owner, mode, attributes and time; `nil` for a directory that has no entry.
        var metadata: Metadata?
    }

    /// Owner, mode, attributes and time of an entry, to see whether another one has the same.
    struct Metadata {
        let permissions: mode_t
        let uid: uid_t?
        let gid: gid_t?
        /// A digest of the attributes; 0 without any.
        let attributes: UInt64
        /// When the content was modified, in seconds.
        var modified: Int64 = 0

        /// That of a directory that has no entry, as unpacking makes it.
        static let ofNoEntry = Metadata(permissions: 0o755, uid: 0, gid: 0, attributes: 0)
    }

    /// The content of one regular file of a layer, however many names it has there.
    struct Content {
        let layer: Int32
        let size: Int64
        let digest: Fingerprint
        /// Its first name.
        let node: Int32
    }

    /// A SHA-256 digest without its text.
    struct Fingerprint: Hashable {
        let words: SIMD4<UInt64>

        init(_ digest: Digest) {
            var words = SIMD4<UInt64>()
            for (place, byte) in digest.bytes.enumerated() { words[place / 8] = words[place / 8] << 8 | UInt64(byte) }
            self.words = words
        }
    }

    private(set) var nodes: [Node] = [Node(name: [], parent: -1)]
    private(set) var entries: [Entry] = []
    private(set) var contents: [Content] = []
    private var children: [ChildKey: Int32] = [:]
    private var nameBytes = 0

    private struct ChildKey: Hashable {
        let parent: Int32
        let name: [UInt8]
    }

    // MARK: - The layer that is being read

    private var layer: Int32 = -1
    /// Where symlinks of the layer lead.
    private var symlinks: [Int32: [UInt8]] = [:]
    /// The directory that was looked for last.
    private var lastParent: (path: ArraySlice<UInt8>, node: Int32)?
    /// The contents of a layer whose blob came before: what comes once is shipped once.
    private var repeated: Int32?
    private var firstContents: [Digest: Int32] = [:]

    /// Nothing but the root.
    init(limits: Limits = Limits()) { self.limits = limits }

    /// Begins the next higher layer.
    mutating func beginLayer(_ blob: Digest) {
        layer += 1
        symlinks = [:]
        lastParent = nil
        repeated = firstContents[blob]
        if repeated == nil { firstContents[blob] = Int32(contents.count) }
    }
}

extension ShippedTree {
    /// Where a name is in a directory; made if it is new.
    mutating func child(_ name: ArraySlice<UInt8>, of parent: Int32) throws -> Int32 {
        let key = ChildKey(parent: parent, name: Array(name))
        if let known = children[key] { return known }
        nameBytes += name.count
        guard nodes.count <= limits.names, nameBytes <= limits.bytes else { throw limits.exceeded() }
        let place = Int32(nodes.count)
        var node = Node(name: key.name, parent: parent)
        node.sibling = nodes[Int(parent)].lastChild
        nodes.append(node)
        nodes[Int(parent)].lastChild = place
        children[key] = place
        return place
    }

    /// The directory that a path of this layer is in, as unpacking finds it: through the layer's own symlinks.
    mutating func directory(_ path: ArraySlice<UInt8>) throws -> Int32 {
        if let lastParent, lastParent.path == path { return lastParent.node }
        var pending = Array(path.split(separator: UInt8(ascii: "/")).reversed())
        var node: Int32 = 0
        var followed = 0
        while let name = pending.popLast() {
            if name.elementsEqual("..".utf8) {
                node = max(0, nodes[Int(node)].parent)
                continue
            }
            if name.elementsEqual(".".utf8) { continue }
            let next = try child(name, of: node)
            guard let target = symlinks[next], followed < limits.symlinks else {
                node = next
                continue
            }
            followed += 1
            if target.first == UInt8(ascii: "/") { node = 0 }
            pending += target.split(separator: UInt8(ascii: "/")).reversed()
        }
        lastParent = (path, node)
        return node
    }

    /// Where an entry of this layer is.
    mutating func place(of path: [UInt8]) throws -> Int32 {
        guard !path.isEmpty else { return 0 }
        let cut = path.lastIndex(of: UInt8(ascii: "/"))
        return try child(path[(cut.map { $0 + 1 } ?? 0)...], of: directory(path[..<(cut ?? 0)]))
    }

    /// What this layer has at a name so far; `nil` if nothing.
    private func ownEntry(at node: Int32) -> Int32? {
        let top = nodes[Int(node)].top
        return top >= 0 && entries[Int(top)].layer == layer ? top : nil
    }

    /// - Parameter node: a name that the layer has nothing at, in a directory that it has.
    private mutating func add(_ mark: OverlayMark, at node: Int32) throws -> Int32 {
        guard entries.count < limits.entries else { throw limits.exceeded() }
        let place = Int32(entries.count)
        entries.append(Entry(layer: layer, mark: mark, below: nodes[Int(node)].top))
        nodes[Int(node)].top = place
        nodes[Int(node)].lastOwnChild = -1
        let parent = Int(nodes[Int(node)].parent)
        guard parent >= 0 else { return place }
        nodes[Int(node)].ownSibling = nodes[parent].lastOwnChild
        nodes[parent].lastOwnChild = node
        return place
    }

    /// Makes sure that this layer has the directories of a name.
    private mutating func addParents(of node: Int32) throws {
        var missing: [Int32] = []
        var node = nodes[Int(node)].parent
        while node >= 0 {
            if let own = ownEntry(at: node) {
                switch entries[Int(own)].mark {
                case .directory: break
                // A whiteout hides what lower layers have, not what the same layer has.
                case .whiteout: entries[Int(own)].mark = .directory(isOpaque: true)
                case .file: throw isNoDirectory(node)
                }
                break
            }
            missing.append(node)
            node = nodes[Int(node)].parent
        }
        for node in missing.reversed() { _ = try add(.directory(isOpaque: false), at: node) }
    }

    /// What is wrong with a layer that cannot be unpacked.
    private func isNoDirectory(_ node: Int32) -> Failure {
        Failure(
            "a layer has something in \(shown(fromRoot: path(of: node))), which is no directory in it",
            help: "no tool can unpack such a layer: make the image anew")
    }

    /// Forgets what this layer has in a directory, which unpacking removes.
    private mutating func removeChildren(of node: Int32) {
        var pending = [node]
        while let directory = pending.popLast() {
            var child = nodes[Int(directory)].lastOwnChild
            nodes[Int(directory)].lastOwnChild = -1
            while child >= 0 {
                nodes[Int(child)].top = entries[Int(nodes[Int(child)].top)].below
                forget(child)
                pending.append(child)
                child = nodes[Int(child)].ownSibling
            }
        }
        lastParent = nil
    }

    /// Takes a directory of this layer.
    mutating func addDirectory(at node: Int32, _ metadata: Metadata) throws {
        try addParents(of: node)
        let own = try ownEntry(at: node) ?? add(.directory(isOpaque: false), at: node)
        switch entries[Int(own)].mark {
        case .directory: break
        case .whiteout: entries[Int(own)].mark = .directory(isOpaque: true)
        case .file:
            entries[Int(own)].mark = .directory(isOpaque: false)
            entries[Int(own)].content = -1
            forget(node)
        }
        entries[Int(own)].metadata = metadata
    }

    /// Takes that a directory of this layer hides what is below it.
    mutating func addOpaque(at node: Int32) throws {
        try addParents(of: node)
        let own = try ownEntry(at: node) ?? add(.directory(isOpaque: true), at: node)
        guard entries[Int(own)].mark != .file else { throw isNoDirectory(node) }
        entries[Int(own)].mark = .directory(isOpaque: true)
    }

    /// Takes that this layer hides a name.
    mutating func addWhiteout(at node: Int32) throws {
        try addParents(of: node)
        guard let own = ownEntry(at: node) else {
            _ = try add(.whiteout, at: node)
            return
        }
        if case .directory = entries[Int(own)].mark { entries[Int(own)].mark = .directory(isOpaque: true) }
    }

    /// Takes anything but a directory.
    ///
    /// - Parameter content: what a regular file holds.
    mutating func addFile(
        at node: Int32, _ metadata: Metadata, content: Int32 = -1, symlink target: [UInt8]? = nil
    ) throws {
        guard node > 0 else { throw Failure("the root can only be a directory") }
        try addParents(of: node)
        let own = try ownEntry(at: node) ?? add(.file, at: node)
        if case .directory = entries[Int(own)].mark { removeChildren(of: node) }
        entries[Int(own)].mark = .file
        entries[Int(own)].content = content
        entries[Int(own)].metadata = metadata
        forget(node)
        guard let target else { return }
        symlinks[node] = target
        lastParent = nil
    }

    /// What is at a name is another thing by now.
    private mutating func forget(_ node: Int32) {
        if symlinks.removeValue(forKey: node) != nil { lastParent = nil }
    }

    /// Takes the content of a regular file, which is of this layer or, where the layer's blob came before, of that.
    mutating func addContent(at node: Int32, size: Int64, _ digest: Fingerprint) -> Int32 {
        if let place = repeated {
            repeated = place + 1
            return place
        }
        contents.append(Content(layer: layer, size: size, digest: digest, node: node))
        return Int32(contents.count - 1)
    }

    /// The content of a file of this layer that has a further name; -1 if there is no such file.
    func content(at node: Int32) -> Int32 { ownEntry(at: node).map { entries[Int($0)].content } ?? -1 }

    /// A path without slashes around it.
    func path(of node: Int32) -> [UInt8] {
        var names: [[UInt8]] = []
        var node = node
        while node > 0 {
            names.append(nodes[Int(node)].name)
            node = nodes[Int(node)].parent
        }
        return Array(names.reversed().joined(separator: [UInt8(ascii: "/")]))
    }
}

extension ShippedTree.Limits {
    /// What is wrong with an image that is too much to be accounted for.
    fileprivate func exceeded() -> Failure {
        Failure(
            "it has more than \(names) names, more than \(entries) entries, or more than \(bytes >> 20) MiB of names",
            help: "images have some hundred thousand names at most: look at what makes so many")
    }
}

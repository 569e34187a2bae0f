import Failure
import FileTree
import Layers
import OCI
import SystemPackage

extension FileDigests {
    /// The digest of a file or of a whole tree: of kinds, names, permissions, contents and link targets, of the extended
    /// attributes that are copied, and of which names are those of one file. Owners and times are not in it, since
    /// nothing that is made of an import depends on them; neither is the name of the top.
    ///
    /// - Throws: a failure that names the file in the tree.
    func digest(of node: SourceNode, _ attributes: CopiedAttributes) throws -> Digest {
        var walk = TreeDigest(digests: self, attributes)
        return try walk.run(node)
    }
}

/// One walk over a tree that hashes a line for each name in it, in order.
private struct TreeDigest {
    private let digests: FileDigests
    private var hasher = DigestHasher()
    private var pending: [UInt8] = []
    private var place: [FileName] = []
    private let attributes: CopiedAttributes
    private var links = CopiedLinks()

    private static let flushSize = 64 << 10

    init(digests: FileDigests, _ attributes: CopiedAttributes) {
        self.digests = digests
        self.attributes = attributes
        pending.reserveCapacity(Self.flushSize + 8192)
    }

    mutating func run(_ node: SourceNode) throws -> Digest {
        do {
            try add(node, named: nil)
        } catch {
            throw place.isEmpty ? error : Failure("couldn't read \(place.path)", because: error)
        }
        flush()
        return hasher.finish()
    }

    private mutating func add(_ node: SourceNode, named name: FileName?) throws {
        switch node {
        case .directory(let directory):
            try begin(directory, name)
            try addContents(of: directory)
        case .file(let parent, let original, let status): try add(original, in: parent, status, named: name)
        }
    }

    private mutating func addContents(of directory: any TreeNode) throws {
        var walk = try DepthFirstWalk(directory)
        while let step = try walk.next() {
            switch step {
            case .child(let child, let parent):
                place.append(child.name)
                switch try SourceNode(child, of: parent) {
                case .directory(let node):
                    try begin(node, child.name)
                    try walk.enter(node)
                case .file(let holder, let original, let status):
                    try add(original, in: holder, status, named: child.name)
                    place.removeLast()
                }
            case .left:
                begin("e", nil, permissions: 0)
                try digests.checkpoint()
                if !place.isEmpty { place.removeLast() }
            }
        }
    }

    private mutating func begin(_ directory: any TreeNode, _ name: FileName?) throws {
        let file = directory.directory.file
        try begin("d", name, permissions: file.status().permissions)
        try add(attributes.of(file))
    }

    private mutating func add(
        _ original: FileName, in parent: Directory, _ status: FileStatus, named name: FileName?
    ) throws {
        switch status.kind {
        case .regular:
            if let first = links.first(status) {
                begin("h", name, permissions: 0)
                for step in first { pending += step.bytes + [0] }
                pending.append(0)
                return
            }
            links.note(status, at: place)
            begin("f", name, permissions: status.permissions)
            let digest = try digests.content(of: original, in: parent, status)
            withUnsafeBytes(of: digest.words) { pending += $0 }
            try add(attributes.of(original, in: parent))
        case .symlink:
            // Its permissions mean nothing, and depend on the file system.
            begin("l", name, permissions: 0)
            pending += try parent.symlinkTarget(original)
            pending.append(0)
        default: begin("o", name, permissions: 0)
        }
    }

    /// Nothing is added where there are none, as in most files.
    private mutating func add(_ attributes: [ExtendedAttribute]) {
        for attribute in attributes {
            begin("a", nil, permissions: UInt32(attribute.value.count))
            pending += attribute.name.bytes + [0]
            pending += attribute.value
        }
    }

    /// One letter, the permissions in four bytes, the name and a NUL: no two trees give the same bytes.
    private mutating func begin(_ kind: Unicode.Scalar, _ name: FileName?, permissions: UInt32) {
        pending.append(UInt8(ascii: kind))
        withUnsafeBytes(of: permissions.littleEndian) { pending += $0 }
        if let name { pending += name.bytes }
        pending.append(0)
        if pending.count > Self.flushSize { flush() }
    }

    private mutating func flush() {
        pending.withUnsafeBytes { hasher.update($0) }
        pending.removeAll(keepingCapacity: true)
    }
}

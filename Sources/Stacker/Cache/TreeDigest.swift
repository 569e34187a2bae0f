import Failure
import FileTree
import Layers
import OCI
import SystemPackage

extension FileDigests {
    /// The digest of a file or of a whole tree: of kinds, names, permissions, contents and link targets. Owners and times
    /// are not in it, since nothing that is made of an import depends on them; neither is the name of the top.
    ///
    /// - Throws: a failure that names the file in the tree.
    mutating func digest(of node: SourceNode) throws -> Digest {
        var walk = TreeDigest(digests: consume self)
        defer { self = walk.digests }
        return try walk.run(node)
    }
}

/// One walk over a tree that hashes a line for each name in it, in order.
private struct TreeDigest {
    var digests: FileDigests
    private var hasher = DigestHasher()
    private var pending: [UInt8] = []
    private var place: [FileName] = []

    private static let flushSize = 64 << 10

    init(digests: consuming FileDigests) {
        self.digests = digests
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
            try begin("d", name, permissions: directory.directory.file.status().permissions)
            for child in try directory.children() {
                place.append(child.name)
                try add(SourceNode(child, of: directory), named: child.name)
                place.removeLast()
            }
            begin("e", nil, permissions: 0)
            try StopSignal.check()
        case .file(let parent, let original, let status):
            switch status.kind {
            case .regular:
                begin("f", name, permissions: status.permissions)
                let digest = try digests.content(of: original, in: parent, status)
                withUnsafeBytes(of: digest.words) { pending += $0 }
            case .symlink:
                // Its permissions mean nothing, and depend on the file system.
                begin("l", name, permissions: 0)
                pending += try parent.symlinkTarget(original).bytes
                pending.append(0)
            default: begin("o", name, permissions: 0)
            }
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

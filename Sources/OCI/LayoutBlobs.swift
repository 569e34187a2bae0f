import Failure
import FileTree
import Glibc
import SystemPackage

extension Layout {
    /// Whether the blob is there with the length that its descriptor says.
    package func holds(_ descriptor: Descriptor) throws -> Bool {
        try status(of: descriptor.digest, length: descriptor.size) != nil
    }

    /// What the file of a blob looks like; `nil` if it is not there with that length.
    package func status(of digest: Digest, length: Int64) throws -> FileStatus? {
        let status = try blobs.status(FilePath(digest.hex))
        return status?.kind == .regular && status?.size == length ? status : nil
    }

    /// Whether nothing has the blob's name.
    package func lacks(_ descriptor: Descriptor) throws -> Bool {
        try blobs.status(FilePath(descriptor.digest.hex)) == nil
    }

    /// Whether all of these blobs are there.
    package func holdsAll(_ descriptors: [Descriptor]) throws -> Bool {
        try descriptors.allSatisfy { try holds($0) }
    }

    /// Whether all of an image is there, and its manifest can be understood.
    package func holdsImage(_ descriptor: Descriptor) throws -> Bool {
        guard try holds(descriptor), let manifest = try ifUsable({ try manifest(descriptor) }) else { return false }
        return try holdsAll(manifest.blobs)
    }

    /// Opens a blob for reading. Its content is not checked: whoever reads it hashes it on the way.
    package func open(_ descriptor: Descriptor) throws -> OpenFile {
        try attempt("couldn't open blob \(descriptor.digest) of \(path)") { try file(of: descriptor) }
    }

    private func file(of descriptor: Descriptor) throws -> OpenFile {
        // A FIFO without a writer would be waited for.
        let file = try blobs.openNoSymlinks(FilePath(descriptor.digest.hex), O_RDONLY | O_NONBLOCK)
        let status = try file.status()
        try Self.refuseIrregular(status)
        guard status.size == descriptor.size else {
            throw Failure("it has \(status.size) bytes, its descriptor says \(descriptor.size)")
        }
        return file
    }

    /// - Throws: `Failure` for what stands in the place of a blob and is no file.
    static func refuseIrregular(_ status: FileStatus) throws {
        guard status.kind != .regular else { return }
        throw Failure(
            status.kind == .directory ? "it is a directory" : "it is no regular file",
            help: "remove it, and fetch or build the image anew")
    }

    /// Whether a blob is there and its content is what its name says. One that this user may not read is another's, and
    /// taken for what its name says.
    package func isWhole(_ descriptor: Descriptor) throws -> Bool {
        guard try holds(descriptor) else { return false }
        do {
            try verify(descriptor)
            return true
        } catch let failure as Failure {
            switch failure.errno {
            case .permissionDenied: return true
            // A file that the disk can't give is no better than one with other bytes.
            case nil, .ioError: return false
            default: throw failure
            }
        }
    }

    /// Reads a blob, to see whether its content is what its name says.
    package func verify(_ descriptor: Descriptor) throws {
        try attempt("couldn't use blob \(descriptor.digest) of \(path)") {
            try file(of: descriptor).hash(expecting: descriptor)
        }
    }

    /// Removes a blob.
    package func remove(_ descriptor: Descriptor) throws {
        try attempt("couldn't remove blob \(descriptor.digest) of \(path)") {
            try blobs.remove(FilePath(descriptor.digest.hex))
        }
    }

    /// Reads a small blob whole and checks its digest.
    package func read(_ descriptor: Descriptor) throws -> [UInt8] {
        try attempt("couldn't read blob \(descriptor.digest) of \(path)") {
            try Self.refuseOversized(descriptor)
            let bytes = try file(of: descriptor).readToEnd(limit: Limit.manifest)
            let digest = Digest(of: bytes)
            guard digest == descriptor.digest else {
                throw Failure(
                    "its content has the digest \(digest)", help: "the blob is damaged: fetch or build it anew")
            }
            return bytes
        }
    }

    /// The manifest that a descriptor names.
    package func manifest(_ descriptor: Descriptor) throws -> ImageManifest {
        let bytes = try read(descriptor)
        return try attempt("couldn't understand manifest \(descriptor.digest) of \(path)") {
            try JSON.decode(ImageManifest.self, from: bytes)
        }
    }

    /// The config that a manifest names.
    package func config(_ manifest: ImageManifest) throws -> ImageConfig {
        let bytes = try read(manifest.config)
        return try attempt("couldn't understand image config \(manifest.config.digest) of \(path)") {
            try JSON.decode(ImageConfig.self, from: bytes)
        }
    }
}

extension OpenFile {
    /// Reads the file to its end.
    ///
    /// - Throws: `Failure` if it is not what the descriptor says; what `each` throws.
    func hash(
        expecting descriptor: Descriptor, _ each: (UnsafeRawBufferPointer) throws -> Void = { _ in }
    ) throws {
        var hasher = DigestHasher()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while case let count = try read(into: buffer), count > 0 {
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hasher.update(bytes)
            try each(bytes)
        }
        let digest = hasher.finish()
        guard digest == descriptor.digest else {
            throw Failure(
                "it is damaged: its content has the digest \(digest)", help: "fetch or build it anew")
        }
    }
}

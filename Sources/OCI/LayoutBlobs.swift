import CSyscalls
import Failure
public import FileTree
import Glibc
import SystemPackage

extension Layout {
    /// Whether the blob is there with the length that its descriptor says.
    public func holds(_ descriptor: Descriptor) throws -> Bool {
        try blobs.status(FilePath(descriptor.digest.hex))?.size == descriptor.size
    }

    /// Whether all of these blobs are there.
    public func holdsAll(_ descriptors: [Descriptor]) throws -> Bool {
        try descriptors.allSatisfy { try holds($0) }
    }

    /// Opens a blob for reading. Its content is not checked: whoever reads it hashes it on the way.
    public func open(_ descriptor: Descriptor) throws -> OpenFile {
        try attempt("couldn't open blob \(descriptor.digest) of \(path)") {
            let file = try blobs.openNoSymlinks(FilePath(descriptor.digest.hex), O_RDONLY)
            let status = try file.status()
            guard status.kind == .regular, status.size == descriptor.size else {
                throw Failure("it has \(status.size) bytes, its descriptor says \(descriptor.size)")
            }
            return file
        }
    }

    /// Removes a blob.
    public func remove(_ descriptor: Descriptor) throws {
        try attempt("couldn't remove blob \(descriptor.digest) of \(path)") {
            try blobs.remove(FilePath(descriptor.digest.hex))
        }
    }

    /// Reads a small blob whole and checks its digest.
    public func read(_ descriptor: Descriptor) throws -> [UInt8] {
        try attempt("couldn't read blob \(descriptor.digest) of \(path)") {
            let bytes = try open(descriptor).readToEnd(limit: Limit.manifest)
            let digest = Digest(of: bytes)
            guard digest == descriptor.digest else {
                throw Failure(
                    "its content has the digest \(digest)", help: "the blob is damaged: fetch or build it anew")
            }
            return bytes
        }
    }

    /// The manifest that a descriptor names.
    public func manifest(_ descriptor: Descriptor) throws -> ImageManifest {
        let bytes = try read(descriptor)
        return try attempt("couldn't understand manifest \(descriptor.digest) of \(path)") {
            try JSON.decode(ImageManifest.self, from: bytes)
        }
    }

    /// The config that a manifest names.
    public func config(_ manifest: ImageManifest) throws -> ImageConfig {
        let bytes = try read(manifest.config)
        return try attempt("couldn't understand image config \(manifest.config.digest) of \(path)") {
            try JSON.decode(ImageConfig.self, from: bytes)
        }
    }

    /// Adds a small blob; one that is there already, whole, is left alone. It is not synced: a blob that a crash of the
    /// machine spoilt is known by its digest.
    public func put(_ bytes: [UInt8], _ mediaType: MediaType) throws -> Descriptor {
        let descriptor = Descriptor(mediaType: mediaType, digest: Digest(of: bytes), size: Int64(bytes.count))
        if (try? read(descriptor)) == nil {
            try blobs.replaceFile(FilePath(descriptor.digest.hex), with: bytes)
        }
        return descriptor
    }

    /// Brings a blob in from another layout: by a hard link where both are on one file system, otherwise by a copy
    /// whose digest is checked on the way.
    ///
    /// - Parameters:
    ///   - verified: the caller has hashed this very file; without it, linking hashes it first.
    ///   - advanced: called with the number of bytes that were dealt with since the last call.
    public func adopt(
        _ descriptor: Descriptor, from source: Layout, verified: Bool = false, advanced: (Int) -> Void = { _ in }
    ) throws {
        if try holds(descriptor) { return }
        let name = FilePath(descriptor.digest.hex)
        try attempt("couldn't take blob \(descriptor.digest) over from \(source.path) to \(path)") {
            let file = try source.open(descriptor)
            if !verified { try hash(file, expecting: descriptor) { advanced($0.count) } }
            if try link(file, as: name) { return }
            try copy(file, as: name, descriptor, verified ? advanced : { _ in })
        }
    }

    /// Links an open file under a new name; false where the file system or its rules say no.
    private func link(_ file: OpenFile, as name: FilePath) throws -> Bool {
        try? blobs.remove(name)
        let linked = FilePath("/proc/self/fd/\(file.number)").withPlatformString { source in
            name.withPlatformString { linkat(AT_FDCWD, source, blobs.file.number, $0, AT_SYMLINK_FOLLOW) }
        }
        if linked == 0 || Glibc.errno == EEXIST { return true }
        switch Glibc.errno {
        case EXDEV, EPERM, EMLINK, EACCES, ENOENT, EOPNOTSUPP: return false
        case let errno: throw Errno(rawValue: errno)
        }
    }

    private func copy(
        _ file: OpenFile, as name: FilePath, _ descriptor: Descriptor, _ advanced: (Int) -> Void
    ) throws {
        let temporary = FilePath(".\(name).\(getpid()).tmp")
        defer { try? blobs.remove(temporary) }
        try? blobs.remove(temporary)
        let copy = try blobs.openNoSymlinks(temporary, O_RDWR | O_CREAT | O_EXCL, mode: 0o644)
        _ = lseek(file.number, 0, SEEK_SET)
        try hash(file, expecting: descriptor) {
            try copy.writeAll($0)
            advanced($0.count)
        }
        try blobs.rename(temporary, to: name)
    }

    private func hash(
        _ file: OpenFile, expecting descriptor: Descriptor, _ each: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var hasher = DigestHasher()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while case let count = try file.read(into: buffer), count > 0 {
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hasher.update(bytes)
            try each(bytes)
        }
        let digest = hasher.finish()
        guard digest == descriptor.digest else {
            throw Failure(
                "the content of blob \(descriptor.digest) has the digest \(digest)",
                help: "the blob is damaged: fetch or build it anew")
        }
    }
}

import Failure
public import FileTree
import Glibc
import Synchronization
public import SystemPackage

/// Writes to a layout, beside others that do so at the same time: this process's threads, other stackers, other users.
///
/// All that is made is made in a directory of the writer's own in the layout and gets its name when it is whole: a blob
/// that has its name is what its name says, at any kill. The index names blobs only when they are on the disk, is changed by
/// one writer at a time, and from what it was just before. As long as a writer lives, no stacker removes blobs.
public final class LayoutWriter: Sendable, BlobDestination {
    /// Where it writes to.
    public let layout: Layout
    private let use: LayoutLock
    private let note: @Sendable (Digest, FileStatus) throws -> Void
    private let checkpoint: @Sendable () throws -> Void
    private let state = Mutex(State())

    private struct State {
        var workshop: Workshop?
        /// Blobs that may not be on the disk yet.
        var unsynced: Set<FilePath> = []
    }

    /// Begins to write to a layout that is there.
    ///
    /// - Parameters:
    ///   - note: gets to know of each new blob, and its file, before it has its name.
    ///   - checkpoint: called while other writers are waited for; what it throws ends the waiting.
    public init(
        _ layout: Layout, note: @escaping @Sendable (Digest, FileStatus) throws -> Void = { _, _ in },
        checkpoint: @escaping @Sendable () throws -> Void = {}
    ) throws {
        self.layout = layout
        self.note = note
        self.checkpoint = checkpoint
        use = try LayoutLock.use(of: layout, checkpoint)
    }

    /// Begins to write to the layout at `path`; one that does not exist, an empty directory, or one whose making was broken
    /// off, becomes a layout without images.
    public convenience init(
        openingOrCreating path: FilePath, note: @escaping @Sendable (Digest, FileStatus) throws -> Void = { _, _ in },
        checkpoint: @escaping @Sendable () throws -> Void = {}
    ) throws {
        let state = try LayoutState(of: path)
        if state != .layout { try Layout.makeDirectories(at: path) }
        try self.init(Layout(unchecked: path), note: note, checkpoint: checkpoint)
        if state != .layout { try complete() }
    }

    /// Removes what was not finished, whoever else has this writer still: a thread that will learn of a stop signal only
    /// when the process is gone.
    public func abandon() { state.withLock { $0.workshop = nil } }

    // MARK: - Blobs

    /// Begins an empty blob.
    public func newBlob() throws -> PendingBlob {
        try PendingBlob(in: workshop()) { [self] blob, digest in
            try place(digest, blob.file) { try blob.move(to: digest, in: layout.blobs) }
        }
    }

    /// Adds a small blob; one that is there already, whole, is left alone.
    public func put(_ bytes: [UInt8], _ mediaType: MediaType) throws -> Descriptor {
        let descriptor = Descriptor(mediaType: mediaType, digest: Digest(of: bytes), size: Int64(bytes.count))
        if (try? layout.read(descriptor)) == nil {
            try attempt("couldn't write blob \(descriptor.digest) to \(layout.path)") {
                let blob = try newBlob()
                try blob.file.writeAll(bytes)
                try blob.commit(descriptor.digest)
            }
        }
        return descriptor
    }

    /// Brings a blob in from another layout: by a hard link where both are on one file system, otherwise by a copy. Its
    /// digest is checked on the way.
    ///
    /// - Parameters:
    ///   - verified: the caller has hashed this very file; without it, linking hashes it first.
    ///   - advanced: called with the number of bytes that were dealt with since the last call.
    public func adopt(
        _ descriptor: Descriptor, from source: Layout, verified: Bool = false, advanced: (Int) -> Void = { _ in }
    ) throws {
        if try layout.holds(descriptor) { return }
        try attempt("couldn't take blob \(descriptor.digest) over from \(source.path) to \(layout.path)") {
            let file = try source.open(descriptor)
            if !verified { try file.hash(expecting: descriptor) { advanced($0.count) } }
            if try link(file, as: descriptor.digest) { return }
            let blob = try newBlob()
            try checked(lseek(file.number, 0, SEEK_SET))
            try file.hash(expecting: descriptor) {
                try blob.file.writeAll($0)
                if verified { advanced($0.count) }
            }
            try blob.commit(descriptor.digest)
        }
    }

    /// Links an open file under a digest's name; false where the file system or its rules say no.
    private func link(_ file: OpenFile, as digest: Digest) throws -> Bool {
        let (workshop, name) = try (self.workshop(), FilePath.temporaryName(for: "link"))
        let linked = FilePath("/proc/self/fd/\(file.number)").withPlatformString { source in
            name.withPlatformString { linkat(AT_FDCWD, source, workshop.file.number, $0, AT_SYMLINK_FOLLOW) }
        }
        guard linked == 0 else {
            switch Glibc.errno {
            case EXDEV, EPERM, EMLINK, EACCES, ENOENT, EOPNOTSUPP: return false
            case let errno: throw Errno(rawValue: errno)
            }
        }
        // If it is the very file that has the name already, both names stay.
        defer { try? workshop.remove(name) }
        try place(digest, file) { try workshop.rename(name, to: FilePath(digest.hex), in: layout.blobs) }
        return true
    }

    /// Gives a blob its name.
    func place(_ digest: Digest, _ file: OpenFile, _ rename: () throws -> Void) throws {
        try note(digest, file.status())
        do {
            try rename()
        } catch Errno.isDirectory {
            // No blob is a directory, and nothing can be read as long as one is in its place.
            try layout.blobs.removeTree(FilePath(digest.hex))
            try rename()
        }
        _ = state.withLock { $0.unsynced.insert(FilePath(digest.hex)) }
    }

    /// The directory in which things are made; it is made with the first of them.
    func workshop() throws -> Directory {
        if let workshop = state.withLock(\.workshop) { return workshop.directory }
        let lock = try LayoutLock.change(of: layout, checkpoint)
        defer { withExtendedLifetime(lock) {} }
        return try attempt("couldn't write to \(layout.path)") {
            try state.withLock { state in
                let workshop = try state.workshop ?? Workshop(in: layout.root)
                state.workshop = workshop
                return workshop.directory
            }
        }
    }

    // MARK: - The index

    /// Changes `index.json` in one step; it is not written if it stays the same. All blobs that were written are on the
    /// disk before it is.
    public func updateIndex(_ change: (inout ImageIndex) -> Void) throws {
        guard try changed(by: change) != nil else { return }
        try synchronize()
        let workshop = try workshop()
        let lock = try LayoutLock.change(of: layout, checkpoint)
        defer { withExtendedLifetime(lock) {} }
        guard let changed = try changed(by: change) else { return }
        try attempt("couldn't update \(layout.path)") {
            try workshop.write(JSON.encode(changed), to: Layout.indexName)
            try workshop.rename(Layout.indexName, to: Layout.indexName, in: layout.root)
        }
    }

    /// The index after a change; `nil` if it stays the same.
    private func changed(by change: (inout ImageIndex) -> Void) throws -> ImageIndex? {
        let index = try layout.index()
        var changed = index
        change(&changed)
        return changed == index ? nil : changed
    }

    /// Has all blobs that were written on the disk. First the kernel is told to write all of them, so that they wait for
    /// the disk together.
    private func synchronize() throws {
        let names = state.withLock(\.unsynced)
        guard !names.isEmpty else { return }
        try attempt("couldn't write the blobs of \(layout.path) to the disk") {
            let limit = 64
            var rest = Array(names)
            while !rest.isEmpty {
                // One that is gone was removed by somebody who is no stacker.
                let files = rest.suffix(limit).compactMap { try? layout.blobs.openNoSymlinks($0, O_RDONLY) }
                rest.removeLast(min(limit, rest.count))
                for file in files { file.startWriting() }
                for file in files { try file.synchronize() }
            }
            try layout.blobs.file.synchronize()
        }
        state.withLock { $0.unsynced.subtract(names) }
    }

    /// Writes what makes a directory a layout, the index last: from then on it is taken for one.
    private func complete() throws {
        try attempt("couldn't make OCI layout \(layout.path)") {
            let workshop = try workshop()
            for (name, content) in try [
                (Layout.markerName, Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)),
                (Layout.indexName, JSON.encode(ImageIndex())),
            ] {
                try workshop.write(content, to: name)
                let lock = try LayoutLock.change(of: layout, checkpoint)
                defer { withExtendedLifetime(lock) {} }
                // Another writer may have made it meanwhile, and named its images.
                guard try layout.root.status(name) == nil else { continue }
                try workshop.rename(name, to: name, in: layout.root)
            }
        }
    }
}

extension Directory {
    /// Writes a file anew, and has it on the disk.
    fileprivate func write(_ bytes: [UInt8], to name: FilePath) throws {
        let file = try openNoSymlinks(name, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        try file.writeAll(bytes)
        try file.synchronize()
    }
}

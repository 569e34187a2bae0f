import Failure
import FileTree
import Glibc
import Synchronization
import SystemPackage

/// Writes to a layout, beside others that do so at the same time: this process's threads, other stackers, other users.
///
/// All that is made is made in a directory of the writer's own in the layout and gets its name when it is whole: a blob
/// that has its name is what its name says, at any kill. The index names blobs only when they are on the disk, is changed by
/// one writer at a time, and from what it was just before. As long as a writer lives, no stacker removes blobs.
package final class LayoutWriter: Sendable, BlobDestination {
    /// Where it writes to.
    package let layout: Layout
    private let use: LayoutLock
    private let note: @Sendable (Digest, FileStatus, Layout) throws -> Void
    private let checkpoint: @Sendable () throws -> Void
    private let state = Mutex(State())

    private struct State {
        var workshop: Workshop?
        /// Blobs of which it is known that they are on the disk.
        var synced: Set<FilePath> = []
    }

    /// Begins to write to a layout that is there.
    ///
    /// - Parameters:
    ///   - note: gets to know of each new blob, its file, and the layout, before it has its name.
    ///   - checkpoint: called while other writers are waited for; what it throws ends the waiting.
    package init(
        _ layout: Layout, note: @escaping @Sendable (Digest, FileStatus, Layout) throws -> Void = { _, _, _ in },
        checkpoint: @escaping @Sendable () throws -> Void = {}
    ) throws {
        self.layout = layout
        self.note = note
        self.checkpoint = checkpoint
        use = try LayoutLock.use(of: layout, checkpoint)
    }

    /// Begins to write to the layout at `path`; one that does not exist, an empty directory, or one whose making was broken
    /// off, becomes a layout without images.
    package convenience init(
        openingOrCreating path: FilePath,
        note: @escaping @Sendable (Digest, FileStatus, Layout) throws -> Void = { _, _, _ in },
        checkpoint: @escaping @Sendable () throws -> Void = {}
    ) throws {
        let state = try LayoutState(of: path)
        if state != .layout { try Layout.makeDirectories(at: path) }
        try self.init(Layout(unchecked: path), note: note, checkpoint: checkpoint)
        if state != .layout { try complete() }
    }

    /// Removes what was not finished, whoever else has this writer still: a thread that will learn of a stop signal only
    /// when the process is gone.
    package func abandon() { state.withLock { $0.workshop = nil } }

    // MARK: - Blobs

    /// Begins an empty blob.
    package func newBlob() throws -> PendingBlob {
        try PendingBlob(in: workshop()) { [self] blob, digest in
            try place(digest, blob.file) { try blob.move(to: digest, in: layout.blobs, replacing: $0) }
        }
    }

    /// Adds a small blob; one that is there already, whole, is left alone.
    package func put(_ bytes: [UInt8], _ mediaType: MediaType) throws -> Descriptor {
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

    /// Brings a blob in from another layout, if it is not there: by a hard link where both are on one file system, if the
    /// file is like one that this writer makes; otherwise by a copy. Its digest is checked on the way.
    ///
    /// - Parameters:
    ///   - verified: the caller has hashed this very file; without it, linking hashes it first.
    ///   - replacing: whether it takes the place of one that is there, which is damaged.
    ///   - advanced: called with the number of bytes that were dealt with since the last call.
    package func adopt(
        _ descriptor: Descriptor, from source: Layout, verified: Bool = false, replacing: Bool = false,
        advanced: (Int) -> Void = { _ in }
    ) throws {
        if try !replacing && layout.holds(descriptor) { return }
        try attempt("couldn't take blob \(descriptor.digest) over from \(source.path) to \(layout.path)") {
            let file = try source.open(descriptor)
            if !verified { try file.hash(expecting: descriptor) { advanced($0.count) } }
            if try mayBeLinked(file), try link(file, as: descriptor.digest) { return }
            let blob = try newBlob()
            try checked(lseek(file.number, 0, SEEK_SET), at: file.place)
            if verified {
                try blob.file.copyContent(of: file, checkpoint: checkpoint)
                advanced(Int(descriptor.size))
            } else {
                try file.hash(expecting: descriptor) { try blob.file.writeAll($0) }
            }
            try blob.commit(descriptor.digest)
        }
    }

    /// Whether a file may be one with a blob of this layout: nobody else owns it, who could change it, and whoever can read
    /// the layout can read it. Small ones are not: manifests are what other programs write anew in place.
    private func mayBeLinked(_ file: OpenFile) throws -> Bool {
        let status = try file.status()
        return status.uid == geteuid() && status.permissions & 0o477 == 0o444 && status.size > 64 << 10
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
        try place(digest, file) {
            try workshop.rename(name, to: FilePath(digest.hex), in: layout.blobs, replacing: $0)
        }
        return true
    }

    /// Gives a blob its name. What takes the place of one that is there already is on the disk before: an index may name it.
    ///
    /// - Parameter rename: renames it; throws `EEXIST` if something is there that it may not replace.
    func place(_ digest: Digest, _ file: OpenFile, _ rename: (_ replacing: Bool) throws -> Void) throws {
        try note(digest, file.status(), layout)
        let name = FilePath(digest.hex)
        // Before it has its name: from then on somebody else can have it on the disk.
        _ = state.withLock { $0.synced.remove(name) }
        do {
            try rename(false)
        } catch let error where error.isSystemError(.fileExists, .invalidArgument) {
            // The latter from file systems that can't rename without replacing.
            try file.synchronize()
            do {
                try rename(true)
            } catch let error where error.systemError == .isDirectory {
                // No blob is a directory, and nothing can be read as long as one is in its place.
                try layout.blobs.removeTree(name)
                try rename(true)
            }
        }
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

    /// Changes `index.json` in one step; it is not written if it stays the same. All that its new entries lead to is on
    /// the disk before it is, whoever has written it.
    package func updateIndex(_ change: (inout ImageIndex) -> Void) throws {
        try withoutActuallyEscaping(change) { try make(.any($0)) }
    }

    /// Points tags at manifests, in one step like any change: an entry that has the tag keeps its place.
    package func setEntries(_ entries: [(tag: String, descriptor: Descriptor)]) throws {
        try make(.tags(entries.map { .init($0.tag, $0.descriptor) }))
    }

    private func make(_ change: IndexChange) throws {
        let known = try layout.withIndex { ($0.coming(with: change), $0.index.foreign) }
        guard let coming = known.0 else { return }
        try synchronize(layout.reach(from: coming, beside: known.1))
        let workshop = try workshop()
        let lock = try LayoutLock.change(of: layout, checkpoint)
        defer { withExtendedLifetime(lock) {} }
        try attempt("couldn't update \(layout.path)") {
            try layout.memory.with(layout.root) { known in
                // Another writer may have changed it, or done the same.
                if known.coming(with: change) == nil { return }
                let bytes = try known.make(change)
                try workshop.write(bytes, to: Layout.indexName, like: layout.root.status(Layout.indexName))
                try workshop.rename(Layout.indexName, to: Layout.indexName, in: layout.root)
            }
        }
    }

    /// Has blobs on the disk. First the kernel is told to write all of them, so that they wait for the disk together.
    private func synchronize(_ blobs: Set<Digest>) throws {
        let names = Set(blobs.map { FilePath($0.hex) }).subtracting(state.withLock(\.synced))
        guard !names.isEmpty else { return }
        try attempt("couldn't write the blobs of \(layout.path) to the disk") {
            var rest = Array(names)
            var synced: Set<FilePath> = []
            while !rest.isEmpty {
                let files = try rest.suffix(Self.syncedAtOnce).compactMap { name in
                    try fileToSync(name).map { (name, $0) }
                }
                rest.removeLast(min(Self.syncedAtOnce, rest.count))
                for (_, file) in files { file.startWriting() }
                for (name, file) in files {
                    try file.synchronize()
                    synced.insert(name)
                }
            }
            try layout.blobs.file.synchronize()
            // Not what was not there: that may come any moment.
            state.withLock { [synced] in $0.synced.formUnion(synced) }
        }
    }

    /// So many files are open for it at a time.
    private static let syncedAtOnce = 64

    /// - Returns: `nil` for what is not there, as a layer that is nowhere to be had; and for what this user may not read,
    ///   which is another's, who has had it written.
    private func fileToSync(_ name: FilePath) throws -> OpenFile? {
        do {
            return try layout.blobs.openNoSymlinks(name, O_RDONLY)
        } catch let error where error.isSystemError(.noSuchFileOrDirectory, .permissionDenied) {
            return nil
        }
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
    ///
    /// - Parameter old: what it takes the place of. Whoever may write to that may write to it.
    fileprivate func write(_ bytes: [UInt8], to name: FilePath, like old: FileStatus? = nil) throws {
        let file = try openNoSymlinks(name, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        if let old, old.kind == .regular {
            // Where the group can't be given away, it is no use to give it the right either.
            let isGiven = try file.status().gid == old.gid || fchown(file.number, uid_t.max, old.gid) == 0
            try checked(fchmod(file.number, old.permissions & (isGiven ? 0o666 : 0o644)), at: file.place)
        }
        try file.writeAll(bytes)
        try file.synchronize()
    }
}

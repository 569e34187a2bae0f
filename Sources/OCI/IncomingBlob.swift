import Failure
import FileTree
import Glibc
import SystemPackage

/// A blob on its way into a layout: under a temporary name, hashed as it comes, and never longer than its descriptor
/// says. Only ``finish()`` gives it its name. With the last reference to it goes what did not come that far, unless it is
/// kept for another time.
///
/// It is for one thread at a time.
package final class IncomingBlob {
    /// Which blob it should become.
    package let descriptor: Descriptor
    /// Bytes so far, with those that were kept from another time.
    package private(set) var count: Int64
    private let writer: LayoutWriter
    /// Where it is until it has its name.
    private let directory: Directory
    private let temporary: FilePath
    private let file: OpenFile
    private var hasher: DigestHasher
    private let keepsPart: Bool
    /// Whether it has its name, or is not worth keeping.
    private var isFinished = false
    private var isWrong = false
    private var arriving: ArrivingBlob?

    /// Begins an empty one, or goes on with one that was kept.
    ///
    /// - Parameter keepsPart: whether a part of it is kept. It is for one writer: another one begins its own, which is not.
    /// - Throws: `Errno`.
    package init(_ descriptor: Descriptor, into writer: LayoutWriter, keepsPart: Bool = false) throws {
        self.descriptor = descriptor
        self.writer = writer
        if keepsPart, let part = try PartialBlob(of: descriptor, in: writer.layout.blobs) {
            self.keepsPart = true
            directory = writer.layout.blobs
            (temporary, file, hasher, count) = (part.name, part.file, part.hasher, part.count)
            return
        }
        self.keepsPart = false
        directory = try writer.workshop()
        temporary = .temporaryName(for: descriptor.digest.hex)
        file = try directory.openNoSymlinks(temporary, O_RDWR | O_CREAT | O_EXCL, mode: 0o644)
        hasher = DigestHasher()
        count = 0
    }

    deinit {
        let stays = isFinished || keepsPart && count > 0 && !isWrong
        if !stays { try? directory.remove(temporary) }
        if keepsPart { file.unlock() }
        arriving?.end(isComplete: isFinished)
    }

    /// What lets one other thread read the blob while it comes. To be asked for once.
    package func follow() -> ArrivingBlob {
        let arriving = ArrivingBlob(descriptor, in: file, arrived: count)
        self.arriving = arriving
        return arriving
    }

    /// Takes the next bytes.
    ///
    /// - Throws: `Failure` if they are more than the descriptor says; `Errno`.
    package func append(_ bytes: UnsafeRawBufferPointer) throws {
        guard Int64(bytes.count) <= descriptor.size - count else {
            isWrong = true
            throw Failure("it is longer than the \(descriptor.size) bytes that its descriptor says")
        }
        hasher.update(bytes)
        try file.writeAll(bytes)
        count += Int64(bytes.count)
        arriving?.reach(count)
    }

    /// Forgets all that came.
    package func restart() throws {
        arriving?.restart()
        try checked(ftruncate(file.number, 0), at: file.place)
        try checked(lseek(file.number, 0, SEEK_SET), at: file.place)
        hasher = DigestHasher()
        count = 0
    }

    /// Whether all of it is there, and it is the blob that the descriptor names.
    package var isRight: Bool { count == descriptor.size && hasher.finish() == descriptor.digest }

    /// Checks length and digest and gives the content its name.
    ///
    /// - Throws: `Failure` for a blob that is not the one that the descriptor names.
    package func finish() throws {
        guard count == descriptor.size else {
            throw Failure("it has \(count) bytes, its descriptor says \(descriptor.size)")
        }
        let digest = hasher.finish()
        guard digest == descriptor.digest else {
            isWrong = true
            throw Failure("its content has the digest \(digest)")
        }
        try writer.place(digest, file) {
            try directory.rename(temporary, to: FilePath(digest.hex), in: writer.layout.blobs, replacing: $0)
        }
        isFinished = true
        arriving?.end(isComplete: true)
    }
}

/// What is kept of a blob that did not come to its end: a file that belongs to whoever has it locked.
private struct PartialBlob {
    let name: FilePath
    let file: OpenFile
    private(set) var hasher = DigestHasher()
    private(set) var count: Int64 = 0

    /// Opens it, makes it if there is none, and reads what is in it.
    ///
    /// - Returns: `nil` if another writer has it, or another user's is in its place.
    init?(of descriptor: Descriptor, in blobs: Directory) throws {
        name = FilePath(".\(descriptor.digest.hex)\(Layout.partSuffix)")
        do {
            file = try blobs.openNoSymlinks(name, O_RDWR | O_CREAT, mode: 0o644)
        } catch let error
            where error.isSystemError(.permissionDenied, .notPermitted, .isDirectory, .tooManySymbolicLinkLevels)
        {
            // It is another user's, or no file: a part saves time, and nothing depends on it.
            return nil
        }
        guard try file.tryLock(.exclusive) else { return nil }
        // Whoever had it until now may have given it its name, or removed it.
        let status = try file.status()
        guard let named = try blobs.status(name), named.inode == status.inode, status.kind == .regular else {
            return nil
        }
        if status.size > descriptor.size { try checked(ftruncate(file.number, 0), at: file.place) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while case let read = try file.read(into: buffer), read > 0 {
            hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<read]))
            count += Int64(read)
        }
    }
}

extension Layout {
    /// What the name of a part of a blob ends with.
    static let partSuffix = ".part"
    /// How long such a part is of use, in seconds.
    private static let partLifetime: Int64 = 7 * 24 * 3600

    /// The names of parts of blobs that a later pull could go on with.
    package func parts() throws -> [FilePath] {
        try blobs.names().filter { $0.string.hasPrefix(".") && $0.string.hasSuffix(Self.partSuffix) }
    }

    /// Removes parts of blobs that nobody has gone on with for a week.
    package func removeOldParts() throws {
        for name in try parts() {
            guard let status = try blobs.status(name) else { continue }
            if Timestamp.now.seconds - status.modified.seconds > Self.partLifetime { try blobs.remove(name) }
        }
    }
}

import Failure
import FileTree
import Glibc
import SystemPackage

/// A blob on its way into a layout: under a temporary name, hashed as it comes, and never longer than its descriptor
/// says. Only ``finish()`` gives it its name. With the last reference to it goes what did not come that far.
///
/// It is for one thread at a time.
public final class IncomingBlob {
    /// Which blob it should become.
    public let descriptor: Descriptor
    /// Bytes so far.
    public private(set) var count: Int64 = 0
    private let blobs: Directory
    private let temporary: FilePath
    private let file: OpenFile
    private var hasher = DigestHasher()
    private var isFinished = false
    private var arriving: ArrivingBlob?

    /// Begins an empty one.
    ///
    /// - Throws: `Errno`.
    public init(_ descriptor: Descriptor, into layout: Layout) throws {
        self.descriptor = descriptor
        blobs = layout.blobs
        temporary = FilePath(".\(descriptor.digest.hex).\(getpid()).tmp")
        try? blobs.remove(temporary)
        file = try blobs.openNoSymlinks(temporary, O_RDWR | O_CREAT | O_EXCL, mode: 0o644)
    }

    deinit {
        if !isFinished { try? blobs.remove(temporary) }
        arriving?.end(isComplete: isFinished)
    }

    /// What lets one other thread read the blob while it comes. To be asked for once.
    public func follow() -> ArrivingBlob {
        let arriving = ArrivingBlob(descriptor, in: file, arrived: count)
        self.arriving = arriving
        return arriving
    }

    /// Takes the next bytes.
    ///
    /// - Throws: `Failure` if they are more than the descriptor says; `Errno`.
    public func append(_ bytes: UnsafeRawBufferPointer) throws {
        guard Int64(bytes.count) <= descriptor.size - count else {
            throw Failure("it is longer than the \(descriptor.size) bytes that its descriptor says")
        }
        hasher.update(bytes)
        try file.writeAll(bytes)
        count += Int64(bytes.count)
        arriving?.reach(count)
    }

    /// Forgets all that came.
    public func restart() throws {
        arriving?.restart()
        try checked(ftruncate(file.number, 0))
        try checked(lseek(file.number, 0, SEEK_SET))
        hasher = DigestHasher()
        count = 0
    }

    /// Checks length and digest and gives the content its name. It is not synced: after a crash of the machine a file
    /// that was only ever appended to is short, if anything, and then it is not the blob.
    ///
    /// - Throws: `Failure` for a blob that is not the one that the descriptor names.
    public func finish() throws {
        guard count == descriptor.size else {
            throw Failure("it has \(count) bytes, its descriptor says \(descriptor.size)")
        }
        let digest = hasher.finish()
        guard digest == descriptor.digest else { throw Failure("its content has the digest \(digest)") }
        try blobs.rename(temporary, to: FilePath(descriptor.digest.hex))
        isFinished = true
        arriving?.end(isComplete: true)
    }
}

extension Layout {
    /// Removes what writers that were killed have left. Only for a layout that nobody else writes to now.
    public func removeTemporaries() throws {
        for name in try blobs.names() where name.string.hasPrefix(".") && name.string.hasSuffix(".tmp") {
            try blobs.remove(name)
        }
    }
}

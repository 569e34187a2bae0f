import Failure
import FileTree
import Glibc
import SystemPackage

/// Where new blobs go.
package protocol BlobDestination: Sendable {
    /// Begins an empty blob.
    func newBlob() throws -> PendingBlob
}

/// A blob that is being written: under a temporary name, until its digest is known. It is for one thread at a time.
package final class PendingBlob {
    /// What is written so far.
    package let file: OpenFile
    private let directory: Directory
    private let name: FilePath
    private let place: (PendingBlob, Digest) throws -> Void
    private var isPending = true

    /// Creates an empty file.
    ///
    /// - Parameters:
    ///   - directory: where it is until it has its digest's name.
    ///   - place: gives it that.
    init(in directory: Directory, place: @escaping (PendingBlob, Digest) throws -> Void) throws {
        self.directory = directory
        self.place = place
        let name = FilePath.temporaryName(for: "blob")
        self.name = name
        file = try attempt("couldn't create a blob") {
            try directory.openNoSymlinks(name, O_RDWR | O_CREAT | O_EXCL, mode: 0o644)
        }
    }

    deinit { discard() }

    /// Gives the complete file its name. One with the same digest that is there already is replaced by its equal.
    package func commit(_ digest: Digest) throws {
        try attempt("couldn't name blob \(digest)") { try place(self, digest) }
        isPending = false
    }

    /// Removes the file unless it was committed.
    package func discard() {
        if isPending { try? directory.remove(name) }
        isPending = false
    }

    /// Moves it to its digest's name.
    ///
    /// - Parameter replacing: whether what is there is replaced; it is `EEXIST` otherwise.
    func move(to digest: Digest, in blobs: Directory, replacing: Bool = true) throws {
        try directory.rename(name, to: FilePath(digest.hex), in: blobs, replacing: replacing)
    }
}

/// A plain directory of blobs, in which nobody else writes.
extension Directory: BlobDestination {
    /// Begins an empty blob, under a hidden name beside the others.
    package func newBlob() throws -> PendingBlob {
        try PendingBlob(in: self) { blob, digest in try blob.move(to: digest, in: self) }
    }
}

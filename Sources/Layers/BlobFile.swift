import Failure
import FileTree
import Glibc
import OCI
import Synchronization
import SystemPackage

/// A blob that is being written: a temporary name in its directory until its digest is known.
final class BlobFile {
    let file: OpenFile
    private let directory: Directory
    private let name: FilePath
    private var isPending = true

    private static let counter = Atomic(0)

    /// Creates an empty file.
    init(in directory: Directory) throws {
        self.directory = directory
        let number = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
        let name = FilePath(".blob.\(getpid()).\(number).tmp")
        self.name = name
        // A name left over by a process of the same number that was killed.
        try? directory.remove(name)
        file = try attempt("couldn't create a blob") {
            try directory.openNoSymlinks(name, O_RDWR | O_CREAT | O_EXCL, mode: 0o644)
        }
    }

    deinit { discard() }

    /// Gives the complete file its name. One with the same digest that is there already is replaced by its equal.
    func commit(_ digest: Digest) throws {
        try attempt("couldn't name blob \(digest)") { try directory.rename(name, to: FilePath(digest.hex)) }
        isPending = false
    }

    /// Removes the file unless it was committed.
    func discard() {
        if isPending { try? directory.remove(name) }
        isPending = false
    }
}

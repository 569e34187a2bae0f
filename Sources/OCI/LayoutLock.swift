import Failure
import FileTree
import Glibc
import SystemPackage

/// A lock on a layout, for as long as this value lives. Every stacker that writes to a layout respects it, and whoever can
/// open the layout can take it: it is on a directory itself, so there is no file that somebody else would have to be able
/// to write, none to plant, and none that a killed process leaves.
///
/// There are two, on two directories. Whoever has both takes them in this order.
package final class LayoutLock: Sendable {
    private let file: OpenFile

    deinit { file.unlock() }

    /// How long others are waited for, in seconds: nobody has a lock that is in the way for longer than it takes to write
    /// an index, or to remove what is not needed.
    private static let patience = 60

    /// Against the collection of garbage: held by everybody who counts on blobs that no index names, or not yet, or soon no
    /// more. They share it.
    package static func use(of layout: Layout, _ checkpoint: () throws -> Void) throws -> LayoutLock {
        try LayoutLock(on: layout.blobs, .shared, layout.path, checkpoint)
    }

    /// While the index is changed, or a directory for new blobs is made.
    static func change(of layout: Layout, _ checkpoint: () throws -> Void) throws -> LayoutLock {
        try LayoutLock(on: layout.root, .exclusive, layout.path, checkpoint)
    }

    /// While blobs are removed: nobody uses the layout.
    ///
    /// - Returns: `nil` if somebody does.
    static func collection(of layout: Layout) throws -> LayoutLock? {
        let file = try layout.blobs.reopen()
        return try file.tryLock(.exclusive) ? LayoutLock(file: file) : nil
    }

    private init(file: OpenFile) { self.file = file }

    private init(
        on directory: Directory, _ kind: LockKind, _ path: FilePath, _ checkpoint: () throws -> Void
    ) throws {
        file = try directory.reopen()
        guard
            try attempt("couldn't lock \(path)", { try file.lock(kind, within: Self.patience, checkpoint: checkpoint) })
        else {
            throw Failure(
                "couldn't lock \(path): another process has had it locked for \(Self.patience) seconds",
                help: "see who has it open: fuser -v \(path) \(path)/blobs/sha256")
        }
    }
}

extension Directory {
    /// The same directory, opened once more: locks belong to what was opened, not to the process.
    fileprivate func reopen() throws -> OpenFile { try openNoSymlinks(".", O_RDONLY | O_DIRECTORY) }
}

import Dispatch
import FileTree
import Progress
import Synchronization
import SystemPackage

/// Counts a tree in a thread of its own, while it is packed: how much that will be is for the user's eyes only, and nothing
/// waits for it.
private final class TreeCount: Sendable {
    private let isCancelled = Atomic(false)
    private let running = DispatchGroup()

    private struct Cancelled: Error {}

    /// Begins to look at the directory at `path`, and tells `task` what came out; nothing, if it can't be counted.
    init(of path: FilePath, for task: ProgressTask) {
        // A queue of its own has a thread at once: to stop it means to wait until it has begun.
        DispatchQueue(label: "tree count").async(group: running) { [self] in
            let size = try? Directory(at: path).sizeOfFiles {
                if isCancelled.load(ordering: .relaxed) { throw Cancelled() }
            }
            if let size { task.expect(size) }
        }
    }

    /// Ends it; returns when it has ended.
    func stop() {
        isCancelled.store(true, ordering: .relaxed)
        running.wait()
    }
}

extension ProgressSink {
    /// Packs a tree under the eyes of this sink.
    ///
    /// - Parameter body: gets what it is to call with the number of bytes that it has read of the tree's files.
    func packing<Result>(
        _ name: String, _ tree: FilePath, _ body: (_ advanced: @escaping @Sendable (Int) -> Void) throws -> Result
    ) rethrows -> Result {
        try following(.packing(name)) { task in
            let size = showsTotals ? TreeCount(of: tree, for: task) : nil
            defer { size?.stop() }
            return try body { task.advance(by: $0) }
        }
    }
}

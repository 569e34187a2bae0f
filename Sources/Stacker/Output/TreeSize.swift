import Dispatch
import FileTree
import Glibc
import Progress
import Synchronization
import SystemPackage

/// Adds up the content of a tree in a thread of its own, while it is packed: how much that will be is for the user's eyes
/// only, and nothing waits for it.
final class TreeSize: Sendable {
    private let isCancelled = Atomic(false)
    private let running = DispatchGroup()

    /// How deep it goes: a directory within another is held open. A tree that is deeper has no size.
    private static let depth = 100

    /// Begins to look at the directory at `path`, and tells `task` what came out.
    init(of path: FilePath, for task: ProgressTask) {
        DispatchQueue.global().async(group: running) { [self] in
            var names: Set<Inode> = []
            guard let root = try? Directory(at: path), let size = try? add(root, &names, Self.depth) else { return }
            task.expect(size)
        }
    }

    /// Ends it; returns when it has ended.
    func stop() {
        isCancelled.store(true, ordering: .relaxed)
        running.wait()
    }

    private struct Inode: Hashable {
        var device: dev_t
        var number: ino_t
    }

    private struct GivenUp: Error {}

    private func add(_ directory: Directory, _ seen: inout Set<Inode>, _ depth: Int) throws -> Int64 {
        guard depth > 0 else { throw GivenUp() }
        var size: Int64 = 0
        for name in try directory.names() {
            if isCancelled.load(ordering: .relaxed) { throw GivenUp() }
            guard let status = try directory.status(name) else { continue }
            switch status.kind {
            case .directory: size += try add(directory.directory(name), &seen, depth - 1)
            case .regular:
                let inode = Inode(device: status.device, number: status.inode)
                if status.links == 1 || seen.insert(inode).inserted { size += status.size }
            default: break
            }
        }
        return size
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
            let size = showsTotals ? TreeSize(of: tree, for: task) : nil
            defer { size?.stop() }
            return try body { task.advance(by: $0) }
        }
    }
}

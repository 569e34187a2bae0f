import FileTree
import Layers

/// The directories of a copy on the way down to where it is. Only the last of them are held open, as in the walk through
/// what is copied.
struct CopiedDirectories {
    private let root: Directory
    private var names: [FileName] = []
    /// `nil` while the copy is too far below.
    private var open: [Directory?] = []

    /// - Parameter root: where the copy begins.
    init(_ root: Directory) {
        self.root = root
    }

    /// The directory that the copy is in.
    ///
    /// - Throws: `Errno`.
    mutating func current() throws -> Directory {
        guard let last = open.last else { return root }
        if let last { return last }
        var directory = root
        for (depth, name) in names.enumerated() {
            directory = try directory.directory(name)
            if depth >= names.count - DepthFirstWalk.reach { open[depth] = directory }
        }
        return directory
    }

    /// Goes into a directory of the current one.
    mutating func enter(_ name: FileName, _ directory: Directory) {
        names.append(name)
        open.append(directory)
        if open.count > DepthFirstWalk.reach { open[open.count - 1 - DepthFirstWalk.reach] = nil }
    }

    /// Goes back up.
    ///
    /// - Returns: the directory that was left; `nil` at the top.
    /// - Throws: `Errno`.
    mutating func leave() throws -> Directory? {
        if names.isEmpty { return nil }
        let left = try current()
        names.removeLast()
        open.removeLast()
        return left
    }
}

import FileTree
import Layers

// The kernel's rules (Documentation/filesystems/overlayfs.rst) for what a stack of directories shows. They are stated
// here, and all that reads a stack is made of them:
//
// - the topmost directory that has a name provides it;
// - directories of one name merge;
// - a whiteout, an opaque directory and a file each hide all that is below them;
// - with a directory only directories merge: a file below one ends the merging, and is hidden itself.

/// What one directory of a stack has under a name.
package enum OverlayEntry: Sendable {
    /// The name was deleted.
    case whiteout
    case directory(Directory, isOpaque: Bool)
    /// Anything else: `name` in the directory that it lies in.
    case file(in: Directory, name: FileName, status: FileStatus)

    /// Looks at a name; `nil` if the directory doesn't have it.
    package init?(_ name: FileName, in parent: Directory) throws {
        guard let status = try parent.status(name) else { return nil }
        if status.kind == .directory {
            let directory = try parent.directory(name)
            self = .directory(directory, isOpaque: try directory.isOpaque)
        } else {
            self = status.isWhiteout ? .whiteout : .file(in: parent, name: name, status: status)
        }
    }

    /// Why something is not seen.
    package enum Reason: String, Sendable, Encodable {
        case file
        case whiteout
        case opaqueDirectory = "opaque directory"
        /// A directory above, with which only directories merge.
        case directory
    }

    /// The same as far as the rules ask.
    package var mark: OverlayMark {
        switch self {
        case .whiteout: .whiteout
        case .directory(_, let isOpaque): .directory(isOpaque: isOpaque)
        case .file: .file
        }
    }

    /// Why nothing is seen that lower directories have under the name; `nil` if it is.
    package var end: Reason? { mark.end }
}

/// What one layer of a stack has under a name, be it in a directory or only listed, as far as the rules ask.
package enum OverlayMark: Sendable, Equatable {
    case whiteout
    case directory(isOpaque: Bool)
    case file

    /// Why nothing is seen that lower layers have under the name; `nil` if it is.
    package var end: OverlayEntry.Reason? {
        switch self {
        case .whiteout: .whiteout
        case .directory(let isOpaque): isOpaque ? .opaqueDirectory : nil
        case .file: .file
        }
    }
}

/// The rules for one name, going down a stack.
package struct OverlayRule: Sendable {
    private var hasDirectory = false
    /// Whether nothing further down is seen.
    package private(set) var hasEnded = false

    /// At the top of a stack.
    package init() {}

    /// Takes what the next lower layer has under the name.
    ///
    /// - Returns: whether that is seen.
    package mutating func add(_ mark: OverlayMark) -> Bool {
        guard !hasEnded else { return false }
        hasEnded = mark.end != nil
        switch mark {
        case .whiteout: return false
        case .directory:
            hasDirectory = true
            return true
        case .file: return !hasDirectory
        }
    }

    /// Takes that the layer above ends the stack by what it has on the way to the name.
    package mutating func end() { hasEnded = true }
}

/// What a stack of directories shows under one name. It is found by going down the stack.
package struct OverlayLookup {
    /// Those that merge, top first.
    private var directories: [Directory] = []
    private var file: MergedView.Node?
    private var rule = OverlayRule()

    /// Whether nothing further down is seen.
    var hasEnded: Bool { rule.hasEnded }

    /// At the top of a stack, to which ``add(_:)`` gives one entry after the other.
    package init() {}

    /// Looks for a name in all directories, top first.
    init(_ name: FileName, in stack: some Sequence<Directory>) throws {
        for directory in stack {
            guard let entry = try OverlayEntry(name, in: directory) else { continue }
            add(entry)
            if hasEnded { break }
        }
    }

    /// What the name stands for; `nil` if nothing, or if it was deleted.
    var node: MergedView.Node? { directories.isEmpty ? file : .directory(MergedDirectory(parts: directories)) }

    /// Takes what the next lower directory has under the name.
    ///
    /// - Returns: whether that is seen.
    @discardableResult
    package mutating func add(_ entry: OverlayEntry) -> Bool {
        guard rule.add(entry.mark) else { return false }
        switch entry {
        case .whiteout: break
        case .directory(let directory, _): directories.append(directory)
        case .file(let parent, let name, let status): file = .file(in: parent, name: name, status: status)
        }
        return true
    }

    /// Takes that the directory above ends the stack by what it has on the way to the name.
    package mutating func end() { rule.end() }
}

extension [Directory] {
    /// The names in a stack of directories, top first, each in the topmost one that has it, and sorted. Whiteouts are
    /// among them: each takes a name from the directories below.
    func topmostChildren() throws -> [TreeChild] {
        if count == 1 { return try DirectoryNode(self[0]).children() }
        var seen: Set<FileName> = []
        var children: [TreeChild] = []
        for directory in self {
            children += try DirectoryNode(directory).children().filter { seen.insert($0.name).inserted }
        }
        return children.sorted { $0.name < $1.name }
    }
}

extension TreeChild {
    /// Whether its name was deleted.
    var isWhiteout: Bool { get throws { try status().isWhiteout } }
}

import FileTree
import Layers
import SystemPackage

/// Finds the files in which two trees differ: in content, mode, kind, extended attributes or link target, in
/// which names are those of one file, or by being in one of them only.
/// Neither owners nor times count, and nothing about the two top directories themselves.
struct TreeComparison {
    /// How deep files are told from each other: a directory is held open for each level of either tree.
    private static let reach = 40

    private let digests: FileDigests
    private var place: [FileName] = []
    private var found: [FilePath] = []
    private var trustsTimes = true
    private var links = (one: CopiedLinks(), other: CopiedLinks())

    init(digests: FileDigests) {
        self.digests = digests
    }

    /// The paths that differ, relative to the top, in the order of a walk.
    ///
    /// - Parameter trustingTimes: files of the same size and modification time are taken for equal.
    /// - Returns: `nil` if the trees are equal.
    mutating func differences(
        _ one: any TreeNode, _ other: any TreeNode, trustingTimes: Bool
    ) throws -> [FilePath]? {
        trustsTimes = trustingTimes
        (place, found) = ([], [])
        links = (CopiedLinks(), CopiedLinks())
        try compare(one, other)
        return found.isEmpty ? nil : found
    }

    private mutating func compare(_ one: any TreeNode, _ other: any TreeNode) throws {
        let ones = try one.children()
        let others = Dictionary(try other.children().map { ($0.name, $0) }) { first, _ in first }
        for child in ones {
            place.append(child.name)
            if let counterpart = others[child.name] {
                try compare(SourceNode(child, of: one), SourceNode(counterpart, of: other))
            } else {
                found.append(place.path)
            }
            place.removeLast()
        }
        let names = Set(ones.map(\.name))
        for name in others.keys.sorted() where !names.contains(name) { found.append((place + [name]).path) }
    }

    private mutating func compare(_ one: SourceNode, _ other: SourceNode) throws {
        switch (one, other) {
        case (.directory(let left), .directory(let right)):
            if try !areAlike(left.directory.file, right.directory.file) { found.append(place.path) }
            if place.count < Self.reach { return try compare(left, right) }
            // Deeper down it need not be known which file it is.
            if try digests.digest(of: one, .ofHost) != digests.digest(of: other, .ofHost) { found.append(place.path) }
        case (.file(let left, let leftName, let leftStatus), .file(let right, let rightName, let rightStatus)):
            if try !areEqual((left, leftName, leftStatus), (right, rightName, rightStatus)) { found.append(place.path) }
        default: found.append(place.path)
        }
    }

    /// Whether two directories are, without what is in them.
    private func areAlike(_ one: OpenFile, _ other: OpenFile) throws -> Bool {
        try one.status().permissions == other.status().permissions
            && CopiedAttributes.ofHost.of(one) == CopiedAttributes.ofHost.of(other)
    }

    /// Whether two files have the same other names, as far as they have come.
    private mutating func areLinkedAlike(_ one: FileStatus, _ other: FileStatus) -> Bool {
        let first = (links.one.first(one), links.other.first(other))
        if first.0 == nil { links.one.note(one, at: place) }
        if first.1 == nil { links.other.note(other, at: place) }
        return first.0 == first.1
    }

    private mutating func areEqual(
        _ one: (Directory, FileName, FileStatus), _ other: (Directory, FileName, FileStatus)
    ) throws -> Bool {
        guard one.2.kind == other.2.kind else { return false }
        switch one.2.kind {
        case .symlink: return try one.0.symlinkTarget(one.1) == other.0.symlinkTarget(other.1)
        case .regular:
            guard areLinkedAlike(one.2, other.2), one.2.permissions == other.2.permissions, one.2.size == other.2.size,
                try CopiedAttributes.ofHost.of(one.1, in: one.0) == CopiedAttributes.ofHost.of(other.1, in: other.0)
            else { return false }
            if trustsTimes, one.2.modified == other.2.modified { return true }
            return try digests.content(of: one.1, in: one.0, one.2)
                == digests.content(of: other.1, in: other.0, other.2)
        default: return true
        }
    }
}

import Failure
import FileTree
import OCI
import Progress
import Roots
import SystemPackage

/// What `stacker explain LAYER:/PATH` says: which directory of the stack provides the path, which of the others have it
/// too, and what hides those.
///
/// The rules are those of ``OverlayLookup``, which ``MergedView`` follows, too.
package struct PathExplanation: Encodable {
    private let layer: String
    private let state: ExplainedLayer.State
    private let path: String
    /// The path without symlinks on the way.
    private let resolved: String
    /// The copy that is seen; `nil` if there is none.
    private let provider: Copy?
    /// The directories that are merged into one, top first; one alone is not merged.
    private let merged: [Copy]
    /// What ends the merging, or removes the path.
    private let end: Cause?
    private let hidden: [Hidden]
    /// Directories of the stack that are not there, so that nothing is known of them.
    private let missing: [String]

    /// What one directory of the stack has at the path.
    struct Copy: Encodable {
        let layer: String
        let file: String
        let kind: String
        let size: Int64
        let mode: String
        let uid: UInt32
        let gid: UInt32
        let target: String?
    }

    /// What hides lower copies: a file, a whiteout or an opaque directory, at a place on the way to the path.
    struct Cause: Encodable {
        let reason: OverlayEntry.Reason
        let layer: String
        let path: String
    }

    struct Hidden: Encodable {
        let copy: Copy
        let by: Cause
    }

    /// Looks for a path in all directories of a layer.
    ///
    /// - Throws: `Failure` if none of them has it, or one can't be read.
    package init(of path: FilePath, in layer: ExplainedLayer) throws {
        self.layer = layer.name
        state = layer.state
        self.path = path.string
        let parts = layer.parts.filter(\.isThere)
        missing = layer.parts.filter { !$0.isThere }.map(\.name)
        let roots = try parts.map { try Directory(at: FilePath($0.directory)) }
        // A path through what is a file by now still has hidden copies.
        let way = try? MergedView(layers: roots).resolve(path, following: false).path
        let real = FilePath("/").pushing(way ?? FilePath(root: nil, path.lexicallyNormalized().components))
        resolved = real.string
        let findings = try zip(parts, roots).map { part, root in
            try attempt("couldn't look for \(real) in \(part.directory)", help: "root can read all of it") {
                let finding = try PathFinding(real, in: root)
                return (part, finding, try finding.entry.flatMap { try Copy(of: $0, real, part) })
            }
        }

        var lookup = OverlayLookup()
        var seen: [Copy] = []
        var hidden: [Hidden] = []
        var end: Cause?
        for (part, finding, copy) in findings {
            let isSeen = finding.entry.map { lookup.add($0) } ?? false
            if let copy, isSeen {
                seen.append(copy)
            } else if let copy,
                let cause = end ?? seen.first.map({ Cause(reason: .directory, layer: $0.layer, path: real.string) })
            {
                hidden.append(Hidden(copy: copy, by: cause))
            }
            if end == nil, let found = finding.end {
                end = Cause(reason: found.reason, layer: part.name, path: found.path.string)
                lookup.end()
            }
        }
        guard !seen.isEmpty || end != nil else {
            throw Failure("there is no \(real) in \(layer.name), and there never was in its layers")
        }
        provider = seen.first
        merged = seen.filter { $0.kind == FileKind.directory.word }
        (self.end, self.hidden) = (end, hidden)
    }

    // MARK: - Words

    /// For people.
    package func text() -> String {
        var lines = [ExplainedLayer.heading(layer, state)]
        // Without "//", "." and "..", which no symlink is needed for.
        let plain = FilePath(path).lexicallyNormalized().string
        if resolved != plain { lines.append("\(path) is \(resolved), through a symlink") }
        if let provider {
            lines.append("\(resolved): \(provider.description)")
            lines.append("  provided by \(provider.layer): \(provider.file)")
            for copy in merged.dropFirst() { lines.append("  merged with \(copy.layer): \(copy.file)") }
            if let end, end.reason == .opaqueDirectory { lines.append("  opaque: \(end.description)") }
        } else {
            lines.append("\(resolved): not there")
            if let end { lines.append("  removed: \(end.description)") }
        }
        for entry in hidden {
            lines.append("  hidden: \(entry.copy.description) in \(entry.copy.layer): \(entry.copy.file)")
            lines.append("    by \(entry.by.description)")
        }
        for name in missing { lines.append("  not looked into: \(name), it is not there") }
        return lines.joined(separator: "\n")
    }

    /// For programs.
    package func json() throws -> String { try JSON.text(self) }
}

extension PathExplanation.Cause: CustomStringConvertible {
    var description: String { "the \(reason.rawValue) \(path) in \(layer)" }
}

extension PathExplanation.Copy: CustomStringConvertible {
    /// `nil` of a whiteout.
    init?(of entry: OverlayEntry, _ path: FilePath, _ part: ExplainedLayer.Part) throws {
        let status: FileStatus
        var target: String?
        switch entry {
        case .whiteout: return nil
        case .directory(let directory, _): status = try directory.file.status()
        case .file(let parent, let name, let found):
            status = found
            if found.kind == .symlink { target = FilePath(bytes: try parent.symlinkTarget(name)).string }
        }
        let digits = String(status.permissions, radix: 8)
        self.init(
            layer: part.name, file: FilePath(part.directory).pushing(FilePath(root: nil, path.components)).string,
            kind: status.kind.word, size: status.size,
            mode: String(repeating: "0", count: max(0, 4 - digits.count)) + digits, uid: status.uid, gid: status.gid,
            target: target)
    }

    var description: String {
        let what = target.map { "\(kind) to \($0)" } ?? (kind == "directory" ? kind : "\(kind) of \(humanSize(size))")
        return "\(what), \(mode), owner \(uid):\(gid)"
    }
}

extension FileKind {
    /// The kind as a word.
    fileprivate var word: String {
        switch self {
        case .regular: "file"
        case .directory: "directory"
        case .symlink: "symlink"
        case .characterDevice: "character device"
        case .blockDevice: "block device"
        case .fifo: "fifo"
        case .socket: "socket"
        }
    }
}

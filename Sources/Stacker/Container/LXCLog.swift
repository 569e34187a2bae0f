import FileTree
import Glibc
import SystemPackage

/// liblxc's trace of one run.
struct LXCLog: Sendable {
    let path: FilePath

    /// Names the log of a run.
    init(at path: FilePath) {
        self.path = path
    }

    /// One line of the log that tells of a failure.
    struct Line: Sendable, Equatable {
        /// The line as it stands.
        var text: String
        /// What liblxc says, without time and place.
        var message: String
    }

    /// The lines of level ERROR, each once.
    var errors: [Line] {
        guard let bytes = try? OpenFile(path, O_RDONLY).readToEnd(limit: 256 << 20) else { return [] }
        return Self.errors(in: String(decoding: bytes, as: UTF8.self))
    }

    /// `lxc NAME 20261122010203.456 ERROR    utils - ../src/lxc/utils.c:safe_mount:1221 - what happened`
    static func errors(in text: String) -> [Line] {
        var seen: Set<Substring> = []
        return text.split(separator: "\n").compactMap { line in
            guard let level = line.firstRange(of: " ERROR ") else { return nil }
            let rest = line[level.upperBound...]
            guard seen.insert(rest).inserted else { return nil }
            let parts = rest.split(separator: " - ", maxSplits: 2)
            return Line(text: String(line), message: String(parts.last ?? rest))
        }
    }
}

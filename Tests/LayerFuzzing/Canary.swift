import FileTree
import Glibc
import SystemPackage

/// A directory with files that a hostile layer could reach, and the target of the unpacking in their middle.
///
///     base/victim  base/outside/victim  base/to-outside -> outside  base/out/   the target
struct Canary {
    let base: Directory

    /// - Parameter name: where it is made. What an earlier input did to one there is no more to be seen.
    init(_ name: FilePath, in parent: Directory) throws {
        try parent.removeTree(name)
        try parent.makeDirectory(name)
        base = try parent.directory(name)
        try base.makeDirectory("outside", mode: 0o750)
        for name: FilePath in ["victim", "outside/victim"] { try base.putContent(name) }
        try base.makeSymlink("to-outside", to: "outside")
    }

    /// A new, empty target.
    func makeTarget() throws -> Directory {
        try base.removeTree("out")
        try base.makeDirectory("out")
        return try base.directory("out")
    }

    /// Everything but the target, a line for each name: all that could tell of a change.
    func snapshot() throws -> [String] {
        var lines = [try line("base", base.file.status())]
        func visit(_ directory: Directory, _ prefix: String) throws {
            for name in try directory.names() where prefix + name.string != "out" {
                guard let status = try directory.status(name) else { continue }
                var text = try line(prefix + name.string, status)
                if status.kind == .regular {
                    text += try " " + directory.start(of: name)
                }
                for attribute in try directory.attributes(of: name) { text += " \(attribute.name)=\(attribute.value)" }
                lines.append(text)
                if status.kind == .directory { try visit(directory.directory(name), prefix + name.string + "/") }
            }
        }
        try visit(base, "")
        return lines
    }

    /// The base's own times change with each new target; its owner and mode must not.
    private func line(_ path: String, _ status: FileStatus) throws -> String {
        var text = "\(path) \(status.kind) \(String(status.permissions, radix: 8)) \(status.uid):\(status.gid)"
        if path != "base" { text += " \(status.inode) \(status.links) \(status.size) \(status.modified)" }
        return text
    }
}

extension Directory {
    /// The first bytes of a file; ours are shorter.
    fileprivate func start(of name: FilePath) throws -> String {
        let file = try openNoSymlinks(name, O_RDONLY)
        return try withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { buffer in
            let count = try file.read(into: buffer)
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
    }

    fileprivate func putContent(_ name: FilePath) throws {
        try openNoSymlinks(name, O_WRONLY | O_CREAT | O_EXCL, mode: 0o640).writeAll("untouched \(name)".utf8)
    }

    /// Bytes on disk of the regular files in this tree, as far as it is not deeper than `depth`.
    func allocatedBytes(depth: Int = 100) throws -> Int64 {
        var total: Int64 = 0
        for name in try names() {
            var status = stat()
            let result = name.withPlatformString { fstatat(file.number, $0, &status, AT_SYMLINK_NOFOLLOW) }
            try checked(result)
            switch FileKind(mode: status.st_mode) {
            case .regular: total += Int64(status.st_blocks) * 512
            case .directory where depth > 0: total += try directory(name).allocatedBytes(depth: depth - 1)
            default: break
            }
        }
        return total
    }
}

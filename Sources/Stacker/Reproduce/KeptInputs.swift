import Failure
import FileTree
import Glibc
import OCI
import SystemPackage

/// What a stacker directory keeps of web servers and registries, for a build elsewhere that is not to ask them again.
///
/// Files whose names are digests never change: they are linked. Others are copied. Whatever goes meanwhile, since somebody
/// cleans up, is fetched by who needs it.
struct KeptInputs {
    private let stacker: FilePath
    private static let names: [FilePath] = ["layer-bases", "downloads", "pulled-blobs"]
    /// What is neither a blob nor a download is an index, and no longer than that.
    private static let longest = 64 << 20
    /// Deeper than anything that stacker keeps: `layer-bases/oci/blobs/sha256/…`
    private static let depth = 5

    init(in stackerDirectory: FilePath) { stacker = stackerDirectory }

    /// Puts it into another stacker directory, which has none of it.
    func link(into other: FilePath) throws {
        guard try stacker.isThere() else { return }
        try attempt("couldn't take over from \(stacker) what was downloaded") {
            let (source, target) = (try Directory(at: stacker), try Directory(at: other))
            for name in Self.names { try Self.take(name, of: source, into: target, depth: Self.depth) }
        }
    }

    private static func take(_ name: FilePath, of source: Directory, into target: Directory, depth: Int) throws {
        do {
            switch try source.status(name)?.kind {
            case .directory where depth > 0:
                let (from, to) = (try source.directory(name), try target.makePlainDirectory(name))
                // What is hidden is not whole, or a lock.
                for name in try from.names() where !name.string.hasPrefix(".") {
                    try take(name, of: from, into: to, depth: depth - 1)
                }
            case .regular:
                if Digest(hex: name.string) != nil, try link(name, of: source, into: target) { return }
                try copy(name, of: source, into: target)
            default: return
            }
        } catch let error where error.systemError == .noSuchFileOrDirectory {
            return
        }
    }

    /// - Returns: false where the file system, or its rules, say no.
    private static func link(_ name: FilePath, of source: Directory, into target: Directory) throws -> Bool {
        let result = name.withPlatformString { linkat(source.file.number, $0, target.file.number, $0, 0) }
        if result == 0 { return true }
        if errno == ENOENT { throw Errno.noSuchFileOrDirectory }
        return false
    }

    private static func copy(_ name: FilePath, of source: Directory, into target: Directory) throws {
        let from = try source.openNoSymlinks(name, O_RDONLY | O_NONBLOCK)
        let status = try from.status()
        guard Digest(hex: name.string) != nil || status.size <= Int64(longest) else { return }
        let to = try target.openNoSymlinks(name, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
        try to.copyContent(of: from)
        // The file's mode and time become those of an import.
        try checked(fchmod(to.number, status.permissions), at: to.place)
        try checked(futimens(to.number, [status.modified.timespec, status.modified.timespec]), at: to.place)
    }
}

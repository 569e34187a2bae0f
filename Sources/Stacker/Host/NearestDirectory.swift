import Failure
import FileTree
import Glibc
import SystemPackage

/// One of stacker's directories, or the nearest directory above it that exists, in which it would be made.
struct NearestDirectory {
    /// Its path, without symlinks.
    let path: FilePath
    let directory: Directory

    /// Looks for it.
    ///
    /// - Throws: a failure if the directory can't be made there: something else has its name.
    init(_ wanted: FilePath) throws {
        directory = try Self.nearest(wanted)
        path = try FilePath("/proc/self/fd/\(directory.file.number)").resolved()
    }

    private static func nearest(_ wanted: FilePath) throws -> Directory {
        var existing = wanted
        while true {
            do {
                return Directory(try OpenFile(existing, O_RDONLY | O_DIRECTORY))
            } catch Errno.noSuchFileOrDirectory {
                var status = stat()
                guard existing.withPlatformString({ lstat($0, &status) }) != 0 else {
                    throw Failure(
                        "\(existing) is a symlink that leads nowhere",
                        help: "make the directory that it names, or remove it")
                }
                existing = existing.removingLastComponent()
            } catch Errno.notDirectory {
                throw Failure("\(existing) is not a directory", help: "name another for \(wanted), or move it away")
            } catch {
                throw Failure("couldn't open directory \(existing)", because: error)
            }
        }
    }

    private static let probePrefix = ".stacker-check."

    /// Runs `body` on an empty directory in it, and removes that; and what probes of earlier runs, which were killed, have
    /// left here.
    ///
    /// A probe in use is locked, and one that is not is nobody's.
    func withProbe<Result>(_ body: (_ probe: Directory, _ path: FilePath) throws -> Result) throws -> Result {
        removeLeftProbes()
        while true {
            let name = FilePath("\(Self.probePrefix)\(String(UInt64.random(in: 0...UInt64.max), radix: 16))")
            try directory.makeDirectory(name, mode: 0o700)
            defer { try? directory.removeTree(name) }
            guard let probe = try? directory.directory(name), flock(probe.file.number, LOCK_EX | LOCK_NB) == 0,
                try directory.status(name)?.inode == probe.file.status().inode
                // Between the two calls another took it for a left one.
            else { continue }
            return try body(probe, path.pushing(name))
        }
    }

    private func removeLeftProbes() {
        // That they are here is nobody's fault, and nothing depends on their going.
        for name in (try? directory.names()) ?? [] where name.string.hasPrefix(Self.probePrefix) {
            guard let probe = try? directory.directory(name), flock(probe.file.number, LOCK_EX | LOCK_NB) == 0 else {
                continue
            }
            try? directory.removeTree(name)
        }
    }
}

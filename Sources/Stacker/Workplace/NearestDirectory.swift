import Failure
import FileTree
import Glibc
import SystemPackage

/// One of stacker's directories, or the nearest directory above it that exists, in which it would be made.
struct NearestDirectory {
    /// Its path, without symlinks.
    let path: FilePath
    let directory: Directory
    /// The one above, which was the nearest as long as this one was not there.
    private let above: FilePath?

    /// Looks for it.
    ///
    /// - Throws: a failure if the directory can't be made there, since something else has its name. Its cause is ENOENT if
    ///   what was found has been removed meanwhile.
    init(_ wanted: FilePath) throws {
        directory = try Self.nearest(wanted)
        above = wanted.exists ? wanted.removingLastComponent() : nil
        path = try attempt("couldn't find out where \(wanted) is, or would be") { [directory] in
            try FilePath("/proc/self/fd/\(directory.file.number)").resolved()
        }
    }

    private static func nearest(_ wanted: FilePath) throws -> Directory {
        var existing = wanted
        while true {
            do {
                return Directory(try OpenFile(existing, O_RDONLY | O_DIRECTORY))
            } catch let error where error.systemError == .noSuchFileOrDirectory {
                guard (try? FileStatus(at: existing, following: false)) == nil else {
                    throw Failure(
                        "\(existing) is a symlink that leads nowhere",
                        help: "make the directory that it names, or remove it")
                }
                existing = existing.removingLastComponent()
            } catch let error where error.systemError == .notDirectory {
                throw Failure("\(existing) is not a directory", help: "name another for \(wanted), or move it away")
            } catch {
                throw Failure("couldn't open directory \(existing)", because: error)
            }
        }
    }

    /// What the names of probes begin with.
    static let probePrefix = ".stacker-check."

    /// How often a probe may be taken away from us between its making and its lock.
    private static let mostTries = 100

    /// Runs `body` on an empty directory in it, and removes that; and what probes of earlier runs, which were killed, have
    /// left here.
    ///
    /// A probe in use is locked, and one that is not is nobody's.
    func withProbe<Result>(_ body: (_ probe: Directory, _ path: FilePath) throws -> Result) throws -> Result {
        Self.removeLeftProbes(in: directory)
        if let above, let above = try? Directory(at: above) { Self.removeLeftProbes(in: above) }
        for _ in 0..<Self.mostTries {
            let name = FilePath("\(Self.probePrefix)\(UInt64.random(in: 0...UInt64.max).hexadecimal)")
            try attempt("couldn't make a directory in \(path)") { try directory.makeDirectory(name, mode: 0o700) }
            defer { try? directory.removeTree(name) }
            let probe = try attempt("couldn't lock \(path.pushing(name))") { try take(name) }
            guard let probe else { continue }
            // Like the directories of a build. Where that can't be, what is tried in it says so in better words.
            try? probe.file.becomePlain(mode: 0o700)
            return try body(probe, path.pushing(name))
        }
        throw Failure(
            "each of \(Self.mostTries) directories that were made in \(path) to try it was taken away",
            help: "see what else removes \(Self.probePrefix)* there")
    }

    /// Opens a probe and locks it.
    ///
    /// - Returns: `nil` if another took it for a left one between the two.
    private func take(_ name: FilePath) throws -> Directory? {
        do {
            let probe = try directory.directory(name)
            guard try probe.file.tryLock(.exclusive) else { return nil }
            return try directory.status(name)?.inode == probe.file.status().inode ? probe : nil
        } catch let error where error.systemError == .noSuchFileOrDirectory {
            return nil
        }
    }

    private static func removeLeftProbes(in directory: Directory) {
        // That they are here is nobody's fault, and nothing depends on their going.
        for name in (try? directory.names()) ?? [] where name.string.hasPrefix(probePrefix) {
            guard let probe = try? directory.directory(name), (try? probe.file.tryLock(.exclusive)) == true else {
                continue
            }
            try? directory.removeTree(name)
        }
    }
}

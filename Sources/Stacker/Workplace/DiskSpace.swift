import Failure
import FileTree
import Glibc
import Roots
import SystemPackage

/// What is free on the file system of one of stacker's directories.
struct DiskSpace {
    /// A directory that a user can put elsewhere, by an option.
    struct Place {
        let path: FilePath
        let option: String
    }

    let place: Place
    private let fileSystem: FileSystem
    private let bytes: UInt64
    /// `nil` where inodes are made as they are needed.
    private let inodes: UInt64?

    /// Asks the kernel; `nil` if there is no such directory.
    init?(_ place: Place) {
        var status = statvfs()
        guard let directory = try? Directory(at: place.path), fstatvfs(directory.file.number, &status) == 0,
            let fileSystem = try? FileSystem(of: directory.file)
        else { return nil }
        self.place = place
        self.fileSystem = fileSystem
        bytes = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        inodes = status.f_files == 0 ? nil : UInt64(status.f_favail)
    }

    /// Whether next to nothing can be written. A little is free again when what failed has been cleaned up.
    var isFull: Bool { bytes < 64 << 10 || inodes.map { $0 < 16 } ?? false }

    /// What to do about it.
    var remedy: String {
        let free = "\(bytes >> 10) KiB\(inodes.map { " and \($0) inodes" } ?? "") are free"
        return "make room on the \(fileSystem.name) that \(place.path) is on (\(free)), or name another directory with "
            + place.option
    }

    /// What to do if one of the directories has no room; `nil` if all have.
    static func remedyIfFull(_ places: [Place]) -> String? {
        places.lazy.compactMap { DiskSpace($0) }.first { $0.isFull }?.remedy
    }

    /// Runs `body`, which writes to these directories, mostly to the first. An error for want of room then says which
    /// of them has none and what to do; it is looked at before what was half-done goes away.
    static func blaming<Result>(_ places: Place..., body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            guard let reason = error.rootErrno,
                reason == .noSpace || reason == .diskQuotaExceeded, (error as? Failure)?.advice == nil
            else { throw error }
            let spaces = places.compactMap { DiskSpace($0) }
            guard let space = spaces.first(where: \.isFull) ?? spaces.first else { throw error }
            throw Failure("couldn't write to \(space.place.path)", because: error, help: space.remedy)
        }
    }
}

extension StackerDirectories {
    var stackerPlace: DiskSpace.Place { .init(path: stacker, option: "--stacker-dir") }
    var ociPlace: DiskSpace.Place { .init(path: oci, option: "--oci-dir") }
    var rootsPlace: DiskSpace.Place { .init(path: roots, option: "--roots-dir") }
}

extension RootsDirectory {
    var place: DiskSpace.Place { .init(path: path, option: "--roots-dir") }
}

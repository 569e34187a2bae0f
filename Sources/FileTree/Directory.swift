import CSyscalls
import Failure
import Glibc
import SystemPackage

/// An open directory. Names are resolved beneath it, by descriptor: no `..`, no absolute name and no symlink, however
/// made or swapped, leads out of it.
package struct Directory: Sendable {
    /// The open descriptor.
    package let file: OpenFile

    /// Wraps a descriptor that is known to be a directory.
    package init(_ file: OpenFile) {
        self.file = file
    }

    /// Opens the directory at `path`, following symlinks in it.
    package init(at path: FilePath) throws {
        file = try attempt("couldn't open directory \(path)") { try OpenFile(path, O_RDONLY | O_DIRECTORY) }
    }

    /// Opens the directory at `path`, making it and its parents with mode 0755 where they are missing.
    ///
    /// - Parameter isPlain: as ``create(_:mode:isPlain:)`` has it.
    package init(creating path: FilePath, isPlain: Bool = false) throws {
        self = try Self.repeating(path) {
            try Directory.create(path, isPlain: isPlain)
            return try Self.unlessGone { try Directory(at: path) }
        }
    }

    /// Makes the directory at `path` and its missing parents, like `mkdir -p`. If one of them goes meanwhile, it is made
    /// again.
    ///
    /// - Parameter isPlain: whether those that are made take nothing from the directory around them, as
    ///   ``makePlainDirectory(_:mode:exclusive:)`` has it.
    package static func create(_ path: FilePath, mode: mode_t = 0o755, isPlain: Bool = false) throws {
        let parent = path.removingLastComponent()
        try repeating(path) { () throws -> Void? in
            let made = path.withPlatformString { mkdir($0, mode) }
            switch made == 0 ? 0 : Glibc.errno {
            case 0:
                guard isPlain else { return () }
                return try unlessGone {
                    try attempt("couldn't make directory \(path)") {
                        try OpenFile(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).becomePlain(mode: mode)
                    }
                }
            case ENOENT where parent != path && !parent.isEmpty:
                try create(parent, isPlain: isPlain)
                return nil
            case EEXIST:
                return try unlessGone {
                    try attempt("couldn't make directory \(path)") { try expectDirectory(path) }
                }
            case let errno:
                throw Failure("couldn't make directory \(path)", because: Errno(rawValue: errno))
            }
        }
    }

    /// How often a directory may go between it was made and it is opened, or something is made in it: whoever removes one
    /// that is empty, as the last one that had something in it does, can't know that somebody has begun to use it again.
    private static let mostTries = 100

    /// - Parameter make: gives `nil` if a directory has gone meanwhile; then it is called again.
    private static func repeating<Result>(_ path: FilePath, _ make: () throws -> Result?) throws -> Result {
        for _ in 0..<mostTries {
            if let made = try make() { return made }
        }
        // What /proc says, for one.
        let parent = path.removingLastComponent()
        throw Failure("couldn't make directory \(path)", because: Failure("\(parent) takes no new directories"))
    }

    private static func unlessGone<Result>(_ body: () throws -> Result) throws -> Result? {
        do {
            return try body()
        } catch let failure as Failure where failure.errno == .noSuchFileOrDirectory {
            return nil
        }
    }

    private static func expectDirectory(_ path: FilePath) throws {
        do {
            if try FileStatus(at: path).kind != .directory { throw Errno.fileExists }
        } catch let error where error.systemError == .noSuchFileOrDirectory {
            // What has come meanwhile, by another, is no reason.
            guard try FileStatus(at: path, following: false).kind == .symlink else { throw Errno.noSuchFileOrDirectory }
            throw Failure("it is a symlink that leads nowhere", help: "make the directory that it names, or remove it")
        }
    }

    /// The path of a name beneath this directory, for messages; `nil` if it has none any more.
    package func place(of name: FilePath) -> FilePath? {
        name == "." ? file.place : name.isAbsolute ? name : file.place?.pushing(name)
    }

    private func place(_ name: UnsafePointer<CChar>) -> FilePath? { place(of: FilePath(platformString: name)) }

    // MARK: - Names beneath

    /// Opens `path` beneath this directory with openat2(2). Symlinks on the way are followed only as far as they stay
    /// beneath; add `O_NOFOLLOW` to stop at a final one.
    ///
    /// - Throws: `FailedCall`; of a path that would lead out it is `EXDEV`.
    package func open(_ path: FilePath, _ flags: Int32, mode: mode_t = 0) throws -> OpenFile {
        try resolve(path, flags, mode: mode, how: stacker_resolve_beneath | stacker_resolve_no_magiclinks)
    }

    /// Opens `path` with this directory as the root: absolute symlinks and `..` resolve within it, as in a chroot.
    package func openInRoot(_ path: FilePath, _ flags: Int32) throws -> OpenFile {
        try resolve(path, flags, mode: 0, how: stacker_resolve_in_root | stacker_resolve_no_magiclinks)
    }

    /// Opens `path` beneath this directory and refuses symlinks anywhere in it (`ELOOP`).
    package func openNoSymlinks(_ path: FilePath, _ flags: Int32, mode: mode_t = 0) throws -> OpenFile {
        try resolve(path, flags, mode: mode, how: stacker_resolve_beneath | stacker_resolve_no_symlinks)
    }

    private func resolve(_ path: FilePath, _ flags: Int32, mode: mode_t, how: UInt64) throws -> OpenFile {
        // EAGAIN: a rename elsewhere raced with the look-up of "..", openat2(2) asks to try again.
        for _ in 0..<128 {
            let number = path.withPlatformString {
                stacker_openat2(file.number, $0, UInt64(UInt32(bitPattern: flags | O_CLOEXEC)), UInt64(mode), how)
            }
            if number >= 0 { return OpenFile(owning: number) }
            if Glibc.errno != EAGAIN { break }
        }
        throw lastError(at: path)
    }

    /// Opens a subdirectory beneath this one; symlinks in `path` are refused.
    package func directory(_ path: FilePath) throws -> Directory {
        Directory(try openNoSymlinks(path, O_RDONLY | O_DIRECTORY))
    }

    /// The status of one name in this directory, not following it if it is a symlink; `nil` if there is none.
    package func status(_ name: FilePath) throws -> FileStatus? { try name.withPlatformString { try status($0) } }

    func status(_ name: UnsafePointer<CChar>) throws -> FileStatus? {
        var status = stat()
        if fstatat(file.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 { return FileStatus(status) }
        if Glibc.errno == ENOENT || Glibc.errno == ENOTDIR { return nil }
        throw lastError(at: FilePath(platformString: name))
    }

    /// Where the symlink `name` points.
    package func symlinkTarget(_ name: FilePath) throws -> FilePath {
        try name.withPlatformString { try readLink($0) { FilePath(bytes: $0) } }
    }

    /// - Parameter body: gets the bytes of the path that the symlink is.
    func readLink<Result>(
        _ name: UnsafePointer<CChar>, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        try withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            guard let base = buffer.baseAddress else { throw Errno.noMemory }
            let length = try checked(readlinkat(file.number, name, base, buffer.count), at: place(name))
            return try body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<length]))
        }
    }

    /// Makes the subdirectory `name`; one that is there already is fine if `exclusive` is false.
    package func makeDirectory(_ name: FilePath, mode: mode_t = 0o755, exclusive: Bool = true) throws {
        let result = name.withPlatformString { mkdirat(file.number, $0, mode) }
        if result != 0, exclusive || Glibc.errno != EEXIST { throw lastError(at: name) }
    }

    /// Makes the symlink `name`.
    package func makeSymlink(_ name: FilePath, to target: FilePath) throws {
        _ = try name.withPlatformString { name in
            try target.withPlatformString { try checked(symlinkat($0, file.number, name), at: place(name)) }
        }
    }

    /// Removes one name: a file, or with `directory` an empty directory.
    package func remove(_ name: FilePath, directory: Bool = false) throws {
        _ = try name.withPlatformString {
            try checked(unlinkat(file.number, $0, directory ? AT_REMOVEDIR : 0), at: place($0))
        }
    }

    /// Renames within the same file system. A file in the way is replaced, unless `replacing` is false (`EEXIST`).
    package func rename(
        _ name: FilePath, to newName: FilePath, in other: Directory? = nil, replacing: Bool = true
    ) throws {
        let target = other ?? self
        do {
            _ = try name.withPlatformString { name in
                try newName.withPlatformString { newName in
                    try checked(
                        stacker_renameat2(
                            file.number, name, target.file.number, newName, replacing ? 0 : stacker_rename_noreplace),
                        at: target.place(newName))
                }
            }
        } catch let error where error.systemError == .invalidArgument && !replacing {
            // NFS has no flag against replacing, nor have programs behind FUSE that know its older interface only.
            try renameReplacingNothing(name, to: newName, in: target)
        }
    }

    /// Renames by what every file system has. A file gets its second name before it loses the first one, which replaces
    /// nothing. Of a directory, and where there are no hard links, nothing is replaced that was there before.
    private func renameReplacingNothing(_ name: FilePath, to newName: FilePath, in target: Directory) throws {
        let inTheWay = { OpenFile.failed(.fileExists, at: target.place(of: newName)) }
        guard try target.status(newName) == nil else { throw inTheWay() }
        let error = name.withPlatformString { name in
            newName.withPlatformString { linkat(file.number, name, target.file.number, $0, 0) == 0 ? 0 : Glibc.errno }
        }
        if error == 0 { return try remove(name) }
        if error == EEXIST { throw inTheWay() }
        try rename(name, to: newName, in: target)
    }

    /// Lets two names of this directory change places in one step, whatever they are names of.
    ///
    /// - Throws: `FailedCall`, of `EINVAL` where the file system can't do it.
    package func exchange(_ name: FilePath, _ other: FilePath) throws {
        _ = try name.withPlatformString { name in
            try other.withPlatformString { other in
                try checked(
                    stacker_renameat2(file.number, name, file.number, other, stacker_rename_exchange), at: place(name))
            }
        }
    }

    /// The names in this directory without `.` and `..`, sorted by their bytes.
    package func names() throws -> [FilePath] { try fileNames().map(\.path) }
}

extension Directory {
    /// The error of a call that was about a name beneath this directory, which has just failed.
    func lastError(at name: FilePath) -> any Error {
        // To ask for the path is a call, too.
        let errno = Errno(rawValue: Glibc.errno)
        return OpenFile.failed(errno, at: place(of: name))
    }
}

extension Errno {
    /// Whether it is what opening a directory by its path gives where there is none: nothing, something else, or a symlink
    /// that is not followed. With any other it is not known what is there.
    package var saysNoDirectory: Bool {
        self == .noSuchFileOrDirectory || self == .notDirectory || self == .tooManySymbolicLinkLevels
    }
}

extension FilePath {
    /// Orders paths by their bytes, as strcmp(3) does: the one order that no locale changes.
    package func bytesPrecede(_ other: FilePath) -> Bool {
        withPlatformString { left in other.withPlatformString { strcmp(left, $0) < 0 } }
    }
}

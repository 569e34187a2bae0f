import CSyscalls
import Failure
import FileTree
import Glibc
import SystemPackage

/// Makes the files of an archive beneath a directory, entry by entry. Nothing outside that directory is touched,
/// whatever the names and links in the archive are: see ``EntryName`` and ``ParentDirectories``.
///
/// An entry for a name that is there already replaces it, as in Go's tools; only a directory over a directory keeps
/// what is in it.
struct TreeWriter {
    private let options: UnpackOptions
    private var parents: ParentDirectories
    private var directories: DeferredMetadata
    private var groups = LinkGroups()
    private(set) var report = UnpackReport()
    /// Bytes that regular files may still have, holes included: a layer that is made of them holds them in full.
    private var room: Int64
    private let bytesLimit: Int64

    /// - Parameter bytesLimit: more bytes in regular files are refused.
    init(root: Directory, options: UnpackOptions, bytesLimit: Int64) {
        self.options = options
        self.bytesLimit = bytesLimit
        room = bytesLimit
        directories = DeferredMetadata(limit: options.limits.kept)
        parents = ParentDirectories(root: root, options)
    }

    /// Makes the entry; its content is taken from `reader`.
    mutating func write(_ entry: some LayerEntry, from reader: some LayerContent) throws {
        report.entries += 1
        if report.entries > options.limits.entries { throw UnpackLimits.exceeded(entries: options.limits.entries) }
        if report.entries % 64 == 0 { try options.checkpoint() }
        let path = entry.path
        try attempt("couldn't unpack \(shown(path: path))") {
            let name = try EntryName(path, limit: options.limits.nameLength)
            if entry.namesWhiteouts, try handleWhiteout(name) { return }
            if let target = entry.hardLinkTarget { return try link(name, to: target) }
            try make(entry, name, reader)
        }
    }

    /// Gives directories their metadata. To be called after the last entry.
    mutating func finish() throws {
        try parents.implied.settle(&parents, report: &report)
        if report.overOthers.hidesAll { try parents.root.markDirectoriesOpaque() }
        try directories.apply(&parents, report: &report)
    }

    // MARK: - Whiteouts

    /// Deals with a name that means something else than a file; returns whether it was one.
    private mutating func handleWhiteout(_ name: EntryName) throws -> Bool {
        guard let mark = try WhiteoutMark(name) else { return false }
        switch mark {
        case .ofAufs: report.leftOutWhiteouts.add(shown(path: name.path))
        case _ where options.whiteouts == .leaveOut: report.leftOutWhiteouts.add(shown(path: name.path))
        case .opaque:
            try parents.open(name.parent).markOpaque()
            if name.parent.isEmpty { report.overOthers.hidesAll = true }
        case .hides(let hidden?): try hide(hidden, in: parents.open(name.parent))
        case .hides(nil): throw Failure("it is a whiteout of no possible name")
        }
        return true
    }

    /// Makes a whiteout. A whiteout hides what lower layers have, not what the same archive has: that stays, and if it
    /// is a directory, nothing of a lower one shows through.
    private mutating func hide(_ name: FileName, in parent: Directory) throws {
        if name.withCString({ mknodat(parent.file.number, $0, S_IFCHR, 0) }) == 0 { return try parent.markWhiteouts() }
        guard errno == EEXIST else { throw Errno(rawValue: errno) }
        guard let status = try parent.status(name), status.kind == .directory else { return }
        try parent.directory(name).markOpaque()
        parents.implied.hide(status.inode)
    }

    // MARK: - Files

    private mutating func make(
        _ entry: some LayerEntry, _ name: EntryName, _ reader: some LayerContent
    ) throws {
        guard let uid = entry.uid, let gid = entry.gid else { throw Failure("its owner is beyond 32 bits") }
        // chown(2) takes this one for "leave it": the file would be whoever's who unpacks.
        guard uid != .max, gid != .max else {
            throw Failure("its owner is \(uid):\(gid), and \(UInt32.max) is nobody's number")
        }
        guard let kind = entry.kind else { throw Failure("it is of no known type") }
        if name.isRoot, kind != .directory { throw Failure("the root can only be a directory") }
        let parent = try parents.open(name.parent)
        switch kind {
        case .directory:
            try makeDirectory(entry, name, in: parent, uid, gid)
        case .regular:
            try makeRegular(entry, name, in: parent, uid, gid, reader)
        case .symlink:
            if entry.symlinkTarget.contains(0) { throw Failure("its target has a NUL in it") }
            let target = FileName(entry.symlinkTarget)
            try create(name, in: parent) { name in
                target.withCString { symlinkat($0, parent.file.number, name) }
            }
            try setMetadata(entry, name, in: parent, uid, gid)
        case .characterDevice where entry.device == 0:
            // overlayfs's own whiteout, by its device number: said or not, it would act as one.
            if options.whiteouts == .leaveOut { return report.leftOutWhiteouts.add(shown(path: name.path)) }
            try hide(name.lastName, in: parent)
        case .characterDevice, .blockDevice:
            let mode: mode_t = kind == .blockDevice ? S_IFBLK : S_IFCHR
            do {
                try create(name, in: parent) { mknodat(parent.file.number, $0, mode | 0o600, entry.device) }
            } catch let error where error.systemError == .notPermitted {
                return report.leftOutDevices.add(shown(path: name.path))
            }
            try setMetadata(entry, name, in: parent, uid, gid)
        case .fifo, .socket:
            let mode: mode_t = kind == .fifo ? S_IFIFO : S_IFSOCK
            try create(name, in: parent) { mknodat(parent.file.number, $0, mode | 0o600, 0) }
            try setMetadata(entry, name, in: parent, uid, gid)
        }
    }

    private mutating func makeDirectory(
        _ entry: some LayerEntry, _ name: EntryName, in parent: Directory, _ uid: uid_t, _ gid: gid_t
    ) throws {
        let directory: Directory
        if name.isRoot {
            directory = parent
            report.overOthers.saysRoot = true
        } else {
            directory = try makeOrKeepDirectory(name, in: parent)
        }
        let inode = try directory.file.status().inode
        parents.implied.remove(inode)
        try directory.file.setOwner(uid, gid)
        if entry.isOpaque {
            if options.whiteouts == .overlay {
                try directory.markOpaque()
                if name.isRoot { report.overOthers.hidesAll = true }
            } else {
                report.leftOutWhiteouts.add(shown(path: name.path))
            }
        }
        try directories.remember(
            .init(
                path: name.path, inode: inode, permissions: entry.permissions,
                modified: entry.hasNoTime ? .now : entry.modified,
                attributes: try entry.attributes(limit: options.limits.attributes)))
        if !name.isRoot { parents.remember(directory, at: name.path) }
    }

    private mutating func makeOrKeepDirectory(_ name: EntryName, in parent: Directory) throws -> Directory {
        let last = name.lastName
        if last.withCString({ mkdirat(parent.file.number, $0, 0o700) }) == 0 { return try parent.directory(last) }
        guard errno == EEXIST else { throw Errno(rawValue: errno) }
        if try parent.status(last)?.kind == .directory { return try parent.directory(last) }
        let hides = try parent.removeWhiteout(last)
        if !hides { try replace(last, in: parent) }
        _ = try last.withCString { try checked(mkdirat(parent.file.number, $0, 0o700)) }
        let directory = try parent.directory(last)
        if hides { try directory.markOpaque() }
        return directory
    }

    private mutating func makeRegular(
        _ entry: some LayerEntry, _ name: EntryName, in parent: Directory, _ uid: uid_t, _ gid: gid_t,
        _ reader: some LayerContent
    ) throws {
        // libarchive takes what an extended header says.
        if entry.size < 0 { throw Failure("its size is less than nothing") }
        if entry.size > room { throw UnpackLimits.exceeded(bytes: bytesLimit) }
        room -= entry.size
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = OpenFile(
            owning: try create(name, in: parent) { stacker_openat(parent.file.number, $0, flags, 0o600) })
        var end: Int64 = 0
        while let piece = try reader.nextContent() {
            // The map of a sparse file can say anything.
            guard piece.offset >= 0, piece.offset <= entry.size - Int64(piece.bytes.count) else {
                throw Failure("its content is not within its size")
            }
            end = try file.writeWithHoles(piece.bytes, at: piece.offset, end: end)
        }
        if end < entry.size { try checked(ftruncate(file.number, Int(entry.size)), at: file.place) }
        // chown takes set-user-ID bits and capabilities away, so that it comes first; chmod may change an ACL.
        try file.setOwner(uid, gid)
        try checked(fchmod(file.number, entry.permissions), at: file.place)
        let attributes = try entry.attributes(limit: options.limits.attributes)
        try file.setAttributes(attributes, path: name.path, report: &report)
        try file.setModified(entry.modified)
    }

    /// Owner, mode, attributes and time of what cannot be opened: symlinks, devices, FIFOs.
    private mutating func setMetadata(
        _ entry: some LayerEntry, _ name: EntryName, in parent: Directory, _ uid: uid_t, _ gid: gid_t
    ) throws {
        let number = parent.file.number
        let isSymlink = entry.kind == .symlink
        try name.lastName.withCString { last in
            try owned(uid, gid) { fchownat(number, last, uid, gid, AT_SYMLINK_NOFOLLOW) }
            if !isSymlink { try checked(fchmodat(number, last, entry.permissions, 0)) }
        }
        for attribute in try entry.attributes(limit: options.limits.attributes) {
            do {
                try parent.setAttribute(attribute, of: name.lastName.path)
            } catch {
                guard let errno = error.systemError else { throw error }
                guard try attribute.isRefused(errno, on: parent.file) else { continue }
                report.leftOutAttributes.add("\(shown(path: name.path)): \(attribute.name)")
            }
        }
        let times = [entry.modified.timespec, entry.modified.timespec]
        _ = try name.lastName.withCString { try checked(utimensat(number, $0, times, AT_SYMLINK_NOFOLLOW)) }
    }

    // MARK: - Hard links

    private mutating func link(_ name: EntryName, to target: [UInt8]) throws {
        try attempt("couldn't link it to \(shown(path: target))") {
            let target = try EntryName(target, limit: options.limits.nameLength)
            let (from, to) = (target.lastName, name.lastName)
            let holder: Directory
            do {
                holder = try parents.existing(target.parent)
            } catch let error where error.systemError == .noSuchFileOrDirectory {
                throw Failure("the archive has no such file before it")
            }
            let parent = try parents.open(name.parent)
            guard let file = try holder.status(from) else {
                throw Failure("the archive has no such file before it")
            }
            if file.kind == .directory || file.isWhiteout { throw Failure("it is not a file") }
            if let old = try parent.status(to) {
                if old.identity == file.identity { return }
                try replace(to, in: parent)
            }
            do {
                try options.link(from, holder, to, parent)
            } catch let error where error.systemError == .tooManyLinks {
                try split(name, in: parent, from: target, file, in: holder)
            }
        }
    }

    /// Gives `name` to a copy of a file that can't have another name: to one that was made before and has room, or to a
    /// new one.
    private mutating func split(
        _ name: EntryName, in parent: Directory, from target: EntryName, _ file: FileStatus, in holder: Directory
    ) throws {
        guard options.hardLinkOverflow == .split else {
            throw SplitLinks.refused(
                shown(path: target.path), on: try FileSystem(of: parent.file), because: Errno.tooManyLinks)
        }
        let directory = Array(name.parent)
        let last = name.lastName
        let (group, isNew) = groups.group(
            of: file.inode, first: .init(parent: Array(target.parent), name: target.lastName))
        while let carrier = groups.carrier(group, in: directory) {
            do {
                return try options.link(carrier.name, parents.existing(carrier.parent[...]), last, parent)
            } catch let error where error.systemError == .tooManyLinks {
                groups.skip(group, in: directory)
            }
        }
        // From the newest: whatever the archive names, it is there and equal.
        guard let source = groups.newest(group) else { return }
        let sourceParent = try parents.existing(source.parent[...])
        let shares = try attempt("couldn't copy it") {
            try parent.copyFile(source.name, file, from: sourceParent, as: last, checkpoint: options.checkpoint)
        }
        guard let copy = try parent.status(last) else { throw Errno.noSuchFileOrDirectory }
        groups.add(.init(parent: directory, name: last), inode: copy.inode, to: group)
        try report.splitLinks.add(shown(path: target.path), isNew: isNew, shares: shares, on: parent)
    }

    // MARK: - Replacing

    /// Runs a system call that makes `name`, and again after what was in the way has been removed.
    @discardableResult
    private mutating func create(
        _ name: EntryName, in parent: Directory, _ call: (UnsafePointer<CChar>) -> Int32
    ) throws -> Int32 {
        let last = name.lastName
        let result = last.withCString(call)
        if result >= 0 { return result }
        guard errno == EEXIST else { throw Errno(rawValue: errno) }
        try replace(last, in: parent)
        return try checked(last.withCString(call))
    }

    private mutating func replace(_ name: FileName, in parent: Directory) throws {
        parents.forget()
        groups.forget()
        if name.withCString({ unlinkat(parent.file.number, $0, 0) }) == 0 { return }
        guard errno == EISDIR || errno == EPERM else { throw Errno(rawValue: errno) }
        try parent.removeTree(name.path)
    }
}

extension SplitLinks {
    fileprivate mutating func add(_ path: String, isNew: Bool, shares: Bool, on directory: Directory) throws {
        copies += 1
        if shares { reflinks += 1 }
        if isNew { files += 1 }
        guard copies == 1 else { return }
        example = path
        fileSystem = try FileSystem(of: directory.file)
    }
}

extension OpenFile {
    fileprivate func setOwner(_ uid: uid_t, _ gid: gid_t) throws {
        try owned(uid, gid) { fchown(number, uid, gid) }
    }
}

/// Runs a chown, and explains the refusal that a user namespace gives.
private func owned(_ uid: uid_t, _ gid: gid_t, _ call: () -> Int32) throws {
    if call() == 0 { return }
    let error = Errno(rawValue: errno)
    let help =
        error == .invalidArgument
        ? "uid \(uid) or gid \(gid) has no place in the ranges of /etc/subuid and /etc/subgid: they need to be larger"
        : nil
    throw Failure("couldn't set its owner \(uid):\(gid)", because: error, help: help)
}

import Failure
import FileTree
import Glibc
import OCI
import Roots
import SystemPackage

extension StackerDirectories {
    /// Removes all three directories. Absent ones are fine. One that is a symlink, or a mount point, is emptied: that it is
    /// one was somebody's wish.
    ///
    /// - Throws: a failure also if a build is under way in them, or if they can't be what builds have made.
    package func clean() throws {
        guard try [roots, oci, stacker].contains(where: { try $0.isThere() }) else { return }
        // A network file system keeps a name for a lock that was removed, until nobody has it open.
        for directory in try cleanLocked() {
            try attempt("couldn't remove \(directory)") { try removeEmpty(directory) }
        }
    }

    /// Removes all three.
    ///
    /// - Returns: those that were locked for it.
    private func cleanLocked() throws -> [FilePath] {
        try refuseUncleanable()
        let locks = try cleaningLocks()
        defer { withExtendedLifetime(locks) {} }
        if try RootsDirectory(ifOursAt: roots)?.hasLiveRun == true {
            throw Failure(
                "couldn't remove \(roots): stacker run has an image of it running, or build --reproduce is under way",
                help: "end that first")
        }
        // First the layout: others may build into it, or publish from it, whose other directories these are not, and wait.
        try attempt("couldn't remove \(oci)") {
            let collection = try unusedLayout()
            defer { withExtendedLifetime(collection) {} }
            try removeAtOnce(oci)
        }
        // One that was not there, and is now, is that of a build that began meanwhile.
        let locked = (locks.roots == nil ? [] : [roots]) + (locks.stacker == nil ? [] : [stacker])
        for directory in locked {
            try attempt("couldn't remove \(directory)") { try removeLocked(directory) }
        }
        return locked
    }

    /// Locks what is there, and the stacker directory in any case: whoever builds locks that one, too, so that nobody begins
    /// meanwhile.
    private func cleaningLocks() throws -> DirectoryLocks {
        try whileOthersClean {
            guard try stacker.removingLastComponent().isThere() else { return try self.locks() }
            try Directory.create(stacker)
            return try DirectoryLocks(roots: Lock(ifThere: roots), stacker: Lock(on: stacker))
        }
    }

    /// Refuses to remove what was named by mistake: no build has made it.
    private func refuseUncleanable() throws {
        let here = [try FilePath.currentDirectory(), work.resolvedIfThere]
        for (directory, option) in [(roots, "--roots-dir"), (oci, "--oci-dir"), (stacker, "--stacker-dir")] {
            let resolved = directory.resolvedIfThere
            guard let held = here.first(where: { $0.starts(with: resolved) }) else { continue }
            throw Failure(
                "couldn't remove \(directory): " + (held == resolved ? "it is" : "it holds")
                    + " the working directory \(held)",
                help: "no build has made it: name another with \(option), or leave the directory first")
        }
        _ = try attempt("couldn't remove \(oci)", help: "name the layout that builds have made with --oci-dir") {
            try LayoutState(of: oci)
        }
    }

    /// Sees that nobody uses the output layout.
    private func unusedLayout() throws -> LayoutCollection? {
        guard let layout = try Layout(ifThereAt: oci) else { return nil }
        guard let collection = try LayoutCollection(of: layout) else {
            throw Failure(
                "another stacker is writing to it, or publishing from it",
                help: "wait for it, or remove the roots and stacker directories by hand")
        }
        return collection
    }

    private static let lock: FilePath = ".lock"

    /// Removes a directory of which we hold the lock. The lock goes last: who makes a new one finds nothing else.
    private func removeLocked(_ path: FilePath) throws {
        guard let directory = try Directory(ifThereAt: path) else { return }
        // In the order of their names the marker of a roots directory goes before any sha256_…: without it, nobody takes what is
        // there for whole.
        for name in try directory.names() where name != Self.lock { try directory.removeTree(name) }
        try directory.removeTree(Self.lock)
        try removeEmpty(path)
    }

    /// Removes a directory so that nobody sees a part of it: it has another name then.
    private func removeAtOnce(_ path: FilePath) throws {
        guard let name = path.lastComponent, let place = try Directory(ifThereAt: path.removingLastComponent()) else {
            return
        }
        let own = FilePath(root: nil, [name])
        // What a clean that was killed has left, if no build has removed it since.
        Layout.removeLeftovers(of: name.string, in: place)
        guard try place.status(own)?.kind != .symlink else { return try emptyLayout(path) }
        let temporary = FilePath.temporaryName(for: name.string)
        // Under that name it is taken for a left one unless it is locked.
        let removed = try ifUsable { try place.directory(own) }
        _ = try removed?.file.tryLock(.exclusive)
        defer { removed?.file.unlock() }
        do {
            try place.rename(own, to: temporary)
        } catch let error where error.systemError == .noSuchFileOrDirectory {
            return
        } catch let error where error.isSystemError(.resourceBusy, .improperLink) {
            // A mount point; or a directory of an overlay's lower layer, which can't get another name.
            try emptyLayout(path)
            return try removeEmpty(path)
        }
        try place.removeTree(temporary)
    }

    /// Empties a layout where it is, in an order in which it is a layout, or one that was not finished, at any kill.
    private func emptyLayout(_ path: FilePath) throws {
        guard let directory = try Directory(ifThereAt: path) else { return }
        let last: [FilePath] = ["blobs", "index.json", "oci-layout"]
        if try directory.status("blobs")?.kind == .directory {
            let blobs = try directory.directory("blobs")
            for name in try blobs.names() { try blobs.removeTree(name) }
        }
        for name in try directory.names() where !last.contains(name) { try directory.removeTree(name) }
        for name in last.reversed() { try directory.removeTree(name) }
    }

    /// Removes an empty directory. One in which somebody has begun anew stays, as does one that only looks like one.
    private func removeEmpty(_ path: FilePath) throws {
        do {
            try checked(path.withPlatformString { rmdir($0) })
        } catch let error
            where error.isSystemError(
                .noSuchFileOrDirectory, .notDirectory, .directoryNotEmpty, .fileExists, .resourceBusy)
        {}
    }
}

extension Directory {
    /// Opens the directory at `path`; `nil` if there is none.
    fileprivate init?(ifThereAt path: FilePath) throws {
        do {
            self.init(try OpenFile(path, O_RDONLY | O_DIRECTORY))
        } catch let error where error.systemError == .noSuchFileOrDirectory {
            return nil
        }
    }
}

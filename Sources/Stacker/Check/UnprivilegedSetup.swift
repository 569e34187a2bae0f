import Failure
import FileTree
import Glibc
import Host
import SystemPackage

/// What root does once so that a user can build: id ranges, and directories that are the user's.
package struct UnprivilegedSetup {
    private let user: HostUser

    /// Finds the user out; each argument is optional, and without any it is who called sudo.
    package init(username: String?, uid: UInt32?, gid: UInt32?) throws {
        guard geteuid() == 0, HostUser.current.uid == 0 else {
            throw Failure("unpriv-setup needs root: it writes /etc/subuid and /etc/subgid", help: "run it with sudo")
        }
        let entry: UnsafeMutablePointer<passwd>?
        let asked: String
        if let name = username ?? (uid == nil ? Environment["SUDO_USER"] : nil) {
            asked = "user \(name)"
            entry = getpwnam(name)
        } else if let uid {
            asked = "uid \(uid)"
            entry = getpwuid(uid)
        } else {
            throw Failure("whom to set up is not said, and there is no $SUDO_USER", help: "name them by --username")
        }
        guard let entry else { throw Failure("there is no \(asked) on this machine", help: "adduser makes one") }
        guard uid == nil || uid == entry.pointee.pw_uid else {
            throw Failure("\(asked) has uid \(entry.pointee.pw_uid), not \(uid ?? 0)")
        }
        user = HostUser(uid: entry.pointee.pw_uid, gid: gid ?? entry.pointee.pw_gid)
        guard user.uid != 0 else { throw Failure("root needs no set-up", help: "name another by --username") }
    }

    /// Does it; what is there already stays. A second run changes nothing.
    ///
    /// - Parameter say: told what has been done.
    package func run(_ directories: StackerDirectories, say: (String) -> Void) throws {
        try SubordinateFile.locked {
            for kind in [SubordinateIDs.Kind.user, .group] {
                var file = try SubordinateFile(kind)
                guard let range = try file.add(user) else { continue }
                try file.write()
                say("gave \(user.name) the \(kind.word)s \(range.lowerBound)-\(range.upperBound - 1) in \(kind.file)")
            }
        }
        // What was there and is no use is an error here, not at the user's first build.
        _ = try IDMaps(of: user)
        try refuseRootsOfOthers(directories.roots)
        let made = try make([directories.stacker, directories.roots, directories.oci])
        try GivenTrees(made, to: user).give(say)
    }

    /// Makes directories, and what is missing on the way to them.
    ///
    /// - Returns: each, or in its place the outermost that was not there: in what root has made for the user, the user makes
    ///   what comes later. None is within another.
    private func make(_ paths: [FilePath]) throws -> [FilePath] {
        let tops = paths.map { path in
            var top = path
            while !top.exists, !top.removingLastComponent().exists { top.removeLastComponent() }
            return top
        }
        for path in paths { try Directory.create(path) }
        return tops.enumerated().filter { number, top in
            !tops.enumerated().contains { other, outer in
                top.starts(with: outer) && (top != outer || other < number)
            }
        }.map(\.element)
    }

    /// Layers under roots have the ids of those who built them: for the user they would be other files.
    private func refuseRootsOfOthers(_ roots: FilePath) throws {
        guard let directory = try? Directory(at: roots) else { return }
        for name in try directory.names() where name.string != ".lock" {
            guard let status = try directory.status(name), status.uid != user.uid else { continue }
            throw Failure(
                "\(roots) holds what uid \(status.uid) has built, which is no use to \(user.name)",
                help: "remove it as that user: stacker clean")
        }
    }
}

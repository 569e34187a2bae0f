import Failure
import FileTree
import Glibc
import LXCWrapper
import SystemPackage

/// The namespaces in which a build runs: mounts and processes of its own, and for an ordinary user also ids, among
/// which the user is root.
package enum Namespace {
    /// Whether this process can't read and write what a build makes before it has entered: files of an image belong to
    /// ids that an ordinary user has only inside.
    package static var isNeededForFiles: Bool { geteuid() != 0 }

    /// Whether an ordinary user has what it takes.
    package static var canBeEntered: Bool {
        (try? IDMaps(of: .current)) != nil && lxcw_try_user_namespace() == 0
    }

    /// Has stacker run again with `arguments` in namespaces of its own. The exit status of that run becomes this
    /// process's; signals are passed on.
    ///
    /// Every descriptor above 2 is closed, so locks are to be taken inside. What this process holds is to be left alone.
    ///
    /// - Parameters:
    ///   - arguments: the command line without the program's name; it must say that the namespace has been entered
    ///     (`--internal-userns`).
    ///   - run: does what arguments say, and returns the exit status. It is called inside, on a thread of its own, where
    ///     no second start of the program is needed.
    /// - Throws: for an ordinary user, what is missing on this machine: id ranges, the programs that map them, or the
    ///   kernel's permission.
    package static func enter(
        _ arguments: [String], running run: @escaping @Sendable ([String]) -> Int32
    ) throws -> Never {
        try StopSignal.check()
        let error: Errno?
        if geteuid() == 0 {
            error = try enter(arguments, nil)
        } else {
            let maps = try IDMaps(of: .current)
            try refuseWithoutUserNamespaces()
            error = try withCStrings(maps.newuidmap) { newuidmap in
                try withCStrings(maps.newgidmap) { newgidmap in
                    var maps = lxcw_id_maps(newuidmap: newuidmap, newgidmap: newgidmap)
                    return try enter(arguments, &maps)
                }
            }
        }
        if let error { throw Failure("couldn't run stacker again in a namespace", because: error) }
        try FreshThread.exit { run(arguments) }
    }

    private static func enter(_ arguments: [String], _ maps: UnsafePointer<lxcw_id_maps>?) throws -> Errno? {
        try withCStrings(["stacker"] + arguments) { argv in
            lxcw_enter_namespace(argv, maps) == 0 ? nil : Errno(rawValue: Glibc.errno)
        }
    }

    /// Has the kernel make a user namespace, which goes at once: distributions have switches against it, each with an
    /// error of its own.
    package static func refuseWithoutUserNamespaces() throws {
        let error = lxcw_try_user_namespace()
        guard error != 0 else { return }
        throw Failure(
            "the kernel lets this user make no user namespace, which building without root needs",
            because: Errno(rawValue: error), help: advice(on: error))
    }

    /// The switches that forbid it with EPERM or EACCES: where they are in /proc/sys, and what allows it. Debian has the first
    /// one, Ubuntu the second.
    private static let switches = [
        (path: FilePath("/proc/sys/kernel/unprivileged_userns_clone"), on: "kernel.unprivileged_userns_clone=1"),
        (
            path: FilePath("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
            on: "kernel.apparmor_restrict_unprivileged_userns=0"
        ),
    ]

    /// What lets this machine make user namespaces.
    ///
    /// - Parameter error: that of making one.
    static func advice(on error: Int32) -> String {
        if error == ENOSPC {
            return "the limit is in /proc/sys/user/max_user_namespaces; "
                + "as root: sysctl -w user.max_user_namespaces=10000"
        }
        if error == EINVAL {
            return "the kernel was built without them (CONFIG_USER_NS); root can build here"
        }
        let turned = switches.filter { path, on in
            let value = try? OpenFile(path, O_RDONLY).readToEnd(limit: 64).first
            return value != nil && value != on.utf8.last
        }
        guard turned.isEmpty else {
            return "as root: sysctl -w \(turned.map(\.on).joined(separator: " "))"
        }
        return "in a container, its seccomp profile decides; "
            + "else a profile of AppArmor or SELinux that stacker runs under"
    }
}

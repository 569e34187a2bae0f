import Failure
import FileTree
import Glibc
import SystemPackage

/// newuidmap or newgidmap: the programs that may map what /etc/subuid and /etc/subgid give.
struct IDMapper: Sendable {
    let path: FilePath

    /// Finds it in `$PATH`.
    ///
    /// - Throws: a failure if there is none, or if it has no right to map ids: neither set-user-ID root nor with the
    ///   file capability, or on a file system where both count for nothing.
    init(_ kind: SubordinateIDs.Kind) throws {
        let name = kind.mapper
        guard let path = Self.find(name) else {
            throw Failure(
                "building as an ordinary user needs \(name), and there is none in $PATH",
                help: "install it: the package uidmap on Debian and Ubuntu, shadow-utils on Fedora")
        }
        self.path = path
        var system = statvfs()
        let status = try attempt("couldn't look at \(path)") {
            try checked(path.withPlatformString { statvfs($0, &system) })
            return try FileStatus(at: path)
        }
        if system.f_flag & UInt(ST_NOSUID) != 0 {
            throw Failure(
                "\(path) is on a file system mounted with nosuid, so that it can't map ids",
                help: "install it elsewhere, or remount that without nosuid")
        }
        let isSetUserID = status.permissions & S_ISUID != 0 && status.uid == 0
        guard isSetUserID || Self.hasCapability(kind.capability, path) else {
            throw Failure(
                "\(path) may not map ids: it is neither set-user-ID root nor has it a capability",
                help: "as root: chown root \(path) && chmod u+s \(path)")
        }
    }

    private static func find(_ name: String) -> FilePath? {
        let directories = (Environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        return directories.filter { $0.hasPrefix("/") }.map { FilePath(String($0)).appending(name) }
            .first { access($0.string, X_OK) == 0 }
    }

    /// Whether a program gets a capability when it is executed: `struct vfs_cap_data` of linux/capability.h, whose
    /// permitted set begins at byte 4, little-endian.
    private static func hasCapability(_ number: UInt32, _ path: FilePath) -> Bool {
        guard let name = path.lastComponent,
            let directory = try? Directory(at: path.removingLastComponent()),
            let bytes = try? directory.attribute("security.capability", of: FilePath(root: nil, [name])),
            bytes.count >= 8
        else { return false }
        let isEffective = bytes[0] & 1 != 0
        return isEffective && bytes[4] & (1 << number) != 0
    }
}

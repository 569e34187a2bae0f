import Failure
import FileTree
import Glibc
import SystemPackage

/// A copy of the host's list of name servers: what a program in a container writes there is its own.
enum ResolverCopy {
    /// Where it is seen in a container.
    static let target: FilePath = "etc/resolv.conf"
    /// What it is called in the directory that it is written into, which no other container has.
    static let name: FilePath = "resolv.conf"

    /// Writes it into a directory.
    ///
    /// - Returns: its path; `nil` if the host has none that this user may read.
    static func write(in directory: FilePath) throws -> FilePath? {
        guard let bytes = try read() else { return nil }
        try Directory(at: directory).replaceFile(name, with: bytes)
        return directory.pushing(name)
    }

    private static func read() throws -> [UInt8]? {
        do {
            return try ifUsable { try OpenFile("/etc/resolv.conf", O_RDONLY).readToEnd(limit: 1 << 20) }
        } catch let error where error.systemError == .permissionDenied {
            return nil
        }
    }
}

import FileTree
import Glibc
import SystemPackage

/// Copies of the descriptors of this process that are open on what is beneath a directory: what a program that is being
/// started has of them, until it is executed.
package func copiesOfDescriptors(beneath directory: FilePath) throws -> [OpenFile] {
    let descriptors = try Directory(at: "/proc/self/fd")
    return try descriptors.names().compactMap { name in
        // Other tests close theirs meanwhile.
        guard let target = try? descriptors.symlinkTarget(name), target.string.hasPrefix(directory.string + "/"),
            let number = Int32(name.string), case let copy = fcntl(number, F_DUPFD_CLOEXEC, 0), copy >= 0
        else { return nil }
        return OpenFile(owning: copy)
    }
}

import CSyscalls
import Failure
import FileTree
import Glibc
import SystemPackage

/// Takes an image down that ``ImageMount`` has mounted; with the last one that uses a layer goes its loop device.
package struct ImageUnmount {
    private let path: FilePath

    /// Finds the mount.
    ///
    /// - Throws: a failure if there is none, or another.
    package init(_ target: FilePath) throws {
        path = try attempt("couldn't unmount \(target)") {
            let path = try target.resolved()
            guard let mount = try MountTable().top(at: path) else {
                throw Failure("nothing is mounted there", help: "findmnt shows what is mounted where")
            }
            guard mount.isOurs else {
                throw Failure(
                    "it is no image of stacker mount but \(mount.type) (\(mount.source))", help: "umount \(path)")
            }
            return path
        }
    }

    /// Unmounts it.
    package func run() throws {
        try attempt("couldn't unmount \(path)") {
            do {
                _ = try path.withPlatformString { try checked(stacker_unmount($0)) }
            } catch let error where error.systemError == .resourceBusy {
                throw Failure("it is in use", because: Errno.resourceBusy, help: "fuser -vm \(path) says by whom")
            } catch let error where error.systemError == .notPermitted {
                throw Failure("only root can", because: Errno.notPermitted, help: "sudo stacker umount \(path)")
            }
        }
    }
}

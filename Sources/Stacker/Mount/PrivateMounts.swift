import CSyscalls
import Failure
import FileTree
import Glibc
import SystemPackage

/// A mount namespace of this thread's own, in which something is put together that others are to see when it is whole.
///
/// What is mounted in it goes with it, also if the process is killed.
enum PrivateMounts {
    /// Runs `body` in one, with an empty directory in memory as the working directory; then this thread is back where it
    /// was. What is to be kept comes out as a descriptor.
    ///
    /// - Throws: a failure also if the kernel lets this process have no such namespace.
    static func with<Result>(_ body: () throws -> Result) throws -> Result {
        let namespace = try OpenFile("/proc/thread-self/ns/mnt", O_RDONLY)
        let root = try OpenFile("/", O_RDONLY | O_DIRECTORY)
        let here = try OpenFile(".", O_RDONLY | O_DIRECTORY)
        try attempt("couldn't make a mount namespace") { _ = try checked(stacker_unshare_mounts()) }
        let result = Swift.Result {
            try attempt("couldn't prepare a mount namespace") {
                try checked(stacker_make_mounts_private())
                // Any directory would do that has neither files of the user's nor what is needed here.
                try checked(stacker_mount("stacker", "/sys", "tmpfs", 0, "mode=0700"))
                try checked(chdir("/sys"))
            }
            return try body()
        }
        try attempt("couldn't return to the host's mounts") {
            try checked(stacker_enter_mounts(namespace.number))
            // A namespace is entered at its own root.
            try checked(fchdir(root.number))
            try checked(chroot("."))
            try checked(fchdir(here.number))
        }
        return try result.get()
    }
}

import CFixtures
import Failure
import FileTree
import Glibc
import Synchronization
import SystemPackage

/// The file systems that a test can work on, as `bats/file-systems.bash` names them.
package enum BackingFileSystem: String, Sendable, CaseIterable, CustomStringConvertible {
    case ext4, xfs, tmpfs
    /// With extended inode refs.
    case btrfs
    /// Without them: all names that a file has in one directory share one node of that many bytes.
    case btrfsNoExtref4k = "btrfs-noextref-4k"
    case btrfsNoExtref16k = "btrfs-noextref-16k"

    /// Its name.
    package var description: String { rawValue }

    /// The command that makes it in an image file; `nil` for what needs none.
    private var maker: String? {
        switch self {
        case .ext4: "mkfs.ext4 -q -F"
        case .xfs: "mkfs.xfs -q -f"
        case .tmpfs: nil
        case .btrfs: "mkfs.btrfs -q -f"
        case .btrfsNoExtref4k: "mkfs.btrfs -q -f -n 4096 -O ^extref"
        case .btrfsNoExtref16k: "mkfs.btrfs -q -f -n 16384 -O ^extref"
        }
    }

    /// Runs `body` in an empty directory on such a file system. Needs root.
    ///
    /// `body` runs in a thread with a mount namespace of its own, and only there the file system is mounted: whatever
    /// becomes of the test, an error, a crash or SIGKILL, the mount goes with it, and the loop device with the mount. What
    /// `body` leaves to other threads can use open directories, but no paths; and a test can only expect something of what
    /// `body` returns, since Swift Testing knows a test by its task.
    ///
    /// - Parameter size: in megabytes; sparse. mkfs.xfs makes none below 300.
    package func withMounted<Result: Sendable>(
        size: Int = 300, _ body: @escaping @Sendable (FilePath) throws -> Result
    ) throws -> Result {
        try withTemporaryDirectory { scratch in
            let outcome = Outcome<Result>()
            Thread { [self] in
                let result = Swift.Result { try mounted(in: scratch, size: size, body) }
                outcome.value.withLock { $0 = result }
            }.join()
            guard let result = outcome.value.withLock({ $0 }) else { throw Failure("the thread ended without a word") }
            return try result.get()
        }
    }

    private final class Outcome<Value: Sendable>: Sendable {
        let value = Mutex<Result<Value, any Error>?>(nil)
    }

    private func mounted<Result>(in scratch: FilePath, size: Int, _ body: (FilePath) throws -> Result) throws -> Result
    {
        let directory = scratch.appending("files")
        try Directory.create(directory)
        try attempt("couldn't leave the mount namespace") { _ = try checked(fixtures_unshare_mounts()) }
        try shell("mount --make-rprivate /")
        if let maker {
            let image = scratch.appending("image")
            try shell(
                "truncate -s \(size)M '\(image)' && \(maker) '\(image)' >/dev/null && mount -o loop '\(image)' '\(directory)'"
            )
        } else {
            try shell("mount -t tmpfs -o mode=0755,size=\(size)M stacker-test '\(directory)'")
        }
        defer { _ = directory.withPlatformString { umount2($0, Int32(MNT_DETACH)) } }
        return try body(directory)
    }
}

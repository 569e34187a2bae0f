import CSyscalls
import Failure
import FileTree
import Glibc
import OCI
import SystemPackage

/// A block device that shows a layer's blob, read-only.
///
/// It is the kernel's to free: when the last user closes it, be that a mount or this value, and however they end.
/// Nothing has to be remembered, and nothing can be left behind.
struct LoopDevice {
    /// What to mount.
    let path: FilePath
    /// Keeps the device until something has mounted it.
    private let file: OpenFile

    /// How often another program may take a free device away before us.
    private static let attempts = 64

    /// The device of a blob: the one that shows this very file already, or a new one. Mounts of one device share its
    /// pages in memory.
    init(_ blob: OpenFile, _ digest: Digest) throws {
        let control = try attempt(
            "couldn't open /dev/loop-control", help: "the kernel needs loop devices: modprobe loop"
        ) {
            try OpenFile("/dev/loop-control", O_RDWR)
        }
        // Another stacker would overlook a device that is being made.
        try Self.lock(control)
        if let existing = try Self.existing(blob, digest) {
            self = existing
            return
        }
        for _ in 0..<Self.attempts {
            let number = try attempt("couldn't find a free loop device") {
                try checked(stacker_loop_free_number(control.number))
            }
            let path = FilePath("/dev/loop\(number)")
            let file = try attempt("couldn't open \(path)") { try OpenFile(path, O_RDONLY) }
            if stacker_loop_configure(file.number, blob.number) == 0 {
                (self.path, self.file) = (path, file)
                return
            }
            let error = Errno(rawValue: errno)
            guard error == .resourceBusy else {
                throw Failure(
                    "couldn't set up \(path)", because: error,
                    help: error == .invalidArgument ? "mounting takes Linux 5.8 or later" : nil)
            }
        }
        throw Failure("couldn't set up a loop device: others took each free one", because: Errno.resourceBusy)
    }

    private init(path: FilePath, file: OpenFile) {
        (self.path, self.file) = (path, file)
    }

    /// Waits ten seconds at most: others hold the lock for an instant.
    private static func lock(_ control: OpenFile) throws {
        for _ in 0..<500 {
            if flock(control.number, LOCK_EX | LOCK_NB) == 0 { return }
            usleep(20_000)
        }
        throw Failure("couldn't lock /dev/loop-control", because: Errno(rawValue: errno))
    }

    private static func existing(_ blob: OpenFile, _ digest: Digest) throws -> LoopDevice? {
        let status = try blob.status()
        let devices = try Directory(at: "/sys/block")
        for name in try devices.names() where name.string.hasPrefix("loop") {
            // The name of the file behind it saves opening what is certainly another's.
            guard try backingFile(of: name)?.contains(digest.hex) == true else { continue }
            let path = FilePath("/dev/\(name)")
            var device: UInt64 = 0
            var inode: UInt64 = 0
            var isAsOurs: Int32 = 0
            // As long as it is open it stays what it is.
            guard let file = try? OpenFile(path, O_RDONLY),
                stacker_loop_backing(file.number, &device, &inode, &isAsOurs) == 0, isAsOurs != 0,
                device == UInt64(status.device), inode == UInt64(status.inode)
            else { continue }
            return LoopDevice(path: path, file: file)
        }
        return nil
    }

    /// The path of the file that a loop device shows, as far as a page holds it; `nil` if it shows none, or was freed
    /// meanwhile: then the open record can't be read any more.
    private static func backingFile(of device: FilePath) throws -> String? {
        guard let record = try? OpenFile(FilePath("/sys/block/\(device)/loop/backing_file"), O_RDONLY) else {
            return nil
        }
        return try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            do {
                let count = try record.read(into: buffer)
                return String(decoding: buffer[..<count], as: UTF8.self)
            } catch let error where error.systemError == .operationNotSupportedByDevice {
                return nil
            }
        }
    }
}

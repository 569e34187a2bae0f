import Failure
import FileTree
import Glibc
import SystemPackage

/// The mounts that this process sees, proc_pid_mountinfo(5).
struct MountTable {
    /// One mount.
    struct Entry: Equatable {
        var mountPoint: FilePath
        var type: String
        var source: String
        /// Those of the file system.
        var options: [String]
    }

    /// In the order in which they were made.
    let entries: [Entry]

    /// What the source of an image's mount begins with; its tag follows.
    static let ownPrefix = "stacker:"

    /// Asks the kernel.
    init() throws {
        let bytes = try attempt("couldn't read the mount table") {
            try OpenFile("/proc/thread-self/mountinfo", O_RDONLY).readToEnd(limit: 64 << 20)
        }
        self.init(bytes)
    }

    /// Reads the text of such a file.
    init(_ text: [UInt8]) {
        // 91 27 0:40 / /mnt/it ro,relatime shared:7 - overlay stacker:it ro,lowerdir=0:1
        entries = text.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard let end = fields.firstIndex(of: [UInt8(ascii: "-")]), end >= 6, fields.count >= end + 4 else {
                return nil
            }
            func text(_ field: ArraySlice<UInt8>) -> String { String(decoding: Self.unescaped(field), as: UTF8.self) }
            return Entry(
                mountPoint: FilePath(platformBytes: Self.unescaped(fields[4])), type: text(fields[end + 1]),
                source: text(fields[end + 2]), options: text(fields[end + 3]).split(separator: ",").map(String.init))
        }
    }

    /// The mount that is seen at a path without symlinks; `nil` if none is right there.
    func top(at path: FilePath) -> Entry? { entries.last { $0.mountPoint == path } }

    /// A space, a tab, a newline and a backslash are three octal digits behind a backslash.
    private static func unescaped(_ field: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = field
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) {
                bytes.append(digits.reduce(0) { $0 << 3 | ($1 - 0x30) })
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }
}

extension MountTable.Entry {
    /// Whether it is an image that ``ImageMount`` has mounted.
    var isOurs: Bool { type == "overlay" && source.hasPrefix(MountTable.ownPrefix) }
}

extension FilePath {
    /// A path of any bytes.
    fileprivate init(platformBytes: [UInt8]) {
        self = (platformBytes + [0]).withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { $0.baseAddress.map { FilePath(platformString: $0) } ?? "" }
        }
    }
}

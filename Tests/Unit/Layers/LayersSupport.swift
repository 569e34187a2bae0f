import CSyscalls
import FileTree
import Fixtures
import Glibc
import OCI
import Synchronization
import SystemPackage

@testable import Layers

/// A directory that goes with its owner.
final class Scratch {
    let path: FilePath
    let directory: Directory
    private static let counter = Atomic(0)

    init() throws {
        let number = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
        // A process id comes back, also that of a run that was killed and left its directories.
        path = FilePath("\(parent)/layers-test.\(getpid()).\(number).\(UInt64.random(in: 0...UInt64.max))")
        directory = try Directory(creating: path)
    }

    deinit {
        _ = try? shell("rm -rf \(path.string)")
    }

    /// A subdirectory, made if it is missing.
    func sub(_ name: String) throws -> Directory {
        try Directory(creating: path.appending(name))
    }

    func path(_ name: String) -> String { path.appending(name).string }
}

extension Directory {
    /// Makes a file and its parents.
    func put(_ path: String, _ content: String = "", mode: mode_t = 0o644) throws {
        let (directory, name) = try parent(path)
        let file = try directory.openNoSymlinks(name, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        try file.writeAll(content.utf8)
        try checked(fchmod(file.number, mode))
    }

    @discardableResult
    func putDirectory(_ path: String, mode: mode_t = 0o755) throws -> Directory {
        let (directory, name) = try parent(path)
        try directory.makeDirectory(name, exclusive: false)
        let made = try directory.directory(name)
        try checked(fchmod(made.file.number, mode))
        return made
    }

    func putSymlink(_ path: String, to target: String) throws {
        let (directory, name) = try parent(path)
        try directory.makeSymlink(name, to: FilePath(target))
    }

    func putLink(_ path: String, to target: String) throws {
        try checked(linkat(file.number, target, file.number, path, 0))
    }

    func putWhiteout(_ path: String) throws {
        try checked(mknodat(file.number, path, S_IFCHR, 0))
    }

    func setTime(_ path: String, _ time: Timestamp) throws {
        try checked(utimensat(file.number, path, [time.timespec, time.timespec], AT_SYMLINK_NOFOLLOW))
    }

    private func parent(_ path: String) throws -> (Directory, FilePath) {
        let path = FilePath(path)
        var directory = self
        for component in path.components.dropLast() {
            let name = FilePath(root: nil, [component])
            try directory.makeDirectory(name, exclusive: false)
            directory = try directory.directory(name)
        }
        return (directory, FilePath(root: nil, path.components.suffix(1)))
    }

    func text(_ path: String) throws -> String? {
        try readFile(FilePath(path), limit: 1 << 30).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Everything that a layer keeps of the tree, one line for each name.
    func snapshot(times: Bool = true) throws -> [String] {
        var lines: [String] = []
        var groups: [ino_t: String] = [:]
        func visit(_ directory: Directory, _ prefix: String) throws {
            for name in try directory.names() {
                guard let status = try directory.status(name) else { continue }
                let path = prefix + name.withPlatformString { escaped($0) }
                var line = "\(path) \(status.kind) \(String(status.permissions, radix: 8)) \(status.uid):\(status.gid)"
                if times, !status.isWhiteout { line += " @\(status.modified.seconds)" }
                line += " dev\(status.specialDevice)"
                if status.kind == .symlink { line += " -> \(try directory.symlinkTarget(name))" }
                if status.kind != .directory, !status.isWhiteout {
                    if let first = groups[status.inode] { line += " = \(first)" } else { groups[status.inode] = path }
                }
                if status.kind == .regular {
                    let digest = try contentDigest(directory.openNoSymlinks(name, O_RDONLY))
                    line += " \(status.size) \(digest.hex.prefix(16))"
                }
                // The mark of a directory that was unpacked with whiteouts in it is not the tree's.
                for attribute in try directory.attributes(of: name, where: { !$0.hasSuffix(".overlay.origin") }) {
                    line += " [\(attribute.name)=\(attribute.value)]"
                }
                lines.append(line)
                if status.kind == .directory { try visit(try directory.directory(name), path + "/") }
            }
        }
        try visit(self, "")
        return lines
    }
}

/// Piece by piece, into memory that nobody clears: that is slow in a debug build, and snapshots read most of what the tests do.
private func contentDigest(_ file: OpenFile) throws -> Digest {
    var hasher = DigestHasher()
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 1)
    defer { piece.deallocate() }
    while case let count = try file.read(into: piece), count > 0 {
        hasher.update(UnsafeRawBufferPointer(rebasing: piece[..<count]))
    }
    return hasher.finish()
}

private func escaped(_ text: UnsafePointer<CChar>) -> String {
    UnsafeRawBufferPointer(start: text, count: strlen(text))
        .map { $0 > 0x20 && $0 < 0x7f ? String(UnicodeScalar($0)) : "\\x" + String($0, radix: 16) }.joined()
}

/// Encodes a tree as one layer.
func encode(
    _ tree: Directory, as format: LayerFormat, into blobs: Directory,
    _ change: (inout EncodeOptions) -> Void = { _ in }
) throws -> EncodedLayer? {
    var options = EncodeOptions()
    change(&options)
    return try encodeLayer(tree, as: [format], into: blobs, options: options)?.first
}

/// Encodes a tree as one tar.
func encode(
    _ tree: Directory, _ compression: Compression = .gzip(), into blobs: Directory,
    _ change: (inout EncodeOptions) -> Void = { _ in }
) throws -> EncodedLayer? {
    try encode(tree, as: .tar(compression), into: blobs, change)
}

/// Unpacks a layer that was encoded before.
@discardableResult
func unpack(
    _ layer: EncodedLayer, from blobs: Directory, into root: Directory, options: UnpackOptions = UnpackOptions()
) throws -> UnpackReport {
    let blob = try blobs.openNoSymlinks(FilePath(layer.descriptor.digest.hex), O_RDONLY)
    return try unpackLayer(blob, layer.descriptor, diffID: layer.diffID, into: root, options: options)
}

/// An archive made entry by entry, with whatever names.
struct TarMaker {
    var bytes: [UInt8] = []

    mutating func add(_ path: String, _ content: String = "") {
        add(path, .regular, content: Array(content.utf8))
    }

    mutating func add(
        _ path: String, _ kind: TarHeader.Kind, to target: String = "", content: [UInt8] = [], device: dev_t = 0,
        attributes: [ExtendedAttribute] = []
    ) {
        var header = TarHeader(path: Array(path.utf8), kind: kind)
        header.permissions = kind == .directory ? 0o755 : 0o644
        header.linkTarget = Array(target.utf8)
        header.size = Int64(content.count)
        header.device = device
        header.attributes = attributes
        header.uid = geteuid()
        header.gid = getegid()
        bytes += header.encoded() + content
        bytes += [UInt8](repeating: 0, count: TarHeader.padding(header.size))
    }

    /// The complete archive.
    var archive: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    /// Unpacks it as a layer.
    @discardableResult
    func unpack(into root: Directory, options: UnpackOptions = UnpackOptions()) throws -> UnpackReport {
        try unpackBytes(archive, into: root, options: options)
    }
}

/// Unpacks a blob that is not compressed as a layer whose digests are right.
@discardableResult
func unpackBytes(
    _ blob: [UInt8], as type: MediaType = .tar, into root: Directory, options: UnpackOptions = UnpackOptions()
) throws -> UnpackReport {
    let digest = Digest(of: blob)
    let descriptor = Descriptor(mediaType: type, digest: digest, size: Int64(blob.count))
    return try unpackLayer(temporaryFile(blob), descriptor, diffID: digest, into: root, options: options)
}

/// O_TMPFILE, which is a macro.
private let tmpfile: Int32 = 0o20000000 | O_DIRECTORY

/// A file without a name.
func temporaryFile(_ bytes: [UInt8]) throws -> OpenFile {
    let file = OpenFile(owning: try checked(stacker_openat(AT_FDCWD, "/var/tmp", tmpfile | O_RDWR | O_CLOEXEC, 0o600)))
    try file.writeAll(bytes)
    lseek(file.number, 0, SEEK_SET)
    return file
}

/// The text of the error that `body` throws.
func failure(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return String(describing: error)
    }
}

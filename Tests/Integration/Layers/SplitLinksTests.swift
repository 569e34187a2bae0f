import FileTree
import Fixtures
import Glibc
import Layers
import OCI
import SystemPackage
import Testing

/// Files with more names than a file system allows, unpacked on real ones.
@Suite("Hard links that run out on real file systems", .serialized, .enabled(if: geteuid() == 0, "needs root"))
struct SplitLinksTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var fileSystem: BackingFileSystem
        /// How many names the file has, all in one directory, of eight bytes each.
        var names: Int
        /// The fewest files that can have them.
        var files: Int
        /// Whether copies can share their blocks.
        var shares = true
        var testDescription: String { "\(names) names on \(fileSystem)" }
    }

    /// Without extref a name takes ten bytes and its own of a node, 126 bytes of which are not for names.
    static let cases = [
        Case(fileSystem: .btrfsNoExtref4k, names: 220, files: 1),
        Case(fileSystem: .btrfsNoExtref4k, names: 221, files: 2),
        Case(fileSystem: .btrfsNoExtref4k, names: 900, files: 5),
        Case(fileSystem: .btrfsNoExtref16k, names: 903, files: 1),
        Case(fileSystem: .btrfsNoExtref16k, names: 904, files: 2),
        Case(fileSystem: .btrfs, names: 2000, files: 1),
        Case(fileSystem: .xfs, names: 2000, files: 1),
        Case(fileSystem: .tmpfs, names: 2000, files: 1),
        Case(fileSystem: .ext4, names: 65_000, files: 1),
        Case(fileSystem: .ext4, names: 65_001, files: 2, shares: false),
    ]

    @Test("all names are equal, the copies are the fewest, and they share blocks where they can", arguments: cases)
    func split(_ test: Case) throws {
        let seen = try test.fileSystem.withMounted { try Self.unpack(test.names, in: $0) }
        #expect(seen.names == test.names)
        #expect(seen.files.count == test.files)
        #expect(Set(seen.files) == [Self.expected])
        #expect(seen.report.copies == test.files - 1)
        #expect(seen.report.reflinks == (test.shares ? test.files - 1 : 0))
        if test.files > 1 { #expect(seen.extents.contains("shared") == test.shares, "\(seen.extents)") }
    }

    @Test("the mount is seen by its own thread alone, and gone with its device afterwards")
    func harness() throws {
        let (path, inside) = try BackingFileSystem.ext4.withMounted(size: 8) {
            ($0.string, try shell("findmnt -no FSTYPE --mountpoint '\($0)'; ! findmnt -N \(getpid()) '\($0)'"))
        }
        #expect(inside == "ext4\n")
        #expect(try Self.isGone(path))
        struct Broken: Error {
            var path: String
        }
        let broken = #expect(throws: Broken.self) {
            try BackingFileSystem.ext4.withMounted(size: 8) { throw Broken(path: $0.string) }
        }
        #expect(try Self.isGone(broken?.path ?? ""))
    }

    /// Whether a file system of the harness is mounted nowhere here, and its device free within ten seconds: the kernel
    /// frees one a moment after its last mount.
    private static func isGone(_ directory: String) throws -> Bool {
        let scratch = FilePath(directory).removingLastComponent().string
        guard try !shell("cat /proc/mounts").contains(scratch) else { return false }
        for _ in 0..<100 {
            if try !shell("losetup --noheadings --output BACK-FILE").contains(scratch) { return true }
            usleep(100_000)
        }
        return false
    }

    /// What came of unpacking.
    struct Seen: Sendable {
        /// Entries of the directory.
        var names: Int
        /// What each of the files is, whatever names it has.
        var files: [String]
        var report: SplitLinks
        /// filefrag's words on one of the files.
        var extents: String
    }

    /// Of a file: owner, mode, time, attributes, size and content.
    private static let expected = "1234:5678 4755 @1700000000 user.mark=x 200000 b8487b0a"

    private static func unpack(_ names: Int, in directory: FilePath) throws -> Seen {
        let tar = directory.appending("layer.tar")
        try shell("python3 - '\(tar)' \(names) <<'END'\n\(script)\nEND\n")
        let blob = try OpenFile(tar, O_RDONLY)
        let digest = try Digest(hex: shell("sha256sum '\(tar)'").prefix(64))
        let descriptor = Descriptor(mediaType: .tar, digest: try #require(digest), size: try blob.status().size)
        let root = try Directory(creating: directory.appending("root"))
        let report = try unpackLayer(blob, descriptor, diffID: descriptor.digest, into: root)
        // By programs: a debug build takes minutes to look at so many names.
        let count = try shell("ls -f '\(directory)/root' | grep -c ^n-")
        let carriers = try shell("find '\(directory)/root' -type f -printf '%i %f\n' | sort -u -k 1,1 | cut -d' ' -f2")
        let files = try carriers.split(separator: "\n").map { try describe(FilePath(String($0)), in: root) }
        // tmpfs has no extents to ask for.
        let extents = try shell("sync -f '\(directory)'; filefrag -v '\(directory)/root/n-000000' || true")
        let names = Int(count.dropLast()) ?? 0
        return Seen(names: names, files: files, report: report.splitLinks, extents: extents)
    }

    private static func describe(_ name: FilePath, in root: Directory) throws -> String {
        guard let status = try root.status(name) else { throw Errno.noSuchFileOrDirectory }
        let content = Digest(of: try root.openNoSymlinks(name, O_RDONLY).readToEnd(limit: 1 << 20))
        let attributes = try root.attributes(of: name).filter { $0.name.hasPrefix("user.") }
            .map { "\($0.name)=\(String(decoding: $0.value, as: UTF8.self))" }.joined(separator: " ")
        let mode = String(status.permissions, radix: 8)
        return "\(status.uid):\(status.gid) \(mode) @\(status.modified.seconds) \(attributes) \(status.size) "
            + content.hex.prefix(8)
    }

    /// Writes the layer: by another program than ours, since no tree to encode could be made on every file system.
    private static let script = """
        import io, sys, tarfile
        with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT) as tar:
            for number in range(int(sys.argv[2])):
                entry = tarfile.TarInfo(f"n-{number:06}")
                if number:
                    entry.type, entry.linkname = tarfile.LNKTYPE, "n-000000"
                    tar.addfile(entry)
                else:
                    entry.uid, entry.gid, entry.mode, entry.mtime = 1234, 5678, 0o4755, 1700000000
                    entry.pax_headers = {"SCHILY.xattr.user.mark": "x"}
                    entry.size = 200000
                    tar.addfile(entry, io.BytesIO(b"ab" * 100000))
        """
}

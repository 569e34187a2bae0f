import Failure
import FileTree
import Fixtures
import SystemPackage
import Testing

@testable import Stacker

@Suite("The file system under the roots directory")
struct RootsFileSystemTests {
    /// `f_type` of what no overlay can be on. Most of these can't be mounted where tests run.
    @Test(
        "what no overlay can be on is refused by its name",
        arguments: [(0x6969, "nfs"), (0xff53_4d42, "cifs"), (0x4d44, "vfat"), (0x794c_7630, "overlay")]
            as [(UInt32, String)])
    func refuses(magic: UInt32, name: String) throws {
        try withTemporaryDirectory { directory in
            let roots = RootsFileSystem(
                path: "/srv/roots", nearest: try NearestDirectory(directory), fileSystem: FileSystem(magic: magic))
            let failure = #expect(throws: Failure.self) { try roots.refuseUnfit() }
            #expect(
                failure?.description
                    == "the roots directory /srv/roots is on \(name), where overlayfs can't keep changes")
            #expect(failure?.advice?.hasPrefix("name another with --roots-dir") == true)
            #expect(try Directory(at: directory).names().isEmpty)
        }
    }

    @Test("a directory that is not there yet is looked at where it will be")
    func absent() throws {
        try withTemporaryDirectory { directory in
            let roots = try RootsFileSystem(directory.appending("not/yet"))
            #expect(roots.path == directory.appending("not/yet"))
            #expect(try roots.fileSystem == FileSystem(of: Directory(at: directory).file))
        }
    }
}

import Failure
import FileTree
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Stacker

@Suite("The lock on a directory")
struct LockTests {
    @Test("a lock file that was removed, or replaced, is no lock")
    func removed() throws {
        try withTemporaryDirectory { (root: FilePath) throws -> Void in
            let path = root.appending(".lock")
            let file = try OpenFile(path, O_RDWR | O_CREAT, mode: 0o644)
            #expect(try Lock.isStill(file, at: path))
            unlink(path.string)
            #expect(try !Lock.isStill(file, at: path))
            _ = try OpenFile(path, O_RDWR | O_CREAT, mode: 0o644)
            #expect(try !Lock.isStill(file, at: path))
        }
    }

    @Test("one has it, who asks sees it, and who was refused has nothing")
    func held() throws {
        try withTemporaryDirectory { (root: FilePath) throws -> Void in
            #expect(!Lock.isHeld(on: root))
            var copies: [OpenFile] = []
            do {
                let lock = try Lock(on: root)
                defer { withExtendedLifetime(lock) {} }
                // A program that is being started has them until it is executed.
                copies = try copiesOfDescriptors(beneath: root)
                #expect(Lock.isHeld(on: root))
                let failure = #expect(throws: Failure.self) { try Lock(on: root) }
                #expect(failure?.errno == .wouldBlock)
            }
            #expect(!copies.isEmpty)
            #expect(!Lock.isHeld(on: root))
            withExtendedLifetime(copies) {}
        }
    }

    @Test("a directory that went is ENOENT, which is tried again")
    func gone() throws {
        try withTemporaryDirectory { (root: FilePath) throws -> Void in
            let gone = root.appending("gone")
            let failure = #expect(throws: Failure.self) { try Lock(on: gone) }
            #expect(failure?.errno == .noSuchFileOrDirectory)
            let config = root.appending("conf.yaml")
            _ = try OpenFile(config, O_WRONLY | O_CREAT, mode: 0o644)
            let directories = try StackerDirectories(
                config: ConfigFile(at: config), workDirectory: root.string, stackerDirectory: nil, ociDirectory: nil,
                rootsDirectory: nil)
            var tries = 0
            try directories.whileOthersClean {
                tries += 1
                if tries == 2 { try Directory.create(gone) }
                _ = try Lock(on: gone)
            }
            #expect(tries == 2)
        }
    }
}

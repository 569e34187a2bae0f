import Failure
import FileTree
import Fixtures
import SystemPackage
import Testing

@testable import Roots

/// design: "stacker's traces, not the user's, must not appear in the layer".
@Suite("Places to mount on")
struct MountTargetsTests {
    @Test("only what the rootfs lacks is provided")
    func onlyMissing() throws {
        try withTemporaryDirectory { root in
            let lower = root.appending("lower")
            try lower.appending("etc/passwd").write("root")
            try Directory.create(lower.appending("proc"))
            let targets = try MountTargets(
                [.init(path: "proc", isDirectory: true), .init(path: "etc/resolv.conf", isDirectory: false)],
                in: MergedView([lower]), at: root.appending("targets"))
            #expect(targets.provided == ["etc/resolv.conf"])
            #expect(try Directory(at: root.appending("targets")).names() == ["etc"])
        }
    }

    @Test("a directory on the way keeps mode, owner and times")
    func copiesMetadata() throws {
        try withTemporaryDirectory { root in
            let lower = root.appending("lower")
            try Directory.create(lower.appending("etc"), mode: 0o711)
            let before = try #require(try Directory(at: lower).status("etc"))
            _ = try MountTargets(
                [.init(path: "etc/deep/file", isDirectory: false)], in: MergedView([lower]),
                at: root.appending("targets"))
            let after = try #require(try Directory(at: root.appending("targets")).status("etc"))
            #expect(after.permissions == before.permissions)
            #expect(after.modified == before.modified)
        }
    }

    @Test("a whiteout of a provided name is removed from the upperdir, the user's stay")
    func removesWhiteouts() throws {
        try withTemporaryDirectory { root in
            let (lower, upper) = (root.appending("lower"), root.appending("upper"))
            try lower.appending("file").write("")
            try Directory.create(upper)
            let targets = try MountTargets(
                [.init(path: "srv/bind", isDirectory: true)], in: MergedView([upper, lower]),
                at: root.appending("targets"))
            try upper.appending("srv").makeWhiteout()
            try upper.appending("file").makeWhiteout()
            try targets.removeWhiteouts(from: Directory(at: upper))
            #expect(try Directory(at: upper).names() == ["file"])
        }
    }

    @Test("a file in the way of a directory is an error that names it")
    func wrongKind() throws {
        try withTemporaryDirectory { root in
            try root.appending("lower/proc").write("not a directory")
            let failure = #expect(throws: Failure.self) {
                try MountTargets(
                    [.init(path: "proc", isDirectory: true)], in: MergedView([root.appending("lower")]),
                    at: root.appending("targets"))
            }
            #expect(failure?.description.contains("/proc") == true)
        }
    }
}

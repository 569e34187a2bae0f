import Failure
import FileTree
import Fixtures
import Glibc
import SystemPackage
import Testing

@Suite("A directory that is made with those above it")
struct DirectoryTests {
    @Test("is there, whoever removes those that are empty", arguments: [true, false])
    func vanishing(isPlain: Bool) throws {
        try withTemporaryDirectory { (root: FilePath) throws -> Void in
            let (outer, inner) = (root.appending("outer"), root.appending("outer/inner"))
            try inThreads(4) { thread in
                for _ in 0..<Effort.repetitions(2000) {
                    _ = try Directory(creating: inner, isPlain: isPlain)
                    let own = inner.appending("own\(thread)")
                    try Directory.create(own.appending("deep"), isPlain: isPlain)
                    for path in [own.appending("deep"), own, inner, outer] { rmdir(path.string) }
                }
            }
        }
    }

    @Test("is not, where there can be none, and that has an end", arguments: ["/proc/nothing/in/it", "/dev/null/x"])
    func impossible(path: String) {
        let failure = #expect(throws: Failure.self) { try Directory.create(FilePath(path)) }
        #expect(failure?.description.hasPrefix("couldn't make directory /") == true)
    }

    @Test("is not what a broken symlink is in the place of, which is said")
    func broken() throws {
        try withTemporaryDirectory { (root: FilePath) throws -> Void in
            try Directory(at: root).makeSymlink("link", to: "nowhere")
            for path in ["link", "link/in/it"] {
                let failure = #expect(throws: Failure.self) { try Directory(creating: root.appending(path)) }
                #expect(failure?.description.contains("a symlink that leads nowhere") == true)
            }
        }
    }
}

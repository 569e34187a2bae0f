import FileTree
import Fixtures
import SystemPackage
import Testing

@testable import Stacker

@Suite("Files with as many names as can be")
struct LinkExhaustionTests {
    @Test("a tree that is deeper than any stack is looked into as far as is worth it")
    func deep() throws {
        try withTemporaryDirectory { (root: FilePath) throws -> Void in
            var directory = try Directory(at: root)
            for _ in 0..<3000 {
                try directory.makeDirectory("d")
                directory = try directory.directory("d")
            }
            #expect(LinkExhaustion.remedy(in: root) == nil)
        }
    }
}

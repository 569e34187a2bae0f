import Failure
import Testing

@testable import Host

@Suite("The ids of root's containers")
struct UserNamespaceTests {
    @Test("are those that the file gives to root, by name or by number, in their order")
    func given() throws {
        let text = "alice:100000:65536\nroot:700000:60000\n0:900000:6000\n"
        #expect(try UserNamespace.ranges(of: .user, in: text) == [700_000..<760_000, 900_000..<906_000])
    }

    @Test("are the standard range where the file gives root none")
    func standard() throws {
        #expect(try UserNamespace.ranges(of: .group, in: "alice:100000:65536\n") == [UserNamespace.standardRange])
        #expect(UserNamespace.standardRange.count == 65_536)
    }

    @Test(
        "are refused where they are too few, or have root itself among them",
        arguments: ["root:700000:65534\n", "root:0:65536\n"])
    func refused(text: String) {
        #expect(throws: Failure.self) { try UserNamespace.ranges(of: .user, in: text) }
    }
}

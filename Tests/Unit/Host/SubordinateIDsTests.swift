import Failure
import Testing

@testable import Host

@Suite("Subordinate ids")
struct SubordinateIDsTests {
    private func ids(_ text: String) throws -> SubordinateIDs {
        try SubordinateIDs(.user, in: text, name: "alice", uid: 1000, own: 1000)
    }

    @Test("ranges follow the user's own id, in the order of the file, by name or by number")
    func map() throws {
        let ids = try ids("bob:100000:65536\nalice:300000:60000\n1000:200000:6000\n")
        #expect(
            ids.map(own: 1000) == ["0", "1000", "1", "1", "300000", "60000", "60001", "200000", "6000"])
    }

    @Test("a line that shadow's programs would not use counts for nothing")
    func nonsense() throws {
        let text = "alice:1:x\nalice:5\nalice:4294967295:5\nalice:7:0\n# alice\nalice:100000:65536"
        #expect(try ids(text).ranges == [100_000..<165_536])
    }

    @Test(
        "what the kernel would refuse, or an image would miss, is refused with a remedy",
        arguments: [
            ("", "alice has no subordinate uids in /etc/subuid", "unpriv-setup --username alice"),
            ("bob:100000:65536\n", "alice has no subordinate uids", "that nobody has"),
            (
                "alice:100000:65536\nalice:165535:65536\n", "overlap: 100000-165535 and 165535-231070",
                "edit /etc/subuid"
            ),
            ("alice:900:65536\n", "overlap: 900-66435 and 1000, the user's own", "edit /etc/subuid"),
            ("alice:100000:1000\n", "has only 1000 subordinate uids", "unpriv-setup"),
        ])
    func refused(text: String, what: String, help: String) throws {
        let failure = try #require(throws: Failure.self) { try ids(text) }
        #expect(failure.description.contains(what))
        #expect(failure.advice?.contains(help) == true)
    }
}

@Suite("/etc/subuid and /etc/subgid")
struct SubordinateFileTests {
    private let alice = HostUser(uid: 1000, gid: 1000)

    @Test(
        "the lowest range that nobody has is added",
        arguments: [
            ("", 100_000),
            ("bob:100000:65536", 165_536),
            ("bob:165536:65536\ncarol:90000:20000\n", 231_072),
            ("bob:500000:65536\n", 100_000),
        ] as [(String, UInt32)])
    func added(text: String, first: UInt32) throws {
        var file = SubordinateFile(.user, text: text)
        #expect(try file.add(alice) == first..<first + 65536)
        #expect(file.text.hasSuffix("\n\(alice.name):\(first):65536\n") || text.isEmpty)
        #expect(file.text.hasPrefix(text))
    }

    @Test("a user who has a range gets no other")
    func unchanged() throws {
        var file = SubordinateFile(.user, text: "\(alice.name):100000:65536\n")
        #expect(try file.add(alice) == nil)
        #expect(file.text == "\(alice.name):100000:65536\n")
    }

    @Test("where no range is free, that is said")
    func full() {
        var file = SubordinateFile(.group, text: "bob:100000:4294860000\n")
        #expect(throws: Failure.self) { try file.add(alice) }
    }
}

@Suite("The user outside of a namespace")
struct HostUserTests {
    @Test(
        "an id is looked up in the map",
        arguments: [
            ("         0          0 4294967295\n", 0, 0),
            ("         0       1000          1\n         1     100000      65536\n", 0, 1000),
            ("         0       1000          1\n         1     100000      65536\n", 65536, 165_535),
            ("         0       1000          1\n", 1, nil),
            ("", 0, nil),
        ] as [(String, UInt32, UInt32?)])
    func outside(map: String, id: UInt32, expected: UInt32?) {
        #expect(HostUser.outside(id, in: map) == expected)
    }
}

import Testing

@testable import Recipes

@Suite("Recipe: ports")
struct PortNamesTests {
    @Test(
        "a port, or a range of them, of one protocol",
        arguments: [
            ("1", ["1/tcp"]), ("80", ["80/tcp"]), ("9/UDP", ["9/udp"]), ("65535/sctp", ["65535/sctp"]),
            ("9-11/udp", ["9/udp", "10/udp", "11/udp"]), ("7-7", ["7/tcp"]),
        ])
    func ports(text: String, ports: [String]) throws {
        #expect(try PortNames.ports(text) == ports)
    }

    @Test(
        "what is none",
        arguments: [
            "", "0", "-1", "+1", "080", "65536", "11-9", "9-", "-9", "9-10-11", "http", "80:80", "80/", "80/http",
        ])
    func none(text: String) {
        #expect(throws: (any Error).self) { try PortNames.ports(text) }
    }
}

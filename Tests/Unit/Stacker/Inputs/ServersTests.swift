import Registry
import Testing
import Web

@testable import Stacker

@Suite("The servers of a command")
struct ServersTests {
    @Test("one client speaks to a registry, but for other users and other demands on TLS")
    func registries() throws {
        let servers = Servers()
        func registry(_ name: String) throws -> RegistryHost { try ImageReference("\(name)/image").registry }
        let client = servers.registry(try registry("localhost:5000"), isInsecure: false)
        #expect(try servers.registry(registry("LOCALHOST:5000"), isInsecure: false) === client)
        #expect(try servers.registry(registry("localhost:5000"), isInsecure: true) !== client)
        #expect(try servers.registry(registry("localhost:5001"), isInsecure: false) !== client)
        let user = WebCredentials(user: "me", password: "secret")
        #expect(try servers.registry(registry("localhost:5000"), isInsecure: false, as: user) !== client)
        #expect(try servers.registry(registry("localhost:5000"), isInsecure: false) === client)
    }
}

import SystemPackage
import Testing

@testable import Containers

@Suite("What a program may do in a container")
struct ContainerRightsTests {
    private var config = ContainerConfig(
        lowerdirs: ["/a"], upperdir: "/u/overlay", rootfsMount: "/m", stateDirectory: "/s", logFile: "/s/log")

    private func lines() throws -> [String] {
        try config.text(directory: "/s/run", disableAppArmor: false, console: false).file.split(separator: "\n")
            .map(String.init)
    }

    @Test("a build's script is root with all capabilities: the config says nothing of either")
    func script() throws {
        #expect(try !lines().contains { $0.hasPrefix("lxc.init") || $0.hasPrefix("lxc.cap") })
    }

    @Test("a user has a group, and further groups only if there are some")
    mutating func user() throws {
        config.rights.user = ContainerUser(uid: 5, gid: 6, groups: [])
        #expect(try Set(lines()).isSuperset(of: ["lxc.init.uid = 5", "lxc.init.gid = 6"]))
        #expect(try !lines().contains { $0.hasPrefix("lxc.init.groups") })
        config.rights.user.groups = [7, 8]
        #expect(try lines().contains("lxc.init.groups = 7,8"))
    }

    @Test("capabilities are a list, and none at all is one, too")
    mutating func capabilities() throws {
        config.rights.capabilities = ["chown", "kill"]
        #expect(try lines().contains("lxc.cap.keep = chown kill"))
        config.rights.capabilities = []
        #expect(try lines().contains("lxc.cap.keep = none"))
    }

    @Test("a working directory is quoted, and one that makes a line of its own is refused")
    mutating func directory() throws {
        config.rights.workingDirectory = "/a b "
        #expect(try lines().contains("lxc.init.cwd = \"/a b \""))
        config.rights.workingDirectory = "/a\nlxc.init.uid = 0"
        #expect(throws: (any Error).self) { try lines() }
    }
}

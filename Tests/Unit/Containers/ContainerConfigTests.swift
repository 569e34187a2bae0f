import Failure
import SystemPackage
import Testing

@testable import Containers

@Suite("The LXC config file")
struct ContainerConfigTests {
    var config = ContainerConfig(
        lowerdirs: ["/roots/b/overlay", "/roots/a/overlay"], upperdir: "/roots/foo/overlay",
        rootfsMount: "/roots/foo/rootfs", stateDirectory: "/s", logFile: "/s/lxc-foo.log")

    func lines(console: Bool = false, disableAppArmor: Bool = false) throws -> [String] {
        try config.text(directory: "/s/run", disableAppArmor: disableAppArmor, console: console)
            .file.split(separator: "\n").map(String.init)
    }

    @Test("names the overlay by short links, the first lowerdir first")
    func overlay() throws {
        #expect(try lines().contains("lxc.rootfs.path = overlay:overlayfs:0:1:/proc/self/cwd/upper"))
        #expect(try lines().contains("lxc.rootfs.options = userxattr"))
        #expect(
            config.overlayArguments == [
                "lowerdir=/roots/b/overlay", "lowerdir=/roots/a/overlay", "upperdir=/roots/foo/overlay",
                "workdir=/roots/foo/work",
            ])
    }

    @Test("logs from its first line on")
    func logFirst() throws {
        #expect(try lines().prefix(2) == ["lxc.log.level = TRACE", "lxc.log.file = \"/s/lxc-foo.log\""])
    }

    @Test("writes blanks and backslashes of a mount in octal")
    mutating func mounts() throws {
        config.mounts = [
            ContainerMount(
                source: "/a b\t\\c", target: "/stacker/imports", readOnly: true, recursive: false, isDirectory: true),
            ContainerMount(source: "/f", target: "/etc/resolv.conf", readOnly: false, isDirectory: false),
        ]
        let lines = try lines()
        #expect(
            lines.contains(
                #"lxc.mount.entry = /a\040b\011\134c stacker/imports none bind,ro,create=dir 0 0"#))
        #expect(lines.contains("lxc.mount.entry = /f etc/resolv.conf none rbind,create=file 0 0"))
    }

    @Test("has no variables: they are handed over by another way, as they are")
    mutating func environment() throws {
        config.environment = [("A", " x' \"y\"= "), ("EMPTY", ""), ("LINES", "1\n2")]
        let text = try config.text(directory: "/s/run", disableAppArmor: false, console: false)
        #expect(text.environment == ["A= x' \"y\"= ", "EMPTY=", "LINES=1\n2"])
        #expect(!text.file.contains("lxc.environment"))
    }

    @Test("refuses what no environment can hold", arguments: [("", "x"), ("A=B", "x"), ("A", "x\0y")])
    func badEnvironment(name: String, value: String) {
        var config = config
        config.environment = [(name, value)]
        #expect(throws: Failure.self) {
            try config.text(directory: "/s/run", disableAppArmor: false, console: false)
        }
    }

    @Test("refuses a line feed in a path")
    func badPath() {
        var config = config
        config.rootfsMount = "/a\nlxc.hook.pre-start = /bin/evil"
        #expect(throws: Failure.self) {
            try config.text(directory: "/s/run", disableAppArmor: false, console: false)
        }
    }

    @Test("leaves the console to liblxc only for a terminal")
    func console() throws {
        let (without, with) = (try lines(), try lines(console: true))
        #expect(without.contains("lxc.console.path = none"))
        #expect(!with.contains("lxc.console.path = none"))
    }

    @Test("mentions AppArmor only to opt out")
    func appArmor() throws {
        let (usual, disabled) = (try lines(), try lines(disableAppArmor: true))
        #expect(!usual.contains { $0.contains("apparmor") })
        #expect(disabled.contains("lxc.apparmor.profile = unconfined"))
    }
}

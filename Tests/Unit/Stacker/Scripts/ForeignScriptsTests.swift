import Failure
import OCI
import Testing

@testable import Host
@testable import Stacker

@Suite("Scripts for another processor")
struct ForeignScriptsTests {
    private let nothing = Binfmt(state: .enabled, handlers: [])

    /// A processor that no machine runs programs of beside its own.
    private let foreign = Platform(os: "linux", architecture: Platform.hostArchitecture == "s390x" ? "arm64" : "s390x")

    @Test("a script for what nothing runs is refused at its place, with both platforms and the remedy")
    func refused() throws {
        for key in ["run", "generate_labels"] {
            let made = try layer("from: {type: scratch}\n\(key): date")
            let failure = try #require(throws: Failure.self) { try ForeignScripts.refuse(made, on: foreign, nothing) }
            #expect("\(failure)".contains("the script of layer"))
            #expect("\(failure)".contains("is for \(foreign), and can't run on this machine, \(Platform.machine)"))
            // The package that has the handler, or the handler that is there and not registered.
            let remedy = #/^as root: (apt-get install qemu-user-static|cat \S+qemu-\S+\.conf) /#
            #expect(failure.advice?.contains(remedy) == true)
        }
    }

    @Test("a layer without a script is for any platform")
    func withoutScript() throws {
        let made = try layer("from: {type: scratch}")
        for platform in [
            foreign, Platform(os: "windows", architecture: "amd64"), Platform(os: "js", architecture: "wasm"),
        ] {
            try ForeignScripts.refuse(made, on: platform, nothing)
        }
    }

    @Test("what the processor runs, and what a handler takes, is not refused")
    func accepted() throws {
        let made = try layer("from: {type: scratch}\nrun: date")
        try ForeignScripts.refuse(made, on: .machine, nothing)
        let header = try #require(ELFHeader(architecture: foreign.architecture))
        let magic = header.bytes().prefix(20).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        for flags in ["F", "PO"] {
            let text = "enabled\ninterpreter /bin/qemu\nflags: \(flags)\noffset 0\nmagic \(magic)\n"
            let handler = try #require(BinfmtHandler(name: "qemu", text))
            try ForeignScripts.refuse(made, on: foreign, Binfmt(state: .enabled, handlers: [handler]))
            #expect(throws: Failure.self) {
                try ForeignScripts.refuse(made, on: foreign, Binfmt(state: .disabled, handlers: [handler]))
            }
        }
        for platform in [Platform(os: "windows", architecture: "amd64"), Platform(os: "linux", architecture: "wasm")] {
            #expect(throws: Failure.self) { try ForeignScripts.refuse(made, on: platform, nothing) }
        }
    }
}

import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import FileTree
@testable import Host

@Suite("Handlers of binfmt_misc")
struct BinfmtTests {
    /// What the kernel says of a handler as Debian registers it.
    private func entry(magic: String, mask: String, state: String = "enabled", flags: String = "POF") -> String {
        "\(state)\ninterpreter /usr/bin/qemu\nflags: \(flags)\noffset 0\nmagic \(magic)\nmask \(mask)\n"
    }

    /// Magic and mask of qemu-user-static's handlers, by GOARCH.
    private static let registered: KeyValuePairs = [
        "arm64": ("7f454c460201010000000000000000000200b700", "ffffffffffffff00fffffffffffffffffeffffff"),
        "arm": ("7f454c4601010100000000000000000002002800", "ffffffffffffff00fffffffffffffffffeffffff"),
        "s390x": ("7f454c4602020100000000000000000000020016", "fffffffffffffffcfffffffffffffffffffeffff"),
        "ppc64le": ("7f454c4602010100000000000000000002001500", "fffffffffffffffcfffffffffffffffffeffff00"),
        "riscv64": ("7f454c460201010000000000000000000200f300", "ffffffffffffff00fffffffffffffffffeffffff"),
        "loong64": ("7f454c4602010100000000000000000002000201", "fffffffffffffffc00fffffffffffffffeffffff"),
        "mips64le": ("7f454c4602010100000000000000000002000800", "ffffffffffffff00fefffffffffffffffeffffff"),
        "mips": (
            "7f454c46010201000000000000000000000200080000000000000000000000000000000000000000",
            "ffffffffffffff00fefffffffffffffffffeffff0000000000000000000000000000000000000020"
        ),
        "mips64p32": (
            "7f454c46010201000000000000000000000200080000000000000000000000000000000000000020",
            "ffffffffffffff00fefffffffffffffffffeffff0000000000000000000000000000000000000020"
        ),
    ]

    @Test("each takes programs of its own processor, and of no other")
    func each() throws {
        for (architecture, magic) in Self.registered {
            let handler = try #require(BinfmtHandler(name: architecture, entry(magic: magic.0, mask: magic.1)))
            for (other, _) in Self.registered {
                let header = try #require(ELFHeader(architecture: other))
                #expect(handler.takes(header.bytes()) == (other == architecture), "\(architecture) and \(other)")
            }
        }
    }

    @Test("a header is read as it was written, whatever the order of its bytes")
    func header() throws {
        for architecture in [
            "amd64", "386", "arm64", "arm", "s390x", "ppc64le", "ppc64", "mips", "mips64p32", "sparc64",
        ] {
            let header = try #require(ELFHeader(architecture: architecture))
            let bytes = header.bytes()
            #expect(bytes.count == (header.is64Bit ? 64 : 52))
            #expect(ELFHeader(bytes) == header)
            #expect(ELFHeader(bytes)?.architecture == architecture)
        }
        #expect(ELFHeader(architecture: "wasm") == nil)
        for bytes in [
            [], Array("#!/bin/sh\n".utf8), Array("\u{7F}ELF".utf8),
            [0x7F, 0x45, 0x4C, 0x46, 3, 1] + [UInt8](repeating: 0, count: 20),
        ] {
            #expect(ELFHeader(bytes) == nil)
        }
    }

    @Test("a program of this machine is of this machine")
    func own() throws {
        let file = try OpenFile("/proc/self/exe", O_RDONLY)
        var bytes = [UInt8](repeating: 0, count: ELFHeader.lookedAt)
        _ = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
        let header = try #require(ELFHeader(bytes))
        #expect(header.architecture.map { header.isNative(on: $0) } == true)
        #expect(TrialProgram.runs(header))
    }

    @Test("what is no handler, or goes by names of files, is passed over")
    func noHandlers() {
        #expect(BinfmtHandler(name: "a", "enabled\ninterpreter /bin/a\nflags: \nextension .exe\n") == nil)
        for (magic, mask) in [("", ""), ("7", "f"), ("7f45", "ff"), ("zz", "")] {
            #expect(BinfmtHandler(name: "a", entry(magic: magic, mask: mask)) == nil, "\(magic) \(mask)")
        }
        #expect(BinfmtHandler(name: "a", "") == nil)
        let far = "enabled\ninterpreter /bin/a\nflags: \noffset 99999999999999999999\nmagic 7f\n"
        #expect(BinfmtHandler(name: "a", far) == nil)
    }

    @Test("without a mask all bits count, from the offset on")
    func offset() throws {
        let text = "enabled\ninterpreter /bin/a\nflags: \noffset 2\nmagic 4142\n"
        let handler = try #require(BinfmtHandler(name: "a", text))
        #expect(handler.takes(Array("..AB".utf8)))
        #expect(!handler.takes(Array("..Ab".utf8)) && !handler.takes(Array("..A".utf8)) && !handler.takes([]))
        #expect(!handler.isInterpreterOpen)
    }

    @Test("what can't be read, or is too much, is an error, and no handlers are none")
    func directory() throws {
        try withTemporaryDirectory { (path: FilePath) throws -> Void in
            #expect(try Binfmt(at: path).state == .notMounted)
            #expect(try Binfmt(at: path.appending("none")).state == .notMounted)
            let directory = try Directory(at: path)
            try directory.replaceFile("status", with: "disabled\n".utf8)
            #expect(try Binfmt(at: path).state == .disabled)
            try directory.replaceFile("status", with: "enabled\n".utf8)
            let arm = Self.registered[0].value
            try directory.replaceFile("one", with: entry(magic: arm.0, mask: arm.1, state: "disabled").utf8)
            let binfmt = try Binfmt(at: path)
            #expect(binfmt.state == .enabled && binfmt.handlers.map(\.name) == ["one"])
            #expect(binfmt.handlers.map(\.isEnabled) == [false])
            try directory.replaceFile("two", with: [UInt8](repeating: 0x41, count: 1 << 20))
            #expect(throws: (any Error).self) { try Binfmt(at: path) }
        }
    }
}

import SystemPackage
import Testing

@testable import Stacker

@Suite("The mount table")
struct MountTableTests {
    private func table(_ lines: String...) -> MountTable {
        MountTable(Array((lines.joined(separator: "\n") + "\n").utf8))
    }

    @Test("a line has mount point, type, source and the options of the file system")
    func line() {
        let table = table("91 27 0:40 / /mnt/it ro,relatime shared:7 master:3 - overlay stacker:it ro,lowerdir=0:1")
        #expect(
            table.entries == [
                .init(mountPoint: "/mnt/it", type: "overlay", source: "stacker:it", options: ["ro", "lowerdir=0:1"])
            ])
        #expect(table.entries[0].isOurs)
    }

    @Test("a line without optional fields, and with an empty source")
    func noOptionalFields() {
        let table = table("22 27 0:21 / /proc rw,relatime - proc  rw")
        #expect(table.entries == [.init(mountPoint: "/proc", type: "proc", source: "", options: ["rw"])])
    }

    @Test("spaces, newlines and backslashes are escaped; bytes that are no UTF-8 are not")
    func escapes() {
        let text = Array(#"1 2 0:1 / /a\040b\012c\134d"#.utf8) + [0xff] + Array(" rw - tmpfs x\\040y rw\n".utf8)
        let entry = MountTable(text).entries.first
        let expected = (Array("/a b\nc\\d".utf8) + [0xff, 0]).withUnsafeBytes {
            $0.withMemoryRebound(to: CChar.self) { FilePath(platformString: $0.baseAddress!) }
        }
        #expect(entry?.mountPoint == expected)
        #expect(entry?.source == "x y")
    }

    @Test("of several mounts in one place the last one is seen")
    func stacked() {
        let table = table(
            "5 2 0:1 / /mnt rw - tmpfs below rw", "6 5 0:2 / /mnt ro - overlay stacker:top ro",
            "7 2 0:3 / /mnt/other rw - tmpfs other rw")
        #expect(table.top(at: "/mnt")?.source == "stacker:top")
        #expect(table.top(at: "/mn") == nil)
    }

    @Test("an overlay of somebody else's, and what only has such a source, are not ours")
    func others() {
        #expect(table("5 2 0:1 / /mnt rw - overlay overlay rw").entries.map(\.isOurs) == [false])
        #expect(table("5 2 0:1 / /mnt rw - tmpfs stacker:it rw").entries.map(\.isOurs) == [false])
    }

    @Test(
        "lines that make no sense are left out", arguments: ["", "-", "1 2 3 - a b c", "1 2 0:1 / /mnt rw overlay x y"])
    func damaged(_ line: String) {
        #expect(table(line).entries.isEmpty)
    }
}

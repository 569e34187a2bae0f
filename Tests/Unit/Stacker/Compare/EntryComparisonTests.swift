import FileTree
import Layers
import Testing

@testable import Stacker

@Suite("entries compared")
struct EntryComparisonTests {
    private static func entry(
        _ path: String, _ kind: ListedEntry.Kind = .regular, mode: UInt32 = 0o644, time: Int64 = 0, size: Int64 = 0
    ) -> ListedEntry {
        ListedEntry(
            path: Array(path.utf8), kind: kind, permissions: mode, uid: 0, gid: 0, size: size,
            modified: Timestamp(seconds: time), attributes: [])
    }

    /// A table of entries without content.
    private static func table(_ entries: [ListedEntry]) throws -> EntryTable {
        var table = EntryTable()
        for entry in entries { try table.add(entry, .none) }
        return table
    }

    private static func compare(_ a: [ListedEntry], _ b: [ListedEntry]) throws -> EntriesDifference {
        EntryComparison(BothSides(try table(a), try table(b))).result
    }

    private static func words(_ difference: EntriesDifference) -> [String] {
        difference.entries.map { "\($0.shownPath): \($0.aspects.map(\.rawValue).joined(separator: ","))" }
    }

    @Test("paths come in the order of a walk, whatever their order was")
    func order() throws {
        let names = ["a", "a/b", "a/c", "a.b", "a-b"]
        let difference = try Self.compare(names.shuffled().map { Self.entry($0) }, [])
        #expect(difference.entries.map(\.shownPath) == ["/a", "/a/b", "/a/c", "/a-b", "/a.b"])
        #expect((difference.onlyInA, difference.onlyInB, difference.changed) == (5, 0, 0))
    }

    @Test("equal entries in another order differ in nothing but that, and the fewest that have to move count")
    func moved() throws {
        let difference = try Self.compare("abcdefg".map { Self.entry("\($0)") }, "agbcdef".map { Self.entry("\($0)") })
        #expect(difference.count == 0)
        #expect(difference.order?.moved == 1)
        #expect(difference.order?.first == BothSides(Array("b".utf8), Array("g".utf8)))
    }

    @Test("entries that only one side has leave the order alone")
    func added() throws {
        let difference = try Self.compare("bdf".map { Self.entry("\($0)") }, "abcdefg".map { Self.entry("\($0)") })
        #expect(difference.order == nil)
        #expect(difference.onlyInB == 4)
    }

    @Test("the mark of an opaque directory stands beside the directory")
    func opaque() throws {
        let directory = Self.entry("d", .directory, mode: 0o755)
        let mark = Self.entry("d", .opaque)
        #expect(try Self.words(Self.compare([directory, mark], [directory])) == ["/d: "])
        #expect(try Self.compare([mark, directory], [directory, mark]).count == 0)
    }

    @Test("of a path that comes twice, the first is compared with the first")
    func twice() throws {
        let entries = [Self.entry("f", mode: 0o600), Self.entry("f", mode: 0o644)]
        #expect(try Self.compare(entries, entries).isEmpty)
        #expect(try Self.words(Self.compare(entries, [entries[0]])) == ["/f: "])
        #expect(try Self.words(Self.compare(entries, entries.reversed())) == ["/f: mode", "/f: mode"])
    }

    @Test("holes are zeros, and the piece in which contents part is known")
    func content() throws {
        let size: Int64 = 5 << 20
        func table(_ pieces: [(offset: Int64, bytes: [UInt8])]) throws -> EntryTable {
            var table = EntryTable()
            var rest = pieces[...]
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(size), alignment: 16)
            defer { memory.deallocate() }
            let content = ListedContent {
                guard let next = rest.popFirst() else { return nil }
                memory.copyBytes(from: next.bytes)
                return (UnsafeRawBufferPointer(rebasing: memory[..<next.bytes.count]), next.offset)
            }
            try table.add(Self.entry("f", size: size), content)
            return table
        }
        let zeros = [UInt8](repeating: 0, count: Int(size))
        #expect(try EntryComparison(BothSides(table([]), table([(0, zeros)]))).result.isEmpty)
        let difference = try EntryComparison(BothSides(table([]), table([(3 << 20 + 17, [1])]))).result
        #expect(Self.words(difference) == ["/f: content"])
        #expect(difference.entries.first?.facts.a?.piece == 3)
    }
}

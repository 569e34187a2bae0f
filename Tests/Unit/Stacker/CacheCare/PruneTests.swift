import Failure
import FileTree
import Layers
import OCI
import Testing

@testable import Stacker

@Suite("What goes from a shared cache")
struct PruneTests {
    private static let now = Timestamp(seconds: 100 * 86400 + 3600)
    private static let type = MediaType(rawValue: "application/x")

    /// An entry that was made so many days ago, with blobs of these names and sizes; its manifest is 1 byte long.
    private func entry(_ name: String, made: Int64?, used: Int64? = nil, _ blobs: [String: Int64] = [:]) -> CacheEntry {
        func descriptor(_ name: String, _ size: Int64) -> Descriptor {
            Descriptor(mediaType: Self.type, digest: Digest(of: name.utf8), size: size)
        }
        func time(_ days: Int64) -> Timestamp { Timestamp(seconds: Self.now.seconds - days * 86400) }
        let manifest = ArtifactManifest(
            SharedAnnotations.artifactType, config: descriptor("config", 0), layers: blobs.map(descriptor))
        var account = SharedAccount(of: manifest)
        account.layer = name
        account.made = made.map(time)
        var entry = CacheEntry(
            manifest, Digest(of: "manifest of \(name)".utf8), manifestSize: 1, account, keys: [Digest(of: name.utf8)])
        entry.used = used.map { Day(of: time($0)) }
        return entry
    }

    private func going(
        _ entries: [CacheEntry], olderThan age: String? = nil, keepSize size: String? = nil, keeping kept: [String] = []
    ) throws -> [String] {
        let limits = try PruneLimits(olderThan: age, keepSize: size)
        let digests = Set(kept.map { Digest(of: "manifest of \($0)".utf8) })
        return PruneChoice(of: entries, keeping: digests, limits, at: Self.now).going.map(\.name)
    }

    @Test("what was neither made nor used for so long, the least recently used first")
    func age() throws {
        let entries = [
            entry("new", made: 2), entry("used", made: 50, used: 3), entry("old", made: 31), entry("older", made: 50),
            entry("marked", made: 60, used: 40),
        ]
        #expect(try going(entries, olderThan: "30d") == ["older", "marked", "old"])
        #expect(try going(entries, olderThan: "52w") == [])
    }

    @Test("a use is known by its day: until that is over, nothing is known to be older")
    func days() throws {
        let entries = [entry("today", made: 0), entry("yesterday", made: 1), entry("before", made: 2)]
        #expect(try going(entries, olderThan: "1m") == ["before", "yesterday"])
        #expect(try going(entries, olderThan: "1h") == ["before"])
        #expect(try going(entries, olderThan: "0m") == ["before", "yesterday"])
    }

    @Test("a blob counts once, and is free when no entry that stays names it")
    func size() throws {
        let entries = [
            entry("one", made: 9, ["shared": 1000, "a": 10]), entry("two", made: 8, ["shared": 1000, "b": 10]),
            entry("three", made: 7, ["c": 10]),
        ]
        // 1030 and three manifests.
        #expect(try going(entries, keepSize: "1033") == [])
        #expect(try going(entries, keepSize: "1032") == ["one"])
        #expect(try going(entries, keepSize: "1022") == ["one"])
        #expect(try going(entries, keepSize: "1021") == ["one", "two"])
        #expect(try going(entries, keepSize: "0") == ["one", "two", "three"])
    }

    @Test("both limits: what is too old goes first, and counts no more")
    func both() throws {
        let entries = [
            entry("a", made: 40, ["a": 10]), entry("b", made: 20, ["b": 10]), entry("c", made: 10, ["c": 10]),
        ]
        #expect(try going(entries, olderThan: "30d", keepSize: "22") == ["a"])
        #expect(try going(entries, olderThan: "30d", keepSize: "21") == ["a", "b"])
    }

    @Test("what has a tag of somebody else's stays, and counts")
    func kept() throws {
        let entries = [entry("a", made: 40, ["a": 10]), entry("b", made: 20, ["b": 10])]
        #expect(try going(entries, olderThan: "1d", keeping: ["a"]) == ["b"])
        #expect(try going(entries, keepSize: "11", keeping: ["a"]) == ["b"])
        #expect(try going(entries, keepSize: "0", keeping: ["a", "b"]) == [])
    }

    @Test("what says nothing of its age is not too old, and the first that is too much")
    func undated() throws {
        let entries = [entry("a", made: 40, ["a": 10]), entry("none", made: nil, ["b": 10])]
        #expect(try going(entries, olderThan: "30d") == ["a"])
        #expect(try going(entries, keepSize: "11") == ["none"])
        let limits = try PruneLimits(olderThan: "30d", keepSize: nil)
        #expect(PruneChoice(of: entries, keeping: [], limits, at: Self.now).undated.map(\.name) == ["none"])
    }

    @Test("stated sizes may be anything")
    func hostileSizes() throws {
        let entries = [
            entry("a", made: 9, ["a": .max]), entry("b", made: 8, ["b": .max]),
            entry("c", made: 7, ["c": .min, "d": 5]),
        ]
        #expect(entries[0].size == .max)
        #expect(entries[2].size == 6)
        #expect(try going(entries, keepSize: "6") == ["a", "b"])
    }

    @Test(
        "limits are whole numbers with a unit",
        arguments: [
            ("1m", 60), ("12h", 43200), ("30d", 2_592_000), ("4w", 2_419_200), ("0d", 0), ("30", nil), ("d", nil),
            ("1y", nil),
            ("-1d", nil), ("1.5d", nil), ("1 d", nil), ("9999999999999999w", nil), ("٣d", nil), ("", nil),
        ] as [(String, Int64?)])
    func ages(text: String, seconds: Int64?) {
        #expect((try? PruneLimits(olderThan: text, keepSize: nil))?.age == seconds)
    }

    @Test(
        "sizes are bytes, or thousands of them",
        arguments: [
            ("0", 0), ("1234", 1234), ("5K", 5000), ("500M", 500_000_000), ("50G", 50_000_000_000),
            ("2T", 2_000_000_000_000),
            ("K", nil), ("1k", nil), ("1GB", nil), ("1.5G", nil), ("99999999T", nil), ("1³", nil), ("", nil),
        ] as [(String, Int64?)])
    func sizes(text: String, bytes: Int64?) {
        #expect((try? PruneLimits(olderThan: nil, keepSize: text))?.size == bytes)
    }
}

import FileTree
import OCI
import Testing

@testable import Stacker

@Suite("When an entry of a shared cache was made, and used")
struct SharedUseTests {
    private static let blob = Descriptor(mediaType: .config, digest: Digest(of: [1]), size: 1)
    private static let entry = ArtifactManifest(SharedAnnotations.artifactType, config: blob, layers: [])

    @Test("a mark says the day, and nothing else; those of two entries are two manifests")
    func marks() throws {
        let day = Day(of: Timestamp(seconds: 1_700_000_000))
        let (key, other) = (Digest(of: [1]), Digest(of: [2]))
        let mark = SharedUse.mark(of: Self.entry, key, on: day)
        #expect(mark == SharedUse.mark(of: Self.entry, key, on: Day(of: Timestamp(seconds: 1_700_000_100))))
        #expect(mark != SharedUse.mark(of: Self.entry, other, on: day))
        #expect(SharedUse.day(of: mark) == day)
        #expect(day.description == "2023-11-14")
        #expect(SharedUse.day(of: Self.entry) == nil)
    }

    @Test("days end where the next ones begin, also before 1970", arguments: [0, 1, 86399, -1, -86400, -86401])
    func days(seconds: Int64) {
        let day = Day(of: Timestamp(seconds: seconds))
        #expect(day.begin.seconds <= seconds && seconds < day.end.seconds)
        #expect(day.end == day.next.begin && day < day.next)
    }

    @Test(
        "a time that has not come yet says nothing",
        arguments: [
            ("2026-11-30T10:00:00Z", true), ("2026-12-01T23:59:59Z", true), ("2026-12-02T00:00:00Z", false),
            ("soon", false),
        ])
    func future(text: String, isKnown: Bool) throws {
        let now = try #require(RFC3339.parse("2026-11-30T12:00:00Z"))
        var entry = Self.entry
        entry.annotations = ["org.opencontainers.image.created": text]
        #expect((SharedAccount.made(entry, now: now) != nil) == isKnown)
    }

    @Test("tags are keys, alone or of a mark")
    func tags() {
        let key = Digest(of: [1])
        #expect(SharedTag(key.hex) == .entry(key))
        #expect(SharedTag("\(key.hex).used") == .use(of: key))
        #expect(SharedTag.use(of: key).description == "\(key.hex).used")
        for other in [
            "latest", "", ".used", "\(key.hex)x", "\(key.hex).used.used", key.hex.uppercased(), key.description,
        ] {
            #expect(SharedTag(other) == nil)
        }
    }
}

@Suite("RFC 3339")
struct RFC3339Tests {
    @Test(
        "times are read as they are written, in any zone",
        arguments: [
            ("2023-11-14T22:13:20Z", 1_700_000_000), ("2023-11-14t22:13:20.123456789z", 1_700_000_000),
            ("2023-11-14T23:13:20+01:00", 1_700_000_000), ("2023-11-14T16:43:20-05:30", 1_700_000_000),
            ("1969-12-31T23:59:59Z", -1), ("2024-02-29T00:00:00Z", 1_709_164_800),
            ("0001-01-01T00:00:00Z", -62_135_596_800),
        ])
    func times(text: String, seconds: Int64) {
        #expect(RFC3339.parse(text)?.seconds == seconds)
        #expect(RFC3339.parse(RFC3339.format(Timestamp(seconds: seconds), fraction: true))?.seconds == seconds)
    }

    @Test(
        "other texts are none",
        arguments: [
            "", "2023", "2023-11-14", "2023-11-14T22:13:20", "2023-11-14 22:13:20Z", "2023-11-14T22:13:20.Z",
            "2023-02-30T00:00:00Z",
            "2023-13-01T00:00:00Z", "2023-11-14T24:00:00Z", "2023-11-14T22:13:20Zx", "2023-11-14T22:13:20+1:00",
            "2023-11-14T22:13:20+01:00x", "２０２３-11-14T22:13:20Z", "-023-11-14T22:13:20Z",
            String(repeating: "9", count: 1000),
        ])
    func others(text: String) { #expect(RFC3339.parse(text) == nil) }
}

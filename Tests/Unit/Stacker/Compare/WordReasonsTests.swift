import Testing

@testable import Stacker

@Suite("reasons in words")
struct WordReasonsTests {
    private static func reasons(_ a: String, _ b: String, _ marks: [ComparisonMark] = []) -> Set<Reason> {
        WordReasons(marks: marks).reasons(a.utf8, b.utf8)
    }

    @Test(
        "what the words look like",
        arguments: [
            ("Built on Nov 30 2026 at 17:46:54", "Built on Nov 30 2026 at 17:46:55", Reason.timeStamp),
            ("20261130T174654Z", "20261130T174655Z", .timeStamp),
            ("t=1764524814.25", "t=1764524815.5", .timeStamp),
            ("id: 9b2f4c1e-7f6d-4f2a-8d7e-0a1b2c3d4e5f", "id: 1c7e9a52-0b3d-4e8f-9a6c-5d4e3f2a1b0c", .randomNumber),
            ("Build-ID: 4f2a9c61e0b7d8354f2a", "Build-ID: 9e7c1b0254adf3869e7c", .buildID),
            ("umask is 0022", "umask is 0002", .umask),
            ("1.5 s", "1,5 s", .locale),
            ("LC_ALL=C.UTF-8", "LC_ALL=en_US.UTF-8", .locale),
            ("root@one", "root@other", .hostName),
            ("-I/tmp/a/include", "-I/build/include", .buildPath),
            ("make -j4", "make -j8", .jobs),
            ("2 cpus on one", "1 cpus on other", .jobs),
            ("version 1.0.20261130191908", "version 1.0.20261130191909", .timeStamp),
            ("UTC", "CET", .timeZone),
            ("TZ is Europe/Berlin", "TZ is UTC", .timeZone),
            ("LANG=C.UTF-8", "LANG=", .locale),
            ("/tmp/tmp.tFNJDt", "/tmp/tmp.Ql8iVR", .randomNumber),
        ])
    func words(a: String, b: String, reason: Reason) {
        #expect(Self.reasons(a, b) == [reason])
    }

    @Test(
        "words of which nothing can be said have no reason",
        arguments: [
            ("one", "other"), ("version 1.2", "version 2"), ("", "x"), ("same", "same"), ("foo 1.5", "foo 1.6"),
            ("x=1", "x=2"), ("port 80", "port 8080"), ("/var/run/a.sock", "/var/run/b.sock"),
            ("/srv/www/index.html", "/srv"), ("/usr/bin/a", "/usr/lib/a"), ("Stacker", "Stocker"),
            ("nice -10", "nice -20"),
        ])
    func nothing(a: String, b: String) {
        #expect(Self.reasons(a, b) == [])
    }

    @Test("what is known of both sides wins over what it looks like")
    func marks() {
        let marks = [ComparisonMark(.hostName, a: "alpha", b: "beta")]
        #expect(Self.reasons("on alpha at 17:46:54", "on beta at 17:46:55", marks) == [.hostName])
        #expect(Self.reasons("on x at 17:46:54", "on x at 17:46:55", marks) == [.timeStamp])
    }

    @Test("a number is a mark where it is the word that differs, and nowhere else")
    func numbers() {
        let marks = [ComparisonMark(.jobs, a: "4", b: "3", isWhole: true)]
        #expect(Self.reasons("4", "3", marks) == [.jobs])
        #expect(Self.reasons("make -j4", "make -j3", marks) == [.jobs])
        #expect(Self.reasons("4 times 14", "4 times 13", marks) == [])
        #expect(Self.reasons("3", "4", marks) == [])
    }

    @Test("what one side has and the other has not is a mark where nothing stands in its place")
    func nothingOnOneSide() {
        let marks = [ComparisonMark(.locale, a: "", b: "C.UTF-8")]
        #expect(Self.reasons("", "C.UTF-8", marks) == [.locale])
        #expect(Self.reasons("LANG=", "LANG=C.UTF-8", marks) == [.locale])
        #expect(Self.reasons("LANG=x", "LANG=C.UTF-8", marks) == [])
        #expect(Self.reasons("LANG=C.UTF-8 one", "LANG=C.UTF-8 one more", marks) == [])
        // The other way round it is no mark, but a locale by its looks.
        #expect(Self.reasons("C.UTF-8", "", marks) == [])
    }

    @Test(
        "the same words in another order are that, whatever they look like",
        arguments: [("/usr/b /usr/a", "/usr/a /usr/b"), ("[3, 1, 2]", "[1, 2, 3]")])
    func permuted(a: String, b: String) {
        #expect(Self.reasons(a, b) == [.order])
        #expect(Self.reasons("a b", "a  b") == [])
    }

    @Test("lines of any length and bytes are looked at within bounds")
    func hostile() {
        #expect(
            Self.reasons(String(repeating: "1", count: 1 << 20), String(repeating: "2", count: 1 << 20)) == [
                .randomNumber
            ])
        let bytes: [UInt8] = (0...255).map { $0 }
        #expect(WordReasons(marks: []).reasons(bytes, bytes.reversed()) == [])
    }
}

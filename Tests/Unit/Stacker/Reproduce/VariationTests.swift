import Failure
import FileTree
import OCI
import Testing

@testable import Stacker

@Suite("What a second build has otherwise")
struct VariationTests {
    private func list(_ text: String, jobs: Int = 4) throws -> [Variation] {
        var request = BuildRequest()
        request.jobs = jobs
        return try Variation.list(text, besides: request)
    }

    @Test("the usual are all but the umask")
    func usual() throws {
        let names = try ReproduceRequest(BuildRequest()).variations.map(\.name)
        #expect(Set(names + ["umask"]) == Set(Variation.names))
        #expect(!names.contains("umask"))
    }

    @Test("lists have names and values, between commas")
    func lists() throws {
        #expect(try list("umask=027, locale=de_DE.UTF-8") == [.mask(0o027), .locale("de_DE.UTF-8")])
        #expect(try list("host-name=a=b") == [.hostName("a=b")])
        #expect(try list("jobs=3,user=/home/x") == [.jobs(3), .user(home: "/home/x")])
        #expect(try list("none") == [])
        #expect(try list("all").map(\.name) == Variation.names)
        let beside = try list("all,umask=027,time-zone=JST-9")
        #expect(Set(beside.map(\.name)) == Set(Variation.names))
        #expect(beside.contains(.mask(0o027)))
        #expect(beside.contains(.timeZone("JST-9")))
    }

    @Test(
        "what can't be varied is refused",
        arguments: [
            "", "moon", "umask=8", "umask=1000", "jobs=0", "jobs=x", "order=up", "locale,locale=C", "none,locale",
            "all,none", "all,all", "locale=",
            "time-zone=Nowhere/Land", "time-zone=../../../etc/passwd", "time-zone=9", "order=",
        ])
    func refused(_ text: String) {
        #expect(throws: Failure.self) { try list(text) }
    }

    @Test("one job becomes two, and several one")
    func jobs() throws {
        #expect(try list("jobs", jobs: 1) == [.jobs(2)])
        #expect(try list("jobs", jobs: 4) == (BuildRequest.processors > 1 ? [.jobs(1)] : []))
    }

    @Test("at any hour of the day the zone has another day than UTC", arguments: 0..<24)
    func zones(_ hour: Int) throws {
        let now = Timestamp(seconds: Int64(1_700_006_400 + hour * 3600))
        let zone = Variation.zoneOfAnotherDay(at: now)
        let offset = try #require(["<-12>+12": -12, "<+14>-14": 14][zone])
        #expect(!(0..<24).contains(hour + offset))
    }

    @Test("what was asked for can be asked for again")
    func asked() throws {
        let variations = try list("umask=027,locale=C,time-zone=JST-9,host-name=x,user=/home/y,jobs=3,order")
        #expect(try list(variations.map(\.asked).joined(separator: ",")) == variations)
    }

    @Test(
        "rules of time zones are told from names of places",
        arguments: [
            "UTC0", "JST-9", "<-12>+12", "<+0530>-5:30", "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT",
            "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
        ])
    func rules(_ rule: String) throws {
        #expect(TimeZoneRule.isRule(rule))
        #expect(try TimeZoneRule.of(rule) == rule)
        #expect(TimeZoneRule.rule(inFile: Array("TZif2…\n\(rule)\n".utf8)) == rule)
    }

    @Test(
        "a zone's file without a rule has none",
        arguments: ["", "TZif", "TZif\0\n", "TZif2\n\n", "TZif2\nUTC\n", "x\nUTC0\n"])
    func filesWithoutRule(_ content: String) {
        #expect(TimeZoneRule.rule(inFile: Array(content.utf8)) == nil)
        #expect(!TimeZoneRule.isRule(content))
    }

    @Test("each changes what it is about, and nothing else of a build")
    func applied() throws {
        func request(_ text: String) throws -> BuildRequest {
            var request = BuildRequest()
            for variation in try list(text, jobs: 1) { variation.apply(to: &request) }
            return request
        }
        #expect(try request("none").surroundings == ScriptSurroundings())
        var expected = ScriptSurroundings()
        expected.umask = 0o027
        #expect(try request("umask=027").surroundings == expected)
        expected = ScriptSurroundings()
        expected.variables = ["LANG": "C.UTF-8"]
        expected.callersVariables = ["LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"]
        #expect(try request("locale").surroundings == expected)
        expected = ScriptSurroundings()
        expected.hostName = "elsewhere"
        #expect(try request("host-name").surroundings == expected)
        expected = ScriptSurroundings()
        expected.reversesDirectories = true
        #expect(try request("order").surroundings == expected)
        let jobs = try request("jobs=2")
        #expect(jobs.jobs == 2)
        #expect(jobs.surroundings.processors ?? 0 >= 1)
    }
}

@Suite("Verdicts of a reproduction")
struct ReproduceVerdictTests {
    @Test("images of either build have one")
    func both() {
        let (one, other) = (Digest(of: [1]), Digest(of: [2]))
        let first = TrialImages(entries: [("same", one), ("changed", one), ("gone", one)])
        let second = TrialImages(entries: [("same", one), ("changed", other), ("new", other)])
        let verdicts = first.verdicts(beside: second)
        #expect(verdicts.map(\.tag) == ["same", "changed", "gone", "new"])
        #expect(verdicts.map(\.isSame) == [true, false, false, false])
    }

    @Test("causes are named, and what differs by itself hides them")
    func causes() {
        var causes = ReproduceCauses()
        let (one, other) = (
            DifferingPlace(name: "/one", aspect: "content"), DifferingPlace(name: "/other", aspect: "mode")
        )
        let time = DifferingPlace(name: "/one", aspect: "time")
        causes.add(.mask(0o002), of: "a", at: [one, time, other])
        causes.add(.hostName("x"), of: "a")
        causes.add(.order, of: "b", at: [one])
        causes.add(nil, of: "b", at: [one])
        causes.add(.order, of: "b", at: [one])
        causes.add(nil, of: "d", at: [time])
        causes.add(.order, of: "d", at: [time, one, other])
        #expect(causes.text(about: "a") == "a differs with another umask: /one, /other; with another host name")
        let text = causes.text(about: "b")
        #expect(text.hasPrefix("b differs also where nothing is varied: /one\n"))
        #expect(!text.contains("order"))
        #expect(causes.text(about: "c") == "c differs with none of them alone, only with several together")
        #expect(
            causes.text(about: "d").hasPrefix(
                "d differs also where nothing is varied: /one; with another order of names in directories: /one, /other\n"
            ))
        #expect(causes.causes(of: "d").map(\.variation) == [nil, "order"])
        #expect(causes.causes(of: "c").isEmpty)
    }
}

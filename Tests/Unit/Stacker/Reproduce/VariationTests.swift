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
    }

    @Test(
        "what can't be varied is refused",
        arguments: [
            "", "moon", "umask=8", "umask=1000", "jobs=0", "jobs=x", "order=up", "locale,locale=C", "none,locale",
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
        causes.add(.mask(0o002), of: "a")
        causes.add(.hostName("x"), of: "a")
        causes.add(nil, of: "b")
        causes.add(.order, of: "b")
        #expect(causes.text(about: "a") == "a differs with another umask; with another host name")
        #expect(causes.text(about: "b").hasPrefix("b differs also where nothing is varied: "))
        #expect(causes.text(about: "c") == "c differs with none of them alone, only with several together")
    }
}

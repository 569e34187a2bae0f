import Fuzzing
import Testing

@Suite("Fuzz targets")
struct FuzzTargetTests {
    @Test("read their seeds, and what once broke something", arguments: FuzzTarget.all.map(\.name))
    func replay(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        for input in try target.seeds() + target.findings {
            let problem = target.problem(with: input)
            #expect(problem == nil, "\(input.count) bytes, \(String(decoding: input.prefix(200), as: UTF8.self))")
        }
    }

    @Test(
        "take their seeds, so that mutations come to what is behind the first checks",
        arguments: FuzzTarget.all.map(\.name))
    func accept(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        for (number, input) in try target.seeds().enumerated() {
            let refusal = target.refusal(of: input)
            #expect(refusal == nil, "seed \(number) of \(input.count) bytes")
        }
    }
}

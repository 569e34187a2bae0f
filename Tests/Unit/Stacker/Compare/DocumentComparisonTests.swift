import OCI
import Testing

@testable import Stacker

@Suite("documents compared")
struct DocumentComparisonTests {
    private static func differences(_ a: JSONValue, _ b: JSONValue) -> [String] {
        var comparison = DocumentComparison(ReasonFinder([]))
        comparison.compare(a, b, at: "config")
        return comparison.difference.fields.map { "\($0.place): \($0.values.a ?? "-") \($0.values.b ?? "-")" }
    }

    @Test("members by their names, elements by their places")
    func places() {
        #expect(Self.differences(["a": 1, "b": ["c": "x"]], ["a": 1, "b": ["c": "y"]]) == ["config.b.c: \"x\" \"y\""])
        #expect(Self.differences(["a": 1], ["b": 1]) == ["config.a: 1 -", "config.b: - 1"])
        #expect(Self.differences(["l": [1, 2, 3]], ["l": [1, 5, 3]]) == ["config.l[1]: 2 5"])
        #expect(Self.differences(["l": [1, 2, 3]], ["l": [1, 3]]) == ["config.l[1]: 2 -"])
        #expect(Self.differences(["l": [1]], ["l": "x"]) == ["config.l: [1] \"x\""])
        #expect(Self.differences(["a": [1]], ["a": [1]]) == [])
    }

    @Test("names that are no words are quoted, on one line")
    func names() {
        #expect(Self.differences(["org.x\n": 1], ["org.x\n": 2]) == ["config.\"org.x\\n\": 1 2"])
    }

    @Test("a thousand are listed, and all are counted")
    func many() {
        var comparison = DocumentComparison(ReasonFinder([]))
        let numbers = Int64(1)...1500
        comparison.compare(
            .array(numbers.map { .integer($0) }), .array(numbers.map { .integer(-$0) }), at: "config.l")
        comparison.compare(["b": 1], ["b": 2], at: "config")
        #expect(comparison.difference.fields.count == 1000)
        #expect(comparison.difference.rest == 501)
    }

    @Test("times of an image have the reason that they are times")
    func reasons() {
        var comparison = DocumentComparison(ReasonFinder([]))
        comparison.compare(
            ["created": "2026-11-30T17:46:54Z"], ["created": "2026-11-30T17:46:57.5Z"], at: "config")
        #expect(comparison.difference.fields.first?.reasons == [.timeStamp])
    }
}

import Failure
import OCI

/// A member of a JSON document that one side has otherwise.
struct FieldDifference: Sendable {
    /// Where it is: `config.Env[1]`.
    let place: String
    /// What either side has there, as JSON; `nil` where it has nothing.
    let values: BothSides<String?>
    /// What would make B's text of A's, where they have several lines.
    var patch: LinePatch?
    var reasons: Set<Reason> = []
}

/// What differs between documents.
struct DocumentDifference: Sendable {
    fileprivate(set) var fields: [FieldDifference] = []
    /// How many more there are than these.
    fileprivate(set) var rest = 0

    var isEmpty: Bool { fields.isEmpty }

    /// Takes back what was guessed.
    mutating func forget(_ reason: Reason) {
        for place in fields.indices { fields[place].reasons.remove(reason) }
    }
}

/// Compares two JSON documents member by member.
struct DocumentComparison {
    private(set) var difference = DocumentDifference()
    private let finder: ReasonFinder

    /// The most differences that are kept, the others being counted, and the longest value that is.
    private static let limit = 1000
    private static let longest = 4000

    init(_ finder: ReasonFinder) { self.finder = finder }

    /// - Parameter place: of both in their documents.
    mutating func compare(_ a: JSONValue?, _ b: JSONValue?, at place: String) {
        guard a != b else { return }
        switch (a, b) {
        case (.object(let left)?, .object(let right)?):
            for name in Set(left.keys).union(right.keys).sorted() {
                compare(left[name], right[name], at: "\(place)\(place.isEmpty ? "" : ".")\(Self.shownName(name))")
            }
        case (.array(let left)?, .array(let right)?): compare(left, right, at: place)
        case _ where difference.fields.count == Self.limit: difference.rest += 1
        default:
            let values = BothSides(a.map(Self.text), b.map(Self.text))
            difference.fields.append(
                FieldDifference(
                    place: place, values: values, patch: Self.patch(a?.text, b?.text),
                    reasons: finder.reasons(place, values)))
        }
    }

    /// Lists of one length element by element; else without the beginning and the end that they have in common.
    private mutating func compare(_ left: [JSONValue], _ right: [JSONValue], at place: String) {
        var head = 0
        var tail = 0
        let common = min(left.count, right.count)
        if left.count != right.count {
            while head < common, left[head] == right[head] { head += 1 }
            while tail < common - head, left[left.count - 1 - tail] == right[right.count - 1 - tail] { tail += 1 }
        }
        let (ones, others) = (left[head..<left.count - tail], right[head..<right.count - tail])
        for index in head..<max(ones.endIndex, others.endIndex) {
            compare(
                index < ones.endIndex ? ones[index] : nil, index < others.endIndex ? others[index] : nil,
                at: "\(place)[\(index)]")
        }
    }

    /// A member's name as it stands in a place.
    private static func shownName(_ name: String) -> String {
        let isPlain = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || $0 == UInt8(ascii: "_")
        }
        return isPlain && !name.isEmpty ? name : quoted(name)
    }

    /// How long a text may be of which a patch is made.
    private static let longestText = 1 << 20

    /// Of texts of which one has several lines.
    private static func patch(_ a: String?, _ b: String?) -> LinePatch? {
        guard let a, let b, max(a.utf8.count, b.utf8.count) <= longestText,
            [a, b].contains(where: { $0.utf8.dropLast().contains(UInt8(ascii: "\n")) })
        else { return nil }
        let lines = BothSides(a, b).map {
            Array($0.utf8).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        }
        return LinePatch(lines)
    }

    private static func text(_ value: JSONValue) -> String {
        let text = (try? JSON.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "?"
        return text.utf8.count > longest ? "\(text.prefix(longest))…" : text
    }
}

import Failure
import OCI

/// What an entry of an index is called when it is compared with one of another: some words, and which it is of those with
/// the same. Whatever images say, no two entries of one index have one name.
struct EntryName: Hashable, Comparable {
    /// By their bytes: others take two texts for different ones that show the same.
    private let words: [UInt8]
    private let number: Int
    /// For people.
    let text: String

    private init(_ words: String, _ number: Int, shown: String) {
        (self.words, self.number) = (Array(words.utf8), number)
        text = number == 1 ? shown : "\(shown) (\(number))"
    }

    static func == (left: Self, right: Self) -> Bool { left.words == right.words && left.number == right.number }

    static func < (left: Self, right: Self) -> Bool {
        left.words == right.words ? left.number < right.number : left.words.lexicographicallyPrecedes(right.words)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(words)
        hasher.combine(number)
    }

    /// Numbers those that are called the same, in their order.
    ///
    /// - Parameter show: makes of what one is called what can be shown of it.
    static func numbered(_ list: [String], show: (String) -> String = { $0 }) -> [EntryName] {
        var counts: [[UInt8]: Int] = [:]
        return list.map { words in
            counts[Array(words.utf8), default: 0] += 1
            return EntryName(words, counts[Array(words.utf8)] ?? 1, shown: show(words))
        }
    }

    /// Names entries of two layouts: by their tags; those that have none by their digests if both have them, else by their
    /// platforms. Of a tag that is there twice the later one holds, and is the first.
    static func ofLayouts(_ layouts: BothSides<[Descriptor]>) -> BothSides<[EntryName]> {
        let untagged = layouts.map { Set($0.filter { $0.tag == nil }.map(\.digest)) }
        let common = untagged.a.intersection(untagged.b)
        return layouts.map { entries in
            let words = entries.map { entry in
                if let tag = entry.tag { return "tag \(tag)" }
                if common.contains(entry.digest) { return "no tag, \(entry.digest)" }
                return "no tag, \(entry.platform.map { "\($0)" } ?? "no platform")"
            }
            return numbered(words.reversed()) { shown($0) }.reversed()
        }
    }
}

/// `index.json` as it is written, in pieces: where one entry is changed, the others are not encoded again.
struct IndexText: Sendable {
    /// Up to the first entry, and from the last one on.
    private let head: [UInt8], tail: [UInt8]
    private var entries: [[UInt8]]
    /// How many manifests come before each of the foreign entries among them.
    private let foreign: [Int]

    init(_ index: ImageIndex) throws {
        entries = try index.entries.map { entry in
            switch entry {
            case .ours(let descriptor): try JSON.encode(descriptor)
            case .foreign(let entry): try JSON.encode(entry.json)
            }
        }
        foreign = index.foreign.map(\.before)
        let members = index.membersBesideEntries
        func text(_ isWanted: (String) -> Bool) throws -> [UInt8] {
            try JSON.encode(OtherMembers(members.filter { isWanted($0.key) }))
        }
        // As for any object of ours, in the order of the names.
        let (before, after) = try (text { $0 < "manifests" }, text { $0 > "manifests" })
        let comma = Array(",".utf8)
        head = before.dropLast() + (before.count > 2 ? comma : []) + #""manifests":["#.utf8
        tail = "]".utf8 + (after.count > 2 ? comma : []) + after.dropFirst()
    }

    /// Changes a manifest's entry, or adds one.
    mutating func set(_ place: Int, _ entry: Descriptor) throws {
        let place = place + foreign.count { $0 <= place }
        let text = try JSON.encode(entry)
        if place < entries.count { entries[place] = text } else { entries.append(text) }
    }

    /// All of it.
    var bytes: [UInt8] {
        var bytes = head
        bytes.reserveCapacity(entries.reduce(head.count + tail.count) { $0 + $1.count + 1 })
        for (place, entry) in entries.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += entry
        }
        return bytes + tail
    }
}

import FileTree

/// Finds out why entries differ, as far as it shows.
struct ReasonFinder {
    private let words: WordReasons

    private let room = ShownRoom()

    init(_ marks: [ComparisonMark]) { words = WordReasons(marks: marks) }

    /// What may be why fields of a document differ.
    func reasons(_ name: String, _ values: BothSides<String?>) -> Set<Reason> {
        guard let a = values.a, let b = values.b else { return [] }
        // What it was built of says nothing of what surrounded the build.
        if name.hasSuffix(".stacker.stacker_yaml\"") { return [.recipe] }
        let place = "\(name): "
        return words.reasons((place + a).utf8, (place + b).utf8)
    }

    /// Fills in why each entry of a list may differ. What was read of content for that is forgotten.
    func fill(_ difference: inout EntriesDifference) {
        for place in difference.entries.indices {
            difference.entries[place].reasons = reasons(difference.entries[place])
            difference.entries[place].content?.forgetPieces(within: room)
        }
        pairNames(&difference.entries)
    }

    private func reasons(_ entry: EntryDifference) -> Set<Reason> {
        var found: Set<Reason> = []
        guard let a = entry.facts.a, let b = entry.facts.b else {
            return Self.isLog(entry.path) ? [.log] : []
        }
        for aspect in entry.aspects {
            switch aspect {
            case .time: found.insert(.timeStamp)
            case .owner: found.insert(.user)
            case .mode where Self.isUmask(a.permissions, b.permissions): found.insert(.umask)
            case .target: found.formUnion(words.reasons(a.target, b.target))
            case .content:
                if let content = entry.content { found.formUnion(reasons(content, at: entry.path)) }
            default: break
            }
        }
        if entry.aspects.contains(.content), Self.isLog(entry.path) { found.insert(.log) }
        return found
    }

    /// Whether one has what the other has, but for bits of group and others.
    private static func isUmask(_ a: UInt16, _ b: UInt16) -> Bool {
        (a ^ b) & ~0o077 == 0 && (a & b == a || a & b == b)
    }

    private static func isLog(_ path: [UInt8]) -> Bool {
        let text = String(decoding: path, as: UTF8.self)
        let places = ["var/log/", "var/cache/", "root/.cache/", "var/lib/apt/lists/", "tmp/", "var/tmp/"]
        return text.hasSuffix(".log") || places.contains(where: text.hasPrefix)
    }

    // MARK: - Content

    private func reasons(_ content: ContentDifference, at path: [UInt8]) -> Set<Reason> {
        let known = Self.knownFiles(path)
        if let known { return [known] }
        switch content.form {
        case .patch(let patch): return reasons(patch, of: content, isShadow: path.elementsEqual("etc/shadow".utf8))
        case .bytes where content.hasSameLines: return [.order]
        case .bytes: return BinaryReasons(content, path: path, words: words).reasons
        case .unread: return []
        }
    }

    /// Files whose content is nothing else anywhere.
    private static func knownFiles(_ path: [UInt8]) -> Reason? {
        switch String(decoding: path, as: UTF8.self) {
        case "etc/machine-id", "var/lib/dbus/machine-id", "var/lib/systemd/random-seed": .randomNumber
        case "etc/hostname": .hostName
        case let text where text.hasPrefix("etc/ssh/ssh_host_"): .randomNumber
        default: nil
        }
    }

    private func reasons(_ patch: LinePatch, of content: ContentDifference, isShadow: Bool) -> Set<Reason> {
        if let reason = Self.reasonOfOrder(content.pieces) { return [reason] }
        // Of a password, the day of its last change.
        if isShadow { return [.timeStamp] }
        // What moved faces other lines, of which nothing follows.
        let lines = patch.withoutMoved
        var found: Set<Reason> = lines.a.count < patch.removed.count ? [.order] : []
        for (one, other) in zip(lines.a, lines.b).prefix(100) { found.formUnion(words.reasons(one, other)) }
        return found
    }

    /// Of texts of the same lines. Where both are sorted, one by bytes and the other as a language has it, it is the locale.
    private static func reasonOfOrder(_ texts: BothSides<[UInt8]>) -> Reason? {
        let lines = texts.map { $0.split(separator: UInt8(ascii: "\n")).map(Array.init) }
        guard lines.a.sorted(by: precedes) == lines.b.sorted(by: precedes) else { return nil }
        let byBytes = lines.map { isSorted($0, by: precedes) }
        let other = byBytes.a ? lines.b : lines.a
        return byBytes.a != byBytes.b && isSorted(other, by: precedesInWords) ? .locale : .order
    }

    private static func isSorted(_ lines: [[UInt8]], by precedes: ([UInt8], [UInt8]) -> Bool) -> Bool {
        zip(lines, lines.dropFirst()).allSatisfy { !precedes($1, $0) }
    }

    private static func precedes(_ one: [UInt8], _ other: [UInt8]) -> Bool { one.lexicographicallyPrecedes(other) }

    /// As languages have it, more or less: capitals and marks don't count.
    private static func precedesInWords(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        func letters(_ line: [UInt8]) -> [UInt8] {
            line.compactMap { byte in
                (0x41...0x5a).contains(byte)
                    ? byte | 0x20
                    : (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte > 0x7f ? byte : nil
            }
        }
        return letters(one).lexicographicallyPrecedes(letters(other))
    }

    // MARK: - Names

    /// Of a name that only A has and one that only B has, in one directory and alike, one is the other's.
    private func pairNames(_ entries: inout [EntryDifference]) {
        var single: [[UInt8]: BothSides<[Int]>] = [:]
        for (place, entry) in entries.enumerated() where entry.facts.a == nil || entry.facts.b == nil {
            let parent = Array(entry.path.prefix(upTo: entry.path.lastIndex(of: UInt8(ascii: "/")) ?? 0))
            var lists = single[parent] ?? BothSides([], [])
            if entry.facts.b == nil { lists.a.append(place) } else { lists.b.append(place) }
            single[parent] = lists
        }
        for lists in single.values where lists.a.count == lists.b.count && lists.a.count <= 20 {
            for (one, other) in zip(lists.a, lists.b) where entries[one].facts.a?.kind == entries[other].facts.b?.kind {
                func name(_ path: [UInt8]) -> ArraySlice<UInt8> {
                    path[(path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]
                }
                let found = words.reasons(name(entries[one].path), name(entries[other].path))
                entries[one].reasons.formUnion(found)
                entries[other].reasons.formUnion(found)
            }
        }
    }
}

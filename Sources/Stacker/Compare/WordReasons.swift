import FileTree

/// Why two pieces of text differ, by what the words look like.
struct WordReasons {
    let marks: [ComparisonMark]

    /// How much of a line is looked at.
    private static let longest = 2000

    /// Of lines that face each other.
    func reasons(_ a: some Collection<UInt8>, _ b: some Collection<UInt8>) -> Set<Reason> {
        let (left, right) = (Array(a.prefix(Self.longest)), Array(b.prefix(Self.longest)))
        guard left != right else { return [] }
        let (head, tail) = Self.common(left[...], right[...])
        let all = BothSides(
            DifferingWord(left, head..<left.count - tail), DifferingWord(right, head..<right.count - tail))
        let words = Self.differingWords(left, right)
        let known = Set(marks.filter { $0.marks(all) || words.contains(where: $0.marks) }.map(\.reason))
        if !known.isEmpty { return known }
        if Self.arePermuted(left, right) { return [.order] }
        return reason(all.a, all.b).map { [$0] } ?? Set(words.compactMap { reason($0.a, $0.b) })
    }

    /// Whether both lines have the same words, in another order.
    private static func arePermuted(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        let words = BothSides(left, right).map { $0.split(whereSeparator: \.endsWord) }
        return words.a != words.b && words.a.sorted(by: precedes) == words.b.sorted(by: precedes)
    }

    private static func precedes(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Bool {
        one.lexicographicallyPrecedes(other)
    }

    /// Of lines of as many words those that differ.
    private static func differingWords(_ left: [UInt8], _ right: [UInt8]) -> [BothSides<DifferingWord>] {
        let words = BothSides(left, right).map { $0.split(whereSeparator: \.endsWord) }
        guard words.a.count == words.b.count, words.a.count > 1 else { return [] }
        let pairs = Array(zip(words.a, words.b)).filter { $0.0 != $0.1 }
        return pairs.prefix(mostWords).map { one, other in
            let (head, tail) = common(one, other)
            return BothSides(
                DifferingWord(left, one.startIndex + head..<one.endIndex - tail),
                DifferingWord(right, other.startIndex + head..<other.endIndex - tail))
        }
    }

    /// How long the beginning and the end are that both have.
    private static func common(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> (head: Int, tail: Int) {
        let head = zip(one, other).prefix { $0 == $1 }.count
        return (head, zip(one.dropFirst(head).reversed(), other.dropFirst(head).reversed()).prefix { $0 == $1 }.count)
    }

    /// How many words of a line are looked at.
    private static let mostWords = 20

    private func reason(_ a: DifferingWord, _ b: DifferingWord) -> Reason? {
        let line = String(decoding: a.line, as: UTF8.self).lowercased()
        if a.isTimeZone, b.isTimeZone || b.isOffset { return .timeZone }
        if a.isOffset, b.isTimeZone { return .timeZone }
        if a.isTime, b.isTime { return .timeStamp }
        if line.contains("umask"), a.isOctal, b.isOctal { return .umask }
        if a.isLocale, b.isLocale || b.isNoValue, a.isOfLocale || b.isLocale { return .locale }
        if b.isLocale, a.isNoValue, b.isOfLocale { return .locale }
        if a.isHexadecimal(atLeast: 16), b.isHexadecimal(atLeast: 16) {
            return line.contains("build") && line.contains("id") ? .buildID : .randomNumber
        }
        if a.isUUID, b.isUUID { return .randomNumber }
        if let left = a.userAndHost, let right = b.userAndHost, left.user == right.user { return .hostName }
        if line.contains("hostname") { return .hostName }
        if DifferingWord.areMadeUp(a.component, b.component) { return .randomNumber }
        if a.isPath, b.isPath { return DifferingWord.areOfBuild(a, b) ? .buildPath : nil }
        if a.isNumber, b.isNumber {
            if ["jobs", "nproc", "processor", "cpu", "thread", "-j"].contains(where: line.contains) { return .jobs }
            return DifferingWord.areRandom(a.word, b.word) ? .randomNumber : nil
        }
        if a.isDecimalNumber, b.isDecimalNumber, DifferingWord.haveOtherPoints(a.word, b.word) { return .locale }
        return nil
    }
}

extension ComparisonMark {
    /// Whether both sides have what is known of them.
    fileprivate func marks(_ differing: BothSides<DifferingWord>) -> Bool {
        words.a != words.b && has(differing.a, words.a) && has(differing.b, words.b)
    }

    private func has(_ differing: DifferingWord, _ word: [UInt8]) -> Bool {
        if word.isEmpty { return differing.range.isEmpty }
        if isWhole { return differing.number.elementsEqual(word) }
        // Beside nothing it must be what is there, and not stand anywhere in the line.
        let isBesideNothing = words.a.isEmpty || words.b.isEmpty
        return isBesideNothing ? Array(differing.word).has(word) : differing.line.has(word)
    }
}

/// The word of a line in which another line has another one.
struct DifferingWord {
    let line: [UInt8]
    /// What differs.
    let range: Range<Int>
    /// What differs, and what belongs to it on either side.
    let word: ArraySlice<UInt8>
    /// Of a path, the name of a file or a directory that differs.
    let component: ArraySlice<UInt8>
    /// What differs, and the digits on either side.
    private let digits: ArraySlice<UInt8>
    private let surroundings: ArraySlice<UInt8>

    /// - Parameter range: where the line differs; it may be empty.
    init(_ line: [UInt8], _ range: Range<Int>) {
        self.line = line
        self.range = range
        var (start, end) = (range.lowerBound, range.upperBound)
        while start > 0, !line[start - 1].endsWord { start -= 1 }
        while end < line.count, !line[end].endsWord { end += 1 }
        word = line[start..<end]
        var (first, last) = (range.lowerBound, range.upperBound)
        while first > start, line[first - 1] != UInt8(ascii: "/") { first -= 1 }
        while last < end, line[last] != UInt8(ascii: "/") { last += 1 }
        component = line[first..<last]
        (first, last) = (range.lowerBound, range.upperBound)
        while first > start, line[first - 1].isDigit { first -= 1 }
        while last < end, line[last].isDigit { last += 1 }
        digits = line[first..<last]
        // A date is of several words: Mon Nov 30 17:46:54 UTC 2026.
        surroundings = line[max(0, start - 24)..<min(line.count, end + 24)]
    }

    // MARK: - What it looks like

    /// Digits as 0, letters as a, all else as it is.
    private static func shape(_ bytes: ArraySlice<UInt8>) -> String {
        String(
            decoding: bytes.map { byte in
                byte.isDigit ? UInt8(ascii: "0") : byte.isLetter ? UInt8(ascii: "a") : byte
            }, as: UTF8.self)
    }

    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// Whether it is a time, or a part of one.
    var isTime: Bool {
        if Self.isEpoch(word) || Self.isDate(digits) { return true }
        let shape = Self.shape(surroundings)
        if ["0000-00-00", "0000/00/00", "00:00:00", "00000000a000000"].contains(where: shape.contains) { return true }
        let text = String(decoding: surroundings, as: UTF8.self).lowercased()
        return Self.months.contains(where: text.contains) && (shape.contains("00:00") || shape.contains("0000"))
    }

    /// Whether it is seconds since 1970 of this century, or such in thousandths, millionths or billionths.
    private static func isEpoch(_ word: ArraySlice<UInt8>) -> Bool {
        let whole = word.prefix(while: \.isDigit)
        guard [10, 13, 16, 19].contains(whole.count), whole.count == word.count || word[whole.endIndex] == 0x2e,
            let number = Int64(String(decoding: whole.prefix(10), as: UTF8.self))
        else { return false }
        return (1_000_000_000..<4_102_444_800).contains(number)
    }

    /// Whether it is a date, with a time or without: 20261130191908.
    private static func isDate(_ digits: ArraySlice<UInt8>) -> Bool {
        guard [8, 12, 14].contains(digits.count), digits.allSatisfy(\.isDigit) else { return false }
        let numbers = [0..<4, 4..<6, 6..<8].map { place in
            Int(String(decoding: digits.dropFirst(place.lowerBound).prefix(place.count), as: UTF8.self)) ?? 0
        }
        return (1970..<2100).contains(numbers[0]) && (1...12).contains(numbers[1]) && (1...31).contains(numbers[2])
    }

    /// The word itself, or what is behind an option as `-j4`.
    var number: ArraySlice<UInt8> { word.starts(with: "-j".utf8) ? word.dropFirst(2) : word }

    var isNumber: Bool { !number.isEmpty && number.allSatisfy(\.isDigit) }

    /// With a fraction, by a point or a comma.
    var isDecimalNumber: Bool {
        let parts = word.split(omittingEmptySubsequences: false) { $0 == 0x2e || $0 == 0x2c }
        return parts.count >= 2 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isDigit) }
    }

    var isOctal: Bool { (3...5).contains(word.count) && word.allSatisfy { (0x30...0x37).contains($0) } }

    func isHexadecimal(atLeast count: Int) -> Bool {
        word.count >= count && word.allSatisfy { $0.isDigit || (0x61...0x66).contains($0 | 0x20) }
    }

    var isUUID: Bool {
        let parts = word.split(separator: UInt8(ascii: "-"))
        return parts.map(\.count) == [8, 4, 4, 4, 12]
    }

    /// `de_DE.UTF-8`, `C`, `POSIX`.
    var isLocale: Bool {
        let text = String(decoding: word, as: UTF8.self)
        let name = text.prefix { $0 != "." && $0 != "@" }
        if ["C", "POSIX"].contains(name) { return true }
        let parts = name.split(separator: "_", omittingEmptySubsequences: false)
        return parts.count == 2 && (2...3).contains(parts[0].count) && parts[0].allSatisfy(\.isLowercase)
            && parts[1].count == 2 && parts[1].allSatisfy(\.isUppercase)
    }

    /// Nothing, where a value might stand.
    var isNoValue: Bool { word.isEmpty }

    /// Whether the line is about a locale: `LANG=`, `LC_ALL=`.
    var isOfLocale: Bool {
        let text = String(decoding: line, as: UTF8.self)
        return ["LANG", "LC_", "locale"].contains(where: text.contains)
    }

    /// `+0200`, `-03:30`, `+14`.
    var isOffset: Bool {
        guard word.first == UInt8(ascii: "+") || word.first == UInt8(ascii: "-") else { return false }
        let digits = word.dropFirst().filter { $0 != UInt8(ascii: ":") }
        return [2, 4].contains(digits.count) && digits.allSatisfy(\.isDigit)
    }

    /// `CET`, `Europe/Berlin`.
    var isTimeZone: Bool {
        let text = String(decoding: word, as: UTF8.self)
        if Self.zones.contains(text) { return true }
        let area = text.prefix { $0 != "/" }
        return area.count < text.count && Self.areas.contains(String(area))
    }

    private static let zones: Set = [
        "UTC", "GMT", "WET", "WEST", "CET", "CEST", "EET", "EEST", "MSK", "BST", "IST", "JST", "KST", "EST", "EDT",
        "CST", "CDT", "MST", "MDT", "PST", "PDT", "AEST", "AEDT",
    ]

    private static let areas: Set = [
        "Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Etc", "Europe", "Indian", "Pacific",
    ]

    /// Whether digits look drawn, and not counted: enough of them, most of which differ.
    static func areRandom(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Bool {
        min(a.count, b.count) >= 5 && zip(a, b).count { $0 == $1 } * 2 <= max(a.count, b.count)
    }

    /// Whether both are as names of temporary files: made up, of one length, and not alike.
    static func areMadeUp(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Bool {
        a.count == b.count && a.isMadeUp && b.isMadeUp && zip(a, b).count { $0 != $1 } >= 4
    }

    /// Whether one has a comma where the other has a point.
    static func haveOtherPoints(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Bool {
        func points(_ word: ArraySlice<UInt8>) -> [UInt8] { word.filter { !$0.isDigit } }
        return zip(points(a), points(b)).contains { $0 != $1 } && points(a).count == points(b).count
    }

    /// Whether one file, or another part of what is built, has its path from where it was built: one of both is where builds
    /// are, and more than the last name differs.
    static func areOfBuild(_ a: DifferingWord, _ b: DifferingWord) -> Bool {
        let places = ["/tmp/", "/var/tmp/", "/home/", "/root/", "/build", "/src/", "/usr/src/", "/work", "/mnt/"]
        func isPlace(_ side: DifferingWord) -> Bool {
            let text = String(decoding: side.word, as: UTF8.self)
            let path = text.drop { $0 != "/" }
            return places.contains(where: path.hasPrefix)
        }
        func isInside(_ side: DifferingWord) -> Bool { side.component.endIndex < side.word.endIndex }
        let areElsewhere = a.component.startIndex <= a.word.startIndex + 1
        return (isPlace(a) || isPlace(b)) && (isInside(a) && isInside(b) || areElsewhere && isPlace(a) && isPlace(b))
    }

    var isPath: Bool { word.count { $0 == UInt8(ascii: "/") } >= 2 || word.first == UInt8(ascii: "/") }

    var userAndHost: (user: ArraySlice<UInt8>, host: ArraySlice<UInt8>)? {
        let parts = word.split(separator: UInt8(ascii: "@"))
        return parts.count == 2 ? (parts[0], parts[1]) : nil
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (0x30...0x39).contains(self) }
    fileprivate var isLetter: Bool { (0x61...0x7a).contains(self | 0x20) }
    /// Blanks, quotes, and what stands between a name and its value.
    fileprivate var endsWord: Bool { self <= 0x20 || "\"'`=,;()[]{}<>|".utf8.contains(self) }
}

extension [UInt8] {
    /// Whether it has these bytes somewhere.
    func has(_ other: [UInt8]) -> Bool {
        guard let first = other.first, count >= other.count else { return false }
        return (0...count - other.count).contains {
            self[$0] == first && self[$0..<$0 + other.count].elementsEqual(other)
        }
    }
}

extension ArraySlice<UInt8> {
    /// Letters of both cases or digits, mixed; a capital at the beginning is usual.
    fileprivate var isMadeUp: Bool {
        let end = split { $0 == 0x2e || $0 == 0x2d || $0 == 0x5f }.last ?? self
        guard end.count >= 6, end.allSatisfy({ $0.isDigit || $0.isLetter }) else { return false }
        let kinds = [
            end.contains(where: \.isDigit), end.dropFirst().contains { (0x41...0x5a).contains($0) },
            end.contains { $0 >= 0x61 },
        ]
        return kinds.count { $0 } >= 2
    }
}

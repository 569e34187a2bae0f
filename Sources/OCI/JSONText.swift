import Failure

/// JSON that is read by hand, to its last digit: what a decoder would have to try, and to fail at, for each value.
///
/// [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)
struct JSONText {
    private let bytes: [UInt8]
    private var place = 0

    /// How deep arrays and objects may be in one another: nothing that programs write of images is nearly as deep.
    static let depth = 64

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Reads all of a text.
    ///
    /// - Throws: `Failure` for what is no JSON, is too deep, or says one thing twice.
    static func value(of bytes: [UInt8]) throws -> JSONValue {
        var text = JSONText(bytes)
        text.skipSpace()
        let value = try text.value(depth)
        text.skipSpace()
        guard text.place == bytes.count else { throw text.wrong }
        return value
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }
    private var wrong: Failure { Failure("not valid JSON at byte \(place)") }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { place += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        place += 1
        return true
    }

    private mutating func value(_ depth: Int) throws -> JSONValue {
        switch next {
        case UInt8(ascii: "{"): return .object(try members(depth))
        case UInt8(ascii: "["): return .array(try elements(depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws -> JSONValue {
        let end = place + word.utf8CodeUnitCount
        let isIt = word.withUTF8Buffer { end <= bytes.count && bytes[place..<end].elementsEqual($0) }
        guard isIt else { throw wrong }
        place = end
        return value
    }

    // MARK: - Arrays and objects

    private func inner(_ depth: Int) throws -> Int {
        guard depth > 0 else { throw Failure("its arrays and objects are more than \(Self.depth) deep in one another") }
        return depth - 1
    }

    private mutating func elements(_ depth: Int) throws -> [JSONValue] {
        let depth = try inner(depth)
        var values: [JSONValue] = []
        place += 1
        skipSpace()
        if take(UInt8(ascii: "]")) { return values }
        while true {
            skipSpace()
            values.append(try value(depth))
            skipSpace()
            if take(UInt8(ascii: "]")) { return values }
            guard take(UInt8(ascii: ",")) else { throw wrong }
        }
    }

    /// Of two members of one name, programs take one or the other. Names that Unicode calls the same are one to Swift.
    private mutating func members(_ depth: Int) throws -> [String: JSONValue] {
        let depth = try inner(depth)
        var members: [String: JSONValue] = [:]
        place += 1
        skipSpace()
        if take(UInt8(ascii: "}")) { return members }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw wrong }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw wrong }
            skipSpace()
            guard members.updateValue(try value(depth), forKey: name) == nil else {
                throw Failure("an object has two members of the name \(quoted(name))")
            }
            skipSpace()
            if take(UInt8(ascii: "}")) { return members }
            guard take(UInt8(ascii: ",")) else { throw wrong }
        }
    }

    // MARK: - Texts

    private mutating func string() throws -> String {
        place += 1
        var text: [UInt8] = []
        var start = place
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                text += bytes[start..<place]
                place += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                text += bytes[start..<place]
                place += 1
                text += try escaped()
                start = place
            case ..<0x20: throw wrong
            default: place += 1
            }
        }
        throw wrong
    }

    /// What a backslash makes of what is after it.
    private mutating func escaped() throws -> [UInt8] {
        guard let byte = next else { throw wrong }
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            let first = try unit()
            guard UTF16.isLeadSurrogate(first) else {
                guard let scalar = Unicode.Scalar(first) else { throw wrong }
                return Array(String(scalar).utf8)
            }
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw wrong }
            let second = try unit()
            guard UTF16.isTrailSurrogate(second) else { throw wrong }
            return Array(String(decoding: [first, second], as: UTF16.self).utf8)
        default: throw wrong
        }
    }

    private mutating func unit() throws -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = next.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else { throw wrong }
            unit = unit << 4 | UInt16(digit)
            place += 1
        }
        return unit
    }

    // MARK: - Numbers

    private mutating func digits() throws -> ArraySlice<UInt8> {
        let start = place
        while let byte = next, (0x30...0x39).contains(byte) { place += 1 }
        guard place > start else { throw wrong }
        return bytes[start..<place]
    }

    private mutating func number() throws -> JSONValue {
        let start = place
        let isNegative = take(UInt8(ascii: "-"))
        var all = try digits()
        guard all.count == 1 || all.first != 0x30 else { throw wrong }
        var exponent = 0
        if take(UInt8(ascii: ".")) {
            let fraction = try digits()
            exponent = -fraction.count
            all += fraction
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            let sign = take(UInt8(ascii: "-")) ? -1 : take(UInt8(ascii: "+")) ? 1 : 1
            guard let power = try Int32(String(decoding: digits(), as: UTF8.self)) else { throw wrong }
            exponent += sign * Int(power)
        }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        return try JSONDecimal(isNegative, all, exponent).value(text)
    }
}

/// A number by its digits: `1.0`, `1` and `10e-1` are one.
private struct JSONDecimal: Equatable {
    let isNegative: Bool
    /// Without zeros before and after them; none for zero.
    let digits: [UInt8]
    /// By which power of ten they are multiplied.
    let exponent: Int

    init(_ isNegative: Bool, _ digits: ArraySlice<UInt8>, _ exponent: Int) {
        let rest = digits.drop { $0 == 0x30 }
        let zeros = rest.reversed().prefix { $0 == 0x30 }.count
        self.digits = Array(rest.dropLast(zeros))
        self.isNegative = isNegative && !self.digits.isEmpty
        self.exponent = self.digits.isEmpty ? 0 : exponent + zeros
    }

    /// The number of that text, as it is kept.
    func value(_ written: String) throws -> JSONValue {
        if let integer = Int64(text) { return .integer(integer) }
        if let integer = UInt64(text) { return .unsigned(integer) }
        guard let number = Double(written), number.isFinite else {
            throw Failure("the number \(shown(written, limit: 40)) is too large")
        }
        return Self(number) == self ? .number(number) : .digits(text, near: number)
    }

    /// What a program writes for such a number.
    private init(_ number: Double) {
        let parts = number.magnitude.description.split(separator: "e")
        let places = parts[0].split(separator: ".")
        let fraction = places.count > 1 ? places[1] : ""
        let power = parts.count > 1 ? Int(parts[1].drop { $0 == "+" }) ?? 0 : 0
        self.init(number < 0, Array("\(places[0])\(fraction)".utf8)[...], power - fraction.utf8.count)
    }

    /// One text for each number.
    private var text: String {
        let sign = isNegative ? "-" : ""
        let all = String(decoding: digits, as: UTF8.self)
        if digits.isEmpty { return "0" }
        if (0...40).contains(exponent) { return sign + all + String(repeating: "0", count: exponent) }
        guard exponent < 0, -exponent < digits.count else { return "\(sign)\(all)e\(exponent)" }
        return "\(sign)\(all.dropLast(-exponent)).\(all.suffix(-exponent))"
    }
}

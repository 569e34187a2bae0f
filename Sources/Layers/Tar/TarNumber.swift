/// A number in a field of a tar header: octal digits or, with the first bit set, GNU tar's binary form.
enum TarNumber {
    /// Reads a field of twelve bytes; `nil` if its number is negative or has more than 63 bits.
    static func read(_ field: some Collection<UInt8>) -> Int64? {
        guard let first = field.first, first & 0x80 != 0 else {
            let digits = field.filter { (0x30...0x37).contains($0) }
            return Int64(exactly: digits.reduce(UInt64(0)) { $0 << 3 | UInt64($1 - 0x30) })
        }
        guard first == 0x80, field.dropFirst().dropLast(8).allSatisfy({ $0 == 0 }) else { return nil }
        return Int64(exactly: field.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    /// Reads what a pax record or a sparse map says in decimal digits; `nil` if it is anything else.
    static func readDecimal(_ text: some Collection<UInt8>) -> Int64? {
        guard !text.isEmpty, text.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(String(decoding: text, as: UTF8.self))
    }
}

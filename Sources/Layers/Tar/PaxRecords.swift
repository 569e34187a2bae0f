import FileTree

/// The records of a pax extended header: what a ustar header has no room for.
///
/// [pax, "pax Extended Header"](https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html)
struct PaxRecords {
    private(set) var bytes: [UInt8] = []

    var isEmpty: Bool { bytes.isEmpty }

    /// Adds `LENGTH KEY=VALUE\n`, where the length counts its own digits.
    mutating func add(_ key: some Collection<UInt8>, _ value: some Collection<UInt8>) {
        let rest = key.count + value.count + 3
        var length = rest + String(rest).utf8.count
        if String(length).utf8.count != length - rest { length += 1 }
        bytes += String(length).utf8
        bytes.append(UInt8(ascii: " "))
        bytes += key
        bytes.append(UInt8(ascii: "="))
        bytes += value
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Adds a path. Records are UTF-8; a name that is not is announced as bytes.
    mutating func addPath(_ key: String, _ path: [UInt8], announced: inout Bool) {
        if !announced, String(validating: path, as: UTF8.self) == nil {
            add("hdrcharset".utf8, "BINARY".utf8)
            announced = true
        }
        add(key.utf8, path)
    }

    /// What the key of an extended attribute begins with.
    static let attributePrefix = Array("SCHILY.xattr.".utf8)

    /// The key of an extended attribute. An `=` would end the key, so that it is written as `%3D`, as GNU tar and
    /// libarchive do; a name that holds such an escape by itself has its `%` escaped as well.
    static func attributeKey(_ name: AttributeName) -> [UInt8] {
        guard name.bytes.contains(UInt8(ascii: "=")) || attributeName(name.bytes) != name else {
            return attributePrefix + name.bytes
        }
        return attributePrefix
            + name.bytes.flatMap { byte in
                switch byte {
                case UInt8(ascii: "="): Array("%3D".utf8)
                case UInt8(ascii: "%"): Array("%25".utf8)
                default: [byte]
                }
            }
    }

    /// The reverse of ``attributeKey(_:)`` without the prefix.
    static func attributeName(_ key: [UInt8]) -> AttributeName {
        guard key.contains(UInt8(ascii: "%")) else { return AttributeName(key) }
        var name: [UInt8] = []
        var rest = key[...]
        while let byte = rest.first {
            if rest.starts(with: "%3D".utf8) {
                name.append(UInt8(ascii: "="))
                rest = rest.dropFirst(3)
            } else if rest.starts(with: "%25".utf8) {
                name.append(UInt8(ascii: "%"))
                rest = rest.dropFirst(3)
            } else {
                name.append(byte)
                rest = rest.dropFirst()
            }
        }
        return AttributeName(name)
    }
}

extension Timestamp {
    /// Seconds with as many decimals as are needed; before 1970 with a minus sign, as pax wants it.
    var decimal: String {
        if nanoseconds == 0 { return String(seconds) }
        let isNegative = seconds < 0
        let whole = isNegative ? -(seconds + 1) : seconds
        let fraction = isNegative ? 1_000_000_000 - nanoseconds : nanoseconds
        var digits = String(String(Int(fraction) + 1_000_000_000).dropFirst())
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(isNegative ? "-" : "")\(whole).\(digits)"
    }

    /// Reads what ``decimal`` writes, and cuts off what is less than a nanosecond; `nil` if it is no number, or beyond
    /// what any file system holds.
    init?(decimal text: [UInt8]) {
        let isNegative = text.first == UInt8(ascii: "-")
        let number = isNegative ? text.dropFirst() : text[...]
        let point = number.firstIndex(of: UInt8(ascii: ".")) ?? number.endIndex
        let digits = number[point...].dropFirst()
        guard let whole = TarNumber.readDecimal(number[..<point]), whole < 1 << 60,
            digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        let zeros = repeatElement(UInt8(ascii: "0"), count: max(0, 9 - digits.count))
        let fraction = (digits.prefix(9) + zeros).reduce(Int32(0)) { $0 * 10 + Int32($1 - 0x30) }
        switch (isNegative, fraction) {
        case (false, _): self.init(seconds: whole, nanoseconds: fraction)
        case (true, 0): self.init(seconds: -whole)
        case (true, _): self.init(seconds: -whole - 1, nanoseconds: 1_000_000_000 - fraction)
        }
    }
}

extension JSON {
    /// The bytes of a value of any kind, as of all others, but with all digits of its numbers.
    package static func encode(_ value: JSONValue) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try write(value, to: &bytes)
        return bytes
    }

    private static func write(_ value: JSONValue, to bytes: inout [UInt8]) throws {
        switch value {
        case .digits(let text, _): bytes += text.utf8
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (place, value) in values.enumerated() {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                try write(value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (place, (name, value)) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes += try encode(name)
                bytes.append(UInt8(ascii: ":"))
                try write(value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        case .null, .bool, .integer, .unsigned, .number, .string: bytes += try encode(value, indented: false)
        }
    }
}

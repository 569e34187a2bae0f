import Failure

/// Reading the records of an extended header, to the letter: of a record that is none, each reader would make
/// something else.
enum PaxParsing {
    typealias Bytes = ArraySlice<UInt8>

    /// Hands each record's keyword and value to `body`, in order.
    ///
    /// - Throws: A ``Failure`` for what is no record; what `body` throws.
    static func forEach(in content: [UInt8], _ body: (Bytes, Bytes) throws -> Void) throws {
        var rest = content[...]
        while !rest.isEmpty {
            guard let length = length(rest), let record = record(rest.prefix(length)) else {
                throw Failure(
                    "its extended header is damaged: at byte \(rest.startIndex) is no LENGTH KEYWORD=VALUE that ends "
                        + "with a newline where its length says",
                    help: "the program that wrote the archive is at fault, or the archive was damaged: make it anew")
            }
            if record.keyword.contains(0) {
                // What reads it as text sees another one.
                throw Failure("its extended header has a NUL in the name \(shown(path: record.keyword))")
            }
            try body(record.keyword, record.value)
            rest = rest.dropFirst(length)
        }
    }

    /// How long the first record says that it is; `nil` if it does not say it, or there is less.
    private static func length(_ rest: Bytes) -> Int? {
        guard let space = rest.prefix(20).firstIndex(of: UInt8(ascii: " ")),
            let length = TarNumber.readDecimal(rest[..<space]).flatMap(Int.init(exactly:)),
            length > space - rest.startIndex + 1, length <= rest.count
        else { return nil }
        return length
    }

    private static func record(_ bytes: Bytes) -> (keyword: Bytes, value: Bytes)? {
        guard bytes.last == UInt8(ascii: "\n"), let space = bytes.firstIndex(of: UInt8(ascii: " ")) else { return nil }
        let text = bytes[(space + 1)...].dropLast()
        guard let equals = text.firstIndex(of: UInt8(ascii: "=")), equals > text.startIndex else { return nil }
        return (text[..<equals], text[(equals + 1)...])
    }
}

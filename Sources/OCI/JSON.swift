import Failure
import FoundationEssentials

/// A list that programs written in Go may say is `null` when it is empty: `umoci init` does so of an index's manifests.
@propertyWrapper
package struct NullAsEmpty<Element: Codable & Sendable & Equatable>: Sendable, Equatable, Codable {
    /// The list.
    package var wrappedValue: [Element]

    /// Wraps a list.
    package init(wrappedValue: [Element]) {
        self.wrappedValue = wrappedValue
    }

    /// Reads a list or `null`.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        wrappedValue = container.decodeNil() ? [] : try container.decode([Element].self)
    }

    /// Writes a list, never `null`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}

extension KeyedDecodingContainer {
    /// A list that is missing is empty too.
    func decode<Element>(_: NullAsEmpty<Element>.Type, forKey key: Key) throws -> NullAsEmpty<Element> {
        try decodeIfPresent(NullAsEmpty<Element>.self, forKey: key) ?? NullAsEmpty(wrappedValue: [])
    }
}

/// JSON as we write and read it: members sorted, no escaped slashes, so that one value always has the same bytes.
package enum JSON {
    /// The bytes of a value.
    package static func encode(_ value: some Encodable, indented: Bool = false) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if indented { encoder.outputFormatting.insert(.prettyPrinted) }
        return try Array(encoder.encode(value))
    }

    /// A value for people to read, and for programs.
    package static func text(_ value: some Encodable) throws -> String {
        String(decoding: try encode(value, indented: true), as: UTF8.self)
    }

    /// The same as it may stand on a terminal, whoever has written the value: what would garble it, and what nobody sees, is there
    /// by its numbers, which to programs is the same.
    package static func shownText(_ value: some Encodable) throws -> String {
        var text = ""
        for scalar in try self.text(value).unicodeScalars {
            if scalar == "\n" || !scalar.isHidden {
                text.unicodeScalars.append(scalar)
            } else {
                for unit in String(scalar).utf16 {
                    text += "\\u" + String(UInt32(unit) + 0x10000, radix: 16).dropFirst()
                }
            }
        }
        return text
    }

    /// Reads a value; the failure says at which member the text departs from what was expected.
    ///
    /// What of it has no type is read as ``JSONValue``: at most 64 arrays and objects deep, and no name twice in an object.
    package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        if type == JSONValue.self, let value = try JSONText.value(of: bytes) as? Value { return value }
        do {
            return try JSONSource(bytes).decoder.decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw Failure(explain(error))
        }
    }

    private static func explain(_ error: DecodingError) -> String {
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
            return path.isEmpty ? "at the top" : "at \(path.joined(separator: "."))"
        }
        switch error {
        case .keyNotFound(let key, let context): return "member \"\(key.stringValue)\" is missing \(place(context))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "\(context.debugDescription) (\(place(context)))"
        case .dataCorrupted(let context):
            if let cause = context.underlyingError as? Failure { return "\(cause) (\(place(context)))" }
            // Foundation mostly says that much and no more.
            let words = context.debugDescription
            return words == "The given data was not valid JSON." ? "not valid JSON" : "not valid JSON: \(words)"
        @unknown default: return String(describing: error)
        }
    }
}

import FoundationEssentials
import Synchronization

/// The text that a decoder decodes, for the values in it that have no type: those are read by hand, once and all together, when
/// the first is asked for.
final class JSONSource: Sendable {
    private let bytes: [UInt8]
    private let known = Mutex<JSONValue?>(nil)
    private static let key = CodingUserInfoKey(rawValue: "source")

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// A decoder of the text that knows it.
    var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        if let key = Self.key { decoder.userInfo[key] = self }
        return decoder
    }

    /// What stands where a decoder is.
    ///
    /// - Returns: `nil` if the decoder is of nothing that ``JSON/decode(_:from:)`` reads.
    static func value(at decoder: any Decoder) throws -> JSONValue? {
        guard let source = key.flatMap({ decoder.userInfo[$0] }) as? JSONSource else { return nil }
        let whole = try source.known.withLock { known in
            let value = try known ?? JSONText.value(of: source.bytes)
            known = value
            return value
        }
        return decoder.codingPath.reduce(whole) { value, key in
            switch value {
            case .object(let members)?: members[key.stringValue]
            case .array(let elements)?: key.intValue.flatMap { elements.indices.contains($0) ? elements[$0] : nil }
            default: nil
            }
        }
    }
}

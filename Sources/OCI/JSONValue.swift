/// Any JSON, with the values that were read: what others have written and we have no type for. How a number was written
/// is lost: `1.0` becomes `1`, which JSON does not tell apart. Texts and names are equal if their bytes are.
package indirect enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// An integer beyond those.
    case unsigned(UInt64)
    case number(Double)
    /// A number of more digits than those, or another size: all that it has, in one way for each number, and the nearest of those,
    /// which is what an encoder writes.
    case digits(String, near: Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// A member of an object; `nil` for what is none, or lacks it.
    package subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    /// The text, if it is one.
    package var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}

extension JSONValue: Hashable {
    /// Whether both are the same, byte by byte: to Swift two texts are equal if Unicode calls them the same.
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.unsigned(let left), .unsigned(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.digits(let left, _), .digits(let right, _)): left == right
        case (.string(let left), .string(let right)): left.isSame(as: right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): areSame(left, right)
        default: false
        }
    }

    fileprivate static func areSame(_ left: [String: JSONValue], _ right: [String: JSONValue]) -> Bool {
        left.count == right.count
            && left.allSatisfy { name, value in
                right.index(forKey: name).map { right[$0].key.isSame(as: name) && right[$0].value == value } ?? false
            }
    }

    /// Agrees with ``==(_:_:)``: what is the same byte by byte is the same to Swift.
    package func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let flag): hasher.combine(flag)
        case .integer(let number): hasher.combine(number)
        case .unsigned(let number): hasher.combine(number)
        case .number(let number): hasher.combine(number)
        case .digits(let text, _), .string(let text): hasher.combine(text)
        case .array(let values): hasher.combine(values)
        case .object(let members): hasher.combine(members)
        }
    }
}

extension JSONValue: Codable {
    /// Reads whatever is there, of what ``JSON/decode(_:from:)`` decodes.
    ///
    /// - Throws: `Failure` for what ``JSONText`` refuses.
    package init(from decoder: any Decoder) throws {
        guard let value = try JSONSource.value(at: decoder) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "there is no value that could be read by hand"))
        }
        self = value
    }

    /// Writes the same value again.
    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let members): try OtherMembers(members).encode(to: encoder)
        case .array(let values):
            var elements = encoder.unkeyedContainer()
            for value in values { try elements.encode(value) }
        default:
            var container = encoder.singleValueContainer()
            switch self {
            case .bool(let flag): try container.encode(flag)
            case .integer(let number): try container.encode(number)
            case .unsigned(let number): try container.encode(number)
            case .number(let number), .digits(_, let number): try container.encode(number)
            case .string(let text): try container.encode(text)
            case .null, .array, .object: try container.encodeNil()
            }
        }
    }
}

/// The members of a JSON object that a type has no property for. Whoever changes a document of somebody else's writes
/// them again, with the same values: the specification, or who wrote them, may know more members than we do.
package struct OtherMembers: Sendable, Hashable, Encodable {
    /// The members by their names.
    package private(set) var members: [String: JSONValue]

    /// Takes members by their names.
    package init(_ members: [String: JSONValue] = [:]) {
        self.members = members
    }

    /// Reads those of an object that `Known` does not name.
    init<Known: CodingKey & CaseIterable>(of decoder: any Decoder, besides known: Known.Type) throws {
        let container = try decoder.container(keyedBy: AnyMember.self)
        let names = Set(Known.allCases.map(\.stringValue))
        members = [:]
        for key in container.allKeys where !names.contains(key.stringValue) {
            members[key.stringValue] = try container.decode(JSONValue.self, forKey: key)
        }
    }

    /// Writes them beside those that are there already.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: AnyMember.self)
        for (name, value) in members { try container.encode(value, forKey: AnyMember(name)) }
    }

    /// Whether both have the same members, byte by byte.
    package static func == (left: OtherMembers, right: OtherMembers) -> Bool {
        JSONValue.areSame(left.members, right.members)
    }

    /// A member by its name.
    package subscript(_ name: String) -> JSONValue? {
        get { members[name] }
        set { members[name] = newValue }
    }
}

/// A member's name, whatever it is.
struct AnyMember: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) {
        stringValue = name
    }

    init?(stringValue: String) {
        self.init(stringValue)
    }

    init?(intValue: Int) {
        nil
    }
}

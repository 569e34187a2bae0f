/// Any JSON, with the values that were read: what others have written and we have no type for. How a number was written
/// is lost: `1.0` becomes `1`, which JSON does not tell apart.
package indirect enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// An integer beyond those.
    case unsigned(UInt64)
    case number(Double)
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

extension JSONValue: Codable {
    /// Reads whatever is there.
    ///
    /// - Throws: `DecodingError` for a number that has no place in 64 bits.
    package init(from decoder: any Decoder) throws {
        if let members = try? decoder.container(keyedBy: AnyMember.self) {
            self = .object(
                try members.allKeys.reduce(into: [:]) {
                    $0[$1.stringValue] = try members.decode(JSONValue.self, forKey: $1)
                })
            return
        }
        if var elements = try? decoder.unkeyedContainer() {
            var values: [JSONValue] = []
            while !elements.isAtEnd { values.append(try elements.decode(JSONValue.self)) }
            self = .array(values)
            return
        }
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let flag = try? value.decode(Bool.self) {
            self = .bool(flag)
        } else if let text = try? value.decode(String.self) {
            self = .string(text)
        } else if let number = try? value.decode(Int64.self) {
            self = .integer(number)
        } else if let number = try? value.decode(UInt64.self) {
            self = .unsigned(number)
        } else {
            self = .number(try value.decode(Double.self))
        }
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
            case .number(let number): try container.encode(number)
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

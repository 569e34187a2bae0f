import OCI

extension Shape {
    /// The JSON Schema of values of this shape, or of a placeholder.
    ///
    /// A loader of YAML makes numbers and truth values of texts, by whichever of YAML's versions: each of them is let
    /// through where the text that was written may be right.
    var schema: JSONValue {
        switch self {
        case .text: return ["type": ["string", "number", "boolean", "null"]]
        case .someText: return ["type": ["string", "number", "boolean"], "minLength": 1]
        case .matching(let pattern, let orNumber):
            let types: JSONValue = orNumber ? ["string", "number", "boolean"] : "string"
            return ["type": types, "pattern": .string(Self.orPlaceholder(pattern))]
        case .choice(let texts):
            // What consists of digits, as the processor 386, is a number to a loader.
            let numbers = texts.compactMap { Int64($0) }.map { JSONValue.integer($0) }
            return orPlaceholder([["enum": .array(texts.map { .string($0) } + numbers)]])
        case .truth:
            let words = Self.words(["true", "yes", "on"], "y") + Self.words(["false", "no", "off"], "n")
            return orPlaceholder([["type": "boolean"], ["enum": .array(words)]])
        case .number(let limit):
            return orPlaceholder([
                ["type": "integer", "minimum": 0, "maximum": .integer(limit)],
                ["type": "string", "pattern": "^(?:0|[1-9][0-9]*|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+)$"],
            ])
        case .whole(let range):
            return ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
        case .words(let first):
            return [
                "type": "array", "minItems": 1, "prefixItems": [Shape.matching(first).schema],
                "items": Shape.text.schema,
            ]
        case .mode:
            return orPlaceholder([
                // 0755 is 755 by YAML 1.2, and 493 by 1.1.
                ["type": "integer", "minimum": 0, "maximum": 7777],
                ["type": "string", "pattern": "^0+[0-7]{0,4}$|^0[oO]0*[0-7]{1,4}$|^0[xX]0*[0-9a-fA-F]{1,3}$"],
            ])
        case .list(let entry): return orPlaceholder([["type": "array", "items": entry.schema]])
        case .either(let shapes): return ["anyOf": .array(shapes.map(\.schema))]
        case .map(let fields): return orPlaceholder([fields.schema])
        case .texts(let names):
            var members: [String: JSONValue] = ["type": "object", "additionalProperties": Shape.text.schema]
            if let names { members["propertyNames"] = ["pattern": .string(Self.orPlaceholder(names))] }
            return orPlaceholder([.object(members)])
        }
    }

    /// The same for the value of a key, which can have none.
    var optionalSchema: JSONValue {
        if case .text = self { return schema }
        return ["anyOf": [schema, ["type": "null"]]]
    }

    /// Words for a truth value as YAML 1.1 spells them, and the letter for it.
    static func words(_ words: [String], _ letter: String) -> [JSONValue] {
        let spelled = words.flatMap { [$0, $0.capitalized, $0.uppercased()] } + [letter, letter.uppercased()]
        return spelled.map { .string($0) }
    }

    /// A text with a placeholder in it can become any other.
    static func orPlaceholder(_ pattern: String) -> String { "\\$\\{\\{|\(pattern)" }

    private func orPlaceholder(_ schemas: [JSONValue]) -> JSONValue {
        ["anyOf": .array(schemas + [["$ref": "#/$defs/placeholder"]])]
    }
}

extension Shape.Fields {
    /// The JSON Schema of a map with these keys. A key of which a placeholder is part may be any.
    var schema: JSONValue {
        var properties: [String: JSONValue] = [:]
        for field in known {
            let schema = (required + insistent).contains(field.name) ? field.shape.schema : field.shape.optionalSchema
            properties[field.name] = schema.described(field.summary)
        }
        var members: [String: JSONValue] = [
            "type": "object",
            "properties": .object(properties),
            "patternProperties": ["\\$\\{\\{": true],
        ]
        if !required.isEmpty { members["required"] = .array(required.map { .string($0) }) }
        if let refused {
            members["propertyNames"] = [
                "not": ["pattern": .string("^(?:\(refused.map(\.inAnyCase).joined(separator: "|")))$")]
            ]
        } else {
            members["additionalProperties"] = false
        }
        if !conditions.isEmpty { members["allOf"] = .array(conditions.map(Self.schema)) }
        return .object(members)
    }

    private static func schema(
        _ condition: (key: String, value: String, then: [(key: String, shape: Shape)])
    ) -> JSONValue {
        let then = condition.then
        return [
            "if": [
                "properties": .object([condition.key: ["const": .string(condition.value)]]),
                "required": [.string(condition.key)],
            ],
            "then": [
                "required": .array(then.map { .string($0.key) }),
                "properties": .object(Dictionary(then.map { ($0.key, $0.shape.schema) }) { first, _ in first }),
            ],
        ]
    }
}

extension JSONValue {
    /// A schema with the sentence that editors show.
    func described(_ text: String) -> JSONValue {
        guard case .object(var members) = self else { return self }
        members["description"] = .string(text)
        return .object(members)
    }
}

extension String {
    /// A regular expression for these letters, small or not.
    var inAnyCase: String {
        map { $0.isLetter ? "[\($0.lowercased())\($0.uppercased())]" : String($0) }.joined()
    }

    /// With its first letter as a capital.
    fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}

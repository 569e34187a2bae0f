/// YAML of the plainest kind: block maps and lists, and every text that is no word of ours in double quotes.
///
/// [YAML 1.2, 7.3.1](https://yaml.org/spec/1.2.2/#731-double-quoted-style): nothing in a double-quoted text is anything but
/// text, for a loader of YAML 1.1 neither.
indirect enum YAMLText {
    /// A text.
    case text(String)
    case number(Int)
    case truth(Bool)
    case list([YAMLText])
    /// Keys are words of ours: letters, digits, `_`, `-` and `.`.
    case map([(key: String, value: YAMLText)])

    /// A map, in this order; what is `nil` is left out.
    static func fields(_ fields: KeyValuePairs<String, YAMLText?>) -> YAMLText {
        .map(fields.compactMap { field in field.value.map { (field.key, $0) } })
    }

    /// Its lines, each with a line break.
    var document: String { lines.map { $0 + "\n" }.joined() }

    private var lines: [String] {
        switch self {
        case .list(let elements) where !elements.isEmpty:
            elements.flatMap { element in
                element.lines.enumerated().map { ($0 == 0 ? "- " : "  ") + $1 }
            }
        case .map(let fields) where !fields.isEmpty:
            fields.flatMap { key, value in
                value.isBlock ? ["\(key):"] + value.lines.map { "  " + $0 } : ["\(key): \(value.flow)"]
            }
        default: [flow]
        }
    }

    private var isBlock: Bool {
        switch self {
        case .list(let elements): !elements.isEmpty
        case .map(let fields): !fields.isEmpty
        default: false
        }
    }

    /// What has no lines of its own.
    private var flow: String {
        switch self {
        case .text(let text): Self.quoted(text)
        case .number(let number): String(number)
        case .truth(let truth): String(truth)
        case .list: "[]"
        case .map: "{}"
        }
    }

    private static func quoted(_ text: String) -> String {
        let content = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case " "..."~": String(scalar)
            default: isSeen(scalar) ? String(scalar) : escaped(scalar)
            }
        }
        return "\"\(content.joined())\""
    }

    /// Whether it is a character that people see, and that no loader changes: U+0085, U+2028 and U+2029 are line breaks of
    /// YAML 1.1.
    private static func isSeen(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
        default: true
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
    }
}

extension YAMLText: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral
{
    init(stringLiteral value: String) { self = .text(value) }
    init(booleanLiteral value: Bool) { self = .truth(value) }
    init(integerLiteral value: Int) { self = .number(value) }
    init(arrayLiteral elements: YAMLText...) { self = .list(elements) }
}

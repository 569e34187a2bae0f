/// A YAML value with its place. Aliases and merge keys (`<<`) are resolved; a scalar is the text that was written.
package struct YAMLNode: Sendable {
    /// The three kinds of value that YAML has.
    package enum Content: Sendable {
        /// `plain` is false if the scalar was quoted, a block, or tagged `!!str`.
        case scalar(String, plain: Bool)
        case sequence([YAMLNode])
        case mapping([YAMLPair])
    }

    /// The value.
    package let content: Content
    /// Where it begins.
    package let position: SourcePosition
    /// How many nodes this one is when every alias in it is written out.
    let weight: Int
    /// Where each line of a text stands, the last one for all that follow it; none where nobody can tell, as of a text whose
    /// lines are folded.
    private let lines: [SourcePosition]

    init(content: Content, position: SourcePosition, weight: Int, lines: [SourcePosition] = []) {
        self.content = content
        self.position = position
        self.weight = weight
        self.lines = lines
    }

    /// Whether this is no value: `key:`, `~` or `null`.
    package var isNull: Bool {
        guard case .scalar(let text, plain: true) = content else { return false }
        return switch text {
        case "", "~", "null", "Null", "NULL": true
        default: false
        }
    }

    /// The kind of value, as a message names it.
    package var kind: String {
        switch content {
        case .scalar: isNull ? "nothing" : "text"
        case .sequence: "a list"
        case .mapping: "a map"
        }
    }

    /// The same value at another place: where an alias stands.
    func moved(to position: SourcePosition) -> YAMLNode {
        YAMLNode(content: content, position: position, weight: weight, lines: lines)
    }

    /// Where a line of the text stands in the file, the first one being 0; `nil` where nobody can tell.
    package func place(ofLine number: Int) -> SourcePosition? {
        lines.isEmpty ? nil : lines[min(number, lines.count - 1)]
    }
}

/// One `key: value` of a mapping.
package struct YAMLPair: Sendable {
    /// The key, as text.
    package let key: Located<String>
    /// What it stands for.
    package let value: YAMLNode
}

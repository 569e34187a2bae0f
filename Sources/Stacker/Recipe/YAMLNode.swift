/// A YAML value with its place. Aliases and merge keys (`<<`) are resolved; a scalar is the text that was written.
struct YAMLNode: Sendable {
    enum Content: Sendable {
        /// `plain` is false if the scalar was quoted, a block, or tagged `!!str`.
        case scalar(String, plain: Bool)
        case sequence([YAMLNode])
        case mapping([YAMLPair])
    }

    let content: Content
    let position: SourcePosition
    /// How many nodes this one is when every alias in it is written out.
    let weight: Int

    /// Whether this is no value: `key:`, `~` or `null`.
    var isNull: Bool {
        guard case .scalar(let text, plain: true) = content else { return false }
        return switch text {
        case "", "~", "null", "Null", "NULL": true
        default: false
        }
    }

    /// The kind of value, as a message names it.
    var kind: String {
        switch content {
        case .scalar: isNull ? "nothing" : "text"
        case .sequence: "a list"
        case .mapping: "a map"
        }
    }

    /// The same value at another place: where an alias stands.
    func moved(to position: SourcePosition) -> YAMLNode {
        YAMLNode(content: content, position: position, weight: weight)
    }
}

/// One `key: value` of a mapping.
struct YAMLPair: Sendable {
    let key: Located<String>
    let value: YAMLNode
}

internal import CYAML
import Failure

/// Builds ``YAMLNode``s from libyaml's events.
///
/// Every scalar is text, with its place in the file; a duplicate key is named with both of its places; and what aliases
/// stand for is bounded, so that no text costs time exponential in its length.
package struct YAMLComposer: ~Copyable {
    /// The most nodes that aliases may stand for in one file. Far above any real recipe, far below what hurts.
    static let aliasBudget = 100_000
    /// The deepest nesting; a recipe needs five.
    static let depthLimit = 100

    private let bytes: UnsafeBufferPointer<UInt8>
    private let file: String
    private let map: PositionMap
    private let lines: ScalarLines
    /// On the heap: libyaml keeps a pointer to the parser in the parser.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private var anchors: [String: YAMLNode] = [:]
    private var aliasBudget = YAMLComposer.aliasBudget
    /// A key that stands twice in one mapping. Reported late: a syntax error further down wins.
    private var duplicate: Duplicate?

    /// A key that stands twice in one mapping.
    package struct Duplicate {
        /// The key.
        package let key: String
        /// Where it stands first.
        package let first: SourcePosition
        /// Where it stands again.
        package let second: SourcePosition
        /// Whether it is a key of the whole document.
        package let isTopLevel: Bool
    }

    /// What a text holds.
    package struct Document {
        /// The one value; `nil` if there is nothing but comments.
        package let root: YAMLNode?
        /// The first key that stands twice in one map.
        package let duplicate: Duplicate?
    }

    /// Reads the one YAML document of `text`.
    ///
    /// - Parameters:
    ///   - file: how messages name the text.
    ///   - map: from places in `text` to those in the file that the user wrote.
    /// - Throws: `Failure` with file, line and column for what is not YAML, for more than one document, and for nesting
    ///   or aliases beyond all reason.
    package static func compose(_ text: String, file: String, map: PositionMap = PositionMap()) throws -> Document {
        var text = text
        return try text.withUTF8 { bytes in
            // A byte order mark is no text; libyaml would count it as the first column.
            let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
            let rest = bytes.starts(with: mark) ? UnsafeBufferPointer(rebasing: bytes[3...]) : bytes
            var composer = try YAMLComposer(rest, file: file, map: map)
            return try composer.document()
        }
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>, file: String, map: PositionMap) throws {
        self.bytes = bytes
        self.file = file
        self.map = map
        lines = ScalarLines(of: bytes)
        parser = .allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            throw Failure("couldn't read \(file)", because: Failure("out of memory"))
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    // MARK: - Nodes

    private mutating func document() throws -> Document {
        var root: YAMLNode?
        while true {
            switch try next() {
            case .streamEnd: return Document(root: root, duplicate: duplicate)
            case .documentStart(let mark):
                guard root == nil else {
                    throw Failure("\(place(mark)): a second YAML document: a stacker file holds one")
                }
                root = try node(try next(), depth: 0)
            case .other: continue
            case .alias, .scalar, .sequence, .mapping, .end:
                preconditionFailure("libyaml sent a node between documents")
            }
        }
    }

    private mutating func node(_ event: Event, depth: Int) throws -> YAMLNode {
        switch event {
        case .scalar(let text, let plain, let anchor, let mark, let lines):
            let content = YAMLNode.Content.scalar(text, plain: plain)
            return remember(YAMLNode(content: content, position: place(mark), weight: 1, lines: lines), anchor)
        case .sequence(let anchor, let mark):
            return remember(try sequence(at: place(mark), depth: depth), anchor)
        case .mapping(let anchor, let mark):
            return remember(try mapping(at: place(mark), depth: depth), anchor)
        case .alias(let name, let mark):
            let position = place(mark)
            guard let node = anchors[name] else {
                throw Failure("\(position): unknown alias *\(name): there is no &\(name) above")
            }
            aliasBudget -= node.weight
            guard aliasBudget >= 0 else {
                throw Failure("\(position): alias *\(name): aliases stand for more than \(Self.aliasBudget) values")
            }
            return node.moved(to: position)
        case .documentStart, .streamEnd, .end, .other: preconditionFailure("libyaml sent no node where one must be")
        }
    }

    private mutating func remember(_ node: YAMLNode, _ anchor: String?) -> YAMLNode {
        if let anchor { anchors[anchor] = node }
        return node
    }

    private mutating func sequence(at position: SourcePosition, depth: Int) throws -> YAMLNode {
        try checkDepth(depth, position)
        var nodes: [YAMLNode] = []
        var weight = 1
        while true {
            let event = try next()
            if case .end = event { break }
            let node = try node(event, depth: depth + 1)
            weight += node.weight
            nodes.append(node)
        }
        return YAMLNode(content: .sequence(nodes), position: position, weight: weight)
    }

    private mutating func mapping(at position: SourcePosition, depth: Int) throws -> YAMLNode {
        try checkDepth(depth, position)
        var pairs: [YAMLPair] = []
        var seen: [String: SourcePosition] = [:]
        var merges = false
        var weight = 1
        while true {
            let event = try next()
            if case .end = event { break }
            let key = try node(event, depth: depth + 1)
            guard case .scalar(let name, let plain) = key.content else {
                throw Failure("\(key.position): a key must be text, not \(key.kind)")
            }
            let value = try node(try next(), depth: depth + 1)
            weight += 1 + value.weight
            if name == "<<", plain {
                merges = true
            } else if let first = seen.updateValue(key.position, forKey: name) {
                note(Duplicate(key: name, first: first, second: key.position, isTopLevel: depth == 0))
            }
            pairs.append(YAMLPair(key: Located(name, at: key.position), value: value))
        }
        if merges { pairs = try merged(pairs, own: seen) }
        return YAMLNode(content: .mapping(pairs), position: position, weight: weight)
    }

    /// Keeps the duplicate that is reported: the first layer name, else the first of other keys.
    private mutating func note(_ new: Duplicate) {
        if duplicate == nil || (new.isTopLevel && duplicate?.isTopLevel == false) { duplicate = new }
    }

    /// Puts the pairs of `<<: *base` and `<<: [*one, *other]` where the `<<` stands. A mapping's own keys win, then
    /// those of the earlier source ([merge key](https://yaml.org/type/merge.html)).
    private func merged(_ pairs: [YAMLPair], own: [String: SourcePosition]) throws -> [YAMLPair] {
        var taken = Set(own.keys)
        var result: [YAMLPair] = []
        for pair in pairs {
            // A quoted "<<" is among the mapping's own keys.
            guard pair.key.value == "<<", own["<<"] != pair.key.position else {
                result.append(pair)
                continue
            }
            let sources =
                if case .sequence(let nodes) = pair.value.content { nodes } else { [pair.value] }
            for source in sources where !source.isNull {
                guard case .mapping(let inherited) = source.content else {
                    throw Failure("\(source.position): << merges a map, or a list of maps, not \(source.kind)")
                }
                result += inherited.filter { taken.insert($0.key.value).inserted }
            }
        }
        return result
    }

    private func checkDepth(_ depth: Int, _ position: SourcePosition) throws {
        guard depth < Self.depthLimit else {
            throw Failure("\(position): nested more than \(Self.depthLimit) levels deep")
        }
    }

    // MARK: - Events

    private enum Event {
        case documentStart(yaml_mark_t)
        case scalar(String, plain: Bool, anchor: String?, yaml_mark_t, lines: [SourcePosition])
        case sequence(anchor: String?, yaml_mark_t)
        case mapping(anchor: String?, yaml_mark_t)
        case alias(String, yaml_mark_t)
        case end
        case streamEnd
        case other
    }

    private func next() throws -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
        defer { yaml_event_delete(&event) }
        let mark = event.start_mark
        switch event.type {
        case YAML_STREAM_END_EVENT: return .streamEnd
        case YAML_DOCUMENT_START_EVENT: return .documentStart(mark)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return .end
        case YAML_ALIAS_EVENT: return .alias(Self.text(event.data.alias.anchor) ?? "", mark)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let content = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            // From "\0" in quotes. Neither a path, an argument, a variable nor a script could hold it.
            guard !content.contains(0) else { throw Failure("\(place(mark)): a NUL byte in a text") }
            let text = String(decoding: content, as: UTF8.self)
            let tag = Self.text(scalar.tag)
            try checkTag(tag, mark)
            let tagIsText = tag == "!" || tag == "tag:yaml.org,2002:str"
            let plain = scalar.style == YAML_PLAIN_SCALAR_STYLE && !tagIsText
            let lines = lines(of: text, scalar.style, from: mark, to: event.end_mark)
            return .scalar(text, plain: plain, anchor: Self.text(scalar.anchor), mark, lines: lines)
        case YAML_SEQUENCE_START_EVENT:
            try checkTag(Self.text(event.data.sequence_start.tag), mark)
            return .sequence(anchor: Self.text(event.data.sequence_start.anchor), mark)
        case YAML_MAPPING_START_EVENT:
            try checkTag(Self.text(event.data.mapping_start.tag), mark)
            return .mapping(anchor: Self.text(event.data.mapping_start.anchor), mark)
        default: return .other
        }
    }

    /// Tags of YAML's core types change nothing, since every scalar is text; another could only be misunderstood.
    private func checkTag(_ tag: String?, _ mark: yaml_mark_t) throws {
        guard let tag, tag != "!" else { return }
        let core = ["str", "int", "float", "bool", "null", "seq", "map"].map { "tag:yaml.org,2002:\($0)" }
        guard !core.contains(tag) else { return }
        throw Failure("\(place(mark)): unknown YAML tag \(quoted(tag))")
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    // MARK: - Places

    private func place(_ mark: yaml_mark_t) -> SourcePosition {
        map.origin(line: mark.line + 1, column: mark.column + 1, file: file)
    }

    private func lines(
        of text: String, _ style: yaml_scalar_style_t, from start: yaml_mark_t, to end: yaml_mark_t
    ) -> [SourcePosition] {
        switch style {
        case YAML_LITERAL_SCALAR_STYLE:
            return lines.literal(text, from: start).map { map.origin(line: $0.line, column: $0.column, file: file) }
        case YAML_FOLDED_SCALAR_STYLE: return []
        default: return place(start).line == place(end).line ? [place(start)] : []
        }
    }

    private func problem() -> Failure {
        let state = parser.pointee
        guard let text = state.problem else {
            return Failure("couldn't read \(file)", because: Failure("out of memory"))
        }
        let what = String(cString: text)
        if state.error == YAML_READER_ERROR {
            var cursor = TextCursor()
            cursor.advance(over: bytes.prefix(state.problem_offset))
            return Failure("\(map.origin(line: cursor.line, column: cursor.column, file: file)): not YAML: \(what)")
        }
        let context = state.context.map { " " + String(cString: $0) } ?? ""
        let isTab =
            TextCursor.byte(at: state.problem_mark.line, state.problem_mark.column, in: bytes) == UInt8(ascii: "\t")
        return Failure(
            "\(place(state.problem_mark)): not YAML: \(what)\(context)\(isTab ? " (a tab)" : "")",
            help: isTab
                ? "indent with spaces: YAML does not take tabs for that"
                : what.hasPrefix("mapping values") ? ValueReader.colonAdvice : nil)
    }
}

internal import CYAML
import Failure

/// A piece of a YAML text that means something by itself: what lies between two of them is blank, or a comment.
package struct YAMLToken: Sendable, Equatable {
    /// What it is, in libyaml's terms. Some mark a place only, and have no text.
    package enum Kind: Sendable, Equatable {
        case directive, documentStart, documentEnd
        /// A list or map that indentation makes begins; which ends with `blockEnd`.
        case blockSequence, blockMapping
        case blockEnd
        case flowStart, flowEnd
        /// `-`
        case blockEntry
        /// `,`
        case flowEntry
        /// A key follows; has text where it is `?`.
        case key
        /// `:`
        case value
        case alias, anchor, tag
        /// A text behind `|` or `>`: up to the beginning of a line.
        case block
        /// Any other text.
        case scalar
    }

    /// What it is.
    package let kind: Kind
    /// Where it stands, in Unicode scalars from 0.
    package let range: Range<Int>
    /// How many scalars of its line are in front of it.
    package let column: Int

    /// The tokens of a text.
    ///
    /// - Throws: `Failure` for what is not YAML; ``YAMLComposer`` says better where.
    package static func tokens(of text: String, file: String) throws -> [YAMLToken] {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else {
            throw Failure("couldn't read \(file)", because: Failure("out of memory"))
        }
        defer { yaml_parser_delete(parser) }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        var text = text
        return try text.withUTF8 { bytes in
            yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
            var tokens: [YAMLToken] = []
            while true {
                var token = yaml_token_t()
                guard yaml_parser_scan(parser, &token) == 1 else { throw Failure("\(file): not YAML") }
                defer { yaml_token_delete(&token) }
                if token.type == YAML_STREAM_END_TOKEN || token.type == YAML_NO_TOKEN { return tokens }
                guard let kind = Kind(token) else { continue }
                let range = Int(token.start_mark.index)..<Int(token.end_mark.index)
                tokens.append(YAMLToken(kind: kind, range: range, column: Int(token.start_mark.column)))
            }
        }
    }
}

extension YAMLToken.Kind {
    /// `nil` for what stands before all text.
    fileprivate init?(_ token: yaml_token_t) {
        switch token.type {
        case YAML_VERSION_DIRECTIVE_TOKEN, YAML_TAG_DIRECTIVE_TOKEN: self = .directive
        case YAML_DOCUMENT_START_TOKEN: self = .documentStart
        case YAML_DOCUMENT_END_TOKEN: self = .documentEnd
        case YAML_BLOCK_SEQUENCE_START_TOKEN: self = .blockSequence
        case YAML_BLOCK_MAPPING_START_TOKEN: self = .blockMapping
        case YAML_BLOCK_END_TOKEN: self = .blockEnd
        case YAML_FLOW_SEQUENCE_START_TOKEN, YAML_FLOW_MAPPING_START_TOKEN: self = .flowStart
        case YAML_FLOW_SEQUENCE_END_TOKEN, YAML_FLOW_MAPPING_END_TOKEN: self = .flowEnd
        case YAML_BLOCK_ENTRY_TOKEN: self = .blockEntry
        case YAML_FLOW_ENTRY_TOKEN: self = .flowEntry
        case YAML_KEY_TOKEN: self = .key
        case YAML_VALUE_TOKEN: self = .value
        case YAML_ALIAS_TOKEN: self = .alias
        case YAML_ANCHOR_TOKEN: self = .anchor
        case YAML_TAG_TOKEN: self = .tag
        case YAML_SCALAR_TOKEN:
            let style = token.data.scalar.style
            self = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE ? .block : .scalar
        default: return nil
        }
    }
}

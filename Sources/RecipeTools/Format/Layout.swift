import RecipeText

/// Puts the tokens of a text where they belong, one after the other.
struct Layout {
    /// A list or map that indentation makes, and that is open.
    struct Level {
        /// The columns of its entries, before and after.
        let old: Int
        let new: Int
        let isSequence: Bool
        /// A list in the column of the key that it belongs to, which no token begins and none ends.
        var isImplied = false
    }

    private static let step = 2

    let text: [Unicode.Scalar]
    let tokens: [YAMLToken]
    private(set) var output: [Unicode.Scalar] = []

    private var levels: [Level] = []
    /// Those that were open when the last token was written.
    private var levelsBefore: [Level] = []
    private var flowDepth = 0
    /// How far further lines of what began outside of brackets, a text or all that is in brackets, move with it.
    private var textShift = 0
    /// Where what is not written yet begins.
    private var done = 0
    private var last: YAMLToken.Kind?
    /// Whether the next token is the first one of a key.
    private var isAtKey = false
    private let lineEnd: [Unicode.Scalar]

    init(text: [Unicode.Scalar], tokens: [YAMLToken]) {
        self.text = text
        self.tokens = tokens
        let first = text.firstIndex { $0.isLineEnd }
        let isTwo = first.map { text[$0] == "\r" && $0 + 1 < text.count && text[$0 + 1] == "\n" } ?? false
        lineEnd = isTwo ? ["\r", "\n"] : ["\n"]
    }

    mutating func format() -> String {
        for token in tokens {
            open(token)
            if token.range.isEmpty, token.kind != .scalar {
                if token.kind == .key, flowDepth == 0 { isAtKey = true }
                continue
            }
            // An empty text has no place of its own.
            if token.range.isEmpty { continue }
            let beginsLine = writeGap(before: token)
            if flowDepth == 0 { textShift = beginsLine ? column(of: token) - token.column : shift }
            write(token)
            if token.kind == .flowEnd { flowDepth -= 1 }
            if token.kind == .flowStart { flowDepth += 1 }
            last = token.kind
            isAtKey = false
            levelsBefore = levels
        }
        _ = writeGap(before: nil)
        var view = String.UnicodeScalarView()
        view.append(contentsOf: output)
        return String(view)
    }

    // MARK: - Levels

    private mutating func open(_ token: YAMLToken) {
        guard flowDepth == 0 else { return }
        if levels.last?.isImplied == true, [.key, .blockEnd].contains(token.kind) { levels.removeLast() }
        switch token.kind {
        case .blockMapping, .blockSequence:
            levels.append(
                Level(old: token.column, new: nextColumn, isSequence: token.kind == .blockSequence))
        case .blockEntry:
            guard let top = levels.last, !top.isSequence else { return }
            levels.append(Level(old: top.old, new: nextColumn, isSequence: true, isImplied: true))
        case .blockEnd: levels.removeLast()
        default: return
        }
    }

    /// The column of what is within the innermost level.
    private var nextColumn: Int { levels.last.map { $0.new + Self.step } ?? 0 }

    /// How far the innermost level has moved.
    private var shift: Int { levels.last.map { $0.new - $0.old } ?? 0 }

    /// The column of a token that begins a line.
    private func column(of token: YAMLToken) -> Int {
        if flowDepth > 0 { return max(0, token.column + textShift) }
        switch token.kind {
        case .directive, .documentStart, .documentEnd: return 0
        case .key, .value, .blockEntry: return levels.last?.new ?? 0
        default: return isAtKey ? levels.last?.new ?? 0 : nextColumn
        }
    }

    // MARK: - Between tokens

    /// Writes the comments and line ends up to a token, or to the end, and what is in front of the token in its line.
    ///
    /// - Returns: whether the token begins a line.
    private mutating func writeGap(before token: YAMLToken?) -> Bool {
        let isAtLineStart = isAtLineStart
        let gap = Gap(text[done..<(token?.range.lowerBound ?? text.count)], isAtLineStart: isAtLineStart)
        if let comment = gap.trailing { output += comment }
        guard gap.endsLine || token == nil else {
            if let token { output += isAtLineStart ? blanks(column(of: token)) : separator(before: token) }
            return isAtLineStart
        }
        var isEmptyLineDue = false
        if !isAtLineStart, gap.endsLine || last != .block, !output.isEmpty { output += lineEnd }
        for line in gap.lines {
            guard let comment = line.comment else {
                isEmptyLineDue = !output.isEmpty
                continue
            }
            if isEmptyLineDue { output += lineEnd }
            isEmptyLineDue = false
            output += blanks(column(ofComment: line.column, before: token)) + comment + lineEnd
        }
        guard let token else { return true }
        if isEmptyLineDue { output += lineEnd }
        output += blanks(column(of: token))
        return true
    }

    private var isAtLineStart: Bool { output.last.map { $0.isLineEnd } ?? true }

    /// A comment that stands further right than what follows belongs to what is above.
    private func column(ofComment column: Int, before token: YAMLToken?) -> Int {
        if flowDepth > 0 { return max(0, column + textShift) }
        let next = token?.column ?? -1
        if column > next, let level = levelsBefore.last(where: { $0.old <= column }), level.old > next {
            return level.new
        }
        return token.map { self.column(of: $0) } ?? 0
    }

    /// What stands between two tokens of a line.
    private func separator(before token: YAMLToken) -> [Unicode.Scalar] {
        guard let last else { return [] }
        let needsBlank: Bool
        switch (last, token.kind) {
        // Without a blank, ":" and "," would become part of what is before.
        case (.alias, .value), (.anchor, _), (.tag, _), (.value, _), (.alias, .flowEntry): needsBlank = true
        case (_, .value), (.flowStart, _), (_, .flowEnd), (_, .flowEntry): needsBlank = false
        default: needsBlank = true
        }
        return needsBlank ? [" "] : []
    }

    private func blanks(_ count: Int) -> [Unicode.Scalar] { Array(repeating: " ", count: count) }

    // MARK: - Tokens

    private mutating func write(_ token: YAMLToken) {
        var body = text[token.range]
        if token.kind == .block { body = body.withoutEmptyEnd(indentation: indentation(ofBlock: body)) }
        done = body.endIndex
        guard token.kind == .block ? shift != 0 : textShift != 0, body.contains(where: { $0.isLineEnd }) else {
            output += body
            return
        }
        output += token.kind == .block ? shiftedBlock(body) : shiftedText(body)
    }

    /// The lines of a block, which keep what they have beyond its indentation.
    private func shiftedBlock(_ body: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
        let lines = body.lines
        let indentation = indentation(ofBlock: body) ?? 0
        return lines.dropFirst().reduce(into: Array(lines[0])) { result, line in
            let count = line.leadingBlanks
            let isEmpty = line.dropFirst(count).first.map { $0.isLineEnd } ?? true
            // Blanks up to the indentation mean nothing in an empty line, and beyond it they are text.
            let new = isEmpty && count <= indentation ? min(count, indentation + shift) : count + shift
            result += blanks(max(0, new)) + line.dropFirst(count)
        }
    }

    /// How far a block's text is indented; `nil` if it has none.
    private func indentation(ofBlock body: ArraySlice<Unicode.Scalar>) -> Int? {
        let lines = body.lines
        let indicator = lines[0].prefix { $0 != "#" && !$0.isLineEnd }.lazy
            .compactMap { ("1"..."9").contains($0) ? Int($0.value) - 0x30 : nil }.first
        let found = lines.dropFirst().first { $0.contains { $0 != " " && !$0.isLineEnd } }
        return indicator.map { $0 + (levels.last?.old ?? 0) } ?? found?.leadingBlanks
    }

    /// The further lines of a text in quotes, or in none, whose blanks in front mean nothing.
    private func shiftedText(_ body: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
        let lines = body.lines
        return lines.dropFirst().reduce(into: Array(lines[0])) { result, line in
            let count = line.leadingBlanks
            let rest = line.dropFirst(count)
            guard let first = rest.first, !first.isLineEnd else {
                result += line
                return
            }
            result += blanks(max(levels.last.map { $0.new + 1 } ?? 0, count + textShift)) + rest
        }
    }
}

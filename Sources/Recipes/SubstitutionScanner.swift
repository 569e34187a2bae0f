import Failure
import RecipeText

extension Substitutions {
    /// A text in which the variables have been replaced.
    package struct Expansion {
        /// The text.
        package let text: String
        /// From places in it to those in the text before.
        package let map: PositionMap
        /// What is wrong with the text, if anything. A value and not thrown: an error of YAML in ``text`` comes first.
        package let problem: Failure?
        /// The names of all variables in the text, also of those in defaults that do not count.
        package let names: Set<String>
    }

    /// Replaces every `${{NAME}}` and `${{NAME:default}}` in `text`, in time linear in the text and what it becomes.
    ///
    /// A default may be empty, hold `:`, braces in pairs, and further `${{…}}`, which count if the default does.
    ///
    /// - Parameter file: how messages name the text.
    package func expand(_ text: String, file: String) -> Expansion {
        // The common case, and the fast one: nothing to replace and nothing to complain of.
        guard text.utf8.contains(UInt8(ascii: "$")) else {
            return Expansion(text: text, map: PositionMap(), problem: nil, names: [])
        }
        var text = text
        return text.withUTF8 { bytes in
            var scanner = SubstitutionScanner(bytes, self)
            scanner.run()
            return Expansion(
                text: String(decoding: scanner.output, as: UTF8.self), map: scanner.map,
                problem: scanner.problem(file: file), names: scanner.names)
        }
    }
}

extension Substitutions {
    /// Where in a text, in bytes of UTF-8, the references are that stand in no other one.
    ///
    /// - Parameter file: how messages name the text.
    /// - Throws: `Failure` for a reference that is none, or has no end.
    package static func placeholders(in text: String, file: String) throws -> [Range<Int>] {
        var text = text
        return try text.withUTF8 { bytes in
            var scanner = SubstitutionScanner(bytes, Substitutions(missing: .replace("")))
            scanner.run()
            if let problem = scanner.problem(file: file) { throw problem }
            return scanner.pieces
        }
    }
}

/// One pass over a text from left to right. References whose default is being read are on a stack, so that the text can
/// nest them as deep as it likes.
struct SubstitutionScanner {
    /// A `${{NAME:` whose `}}` is still to come.
    private struct Open {
        /// Where it starts in the input, and what of it is output so far.
        let start: Int
        let outputStart: Int
        /// The given value; with one, the default is read only to be dropped.
        let value: String?
        /// "{" in the default that have no "}" yet.
        var braces = 0
        /// Whether a "}" came that closes nothing: probably half of a mistyped "}}".
        var hasStray = false
    }

    private enum Problem {
        case malformed
        case unterminated
        case shellForm(String)
        case missing(String)
    }

    private let input: UnsafeBufferPointer<UInt8>
    private let values: [String: String]
    private let standardValues: [String: String]
    private let missing: Substitutions.Missing
    private let fileLeftOut: String?
    private(set) var output: [UInt8] = []
    private(set) var map = PositionMap()
    private(set) var names: Set<String> = []
    /// The references that stand in no other one.
    private(set) var pieces: [Range<Int>] = []

    private var index = 0
    private var open: [Open] = []
    /// How many of `open` have a value: in their defaults nothing matters.
    private var dropping = 0
    /// Where the run of "}" ends that was measured last.
    private var runEnd = 0
    /// The first problem, and every variable without a value.
    private var problem: (Problem, at: Int)?
    private var missingNames: [String] = []
    /// Positions up to the end of the last replaced piece.
    private var inputCursor = (offset: 0, place: TextCursor())
    private var outputCursor = (offset: 0, place: TextCursor())

    init(_ input: UnsafeBufferPointer<UInt8>, _ substitutions: Substitutions) {
        self.input = input
        values = substitutions.values
        standardValues = substitutions.standardValues
        missing = substitutions.missing
        fileLeftOut = substitutions.fileLeftOut
        output.reserveCapacity(input.count)
    }

    static func isNameByte(_ byte: UInt8) -> Bool {
        isShellNameByte(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    private static func isShellNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    mutating func run() {
        while index < input.count {
            let byte = input[index]
            if byte == UInt8(ascii: "$") {
                dollar()
            } else if open.isEmpty {
                copy(1)
            } else if byte == UInt8(ascii: "}") {
                closingBrace()
            } else {
                if byte == UInt8(ascii: "{") { open[open.count - 1].braces += 1 }
                if byte == UInt8(ascii: "\n"), let last = open.last, last.hasStray { giveUp() }
                copy(1)
            }
        }
        while !open.isEmpty { giveUp() }
    }

    // MARK: - Pieces

    private mutating func dollar() {
        if input[index...].starts(with: "${{".utf8) {
            reference()
            return
        }
        let braced = index + 1 < input.count && input[index + 1] == UInt8(ascii: "{")
        let nameStart = index + (braced ? 2 : 1)
        let nameEnd = input[nameStart...].firstIndex { !Self.isShellNameByte($0) } ?? input.count
        if nameEnd > nameStart, !braced || (nameEnd < input.count && input[nameEnd] == UInt8(ascii: "}")) {
            let name = text(nameStart..<nameEnd)
            if values[name] != nil { complain(.shellForm(name), at: index) }
        }
        // The name holds nothing special; its "}" does, inside a default.
        copy(max(nameEnd, index + 1) - index)
        if braced, nameEnd > nameStart, nameEnd < input.count, input[nameEnd] == UInt8(ascii: "}") {
            copy(1)
        } else if braced, !open.isEmpty {
            open[open.count - 1].braces += 1
        }
    }

    /// At `${{`.
    private mutating func reference() {
        let nameStart = index + 3
        let nameEnd = input[nameStart...].firstIndex { !Self.isNameByte($0) } ?? input.count
        let name = text(nameStart..<nameEnd)
        let after = input[nameEnd...]
        if !name.isEmpty { names.insert(name) }
        if !name.isEmpty, after.starts(with: "}}".utf8) {
            let outputStart = output.count
            let start = index
            index = nameEnd + 2
            output += Array((value(of: name) ?? valueOfMissing(name, at: start)).utf8)
            finish(from: start, outputStart: outputStart)
        } else if !name.isEmpty, after.first == UInt8(ascii: ":") {
            let value = value(of: name)
            open.append(Open(start: index, outputStart: output.count, value: value))
            if value != nil { dropping += 1 }
            index = nameEnd + 1
        } else {
            complain(after.isEmpty ? .unterminated : .malformed, at: index)
            copy(3)
        }
    }

    private func value(of name: String) -> String? { values[name] ?? standardValues[name] }

    /// At a "}" in a default.
    private mutating func closingBrace() {
        if runEnd <= index {
            runEnd = input[index...].firstIndex { $0 != UInt8(ascii: "}") } ?? input.count
        }
        let run = runEnd - index
        let innermost = open[open.count - 1]
        if run >= 2 {
            // More than the open references need: the first ones belong to braces of the default, as in ${{A:{x}}}.
            copy(max(0, min(innermost.braces, run - 2 * open.count)))
            index += 2
            close()
        } else {
            if innermost.braces > 0 {
                open[open.count - 1].braces -= 1
            } else {
                open[open.count - 1].hasStray = true
            }
            copy(1)
        }
    }

    private mutating func close() {
        let reference = open.removeLast()
        if let value = reference.value {
            dropping -= 1
            output.removeLast(output.count - reference.outputStart)
            output += Array(value.utf8)
        }
        finish(from: reference.start, outputStart: reference.outputStart)
    }

    /// The innermost open reference has no end: its text stays.
    private mutating func giveUp() {
        let reference = open.removeLast()
        if reference.value != nil { dropping -= 1 }
        complain(.unterminated, at: reference.start)
    }

    private mutating func copy(_ count: Int) {
        output.append(contentsOf: input[index..<index + count])
        index += count
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: input[range], as: UTF8.self)
    }

    /// Notes where the piece that was just replaced stands, before and after. An outer piece covers those in it.
    private mutating func finish(from start: Int, outputStart: Int) {
        guard open.isEmpty else { return }
        pieces.append(start..<index)
        let originalStart = Self.advance(&inputCursor, to: start, in: input)
        let originalEnd = Self.advance(&inputCursor, to: index, in: input)
        let (newStart, newEnd) = output.withUnsafeBufferPointer {
            (Self.advance(&outputCursor, to: outputStart, in: $0), Self.advance(&outputCursor, to: $0.count, in: $0))
        }
        map.edits.append(
            PositionMap.Edit(start: newStart, end: newEnd, originalStart: originalStart, originalEnd: originalEnd))
    }

    private static func advance(
        _ cursor: inout (offset: Int, place: TextCursor), to offset: Int, in bytes: UnsafeBufferPointer<UInt8>
    ) -> TextCursor {
        cursor.place.advance(over: bytes[cursor.offset..<offset])
        cursor.offset = offset
        return cursor.place
    }

    // MARK: - Problems

    private mutating func valueOfMissing(_ name: String, at start: Int) -> String {
        switch missing {
        case .replace(let text): return text
        case .refuse:
            if dropping == 0, !missingNames.contains(name), missingNames.count < 20 { missingNames.append(name) }
            complain(.missing(name), at: start)
            // Harmless to YAML, whose own errors come first.
            return name
        }
    }

    private mutating func complain(_ new: Problem, at start: Int) {
        guard dropping == 0, start < problem?.at ?? .max else { return }
        problem = (new, start)
    }

    /// The first problem of the text in words.
    func problem(file: String) -> Failure? {
        guard let (problem, start) = problem else { return nil }
        var cursor = TextCursor()
        cursor.advance(over: input[..<start])
        let place = SourcePosition(file: file, line: cursor.line, column: cursor.column)
        switch problem {
        case .missing(let name):
            let options = missingNames.map { "--substitute \($0)=…" }.joined(separator: " ")
            let file = fileLeftOut.map { "--substitute-file \($0), which is there, or with " } ?? ""
            return Failure(
                "\(place): no value for substitution \(name)",
                help: "give it with \(file)\(options), or write a default: ${{\(name):default}}")
        case .shellForm(let name):
            let written = start + 1 < input.count && input[start + 1] == UInt8(ascii: "{") ? "${\(name)}" : "$\(name)"
            return Failure(
                "\(place): \(name) was provided as a substitution and unsupported placeholder \(quoted(written)) was found",
                help: "write ${{\(name)}} for its value; a shell variable needs another name")
        case .unterminated:
            return Failure("\(place): \"${{\" without \"}}\"", help: "write ${{NAME}} or ${{NAME:default}}")
        case .malformed:
            return Failure(
                "\(place): \"${{\" must be followed by a name and \"}}\" or \":\"",
                help: "write ${{NAME}} or ${{NAME:default}}, without spaces")
        }
    }
}

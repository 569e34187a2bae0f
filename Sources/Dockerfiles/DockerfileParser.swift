import Failure
import OCI

/// Takes statements of a Dockerfile apart.
struct DockerfileParser {
    /// How messages name the file.
    let file: String
    let escape: Character

    /// Reads a whole file.
    ///
    /// - Returns: the instructions, and the escape character that their arguments are written with.
    /// - Throws: `Failure` that starts with file and line.
    static func parse(_ text: String, file: String) throws -> (instructions: [DockerfileInstruction], escape: Character)
    {
        var lexer = try DockerfileLexer(text, file: file)
        let statements = try lexer.statements()
        let parser = DockerfileParser(file: file, escape: lexer.escape)
        return (try statements.map(parser.instruction), lexer.escape)
    }

    private static let withFlags: Set = ["FROM", "RUN", "COPY", "ADD", "HEALTHCHECK"]
    private static let known = [
        "FROM", "RUN", "CMD", "ENTRYPOINT", "SHELL", "COPY", "ADD", "ENV", "LABEL", "ARG", "WORKDIR", "USER", "VOLUME",
        "MAINTAINER", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ONBUILD",
    ]

    func instruction(_ statement: DockerfileStatement) throws -> DockerfileInstruction {
        guard Self.known.contains(statement.keyword) else {
            let hint =
                nearest(to: statement.keyword, in: Self.known.map { $0.lowercased() }).map {
                    ": did you mean \($0.uppercased())?"
                } ?? ""
            throw failure(statement, "unknown instruction \(statement.keyword)\(hint)")
        }
        var lines = statement.lines
        let flags = Self.withFlags.contains(statement.keyword) ? takeFlags(&lines) : []
        let text = trimmed(lines.joined())
        guard !text.isEmpty else { throw failure(statement, "\(statement.keyword) has no arguments") }
        return DockerfileInstruction(
            line: statement.line, keyword: statement.keyword, flags: flags, kind: try kind(statement, lines, text))
    }

    private func kind(
        _ statement: DockerfileStatement, _ lines: [String], _ text: String
    ) throws -> DockerfileInstruction.Kind {
        switch statement.keyword {
        case "FROM": return try from(statement, text)
        case "RUN": return .run(command(lines, text, statement.heredocs))
        case "CMD": return .command(command(lines, text))
        case "ENTRYPOINT": return .entrypoint(command(lines, text))
        case "SHELL":
            guard let words = jsonWords(text), !words.isEmpty else {
                throw failure(statement, "SHELL needs a JSON list, as [\"/bin/bash\", \"-c\"]")
            }
            return .shell(words)
        case "COPY": return .copy(try files(statement, text))
        case "ADD": return .add(try files(statement, text))
        case "ENV": return .environment(try pairs(statement, text))
        case "LABEL": return .label(try pairs(statement, text))
        case "ARG":
            return .argument(
                dockerfileWords(text, escape: escape).map { word in
                    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    return .init(name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : nil)
                })
        case "WORKDIR": return .workingDirectory(text)
        case "USER": return .user(text)
        case "VOLUME": return .volume(jsonWords(text) ?? blankSeparated(text))
        case "EXPOSE": return .expose(blankSeparated(text))
        case "STOPSIGNAL": return .stopSignal(text)
        case "MAINTAINER": return .maintainer(text)
        default: return .other(text)
        }
    }

    private func failure(_ statement: DockerfileStatement, _ what: String) -> Failure {
        Failure("\(file):\(statement.line): \(what)")
    }

    // MARK: - Arguments

    private func from(_ statement: DockerfileStatement, _ text: String) throws -> DockerfileInstruction.Kind {
        let words = blankSeparated(text)
        if words.count == 1 { return .from(image: words[0], alias: nil) }
        guard words.count == 3, words[1].lowercased() == "as" else {
            throw failure(statement, "FROM is written FROM image, or FROM image AS name")
        }
        let alias = words[2].lowercased()
        guard Self.isStageName(alias) else {
            throw failure(
                statement,
                "\(quoted(words[2])) is no name of a stage: it has letters, digits, -, _ and ., a letter first")
        }
        return .from(image: words[0], alias: alias)
    }

    /// Docker's own rule. The layer of a recipe that the stage becomes has the name.
    private static func isStageName(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, ("a"..."z").contains(first) else { return false }
        return name.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("0"..."9").contains($0) || "-_.".unicodeScalars.contains($0)
        }
    }

    private func command(
        _ lines: [String], _ text: String, _ heredocs: [DockerfileHeredoc] = []
    ) -> DockerfileInstruction.Command {
        if heredocs.isEmpty, let words = jsonWords(text) { return .words(words) }
        return .shell(lines: lines, heredocs: heredocs)
    }

    private func files(_ statement: DockerfileStatement, _ text: String) throws -> DockerfileInstruction.Files {
        let words = jsonWords(text) ?? blankSeparated(text)
        guard words.count > 1, let last = words.last else {
            throw failure(statement, "\(statement.keyword) needs a source and a destination")
        }
        return DockerfileInstruction.Files(
            sources: words.dropLast(), destination: last, heredocs: statement.heredocs)
    }

    /// `name=value …`, or `name value`, in which the value is the rest of the line.
    private func pairs(_ statement: DockerfileStatement, _ text: String) throws -> [DockerfileInstruction.Pair] {
        let words = dockerfileWords(text, escape: escape)
        if !words[0].contains("=") {
            let name = text.prefix { $0 != " " && $0 != "\t" }
            guard words.count > 1 else { throw failure(statement, "\(statement.keyword) \(name) has no value") }
            return [.init(name: String(name), value: trimmed(String(text.dropFirst(name.count))))]
        }
        return try words.map { word in
            guard let equals = word.firstIndex(of: "="), equals != word.startIndex else {
                throw failure(statement, "\(quoted(word)) is not NAME=VALUE")
            }
            return .init(name: String(word[..<equals]), value: String(word[word.index(after: equals)...]))
        }
    }

    /// The flags at the beginning, which are taken off it.
    private func takeFlags(_ lines: inout [String]) -> [DockerfileInstruction.Flag] {
        var flags: [DockerfileInstruction.Flag] = []
        while let index = lines.firstIndex(where: { !trimmed($0).isEmpty }) {
            let line = lines[index].drop { $0 == " " || $0 == "\t" }
            guard line.hasPrefix("--") else { break }
            let word = line.prefix { $0 != " " && $0 != "\t" }
            lines[index] = String(line.dropFirst(word.count).drop { $0 == " " || $0 == "\t" })
            if word == "--" { break }
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            flags.append(.init(name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : nil))
        }
        if !flags.isEmpty { lines = Array(lines.drop { trimmed($0).isEmpty }) }
        return flags
    }

    /// The words of the JSON form; `nil` for what is none, and so is the shell form.
    private func jsonWords(_ text: String) -> [String]? {
        guard text.hasPrefix("[") else { return nil }
        return try? JSON.decode([String].self, from: Array(text.utf8))
    }

    private func blankSeparated(_ text: String) -> [String] {
        text.split { $0 == " " || $0 == "\t" }.map(String.init)
    }
}

import Failure
import RecipeText
import Recipes

// RUN, CMD, ENTRYPOINT, WORKDIR.
extension DockerfileConverter {
    // MARK: - RUN

    mutating func run(_ command: DockerfileInstruction.Command, _ instruction: DockerfileInstruction) throws {
        try beginCaches(instruction)
        try checkRunFlags(instruction)
        noteAssumptions(instruction, onlyDirectory: false)
        noteHiddenFiles(instruction)
        noteLostFiles(instruction)
        stage.hasShell = true
        var script: ConvertedText
        var isPlain = true
        switch command {
        case .words(let words):
            script = shellWords(words)
        case .shell(let lines, let heredocs):
            let text = shellText(lines, heredocs)
            var references = ShellReferences { [stage] in stage.substitution(for: $0) }
            script = references.replaced(in: text)
            isPlain = Self.isPlainCommand(text)
        }
        var user: ConvertedText?
        if let name = stage.user, !["", "root", "0", "root:root", "0:0"].contains(table.value(of: name)) {
            user = name
            if !Self.isUserName(table.value(of: name)) {
                user = nil
                note(
                    instruction.line,
                    "RUN: runs as root here, since su knows no user \(name.written()): only names can be converted")
            }
        }
        if case .words = command, user == nil {
            // No shell between.
        } else if let user {
            script =
                Self.words(["su", "-s", stage.shell[0], "--"]) + " " + user.shellWord + " "
                + Self.words(Array(stage.shell.dropFirst())) + " " + script.quotedForShell
        } else if stage.shell != DockerfileStage.standardShell {
            script = Self.words(stage.shell) + " " + script.quotedForShell
        } else if !isPlain {
            script = Self.subshell(script)
        }
        stage.layer.steps.append(.command("# \(file):\(instruction.line)\n" + script))
    }

    private mutating func checkRunFlags(_ instruction: DockerfileInstruction) throws {
        for flag in instruction.flags {
            let written = flag.written
            switch flag.name {
            case "mount":
                let mount = MountOptions(flag)
                // Those have been dealt with.
                if mount.type == "cache" { continue }
                guard mount.type == "tmpfs" else {
                    throw Failure(
                        "\(written) can't be converted: write imports: or binds: for a bind, binds: for a secret or ssh"
                    )
                }
                try makeTarget(of: mount, instruction.line)
                note(instruction.line, "RUN \(written): left out, what is written there stays in the image")
            case "network" where flag.value == "default" || flag.value == "host": break
            case "network": note(instruction.line, "RUN \(written): left out, scripts have the host's network")
            case "security": note(instruction.line, "RUN \(written): left out")
            default: throw Failure("unknown flag \(written)")
            }
        }
    }

    /// The text that the shell gets.
    private func shellText(_ lines: [String], _ heredocs: [DockerfileHeredoc]) -> String {
        let command = trimmed(lines.joined())
        if heredocs.count == 1, command == heredocs[0].word {
            let body = heredocs[0].text
            guard body.hasPrefix("#!"), let end = body.firstIndex(of: "\n") else {
                return String(body.hasSuffix("\n") ? body.dropLast() : body[...])
            }
            // A script for another interpreter, which reads it from a descriptor of its own.
            let interpreter = trimmed(String(body[..<end].dropFirst(2)))
            return "\(interpreter) /dev/fd/3 3<<'\(heredocs[0].name)'\n\(body)\(heredocs[0].name)"
        }
        let bodies = heredocs.map { heredoc in
            "\n" + heredoc.lines.map { "\($0)\n" }.joined() + heredoc.name
        }
        return Self.joined(lines) + bodies.joined()
    }

    /// The lines of one command, joined as they were where a shell reads that alike: not within single quotes, nor in a
    /// comment.
    static func joined(_ lines: [String]) -> String {
        var result = ""
        var quote: Character?
        var isComment = false
        var isEscaped = false
        for line in lines {
            if !result.isEmpty {
                if quote == "'" || isComment || isEscaped {
                    // As one line, as the Dockerfile means it.
                } else if trimmed(line).isEmpty {
                    continue
                } else {
                    result += "\\\n"
                }
            }
            var previous: Character = result.last ?? " "
            for character in result.isEmpty ? line.drop(while: { $0 == " " || $0 == "\t" }) : line[...] {
                if isEscaped {
                    isEscaped = false
                } else if isComment {
                    // To the end of the line.
                } else if character == "\\", quote != "'" {
                    isEscaped = true
                } else if character == quote {
                    quote = nil
                } else if quote == nil, character == "'" || character == "\"" {
                    quote = character
                } else if quote == nil, character == "#", " \t\n;&|(".contains(previous) {
                    isComment = true
                }
                result.append(character)
                previous = character
            }
        }
        while let last = result.last, last == " " || last == "\t" { result.removeLast() }
        return result
    }

    /// Each RUN has a shell of its own: its directory and variables end with it, and what its last command says counts.
    private static func subshell(_ script: ConvertedText) -> ConvertedText {
        let text = script.written()
        let isList = text.contains(";") || text.replacing("\\\n", with: "").contains("\n")
        return "(\n" + (isList ? "set +e\n" : "") + script + "\n)"
    }

    /// Whether a command changes nothing in the shell that runs it, and can't fail half-way.
    static func isPlainCommand(_ text: String) -> Bool {
        // A variable in braces is as good as one without.
        let text = text.replacing(/\$\{[A-Za-z0-9_]+\}/, with: "").replacing("\\\n", with: "")
        guard !text.contains(where: { ";&|<>(){}`#=\n".contains($0) }) else { return false }
        let builtins: Set = [
            ".", ":", "alias", "bg", "break", "cd", "continue", "eval", "exec", "exit", "export", "fg", "hash", "if",
            "read", "readonly", "return", "set", "shift", "source", "trap", "ulimit", "umask", "unalias", "unset",
            "wait", "while", "for", "until", "case", "!",
        ]
        return !builtins.contains(text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? "")
    }

    private static func isUserName(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first.isASCII, first.properties.isAlphabetic || first == "_" else {
            return false
        }
        return !text.contains { ":/ ".contains($0) }
    }

    private static func words(_ words: [String]) -> ConvertedText {
        ConvertedText(words.map { ConvertedText($0).shellWord.written() }.joined(separator: " "))
    }

    private func shellWords(_ words: [String]) -> ConvertedText { Self.words(words) }

    // MARK: - CMD and ENTRYPOINT

    /// The words of a command; the shell form is one word to the shell, which expands it when the image runs.
    func commandWords(_ command: DockerfileInstruction.Command) -> [ConvertedText] {
        switch command {
        case .words(let words): words.map { ConvertedText($0) }
        case .shell(let lines, _): (stage.shell + [trimmed(lines.joined())]).map { ConvertedText($0) }
        }
    }

    // MARK: - WORKDIR

    mutating func enter(_ path: ConvertedText, _ instruction: DockerfileInstruction) throws {
        if !isAbsolute(path) { noteAssumptions(instruction, onlyDirectory: true) }
        let path = absolute(path)
        if isInCache(path) { beginLayer() }
        stage.directory = path
        stage.hasDirectory = true
        if stage.knownDirectories.insert(table.value(of: path)).inserted {
            if stage.hasShell {
                stage.layer.steps.append(.directory(path))
            } else {
                stage.unmadeDirectories.append((instruction.line, path))
            }
        }
        stage.layer.steps.append(.state("cd " + path.shellWord))
    }

    func isAbsolute(_ path: ConvertedText) -> Bool { table.value(of: path).hasPrefix("/") }

    /// A path of an instruction, from the root: without "." and "..", and without a "/" at its end.
    func absolute(_ path: ConvertedText) -> ConvertedText {
        let whole = isAbsolute(path) ? path : stage.directory + "/" + path
        if let literal = whole.literal { return ConvertedText(normalized(literal)) }
        // What stands for a substitution is not known; what is around it can be.
        let text = whole.mapLiterals { text in
            var text = text
            while text.contains("//") { text = text.replacing("//", with: "/") }
            return text.replacing("/./", with: "/")
        }
        guard case .literal(let end)? = text.pieces.last, end.hasSuffix("/") else { return text }
        var shorter = ConvertedText()
        for piece in text.pieces.dropLast() {
            if case .reference(let name) = piece { shorter.append(ConvertedText(reference: name)) }
            if case .literal(let text) = piece { shorter.append(text) }
        }
        return shorter + String(end.dropLast())
    }
}

extension DockerfileStage {
    /// The substitution that a variable is to a script: an ARG, or a variable of the image that is just that.
    fileprivate func substitution(for name: String) -> ConvertedText? {
        switch variables[name] {
        case .argument(let text): text
        case .environment(let text) where text.pieces.count == 1 && text.literal == nil: text
        default: nil
        }
    }
}

extension ConvertedText {
    /// A text in single quotes.
    var quotedForShell: ConvertedText { "'" + mapLiterals { $0.replacing("'", with: "'\\''") } + "'" }
}

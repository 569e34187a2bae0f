import Failure
import RecipeText
import Recipes

// What a script does that a shell lets pass.
extension Linter {
    mutating func askAboutScripts(_ recipe: LintedRecipe) {
        for layer in recipe.layers {
            guard let run = layer.definition.run else { continue }
            askAboutEnvironment(run, of: layer, in: recipe)
            let interpreter = Interpreter(run.text, layer)
            guard interpreter.isShell else { continue }
            askWhetherItEnds(interpreter, layer)
            askAboutPipes(interpreter, layer)
            for command in layer.script.commands { askAbout(command, layer) }
        }
    }

    // MARK: - Failures that nobody sees

    private mutating func askWhetherItEnds(_ interpreter: Interpreter, _ layer: LintedRecipe.Layer) {
        let isSet = layer.script.commands.contains {
            $0.name == "set" && ($0.has("-e") || $0.words.contains("errexit"))
        }
        guard !interpreter.endsAtFailure, !isSet else { return }
        report(
            .shebangWithoutE, layer.place(ofLine: 0), "\(interpreter.name) goes on after a command that fails",
            help: "let set -e be the script's next line, or leave out what names the interpreter", layer: layer.name)
    }

    private mutating func askAboutPipes(_ interpreter: Interpreter, _ layer: LintedRecipe.Layer) {
        var sees = interpreter.seesPipes
        for pipeline in layer.script.pipelines {
            if let first = pipeline.commands.first, first.name == "set", first.words.contains("pipefail") {
                sees = !first.words.contains("+o")
            }
            guard pipeline.commands.count > 1 else { continue }
            let first = pipeline.commands[0]
            let fetches = pipeline.commands.dropLast().contains { Self.fetchers.contains($0.name ?? "") }
            if fetches, let last = pipeline.commands.last, Self.interpreters.contains(last.name ?? "") {
                report(
                    .pipeToShell, layer.place(ofLine: first.line), "what a server sends is run as it comes",
                    help: "import the file with its hash, and run it from /stacker/imports", layer: layer.name)
            }
            let failing = pipeline.commands.dropLast().first { !Self.neverFail.contains($0.name ?? "") }
            guard !sees, !pipeline.isCondition, let failing else { continue }
            report(
                .hiddenFailure, layer.place(ofLine: first.line),
                "the script goes on if \(quoted(failing.name ?? "it")) fails, since it stands in front of a pipe",
                help: "write to a file and read that, or use a shell that knows set -o pipefail, as bash does",
                layer: layer.name)
        }
    }

    private static let fetchers: Set<String> = ["curl", "wget", "fetch"]
    private static let interpreters: Set<String> = [
        "sh", "bash", "dash", "ash", "zsh", "ksh", "python", "python3", "perl", "ruby", "node",
    ]
    private static let neverFail: Set<String> = ["echo", "printf", "yes", "seq", "true", ":", "env", "printenv"]

    // MARK: - Single commands

    private mutating func askAbout(_ command: ShellScript.Command, _ layer: LintedRecipe.Layer) {
        let place = layer.place(ofLine: command.line)
        if command.words.first == "sudo" {
            report(.sudo, place, "the script is root already", help: "leave sudo out", layer: layer.name)
        }
        if Self.interpreters.contains(command.name ?? ""),
            command.words.contains(where: { $0.contains("$(curl") || $0.contains("$(wget") })
        {
            report(
                .pipeToShell, place, "what a server sends is run as it comes",
                help: "import the file with its hash, and run it from /stacker/imports", layer: layer.name)
        }
        if let flag = Self.flagThatTrusts(command) {
            report(
                .tlsOff, place, "\(quoted(flag)) lets anybody answer",
                help: "import what vouches for the server, and leave the flag out", layer: layer.name)
        }
        if ["chown", "chmod"].contains(command.name ?? ""), command.has("-R", "--recursive"),
            !command.operands.contains(where: layer.made.holds),
            layer.base.map({ $0 != .scratch }) ?? true
        {
            report(
                .recursiveOwner, place, "every file of a layer below whose owner or mode changes is in this layer, too",
                help: "change it in the layer that makes the files, or with uid, gid and mode of an import",
                layer: layer.name)
        }
    }

    private static func flagThatTrusts(_ command: ShellScript.Command) -> String? {
        switch command.name {
        case "curl" where command.has("-k", "--insecure"): "curl --insecure"
        case "wget" where command.has("--no-check-certificate"): "wget --no-check-certificate"
        case "apt-get" where command.has("--allow-unauthenticated"): "apt-get --allow-unauthenticated"
        case "apk" where command.has("--allow-untrusted"): "apk --allow-untrusted"
        case "pip", "pip3": command.has("--trusted-host") ? "pip --trusted-host" : nil
        case "npm" where command.words.contains("strict-ssl=false"): "strict-ssl=false"
        default: nil
        }
    }

    // MARK: - Variables

    private mutating func askAboutEnvironment(_ run: Script, of layer: LintedRecipe.Layer, in recipe: LintedRecipe) {
        let definition = layer.definition
        guard !definition.environment.isEmpty, let passes = definition.passesInLinearTime else { return }
        let below = recipe.ancestors(of: layer)
        let words = Set(layer.script.commands.flatMap(\.words).map { $0.prefix { $0 != "=" } })
        let uses = Self.uses(in: run.text)
        for name in definition.environment.keys {
            let isGiven =
                definition.buildEnvironment[name] != nil || passes(name) || words.contains(name[...])
                || below.contains { $0.definition.environment[name] != nil }
            guard !isGiven, let line = uses[name] else { continue }
            report(
                .environmentInRun, layer.place(ofLine: line),
                "\(quoted("$" + name)) is in the environment of the image, and not in the script's",
                help: "give it to the script, too, with build_env", layer: layer.name)
        }
    }

    /// The variables whose values a shell would put in, each with the first line in which it would.
    private static func uses(in script: String) -> [String: Int] {
        var scanner = QuoteScanner<Unicode.Scalar>(script.unicodeScalars)
        var uses: [String: Int] = [:]
        var line = 0
        while let piece = scanner.next() {
            switch piece {
            case .plain("\n", _), .escaped("\n"): line += 1
            case .plain("$", .bare), .plain("$", .double):
                let rest = scanner.rest.first == "{" ? scanner.rest.dropFirst() : scanner.rest
                let letters = rest.prefix {
                    $0 == "_" || $0.properties.isAlphabetic || ("0"..."9").contains($0)
                }
                let next = rest.dropFirst(letters.count).first
                var name = String.UnicodeScalarView()
                name.append(contentsOf: letters)
                // A default says what there is without it.
                if !letters.isEmpty, next != ":", next != "-", uses[String(name)] == nil { uses[String(name)] = line }
            default: continue
            }
        }
        return uses
    }
}

extension LayerDefinition {
    /// Whether `build_env_passthrough` has a variable of a name; `nil` if it has patterns on which a matcher that goes back
    /// and forth could spend any time. A build asks them about the names that its user has, which are no stranger's.
    fileprivate var passesInLinearTime: ((String) -> Bool)? {
        let patterns = buildEnvironmentPassthrough ?? []
        guard patterns.allSatisfy({ !$0.contains { "({".contains($0) } && $0.count { "*+?".contains($0) } <= 1 }) else {
            return nil
        }
        let expressions = patterns.compactMap { try? Regex($0) }
        return { name in expressions.contains { name.wholeMatch(of: $0) != nil } }
    }
}

/// What runs a script.
struct Interpreter {
    let name: String
    let isShell: Bool
    /// Whether it ends at the first command that fails, and in a pipe, too.
    let endsAtFailure: Bool
    let seesPipes: Bool

    private static let shells: Set<String> = ["sh", "bash", "dash", "ash", "busybox", "zsh", "ksh"]

    init(_ script: String, _ layer: LintedRecipe.Layer) {
        var words: [String]
        if script.hasPrefix("#!") {
            words = script.dropFirst(2).prefix { !$0.isNewline }.split(separator: " ").map(String.init)
            if words.first?.hasSuffix("/env") == true { words = words.dropFirst().drop { $0.hasPrefix("-") } + [] }
        } else {
            words = layer.values["shell"]?.words ?? ["/bin/sh", "-xe"]
        }
        name = words.first ?? ""
        isShell = Self.shells.contains(name.split(separator: "/").last.map(String.init) ?? "")
        let flags = words.dropFirst()
        endsAtFailure = flags.contains {
            $0.hasPrefix("-") && !$0.hasPrefix("--") && $0.contains("e") || $0 == "errexit"
        }
        seesPipes = flags.contains("pipefail")
    }
}

extension YAMLNode {
    /// The words of a text, or of a list.
    fileprivate var words: [String] {
        switch content {
        case .scalar(let text, _): (try? shellWords(text)) ?? []
        case .sequence(let nodes): nodes.flatMap(\.words)
        case .mapping: []
        }
    }
}

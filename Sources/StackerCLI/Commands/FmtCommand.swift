import ArgumentParser
import Failure
import RecipeTools

/// `stacker fmt`: stacker files in one form.
struct FmtCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "fmt",
        abstract: "Format stacker files: blanks and empty lines, and nothing else.",
        discussion: """
            EXAMPLES:
              stacker fmt
              stacker fmt --check --diff */stacker.yaml
              stacker fmt - < stacker.yaml
            """
    )

    @Argument(help: "The files; - is standard input, which is formatted to standard output. (default: stacker.yaml)")
    var files: [String] = []

    @Flag(help: "Write nothing; end with 1 if a file would be changed, and name it.")
    var check = false

    @Flag(help: "Write nothing; show what would be changed.")
    var diff = false

    func run(in surroundings: Surroundings) throws {
        var unformatted: [String] = []
        for name in files.isEmpty ? ["stacker.yaml"] : files {
            let isInput = name == "-"
            let file = isInput ? nil : try RecipeFile(name)
            let bytes = try file?.bytes ?? RecipeFile.standardInput()
            let shown = isInput ? "standard input" : name
            let text = try RecipeFormat.format(bytes, name: shown)
            let isChanged = Array(text.utf8) != bytes
            if isChanged { unformatted.append(shown) }
            if diff, isChanged {
                try say(UnifiedDiff(from: String(decoding: bytes, as: UTF8.self), to: text, name: shown).text)
            } else if check, isChanged {
                try say(shown)
            } else if !check, !diff {
                if let file, isChanged {
                    try file.replace(with: text)
                    try say(name)
                } else if isInput {
                    try sayExactly(text)
                }
            }
        }
        if check, !unformatted.isEmpty {
            throw Failure(
                "not formatted: \(unformatted.joined(separator: ", "))", help: "stacker fmt writes them in the one form"
            )
        }
    }
}

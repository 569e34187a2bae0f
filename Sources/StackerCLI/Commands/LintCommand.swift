import ArgumentParser
import Failure
import RecipeTools
import Roots
import Stacker

/// `stacker lint`: what is legal in a stacker file, and unwise.
struct LintCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Name what is legal in stacker files, and unwise.",
        discussion: """
            "# stacker-lint: disable=RULE" above a line, a key or a layer switches a rule off there. The exit status is 1 \
            if something of the level, or worse, was found.

            EXAMPLES:
              stacker lint
              stacker lint --level error */stacker.yaml
              stacker lint --sarif > stacker.sarif
            """
    )

    @Argument(help: "The files; - is standard input. (default: stacker.yaml)")
    var files: [String] = []

    @Option(help: "From which level on a finding makes the exit status 1: note, warning or error.")
    var level: LintRule.Level = .warning

    @Option(help: "Give a variable of the stacker file a value, as NAME=value. May be given several times.")
    var substitute: [String] = []

    @Option(help: "A YAML file of variables and values; --substitute wins over it.", completion: .file())
    var substituteFile: String?

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Print SARIF 2.1.0, for tools that review code.")
    var sarif = false

    func validate() throws {
        if json, sarif { throw ValidationError("--json and --sarif don't go together") }
    }

    func run(in surroundings: Surroundings) throws {
        let values = try substituteFile.map { try RecipeFile($0, isRecipe: false) }
        let findings = try (files.isEmpty ? ["stacker.yaml"] : files).flatMap { name in
            let bytes = try name == "-" ? RecipeFile.standardInput() : RecipeFile(name).bytes
            return try Linter.findings(
                in: bytes, name: name == "-" ? "stdin" : name, values: substitute,
                file: values.map { ($0.name, $0.bytes) },
                isReserved: RootsDirectory.isReserved)
        }
        let report = LintReport(findings)
        if sarif {
            try say(report.sarif(version: Version.stacker))
        } else if json {
            try say(report.json())
        } else if !report.open.isEmpty {
            try say(report.text)
        }
        let grave = report.open.count { $0.rule.level >= level }
        if grave > 0 { throw ExitCode(1) }
    }
}

extension LintRule.Level: ExpressibleByArgument {}

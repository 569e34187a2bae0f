import Failure
import Fixtures
import Foundation
import SystemPackage

@testable import Plans

/// Plans for tests, and what reads them.
enum PlanFixtures {
    static let cache = "docker://registry.example/cache"

    static let shared = [JobArgument("cache-from", cache), JobArgument("cache-to", cache)]

    /// What somebody could call a file, or give a variable: words of shells, make, YAML and each engine. Where any of them
    /// is run, there is a file `canary`.
    static let hostile = [
        "$(touch canary)", "`touch canary`", "'$(touch canary)'", "\"$(touch canary)\"", "';touch canary;'",
        "; touch canary",
        "&& touch canary", "| touch canary", "$(shell touch canary)", "$(call stacker,x)", "${shell touch canary}",
        "$HOME",
        "${HOME}", "$$", "$$(touch canary)", "$(HOME)", "$$HOME", "${{ secrets.X }}", "%", "%%s%n", "%(x)s", "#comment",
        "\\#", "a\\", "\\\\", "\\$(touch canary)", "a'b", "a\"b", "it's \"both\"", "-f", "--help", "*", "?", "~", "!x",
        "@x",
        "a b", " a ", "a:b", "a: b", "- a", "{a}", "{", "[a]", "&amp;", "<b>", "\\N", "\\n", "null", "=", "EOF", "END",
        "endef",
        "ünï-日本-🦑", "\u{2028}", "\u{202E}abc", "\u{FEFF}", "e\u{301}", "#SBATCH --wrap=x", "::error::x", "}}", "{%x%}",
        "<<EOF",
    ]

    /// A recipe and one that requires it for each hostile word; the words are values of options, too.
    static var hostilePlan: Plan {
        var recipes: [PlannedRecipe] = []
        for (number, word) in hostile.enumerated() {
            let name = "layer\(number)"
            recipes.append(
                PlannedRecipe(
                    file: word, requires: recipes.last.map { [$0.file] } ?? [],
                    layers: [PlannedLayer(name: name, state: .missing, reason: word, seconds: 1)]))
        }
        return Plan(
            recipes: recipes,
            options: JobOptions(arguments: shared + hostile.map { JobArgument("substitute", "X=\($0)") }),
            publication: Publication(arguments: hostile.map { JobArgument("tag", $0) }))
    }

    /// base <- tools; app needs both, and docs nothing.
    static var small: Plan {
        Plan(
            recipes: [
                PlannedRecipe(
                    file: "base/stacker.yaml",
                    layers: [
                        PlannedLayer(name: "base", state: .here),
                        PlannedLayer(
                            name: "tools", state: .missing, reason: "run: differs", needs: ["base"], seconds: 60),
                    ]),
                PlannedRecipe(
                    file: "lib/stacker.yaml", requires: ["base/stacker.yaml"],
                    layers: [
                        PlannedLayer(name: "lib", isBuildOnly: true, state: .shared(cache), needs: ["base", "tools"])
                    ]),
                PlannedRecipe(
                    file: "app/stacker.yaml", requires: ["lib/stacker.yaml"],
                    layers: [
                        PlannedLayer(
                            name: "app@linux-arm64", tag: "app", platform: "linux/arm64", state: .missing,
                            reason: "its base differs", needs: ["base", "lib"], seconds: 12)
                    ]),
                PlannedRecipe(file: "docs.yaml", layers: [PlannedLayer(name: "docs", state: .missing)]),
            ],
            options: JobOptions(arguments: shared))
    }

    /// A recipe of one layer, which is to be built.
    static func recipe(_ file: String, requires: [String] = []) -> PlannedRecipe {
        PlannedRecipe(file: file, requires: requires, layers: [PlannedLayer(name: file, state: .missing, seconds: 1)])
    }

    /// The command lines of a plan's jobs as they should reach stacker, by the jobs' names.
    static func commands(_ plan: Plan) -> [String: [String]] {
        var commands: [String: [String]] = [:]
        for job in plan.jobs {
            commands[job.name] = ["build", "--stacker-file=\(job.file)"] + plan.options.arguments.map(\.word)
        }
        if let publication = plan.publication { commands["publish"] = ["publish"] + publication.arguments.map(\.word) }
        return commands
    }
}

/// A job as the reader of an engine understood it.
struct ReadJob: Decodable {
    var needs: [String]
    var rank: Int
    var argv: [String]?

    /// The command line without the options that say where stacker's directories are.
    var command: [String] {
        (argv ?? []).filter { word in !["stacker", "oci", "roots"].contains { word.hasPrefix("--\($0)-dir=") } }
    }
}

/// Whether what python-packages.txt lists is there.
let hasPythonTools = access(".build/python/installed", R_OK) == 0

/// What tools/test/read-plan.py makes of a plan: jobs by their names.
func read<Job: Decodable>(_ plan: Plan, as format: PlanFormat, _ type: Job.Type = Job.self) throws -> [String: Job] {
    try withTemporaryDirectory { scratch in
        try scratch.appending("plan").write(try format.render(plan))
        let output = try shell(
            ".build/python/bin/python tools/test/read-plan.py \(format.rawValue) \(scratch)/plan >\(scratch)/read")
        guard output.isEmpty else { throw Failure(output) }
        return try JSONDecoder().decode([String: Job].self, from: Data(scratch.appending("read").text().utf8))
    }
}

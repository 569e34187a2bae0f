import Failure
import RecipeText
import Recipes
import SystemPackage

/// Asks all rules about one stacker file.
package struct Linter {
    private(set) var findings: [LintFinding] = []
    private let name: String
    private var lines = LintedLines()

    private init(name: String) {
        self.name = name
    }

    /// What the rules find in a stacker file, by place. What a comment switches off is among it, and says so.
    ///
    /// The file alone is looked at: no base, no import, no prerequisite, no network.
    ///
    /// - Parameters:
    ///   - name: how the file is called.
    ///   - values: `NAME=VALUE`, for its placeholders; where one is missing, something stands in its place.
    ///   - file: a file of further values; those above win.
    /// - Throws: `Failure` for a value that is none.
    package static func findings(
        in bytes: [UInt8], name: String, values: [String] = [], file: (name: String, bytes: [UInt8])? = nil,
        isReserved: @escaping (String) -> Bool
    ) throws -> [LintFinding] {
        var linter = Linter(name: name)
        let text: String
        do {
            text = try utf8Text(of: bytes, name)
            try linter.askAll(bytes, text, (values, file), isReserved)
        } catch let failure as Failure {
            linter.refuse(failure)
            return linter.findings
        }
        let comments = LintComments(of: text, linter.lines)
        for (line, unknown) in comments.unknown {
            let place = SourcePosition(file: name, line: line, column: 1)
            let near = nearest(to: unknown, in: LintRule.allCases.map(\.rawValue)).map { "did you mean \($0)?" }
            linter.report(.unknownRule, place, "there is no rule \(quoted(unknown))", help: near)
        }
        return linter.findings.map { finding in
            var finding = finding
            finding.isDisabled = comments.disable(finding)
            return finding
        }.sorted { ($0.line, $0.column, $0.rule.rawValue) < ($1.line, $1.column, $1.rule.rawValue) }
    }

    private typealias Values = (arguments: [String], file: (name: String, bytes: [UInt8])?)

    private mutating func askAll(
        _ bytes: [UInt8], _ text: String, _ values: Values, _ isReserved: @escaping (String) -> Bool
    ) throws {
        let source = RecipeSource(name, workingDirectory: try FilePath.currentDirectory())
        let (recipe, expansion) = try Self.read(bytes, text, source, values, isReserved)
        if expansion.names.isEmpty {
            for layer in recipe.layers {
                try layer.checkPlatform(unless: nil)
                _ = try layer.base(relativeTo: source.workingDirectory)
            }
        }
        for warning in recipe.warnings { report(.recipeWarning, warning.position, warning.message) }
        let linted = try LintedRecipe(recipe, expansion)
        lines = LintedLines(recipe, text)
        askAboutSources(linted)
        askAboutSecrets(linted)
        askAboutScripts(linted)
        askAboutPackages(linted)
        askAboutLayers(linted)
    }

    /// A placeholder may stand for a path, a number, a truth value or more: one of these will do.
    private static let standIns = ["value", "/value", "true", "0", "[]", "{}"]

    private static func read(
        _ bytes: [UInt8], _ text: String, _ source: RecipeSource, _ values: Values,
        _ isReserved: @escaping (String) -> Bool
    ) throws -> (Recipe, Substitutions.Expansion) {
        var first: (any Error)?
        for standIn in standIns {
            var substitutions = Substitutions(missing: .replace(standIn))
            for value in values.arguments { try substitutions.set(argument: value) }
            if let file = values.file {
                try substitutions.merge(file: file.name, text: utf8Text(of: file.bytes, file.name))
            }
            do {
                let recipe = try Recipe(bytes, source: source, substitutions: substitutions, isReserved: isReserved)
                return (recipe, substitutions.expand(text, file: source.name))
            } catch {
                if first == nil { first = error }
                if recipeHasNoPlaceholder(text) { break }
            }
        }
        throw first ?? Failure("\(source.name): can't be read")
    }

    private static func recipeHasNoPlaceholder(_ text: String) -> Bool { text.firstRange(of: "${{") == nil }

    // MARK: - Reports

    mutating func report(
        _ rule: LintRule, _ place: SourcePosition, _ message: String, help: String? = nil, layer: String? = nil
    ) {
        findings.append(
            LintFinding(
                rule: rule, file: name, line: place.line, column: place.column, layer: layer, message: message,
                help: help))
    }

    /// What the parser says, at the place that it names.
    private mutating func refuse(_ failure: Failure) {
        let text = failure.description
        let numbers = text.dropFirst(name.count + 1).split(separator: ":", maxSplits: 2).map { Int($0) }
        guard text.hasPrefix("\(name):"), numbers.count == 3, let line = numbers[0], let column = numbers[1] else {
            return report(.refused, SourcePosition(file: name, line: 1, column: 1), text, help: failure.advice)
        }
        let message = text.dropFirst("\(name):\(line):\(column): ".count)
        report(.refused, SourcePosition(file: name, line: line, column: column), String(message), help: failure.advice)
    }
}

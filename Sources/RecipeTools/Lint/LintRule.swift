/// What is legal in a stacker file, and unwise. Its name stands in comments and reports: `docs/lint.md` has a section of each.
package enum LintRule: String, Sendable, CaseIterable {
    case refused
    case recipeWarning = "recipe-warning"
    case unknownRule = "unknown-rule"
    case httpWithoutHash = "http-without-hash"
    case floatingTag = "floating-tag"
    case tlsOff = "tls-off"
    case secret
    case deletedLater = "deleted-later"
    case packageLists = "package-lists"
    case asksQuestions = "asks-questions"
    case hiddenFailure = "hidden-failure"
    case shebangWithoutE = "shebang-without-e"
    case pipeToShell = "pipe-to-shell"
    case environmentInRun = "environment-in-run"
    case commandWithoutShell = "cmd-without-shell"
    case worldWritable = "world-writable"
    case relativeWorkingDirectory = "relative-working-dir"
    case hostBind = "host-bind"
    case recursiveOwner = "recursive-owner"
    case sudo
    case unusedLayer = "unused-layer"

    /// How much it matters, the least first.
    package enum Level: String, Sendable, CaseIterable, Comparable {
        case note, warning, error

        package static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// How much it matters.
    package var level: Level {
        switch self {
        case .refused, .secret: .error
        case .hostBind, .recursiveOwner, .sudo, .unusedLayer: .note
        default: .warning
        }
    }

    /// What is unwise, in a sentence.
    package var summary: String {
        switch self {
        case .refused: "The recipe is refused by a build."
        case .recipeWarning: "The recipe is built with a warning."
        case .unknownRule: "A comment switches off a rule that there is not."
        case .httpWithoutHash: "A file from a web server may be another one tomorrow."
        case .floatingTag: "The tag latest, or none, names another image tomorrow."
        case .tlsOff: "Who answers is not verified."
        case .secret: "A secret stands in the recipe or in the image."
        case .deletedLater: "A file is deleted in another layer than the one that has it, and is shipped all the same."
        case .packageLists: "Lists and downloads of a package manager stay in the layer."
        case .asksQuestions: "A package manager asks, and nobody answers."
        case .hiddenFailure: "A command that fails in front of a pipe does not end the script."
        case .shebangWithoutE: "A script with its own interpreter goes on after a command that fails."
        case .pipeToShell: "What a web server sends is run unseen."
        case .environmentInRun: "The script uses a variable that only the image has."
        case .commandWithoutShell: "A command has what a shell means something by, and no shell reads it."
        case .worldWritable: "Everybody can write to a file of the image."
        case .relativeWorkingDirectory: "The working directory is not absolute."
        case .hostBind: "A script that sees files of this machine is run again by every build."
        case .recursiveOwner: "Files of the layers below are shipped again for their owner or mode."
        case .sudo: "A script is root already."
        case .unusedLayer: "Nothing in the recipe needs a build_only layer."
        }
    }
}

/// One place where a rule found something.
package struct LintFinding: Sendable {
    /// The rule.
    package let rule: LintRule
    /// The file, as it was named.
    package let file: String
    /// The line, from 1.
    package let line: Int
    /// The column in Unicode scalars, from 1.
    package let column: Int
    /// The layer that it is about.
    package let layer: String?
    /// What is wrong there, in half a sentence.
    package let message: String
    /// What to do about it.
    package let help: String?
    /// Whether a comment in the recipe switches the rule off there.
    package internal(set) var isDisabled = false
}

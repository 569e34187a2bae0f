import Failure
import OCI
import RecipeText

/// The variables of a build: what stands for `${{NAME}}` in its recipes.
package struct Substitutions: Sendable {
    /// What becomes of a variable that has neither a value nor a default.
    package enum Missing: Sendable {
        /// It is an error.
        case refuse
        /// It gets this text: for commands that only need a recipe's layer names.
        case replace(String)

        /// What stands for values that are not known, and may stand for any.
        var standIn: String? {
            if case .replace(let text) = self { return text }
            return nil
        }
    }

    private(set) var values: [String: String] = [:]
    /// What stacker itself gives a value, where nobody else does. Scripts have variables of these names, too, which are no
    /// mistaken substitutions.
    private(set) var standardValues = Self.values(of: .machine)
    /// The names that have their value from a file, and where they stand there.
    private(set) var namesInFiles: [Located<String>] = []
    let missing: Missing
    /// A file of values that is there and was not asked for, as messages name it.
    package var fileLeftOut: String?

    /// The name that `stacker convert` gives to a file of values.
    package static let usualFile = "stacker-subs.yaml"

    /// Without any variable.
    package init(missing: Missing = .refuse) {
        self.missing = missing
    }

    /// Gives `name` a value, in place of an earlier one. The value is literal: nothing in it is substituted again.
    ///
    /// - Throws: `Failure` if `name` cannot stand in `${{…}}`.
    package mutating func set(_ name: String, to value: String) throws {
        guard Self.isName(name) else {
            throw Failure(
                "\(quoted(name)) cannot be a substitution's name: it is made of letters, digits, \"_\", \"-\" and \".\""
            )
        }
        values[name] = value
    }

    /// Takes one argument of `--substitute`, `NAME=VALUE`. The value may be empty and may hold further `=`.
    package mutating func set(argument: String) throws {
        guard let equals = argument.firstIndex(of: "=") else {
            throw Failure("--substitute \(quoted(argument)): no \"=\"", help: "write --substitute NAME=VALUE")
        }
        try attempt("--substitute \(quoted(argument))", help: "write --substitute NAME=VALUE") {
            try set(String(argument[..<equals]), to: String(argument[argument.index(after: equals)...]))
        }
    }

    /// Takes the text of a `--substitute-file`: a YAML map of names to values. A variable that has a value keeps it, so
    /// that the command line wins when its arguments are taken first.
    ///
    /// - Parameter file: how messages name the file.
    package mutating func merge(file: String, text: String) throws {
        let document = try YAMLComposer.compose(text, file: file)
        if let duplicate = document.duplicate {
            throw Failure("\(duplicate.second): \(quoted(duplicate.key)) stands twice, first at \(duplicate.first)")
        }
        guard let root = document.root, !root.isNull else { return }
        guard case .mapping(let pairs) = root.content else {
            throw Failure("\(root.position): a substitution file is a map of NAME: VALUE, not \(root.kind)")
        }
        for pair in pairs where values[pair.key.value] == nil {
            guard case .scalar(let value, _) = pair.value.content else {
                throw Failure(
                    "\(pair.value.position): the value of \(quoted(pair.key.value)) must be text, not \(pair.value.kind)"
                )
            }
            try attempt("\(pair.key.position)") { try set(pair.key.value, to: pair.value.isNull ? "" : value) }
            namesInFiles.append(pair.key)
        }
    }

    /// The same for another platform.
    func saying(_ platform: Platform) -> Substitutions {
        var substitutions = self
        substitutions.standardValues = Self.values(of: platform)
        return substitutions
    }

    /// What recipes and scripts are told of a platform.
    package static func values(of platform: Platform) -> [String: String] {
        [
            "STACKER_PLATFORM": platform.description, "STACKER_OS": platform.os,
            "STACKER_ARCH": platform.architecture, "STACKER_VARIANT": platform.variant ?? "",
        ]
    }

    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(SubstitutionScanner.isNameByte)
    }
}

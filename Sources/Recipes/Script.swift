import RecipeText

/// The text of `run` or `generate_labels`.
package struct Script: Sendable, Equatable {
    /// The text; the entries of a list, one a line.
    package let text: String
    /// Where each line of the text stands in the stacker file; `nil` where nobody can tell, and for an empty last line.
    package let places: [SourcePosition?]

    /// Whether the text names its own interpreter.
    package var hasShebang: Bool { text.hasPrefix("#!") }

    /// The program that the text's first line names; `nil` if there is none.
    package var interpreter: String? {
        guard hasShebang else { return nil }
        let line = text.dropFirst(2).prefix { $0 != "\n" }
        return line.split { $0 == " " || $0 == "\t" }.first.map(String.init)
    }

    /// The content of the file that is run. Its lines are those of the text, so that the interpreter's messages count
    /// them as the recipe does.
    package var file: String { text.hasSuffix("\n") ? text : text + "\n" }

    /// The command that runs the script.
    ///
    /// - Parameters:
    ///   - path: where ``file`` is.
    ///   - shell: what it is given to, unless it names its own interpreter.
    package func command(at path: String, shell: [String]) -> [String] {
        hasShebang ? [path] : shell + [path]
    }

    /// What runs a script where the recipe says nothing of it.
    package static let standardShell = ["/bin/sh", "-xe"]
}

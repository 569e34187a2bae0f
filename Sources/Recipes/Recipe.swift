import Failure
import OCI
import RecipeText

/// One stacker file: its layers, checked as far as they can be without looking at anything else.
package struct Recipe: Sendable {
    /// Which file it is.
    package let source: RecipeSource
    /// The text after substitution, to the byte: what the annotation `stacker_yaml` holds.
    package let text: String
    /// What stands under `config`.
    package internal(set) var settings: Settings
    /// The layers, in file order.
    package internal(set) var layers: [LayerDefinition]
    /// What the user should know.
    package let warnings: [Diagnostic]
    /// The names of the variables in it.
    package internal(set) var variables: Set<String>

    /// The build settings of one stacker file: `config`.
    package struct Settings: Sendable {
        /// The files that must be built before, in file order.
        package internal(set) var prerequisites: [Prerequisite] = []
        /// Whether build_only layers are merged with the layer that builds on them; `nil` leaves it to the command line.
        package internal(set) var collapseBuildOnly: Bool?
        /// The platforms of layers that say nothing of theirs; `nil` if it isn't said.
        package internal(set) var platforms: Located<[Platform]>?
    }

    /// One entry of `config.prerequisites`.
    package struct Prerequisite: Sendable {
        /// Which file.
        package let source: RecipeSource
        /// Where it is named.
        package let position: SourcePosition
    }

    /// Reads a stacker file.
    ///
    /// - Parameters:
    ///   - bytes: the file's content.
    ///   - source: which file it is.
    ///   - substitutions: what stands for its variables.
    ///   - isReserved: whether no layer can have a name, since stacker gives it to things of its own.
    /// - Throws: `Failure` that starts with file, line and column; of several errors, one of YAML comes first, then one
    ///   of substitution, then a name that stands twice.
    package init(
        _ bytes: [UInt8], source: RecipeSource, substitutions: Substitutions = Substitutions(),
        isReserved: @escaping (String) -> Bool = { _ in false }
    ) throws {
        let original = try utf8Text(of: bytes, source.name)
        let expansion = substitutions.expand(original, file: source.name)
        let document = try YAMLComposer.compose(expansion.text, file: source.name, map: expansion.map)
        if let problem = expansion.problem { throw problem }
        if let duplicate = document.duplicate { throw duplicate.failure }
        var parser = RecipeParser(source: source, unknown: substitutions.missing.standIn, isReserved: isReserved)
        try parser.parse(document.root)
        self.source = source
        text = expansion.text
        settings = parser.settings
        layers = parser.layers
        warnings = parser.warnings
        variables = expansion.names
    }
}

extension YAMLComposer.Duplicate {
    /// The duplicate as an error that names both places.
    fileprivate var failure: Failure {
        let what =
            isTopLevel && key != RecipeParser.configKey ? "duplicate layer name: \(key)" : "duplicate key: \(key)"
        return Failure("\(second): \(what): the first is at \(first)")
    }
}

import ArgumentParser
import RecipeTools

/// `stacker schema`: what a stacker file looks like, for editors.
struct SchemaCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print a JSON Schema of stacker.yaml, for editors and checkers.",
        discussion: """
            A first line "# yaml-language-server: $schema=stacker.schema.json" in a stacker file leads an editor to it; \
            check-jsonschema --schemafile stacker.schema.json stacker.yaml checks one.

            EXAMPLES:
              stacker schema > stacker.schema.json
            """
    )

    func run(in surroundings: Surroundings) throws {
        try say(RecipeSchema.text())
    }
}

import Failure
import Fixtures
import OCI
import SystemPackage
import Testing

@testable import Dockerfiles
@testable import Recipes

/// A Dockerfile as it comes out: the recipe's text, that of the substitution file, and the layers that they make.
struct Converted {
    let text: String
    let substitutions: String
    let layers: [LayerDefinition]

    /// The one layer of that name.
    func layer(_ name: String) throws -> LayerDefinition {
        try #require(layers.first { $0.name == name })
    }
}

/// Converts a Dockerfile in a directory with these files, whose contents do not matter.
func converted(
    _ dockerfile: String, files: [String] = [], ignoring ignore: String? = nil, _ values: [String: String] = [:],
    bases: [String: ImageConfig.Execution] = [:]
) throws -> Converted {
    let made = try writtenRecipe(dockerfile, files: files, ignoring: ignore, bases: bases)
    var substitutions = try substitutions(values)
    try substitutions.merge(file: "stacker-subs.yaml", text: made.substitutions)
    let recipe = try Recipe(
        Array(made.text.utf8), source: RecipeSource("stacker.yaml", workingDirectory: "/srv/project"),
        substitutions: substitutions)
    return Converted(text: made.text, substitutions: made.substitutions, layers: recipe.layers)
}

/// The texts of both files that a Dockerfile becomes.
func writtenRecipe(
    _ dockerfile: String, files: [String] = [], ignoring ignore: String? = nil,
    bases: [String: ImageConfig.Execution] = [:]
) throws -> (text: String, substitutions: String) {
    try withTemporaryDirectory { root in
        for file in files { try root.appending(file).write("content of \(file)") }
        if let ignore { try root.appending(".dockerignore").write(ignore) }
        let (instructions, escape) = try DockerfileParser.parse(dockerfile, file: "Dockerfile")
        var converter = DockerfileConverter(
            file: "Dockerfile", escape: escape, context: try DockerContext(at: root), contextPrefix: ("", ""),
            platform: Platform(os: "linux", architecture: "amd64"),
            baseConfig: { url, platform in
                bases[url].map { execution in
                    var config = ImageConfig(platform: platform)
                    config.config = execution
                    return config
                }
            })
        try converter.convert(instructions)
        var writer = RecipeWriter(file: "Dockerfile", table: converter.table)
        let text = writer.recipe(converter.layers, introduction: ["Converted."])
        return (text, writer.substitutions(introduction: []))
    }
}

/// The only stage of a Dockerfile without a name.
func app(_ dockerfile: String, files: [String] = [], _ values: [String: String] = [:]) throws -> LayerDefinition {
    try converted(dockerfile, files: files, values).layer("app")
}

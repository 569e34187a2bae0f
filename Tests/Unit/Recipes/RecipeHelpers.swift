import Failure
import SystemPackage
import Testing

@testable import Recipes
@testable import Roots

/// A recipe as if it stood in /srv/project/stacker.yaml.
func recipe(_ text: String, _ variables: [String: String] = [:], name: String = "stacker.yaml") throws -> Recipe {
    try Recipe(
        Array(text.utf8), source: RecipeSource(name, workingDirectory: "/srv/project"),
        substitutions: try substitutions(variables), isReserved: RootsDirectory.isReserved)
}

/// The only layer of a recipe that is indented under `foo:`.
func layer(_ body: String, _ variables: [String: String] = [:]) throws -> LayerDefinition {
    let lines = body.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
    let layers = try recipe("foo:\n" + lines.joined(separator: "\n"), variables).layers
    return try #require(layers.first)
}

func substitutions(_ variables: [String: String]) throws -> Substitutions {
    var result = Substitutions()
    for (name, value) in variables { try result.set(name, to: value) }
    return result
}

/// A set of files that are named by their paths in /srv/project; the first that is given is asked for.
func recipeSet(_ files: KeyValuePairs<String, String>, asking: [String]? = nil) throws -> RecipeSet {
    let contents = Dictionary(
        files.map { (RecipeSource($0.key, workingDirectory: "/srv/project").location, Array($0.value.utf8)) }
    ) { first, _ in first }
    let names = asking ?? files.prefix(1).map(\.key)
    let sources = names.map { RecipeSource($0, workingDirectory: "/srv/project") }
    return try RecipeSet(sources, isReserved: RootsDirectory.isReserved, isThere: { _ in true }) { source in
        guard let bytes = contents[source.location] else { throw Errno.noSuchFileOrDirectory }
        return bytes
    }
}

/// What `body` fails with, as the user reads it: the error and the help.
func message(_ body: () throws -> some Any) -> String {
    do {
        _ = try body()
        return "no error"
    } catch let failure as Failure {
        return failure.report(trace: false)
    } catch {
        return "another error: \(error)"
    }
}

import OCI
import Recipes
import Registry
import Testing

@testable import Stacker

@Suite("What a build that builds only what is missing goes through")
struct ForecastTests {
    private static let recipe = """
        tools:
          from: {type: scratch}
          build_only: true
        more:
          from: {type: built, tag: tools}
          build_only: true
        library:
          from: {type: scratch}
        over:
          from: {type: built, tag: library}
        app:
          from: {type: built, tag: more}
          imports: ["stacker://over/file"]
        last:
          from: {type: built, tag: app}
        other:
          from: {type: scratch}

        """

    /// What is gone through if these layers must be built, these are here, and all others are in a cache.
    private func needed(missing: Set<String>, here: Set<String> = [], for asked: Set<String>) throws -> Set<String> {
        let recipes = try recipeSet(["stacker.yaml": Self.recipe])
        let entry = try SharedEntryTests.entry()
        let states = recipes.layers.map(\.definition.name).map { name -> (String, Forecast.State) in
            if missing.contains(name) { return (name, .missing("it is new")) }
            return (name, here.contains(name) ? .here : .shared(entry, LayerInputs()))
        }
        return Forecast(recipes, Dictionary(states) { first, _ in first }).needed(for: asked)
    }

    @Test("what a cache has is left there, if nothing that is built needs it")
    func nothing() throws {
        #expect(try needed(missing: [], for: ["app", "last"]) == [])
        #expect(try needed(missing: ["last"], for: ["app", "last"]) == ["last", "app"])
    }

    @Test("a build_only layer brings what is below it; an image comes alone, wherever it is needed")
    func bases() throws {
        #expect(try needed(missing: ["app"], for: ["app"]) == ["app", "more", "tools", "over"])
    }

    @Test("of what was not asked for, only that is built which something needs")
    func notAsked() throws {
        #expect(
            try needed(missing: ["other", "over", "app"], for: ["app"]) == ["app", "more", "tools", "over", "library"])
        #expect(try needed(missing: ["other"], for: ["app"]) == [])
    }

    @Test("what is here is gone through if it was asked for, so that its tags are right, or if something needs it")
    func here() throws {
        let here: Set = ["tools", "more", "over", "last"]
        #expect(
            try needed(missing: ["app"], here: here, for: ["app", "last"]) == ["app", "more", "tools", "over", "last"])
        #expect(try needed(missing: ["other"], here: here, for: ["other"]) == ["other"])
    }
}

import FileTree
import Fixtures
import OCI
import Progress
import Testing

@testable import Recipes
@testable import Stacker

@Suite("An image in the making")
struct ImageDraftTests {
    private let platform = Platform(os: "linux", architecture: "amd64")

    /// The config of an image whose one layer has these keys, on a base with this config.
    private func config(_ keys: String, over base: ImageConfig.Execution = .init()) throws -> ImageConfig.Execution {
        let text = "it:\n  from: {type: scratch}\n" + keys.split(separator: "\n").map { "  \($0)\n" }.joined()
        let recipe = try Recipe(
            Array(text.utf8), source: RecipeSource("stacker.yaml", workingDirectory: "/srv"))
        var image = Image(empty: platform)
        image.config.config = base
        var draft = ImageDraft(image)
        draft.apply(try #require(recipe.layers.first), try BuildIdentity(BuildRequest()))
        return try #require(draft.config.config)
    }

    private var base: ImageConfig.Execution {
        var base = ImageConfig.Execution()
        base.env = ["PATH=/opt/bin", "A=1"]
        base.entrypoint = ["base-entrypoint"]
        base.cmd = ["base-cmd"]
        base.workingDir = "/base"
        base.user = "base"
        base.labels = ["a": "base", "b": "base"]
        return base
    }

    @Test("what the recipe leaves out is the base's")
    func inherits() throws {
        #expect(try config("", over: base) == base)
    }

    @Test("a variable keeps its place, a new one comes last, and PATH is there")
    func environment() throws {
        #expect(try config("environment: {A: 2, B: 3}", over: base).env == ["PATH=/opt/bin", "A=2", "B=3"])
        #expect(
            try config("environment: {FOO: bar}").env
                == ["FOO=bar", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"])
    }

    @Test("an entrypoint of one's own clears the inherited cmd, unless there is one too")
    func entrypoint() throws {
        #expect(try config("entrypoint: mine", over: base).cmd == nil)
        #expect(try config("cmd: mine", over: base).entrypoint == ["base-entrypoint"])
        let both = try config("entrypoint: a b\ncmd: c", over: base)
        #expect(both.entrypoint == ["a", "b"] && both.cmd == ["c"])
    }

    @Test("full_command clears both")
    func fullCommand() throws {
        let full = try config("full_command: all of it", over: base)
        #expect(full.entrypoint == ["all", "of", "it"] && full.cmd == nil)
    }

    @Test("labels and volumes are added to the base's")
    func merges() throws {
        let merged = try config("labels: {b: mine}\nvolumes: [/data]", over: base)
        #expect(merged.labels == ["a": "base", "b": "mine"])
        #expect(merged.volumes?.keys.sorted() == ["/data"])
    }
}

@Suite("Sizes and times for people")
struct WordingTests {
    @Test(
        "a size has a decimal unit",
        arguments: [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (2_149_999, "2.1 MB"), (146_000_000, "146 MB")])
    func sizes(bytes: Int64, text: String) {
        #expect(humanSize(bytes) == text)
    }

    @Test("a time is RFC 3339 in UTC, also before 1970")
    func times() {
        #expect(RFC3339.format(Timestamp(seconds: 1_700_000_000), fraction: false) == "2023-11-14T22:13:20Z")
        #expect(
            RFC3339.format(Timestamp(seconds: -1, nanoseconds: 5), fraction: true) == "1969-12-31T23:59:59.000000005Z")
    }
}

import Failure
import OCI
import SystemPackage
import Testing

@testable import Recipes

/// What becomes of `platforms:`, `build_platform:` and `--platform`, for a machine that is none of the platforms used here
/// but where a test says so.
@Suite("Platforms of layers")
struct PlatformTests {
    private func set(_ text: String, _ platforms: [String] = []) throws -> RecipeSet {
        try RecipeSet(
            [RecipeSource("stacker.yaml", workingDirectory: "/srv")],
            platforms: platforms.map { try PlatformNames.platform($0) }, isReserved: { _ in false },
            isThere: { _ in true }, read: { _ in Array(text.utf8) })
    }

    /// The layers that come of a recipe, in build order, each with what it is built on and imports from.
    private func layers(_ text: String, _ platforms: [String] = []) throws -> [String] {
        try set(text, platforms).layers.map { layer in
            let names = layer.definition.dependencies.map(\.layer)
            return ([layer.definition.name] + names).joined(separator: " < ")
        }
    }

    private let machine = Platform.machine.description

    @Test("without a word of platforms each layer is one, of this machine's")
    func none() throws {
        let text = "a: {from: {type: scratch}}\nb: {from: {type: built, tag: a}}"
        #expect(try layers(text) == ["a", "b < a"])
        #expect(try set(text).layers.allSatisfy { $0.definition.asked == nil })
    }

    @Test("a layer for several platforms, and what it needs that says nothing")
    func several() throws {
        let text = """
            a: {from: {type: scratch}}
            b: {from: {type: built, tag: a}, platforms: [linux/s390x, linux/mips]}
            """
        #expect(
            try layers(text) == [
                "a@linux-s390x", "a@linux-mips", "b@linux-s390x < a@linux-s390x", "b@linux-mips < a@linux-mips",
            ])
    }

    @Test("this machine's layer keeps its name")
    func machinesOwn() throws {
        let text = "a: {from: {type: scratch}, platforms: [linux/s390x, \(machine)]}"
        #expect(try layers(text) == ["a@linux-s390x", "a"])
        #expect(try set(text).layers.map(\.definition.tag) == ["a", "a"])
    }

    @Test("the platforms of the command line, in its order, and no others")
    func commandLine() throws {
        let text = "a: {from: {type: scratch}}\nb: {from: {type: scratch}, platforms: [linux/s390x, linux/mips]}"
        #expect(
            try layers(text, ["linux/mips", "linux/s390x"]) == [
                "a@linux-mips", "a@linux-s390x", "b@linux-mips", "b@linux-s390x",
            ])
        #expect(try layers(text, ["linux/mips"]) == ["a@linux-mips", "b@linux-mips"])
        let set = try set(text, ["linux/ppc64le"])
        #expect(set.layers.map(\.definition.name) == ["a@linux-ppc64le"])
        #expect(
            set.warnings.map(\.message) == ["layer b is not built: it is for none of the platforms that were asked for"]
        )
    }

    @Test("platforms of a file, and of a layer in it")
    func config() throws {
        let text = """
            config: {platforms: [linux/s390x, linux/mips]}
            a: {from: {type: scratch}}
            b: {from: {type: built, tag: a}, platforms: [linux/mips]}
            """
        #expect(try layers(text) == ["a@linux-s390x", "a@linux-mips", "b@linux-mips < a@linux-mips"])
    }

    @Test("a layer that others want for other platforms, and one for this machine")
    func shared() throws {
        let text = """
            a: {from: {type: scratch}}
            b: {from: {type: built, tag: a}, platforms: [linux/mips]}
            c: {from: {type: built, tag: a}}
            """
        #expect(try layers(text) == ["a@linux-mips", "a", "b@linux-mips < a@linux-mips", "c < a"])
        #expect(try set(text).layers.map { $0.definition.asked != nil } == [true, true, true, false])
    }

    @Test("variables are a platform's in each layer")
    func variables() throws {
        let text = """
            a:
              from: {type: scratch}
              imports: ["https://example.org/tool-${{STACKER_OS}}-${{STACKER_ARCH}}${{STACKER_VARIANT}}"]
              labels: {p: "${{STACKER_PLATFORM}}"}
              platforms: [linux/arm/v6, linux/s390x]
            """
        let layers = try set(text).layers
        #expect(
            layers.map(\.definition.imports.first?.path) == [
                "https://example.org/tool-linux-armv6", "https://example.org/tool-linux-s390x",
            ])
        #expect(layers.map { $0.definition.labels["p"] } == ["linux/arm/v6", "linux/s390x"])
        #expect(layers.map { $0.recipe.text.contains("linux/s390x\"") } == [false, true])
    }

    @Test("a variable that was given a value keeps it, and one in a script is the shell's")
    func givenVariables() throws {
        let text = "a: {from: {type: scratch}, run: \"echo $STACKER_ARCH ${{STACKER_ARCH}}\"}"
        #expect(
            try recipe(text, ["STACKER_VARIANT": "x"]).text.hasSuffix(
                "echo $STACKER_ARCH \(Platform.hostArchitecture)\"}"))
        var given = Substitutions()
        try given.set("STACKER_ARCH", to: "mine")
        #expect(given.expand("${{STACKER_ARCH}}", file: "it").text == "mine")
    }

    @Test("what is built for the machine that builds: once, or once for each platform")
    func buildPlatform() throws {
        let text = """
            base: {from: {type: scratch}, build_only: true}
            go: {from: {type: built, tag: base}, build_only: true, build_platform: true}
            cross: {from: {type: built, tag: go}, build_only: true, build_platform: each, run: "${{STACKER_ARCH}}"}
            app:
              from: {type: built, tag: base}
              platforms: [linux/s390x, linux/mips]
              imports: [stacker://cross/out]
            """
        #expect(
            try layers(text) == [
                "base@linux-s390x", "base@linux-mips", "base", "go < base", "cross@linux-s390x < go",
                "cross@linux-mips < go", "app@linux-s390x < cross@linux-s390x < base@linux-s390x",
                "app@linux-mips < cross@linux-mips < base@linux-mips",
            ])
        let cross = try set(text).layers.filter { $0.definition.tag == "cross" }
        #expect(cross.map(\.definition.platform) == [.machine, .machine])
        #expect(cross.map { $0.definition.run?.text } == ["s390x", "mips"])
        #expect(cross[0].definition.fields != cross[1].definition.fields)
    }

    @Test("a layer on one that isn't built for its platform")
    func lacking() {
        let text = """
            a: {from: {type: scratch}, platforms: [linux/mips]}
            b: {from: {type: built, tag: a}, platforms: [linux/s390x]}
            """
        #expect(
            message { try set(text) }.hasPrefix(
                "error: stacker.yaml:2:1: layer b is built for linux/s390x, and base layer a, which it needs, only for "
                    + "linux/mips (stacker.yaml:1:1)"))
        let here = "a: {from: {type: scratch}, platforms: [linux/mips]}\nb: {from: {type: built, tag: a}}"
        #expect(message { try set(here) }.contains("layer b is built for \(machine), and base layer a"))
    }

    @Test("a layer on one that os or arch makes another platform's")
    func lackingFixed() throws {
        func text(_ platforms: String) -> String {
            "a: {from: {type: scratch}, arch: mips}\nb: {from: {type: built, tag: a}, platforms: [\(platforms)]}"
        }
        #expect(try layers(text("linux/mips")) == ["a", "b@linux-mips < a"])
        #expect(
            message { try set(text("linux/mips, linux/s390x")) }.hasPrefix(
                "error: stacker.yaml:2:5: layer b is built for linux/s390x, and its base layer a is only for linux/mips"
            ))
        // What is imported need not run.
        let files =
            "a: {from: {type: scratch}, arch: mips}\nb: {from: {type: scratch}, imports: [stacker://a/x], platforms: [linux/s390x]}"
        #expect(try layers(files) == ["a", "b@linux-s390x < a"])
    }

    @Test("a platform and os or arch")
    func bothKinds() {
        let layer = "a: {from: {type: scratch}, arch: mips, platforms: [linux/mips]}"
        #expect(message { try set(layer) }.hasPrefix("error: stacker.yaml:1:28: layer a has platforms and arch"))
        let single = "a: {from: {type: scratch}, arch: mips}"
        #expect(
            message { try set(single, ["linux/mips"]) }.hasPrefix(
                "error: stacker.yaml:1:28: layer a has arch, and --platform was given\n"
                    + "help: write platforms: [linux/mips] in its place"))
        let file = "config: {platforms: [linux/mips]}\n\(single)"
        #expect(message { try set(file) }.contains("layer a has arch, and the file has platforms in config"))
    }

    @Test(
        "platforms that are none",
        arguments: [
            ("linux/aarch64", #"unknown processor "aarch64" in platform "linux/aarch64": did you mean arm64?"#),
            ("Linux/arm64", #"unknown system "Linux" in platform "Linux/arm64": did you mean linux?"#),
            ("arm64", "\"arm64\" is no platform\nhelp: write linux/arm64"),
            (
                "linux/arm64/v7",
                "unknown variant \"v7\" in platform \"linux/arm64/v7\"\nhelp: of arm64 there are v8, v9"
            ),
            ("linux/s390x/v1", "there are no variants of s390x"),
            ("linux/", "\"linux/\" is no platform\nhelp: write the system and the processor"),
            ("", "an entry of platforms of layer a is empty"),
        ])
    func wrong(_ text: String, _ said: String) {
        #expect(
            message { try set("a:\n  from: {type: scratch}\n  platforms: [\"\(text)\"]") }.contains(said))
    }

    @Test("platforms that stand twice, or not at all")
    func twice() {
        func refused(_ list: String) -> String { message { try set("a: {from: {type: scratch}, platforms: \(list)}") } }
        #expect(
            refused("[linux/arm64, linux/arm64/v8]").contains(
                "has linux/arm64 twice, here as linux/arm64/v8"))
        #expect(refused("[]").contains("platforms of layer a is empty"))
    }

    @Test("names of one platform are one")
    func oneName() throws {
        let text =
            "a: {from: {type: scratch}, labels: {p: \"${{STACKER_PLATFORM}}\"}, platforms: [linux/arm, linux/s390x]}"
        let short = try set(text).layers[0].definition
        let long = try set(text.replacing("linux/arm,", with: "linux/arm/v7,")).layers[0].definition
        #expect(short.name == "a@linux-arm-v7")
        #expect(short.labels["p"] == "linux/arm/v7")
        #expect(short.fields == long.fields)
        #expect(try PlatformNames.platform("linux/arm64/v8").description == "linux/arm64")
    }

    @Test("a base that is built for the machine that builds")
    func machinesBase() {
        let text = """
            tool: {from: {type: scratch}, build_only: true, build_platform: true}
            app: {from: {type: built, tag: tool}, platforms: [linux/mips]}
            """
        #expect(
            message { try set(text) }.hasPrefix(
                "error: stacker.yaml:2:7: layer app is built for linux/mips, and its base, layer tool, for the machine that builds"
            ))
    }

    @Test("platforms that no image is for, beside layers of the machine that builds")
    func noImage() {
        let text = """
            tool: {from: {type: scratch}, build_only: true, build_platform: true}
            app: {from: {type: scratch}, platforms: [linux/mips]}
            """
        #expect(
            message { try set(text, ["linux/s390x"]) }
                == "error: no layer is for linux/s390x\nhelp: there are app (linux/mips)")
        #expect((try? layers(text, ["linux/mips"])) == ["app@linux-mips"])
    }

    @Test("a build platform is a build_only layer's")
    func notBuildOnly() {
        #expect(
            message { try set("a: {from: {type: scratch}, build_platform: each}") }.contains(
                "layer a has build_platform and is not build_only"))
        #expect(
            message { try set("a: {from: {type: scratch}, build_platform: maybe, build_only: true}") }.contains(
                "build_platform of layer a must be true, false or each, not \"maybe\""))
    }

    @Test("a layer can't be called what stacker calls another one's")
    func names() throws {
        #expect(
            message { try set("a@linux-arm64: {from: {type: scratch}}") }.contains(
                "stacker itself gives to layer \"a\" for another platform"))
        #expect(
            try layers("a@home: {from: {type: scratch}}\na@linux-x: {from: {type: scratch}}") == [
                "a@home", "a@linux-x",
            ])
    }

    @Test("platforms of which no value is known are not said")
    func unknown() throws {
        for text in [
            "a: {from: {type: scratch}, platforms: [\"${{P}}\"]}",
            "config: {platforms: [\"${{P}}\"]}\na: {from: {type: scratch}}",
        ] {
            let set = try RecipeSet(
                [RecipeSource("stacker.yaml", workingDirectory: "/srv")],
                substitutions: Substitutions(missing: .replace("dummy")), isReserved: { _ in false },
                isThere: { _ in true }, read: { _ in Array(text.utf8) })
            #expect(set.layers.map(\.definition.name) == ["a"])
            #expect(set.warnings.isEmpty)
        }
    }

    @Test(
        "os and arch of which a value is not known may be any, and what is known is no less wrong",
        arguments: ["os", "arch"])
    func partlyUnknown(key: String) throws {
        func layers(_ value: String) throws -> [String] {
            try RecipeSet(
                [RecipeSource("stacker.yaml", workingDirectory: "/srv")],
                substitutions: Substitutions(missing: .replace("dummy")), isReserved: { _ in false },
                isThere: { _ in true },
                read: { _ in Array("a: {from: {type: scratch}, \(key): \(value), run: \"${{P}}\"}".utf8) }
            ).layers.map(\.definition.name)
        }
        #expect(try layers("\"${{P}}\"") == ["a"])
        #expect(message { try layers("nothing-known") }.contains("nothing-known"))
    }

    @Test(
        "a layer that only the files of one of the platforms have", arguments: [["mips", "s390x"], ["s390x", "mips"]])
    func varyingFiles(_ processors: [String]) {
        let files = [
            "stacker.yaml": "config: {prerequisites: [\"${{STACKER_ARCH}}.yaml\"]}\nmain: {from: {type: scratch}}",
            "mips.yaml": "a: {from: {type: scratch}}",
            "s390x.yaml": "a: {from: {type: scratch}}\nb: {from: {type: scratch}}",
        ]
        let said = message {
            try RecipeSet(
                [RecipeSource("stacker.yaml", workingDirectory: "/srv")],
                platforms: processors.map { Platform(os: "linux", architecture: $0) }, isReserved: { _ in false },
                isThere: { _ in true },
                read: { source in files.first { source.name.hasSuffix($0.key) }.map { Array($0.value.utf8) } ?? [] })
        }
        #expect(said.contains("there is no layer b in the stacker files as they are for linux/mips"))
    }

    @Test("a layer whose name depends on the platform")
    func varyingNames() {
        let text = "a-${{STACKER_ARCH}}: {from: {type: scratch}, platforms: [linux/s390x]}"
        #expect(message { try set(text) }.contains("what layers are called can't depend on STACKER_PLATFORM"))
    }
}

import Failure
import Testing

@testable import Dockerfiles

@Suite("A Dockerfile for several platforms")
struct ConvertPlatformTests {
    /// The keys of a layer that begin with one of these words, as they stand in the recipe, with what belongs to them.
    private func lines(of layer: String, _ text: String, _ keys: String...) -> String {
        let block = text.split(separator: "\n\n").first { $0.hasPrefix("\(layer):\n") } ?? ""
        return block.split(separator: "\n").map { $0.drop { $0 == " " } }
            .filter { line in keys.contains { line.hasPrefix("\($0):") } }.joined(separator: "\n")
    }

    @Test("a stage on the build platform is built once, for the machine itself")
    func machine() throws {
        let text = try writtenRecipe(
            "FROM --platform=$BUILDPLATFORM node AS web\nRUN make\nFROM a\nCOPY --from=web /out /out"
        ).text
        #expect(lines(of: "web", text, "build_only", "build_platform") == "build_only: true\nbuild_platform: true")
        #expect(!lines(of: "${{IMAGE}}", text, "build_only", "build_platform", "from").contains("build"))
    }

    @Test(
        "one that knows what is built for is built for each platform",
        arguments: [
            "ARG TARGETARCH\nRUN make", "ARG TARGETOS TARGETVARIANT\nENV A=$TARGETOS",
            "ARG TARGETPLATFORM\nCOPY x /$TARGETPLATFORM/",
        ])
    func each(_ instructions: String) throws {
        let text = try writtenRecipe(
            "FROM --platform=${BUILDPLATFORM} go AS build\n\(instructions)\nFROM a\nCOPY --from=build /out /out",
            files: ["x"]
        ).text
        #expect(lines(of: "build", text, "build_only", "build_platform") == "build_only: true\nbuild_platform: each")
    }

    @Test("a long chain of stages, each of which takes twice from the one before, is looked at once")
    func longChain() throws {
        func recipe(_ first: String) throws -> String {
            let stages = (1...64).map { "FROM s\($0 - 1) AS s\($0)\nCOPY --from=s\($0 - 1) /a /b\nRUN make\n" }
            return try writtenRecipe(
                "FROM --platform=$BUILDPLATFORM go AS s0\n\(first)RUN make\n\(stages.joined())FROM a\nCOPY --from=s64 /a /a"
            ).text
        }
        #expect(try lines(of: "s64", recipe(""), "build_platform") == "build_platform: true")
        #expect(try lines(of: "s64", recipe("ARG TARGETARCH\n"), "build_platform") == "build_platform: each")
    }

    @Test("so are all layers of its chain, and what is built on it or takes from it; not what it takes from an image")
    func chain() throws {
        let text = try writtenRecipe(
            """
            FROM --platform=$BUILDPLATFORM go AS tools
            RUN make tools
            FROM tools AS build
            ARG TARGETARCH
            RUN one
            COPY x /x
            RUN two
            FROM build AS more
            COPY --from=image:1 /lib /lib
            FROM --platform=$BUILDPLATFORM go AS after
            COPY --from=more /out /out
            FROM --platform=$BUILDPLATFORM go AS around
            COPY --from=native /out /out
            FROM a
            COPY --from=after /out /out
            COPY --from=image:1 /lib /lib
            """.replacing(
                "FROM --platform=$BUILDPLATFORM go AS around",
                with: "FROM b AS native\nFROM --platform=$BUILDPLATFORM go AS around"),
            files: ["x"]
        ).text
        func platform(_ layer: String) -> String { lines(of: layer, text, "build_platform") }
        #expect(platform("tools") == "build_platform: true")
        for layer in ["build", "build-1", "more", "after", "around"] {
            #expect(platform(layer) == "build_platform: each", "\(layer)")
        }
        #expect(platform("image-0") == "build_platform: true")
        #expect(platform("image-1").isEmpty && text.contains("\nimage-1:\n"))
        #expect(platform("native").isEmpty && platform("${{IMAGE}}").isEmpty)
    }

    @Test("variables of what is built for are stacker's own; scripts have them by their names")
    func target() throws {
        let made = try writtenRecipe(
            """
            FROM base-$TARGETARCH
            ARG TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT
            ENV ON=$TARGETOS
            RUN echo $TARGETARCH ${TARGETVARIANT}
            COPY --from=a /bin/x-$TARGETARCH /usr/bin/
            LABEL for=$TARGETPLATFORM
            """)
        #expect(made.text.contains("url: 'docker://base-${{STACKER_ARCH}}'"))
        #expect(made.text.contains("    TARGETARCH: '${{STACKER_ARCH}}'\n    TARGETVARIANT: '${{STACKER_VARIANT}}'\n"))
        #expect(made.text.contains("    echo ${{STACKER_ARCH}} ${{STACKER_VARIANT}}\n"))
        #expect(
            made.text.contains(
                "- path: 'stacker://image-0/bin/x-${{STACKER_ARCH}}'\n      dest: '/usr/bin/x-${{STACKER_ARCH}}'"))
        #expect(made.text.contains("  labels:\n    for: '${{STACKER_PLATFORM}}'"))
        #expect(!made.substitutions.contains("STACKER_"))
    }

    @Test("those of the machine are substitutions with its values")
    func build() throws {
        let made = try writtenRecipe(
            "FROM --platform=$BUILDPLATFORM a AS x\nFROM b\nARG BUILDARCH\nRUN echo $BUILDARCH")
        #expect(made.text.contains("echo ${{BUILDARCH}}"))
        #expect(
            made.substitutions.hasSuffix("\n# of the machine that the Dockerfile was converted on\nBUILDARCH: amd64\n"))
    }

    @Test("an ARG with a default is the Dockerfile's own, whatever it is called")
    func defaults() throws {
        let made = try writtenRecipe(
            "ARG BUILDPLATFORM=linux/s390x\nFROM --platform=$BUILDPLATFORM a\nARG TARGETARCH=mine\nRUN echo $TARGETARCH"
        )
        #expect(made.text.contains("echo ${{TARGETARCH}}"))
        #expect(made.text.contains("  arch: s390x\n"))
        #expect(made.substitutions.contains("TARGETARCH: mine"))
        #expect(!made.text.contains("build_platform"))
    }

    @Test("declared before the first FROM, they are the builder's all the same")
    func globals() throws {
        let text = try writtenRecipe(
            "ARG BUILDPLATFORM TARGETARCH\nFROM --platform=$BUILDPLATFORM a AS x\n"
                + "FROM b-$TARGETARCH\nARG TARGETARCH\nRUN echo $TARGETARCH"
        ).text
        #expect(lines(of: "x", text, "build_platform") == "build_platform: true")
        #expect(text.contains("url: 'docker://b-${{STACKER_ARCH}}'"))
        #expect(text.contains("echo ${{STACKER_ARCH}}"))
    }

    @Test("the target's platform is what a layer is for anyway", arguments: ["$TARGETPLATFORM", "linux/${TARGETARCH}"])
    func targetPlatform(_ platform: String) throws {
        let text = try writtenRecipe("FROM --platform=\(platform) a").text
        #expect(lines(of: "${{IMAGE}}", text, "os", "arch", "build_platform") == "")
    }

    @Test("the image itself is for what is built for: of its own stages, the build platform is left out, with a note")
    func image() throws {
        let text = try writtenRecipe("FROM --platform=$BUILDPLATFORM a AS x\nARG TARGETARCH\nRUN x\nFROM x\nRUN y").text
        #expect(!text.contains("build_platform"))
        #expect(
            text.contains(
                "  # Dockerfile:1: FROM --platform=$BUILDPLATFORM: left out, since the image is built on this stage"))
    }

    @Test("a local file that is another one for each platform keeps its name; a list of them can't be written")
    func localFiles() throws {
        let arguments = "FROM a\nARG TARGETARCH\nCOPY bin-$TARGETARCH/tool-$TARGETARCH "
        let text = try writtenRecipe("\(arguments)/usr/bin/", files: ["bin-amd64/tool-amd64", "bin-arm64/tool-arm64"])
            .text
        #expect(
            text.contains(
                "- path: 'bin-${{STACKER_ARCH}}/tool-${{STACKER_ARCH}}'\n      dest: '/usr/bin/tool-${{STACKER_ARCH}}'")
        )
        let error = #expect(throws: Failure.self) {
            try writtenRecipe(
                "FROM a\nARG TARGETARCH\nCOPY bin-$TARGETARCH/* /usr/bin/", files: ["bin-amd64/a", "bin-amd64/b"])
        }
        #expect(error?.description.contains("depends on the platform") == true)
    }

    @Test("a substitution of the Dockerfile's own does not take the name of one of stacker's")
    func names() throws {
        let made = try writtenRecipe("FROM a\nARG STACKER_ARCH=amd64\nRUN echo $STACKER_ARCH")
        #expect(made.text.contains("echo ${{STACKER_ARCH_2}}"))
    }
}

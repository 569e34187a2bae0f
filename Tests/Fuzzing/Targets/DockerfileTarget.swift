import FileTree
import Fixtures
import OCI
import RecipeText
import Recipes
import Roots
import SystemPackage

@testable import Dockerfiles

extension FuzzTarget {
    /// A Dockerfile, in a directory with a few files. What is converted must be YAML that a build reads.
    static let dockerfile = FuzzTarget(
        "dockerfile",
        texts: [
            #"""
            # syntax=docker/dockerfile:1
            ARG VERSION=1.2
            FROM --platform=$BUILDPLATFORM debian:${VERSION:-12} AS build
            ARG TARGETARCH
            ENV A=b C="d e" \
                F=${A}
            WORKDIR /src
            COPY --chown=1:2 a dir/* ./
            ADD https://example.org/file.tar.gz /tmp/
            RUN --mount=type=cache,target=/root/.cache <<EOF
            make && echo "$A" ${VERSION%.*}
            EOF
            FROM scratch
            COPY --from=build /src/out /bin/
            LABEL a.b="c" d=e
            EXPOSE 80/tcp 443
            STOPSIGNAL SIGTERM
            USER 1000:1000
            VOLUME ["/v"]
            SHELL ["/bin/sh", "-ec"]
            ENTRYPOINT ["/bin/app", "x"]
            CMD run --all
            """#,
            "# escape=`\nFROM a\nRUN echo `\n  b\nHEALTHCHECK NONE\nMAINTAINER x <y@z>\nONBUILD RUN x\n",
            "FROM a\nCOPY <<\"one\" <<-two /d/\n$A\none\n\tb\n\ttwo\n",
        ],
        findings: [
            // What YAML has no place for was written as it is, and refused with a line of a recipe that was not there.
            "FROM a\nRUN e\u{0}m\n", "FROM a\nENV A=e\u{0}m\n", "FROM a\nRUN e\u{FFFE}m\n",
        ]
    ) { bytes in
        let text = try utf8Text(of: bytes, "Dockerfile")
        let (instructions, escape) = try DockerfileParser.parse(text, file: "Dockerfile")
        let (recipe, values) = try recipe(of: instructions, escape)
        _ = try mustSucceed("the substitutions of what was converted") {
            var substitutions = Substitutions()
            try substitutions.merge(file: "stacker-subs.yaml", text: values)
        }
        _ = try mustSucceed("the YAML of what was converted") {
            try YAMLComposer.compose(recipe, file: "stacker.yaml")
        }
    }

    private static func recipe(of instructions: [DockerfileInstruction], _ escape: Character) throws -> (
        text: String, values: String
    ) {
        try withTemporaryDirectory { context in
            for name in ["a", "dir/b", "dir/c.txt", "out"] { try context.appending(name).write("content") }
            var converter = DockerfileConverter(
                file: "Dockerfile", escape: escape, context: try DockerContext(at: context), contextPrefix: ("", ""),
                platform: Platform(os: "linux", architecture: "amd64"), baseConfig: { _, _ in nil })
            try converter.convert(instructions)
            var writer = RecipeWriter(file: "Dockerfile", table: converter.table)
            let text = writer.recipe(converter.layers, introduction: ["Converted."])
            return (text, writer.substitutions(introduction: []))
        }
    }
}

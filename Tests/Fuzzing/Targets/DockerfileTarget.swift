import FileTree
import Fixtures
import Glibc
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
            // A stage whose name is none was a layer of that name.
            "FROM a AS \u{1}b\nRUN c\n", "FROM a AS b\nRUN <<EOF\n\u{1}\nEOF\n",
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
        var converter = DockerfileConverter(
            file: "Dockerfile", escape: escape, context: try context.get(), contextPrefix: ("", ""),
            platform: Platform(os: "linux", architecture: "amd64"), baseConfig: { _, _ in nil })
        try converter.convert(instructions)
        var writer = RecipeWriter(file: "Dockerfile", table: converter.table)
        let text = writer.recipe(converter.layers, introduction: ["Converted."])
        return (text, writer.substitutions(introduction: []))
    }

    /// The directory, which is made once: a conversion only reads. It goes when the process ends.
    private static let directory = FilePath(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")
        .appending("stacker-fuzz-\(getpid())")

    private static let context = Result {
        for name in ["a", "dir/b", "dir/c.txt", "out"] { try directory.appending(name).write("content") }
        atexit {
            try? Directory(at: FuzzTarget.directory.removingLastComponent()).removeTree(
                FilePath("stacker-fuzz-\(getpid())"))
        }
        return try DockerContext(at: directory)
    }
}

import Failure
import Testing

@testable import Dockerfiles
@testable import Recipes

@Suite("COPY and ADD as imports")
struct ConvertFilesTests {
    /// Each import as `path -> dest`.
    private func imports(_ layer: LayerDefinition) -> [String] {
        layer.imports.map { $0.path + ($0.destination.map { " -> \($0)" } ?? "") }
    }

    private static let files = ["a", "b.txt", "c.txt", "d/e", "d/f.log", "d/g/h"]

    @Test(
        "a source goes where a Dockerfile's builder puts it",
        arguments: [
            ("COPY a /x", ["a -> /x"]), ("COPY a /x/", ["a -> /x/a"]), ("COPY a /usr/bin", ["a -> /usr/bin/a"]),
            ("COPY a /", ["a -> /a"]), ("COPY d /x", ["d/ -> /x"]), ("COPY d/ /x/", ["d/ -> /x"]),
            ("COPY *.txt /x/", ["b.txt -> /x/b.txt", "c.txt -> /x/c.txt"]),
            ("COPY d/e a /x/", ["d/e -> /x/e", "a -> /x/a"]),
            ("COPY [\"a\", \"/x y\"]", ["a -> /x y"]), ("WORKDIR /w\nCOPY a .", ["a -> /w/a"]),
            ("WORKDIR /w\nCOPY a b", ["a -> /w/b"]), ("WORKDIR /w\nCOPY a /w", ["a -> /w/a"]),
            ("COPY d/* /x/", ["d/e -> /x/e", "d/f.log -> /x/f.log", "d/g/ -> /x"]),
        ])
    func places(instructions: String, expected: [String]) throws {
        #expect(imports(try app("FROM i\n\(instructions)", files: Self.files)) == expected)
    }

    @Test("the whole directory is listed, without what .dockerignore leaves out")
    func ignore() throws {
        let made = try converted(
            "FROM i\nCOPY . /x", files: Self.files, ignoring: "# a comment\n*.txt\n!c.txt\n**/*.log\n.dockerignore\n")
        #expect(
            imports(try made.layer("app")) == ["a -> /x/a", "c.txt -> /x/c.txt", "d/e -> /x/d/e", "d/g/ -> /x/d/g"])
        #expect(made.text.contains("# Dockerfile:2: COPY .: a list of what was there"))
    }

    @Test(
        ".dockerignore patterns",
        arguments: [
            ("a", "a/b", true), ("a/", "a", true), ("/a", "a", true), ("a", "b/a", false), ("**/a", "b/c/a", true),
            ("**/a", "a", true), ("a/**", "a/b", true), ("a?", "ab", true), ("a\n!a/b", "a/b", false),
            ("a\n!a/b", "a/c", true), ("*", "a/b", true),
        ])
    func patterns(text: String, path: String, isIgnored: Bool) {
        #expect(DockerIgnore(text).ignores(path.split(separator: "/").map(String.init)) == isIgnored)
    }

    @Test("no path leads out of the context")
    func outside() {
        #expect(message { try app("FROM i\nCOPY ../../etc/passwd /x") }.contains("couldn't find etc/passwd"))
        #expect(message { try app("FROM i\nCOPY *.c /x") }.contains("Dockerfile:2: COPY: nothing matches *.c"))
    }

    @Test("numbers are the owner, names are left to the script")
    func owners() throws {
        let numbers = try app(
            "FROM i\nCOPY --chown=1:2 --chmod=750 a /x\nCOPY --chown=3 a /y\nCOPY --chown=root a /z", files: ["a"])
        #expect(numbers.imports.map(\.uid) == [1, 3, 0])
        #expect(numbers.imports.map(\.gid) == [2, 3, 0])
        #expect(numbers.imports.map(\.mode) == [0o750, nil, nil])
        let names = try converted("FROM i\nCOPY --chown=it a /usr/bin/\nCOPY --chown=it:us d /x/", files: ["a", "d/e"])
        #expect(try names.layer("app-1").run?.text == "# Dockerfile:2\nchown -R it: /usr/bin/a\n")
        #expect(try names.layer("app").run?.text == "# Dockerfile:3\nchown -R it:us /x\n")
        #expect(message { try app("FROM scratch\nCOPY --chown=it a /x", files: ["a"]) }.contains("needs a shell"))
    }

    @Test("a COPY after a RUN comes after it")
    func order() throws {
        let made = try converted("FROM i\nENV E=1\nCOPY a /x\nRUN y\nCOPY b.txt /z\nRUN w", files: Self.files)
        #expect(made.layers.map(\.name) == ["app-1", "app"])
        #expect(made.layers.map(\.isBuildOnly) == [true, false])
        #expect(imports(try made.layer("app-1")) == ["a -> /x"])
        #expect(imports(try made.layer("app")) == ["b.txt -> /z"])
        #expect(try made.layer("app").run?.text == "# Dockerfile:6\nw\n")
    }

    @Test("files of another stage, by name, number and image")
    func stages() throws {
        let made = try converted(
            "FROM i AS Build\nWORKDIR /w\nFROM i\nCOPY --from=build /w /x\nCOPY --from=0 y/z /b\nCOPY --from=j:1 /e /usr/bin/\nCOPY --from=j:1 / /j"
        )
        #expect(made.layers.map(\.name) == ["build", "image-0", "app"])
        #expect(
            imports(try made.layer("app")) == [
                "stacker://build/w/ -> /x", "stacker://build/y/z -> /b", "stacker://image-0/e -> /usr/bin/e",
                "stacker://image-0/ -> /j",
            ])
        #expect(made.text.contains("# Dockerfile:6: COPY /e: taken as a file"))
        #expect(message { try converted("FROM i\nCOPY --from=0 a b") }.contains("there is no stage 0"))
        #expect(message { try converted("FROM i AS a\nFROM i\nCOPY --from=a /x/* /y/") }.contains("wildcards"))
    }

    @Test(
        "a source of unknown kind fits what the destination says",
        arguments: [
            ("/o/s /usr/local/bin", "stacker://b/o/s -> /usr/local/bin/s"), ("/app /app", "stacker://b/app -> /app"),
            ("/app .", "stacker://b/app -> /app"), ("/o/app .", "stacker://b/o/app -> /app/app"),
            ("/o/app ./", "stacker://b/o/app -> /app/app"), ("/o/dist dist", "stacker://b/o/dist -> /app/dist"),
            ("/usr/local /usr/local", "stacker://b/usr/local/ -> /usr/local"),
        ])
    func unknownKind(arguments: String, expected: String) throws {
        let made = try converted("FROM i AS b\nFROM i\nWORKDIR /app\nCOPY --from=b \(arguments)")
        #expect(imports(try made.layer("app")) == [expected])
    }

    @Test("an image may be in a layout")
    func layout() throws {
        #expect(try app("FROM oci:dir:tag").from?.url?.value == "oci:dir:tag")
    }

    @Test("a stage on a stage has its variables and its directory")
    func inheritance() throws {
        let made = try converted("FROM i AS a\nENV E=1\nARG G=2\nWORKDIR /w\nFROM a\nENV F=$E\nRUN x")
        #expect(try made.layer("app").from?.tag?.value == "a")
        #expect(try made.layer("app").environment == ["F": "1"])
        #expect(try made.layer("app").run?.text == "cd /w\nexport F=1\n# Dockerfile:7\nx\n")
    }

    @Test("ADD of a URL is an import with its hash")
    func download() throws {
        let hash = String(repeating: "a", count: 64)
        let layer = try app("FROM i\nADD --checksum=sha256:\(hash) https://x.org/y.tgz?z /d/\nADD http://x.org/y /z")
        #expect(imports(layer) == ["https://x.org/y.tgz?z -> /d/y.tgz", "http://x.org/y -> /z"])
        #expect(layer.imports[0].hash?.hex == hash)
        #expect(layer.imports.map(\.mode) == [0o600, 0o600])
    }

    @Test("an archive is unpacked by the script, or is the base")
    func archives() throws {
        let made = try converted("FROM i\nADD d/x.tar.xz /y", files: ["d/x.tar.xz"])
        #expect(imports(try made.layer("app")) == ["d/x.tar.xz"])
        #expect(try made.layer("app").run?.text.contains("tar -xJf /stacker/imports/x.tar.xz -C /y\n") == true)
        #expect(made.text.contains("# Dockerfile:2: ADD d/x.tar.xz: taken as an archive"))
        let base = try app("FROM scratch\nADD r.tar /\nRUN x", files: ["r.tar"])
        #expect(base.from?.kind == .tar)
        #expect(base.from?.url?.value == "r.tar")
        #expect(
            message { try app("FROM scratch\nADD r.tar /d/", files: ["r.tar"]) }.contains(
                "Dockerfile:2: ADD: r.tar would"))
    }

    @Test("a here-document is written by the script, expanded unless it is quoted")
    func heredocs() throws {
        let run = try app("FROM i\nENV E=1\nCOPY <<A <<\"B\" /etc/\n'$E' \\$E\nA\n$E\nB\n").run?.text
        #expect(run?.contains("cat > /etc/A <<'A'\n'1' $E\nA\nchmod 0644 /etc/A\n") == true)
        #expect(run?.contains("cat > /etc/B <<'B'\n$E\nB\n") == true)
    }

    @Test("the platform of a base is os and arch")
    func platform() throws {
        let layer = try app("FROM --platform=linux/arm64 i")
        #expect(layer.os == nil)
        #expect(layer.architecture == "arm64")
    }
}

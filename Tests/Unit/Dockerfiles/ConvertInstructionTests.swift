import Failure
import Testing

@testable import Dockerfiles

@Suite("Instructions as keys of a recipe")
struct ConvertInstructionTests {
    @Test("each RUN is a subshell, and its last command counts")
    func subshells() throws {
        let run = try app("FROM a\nRUN x && y\nRUN x; y\nRUN x y").run?.text
        #expect(run == "# Dockerfile:2\n(\nx && y\n)\n# Dockerfile:3\n(\nset +e\nx; y\n)\n# Dockerfile:4\nx y\n")
    }

    @Test("what changes the shell, or could fail half-way, has a shell of its own")
    func plain() {
        for text in ["apk add x", "echo \"a b\"", "a \\\n  b"] { #expect(DockerfileConverter.isPlainCommand(text)) }
        for text in ["cd /x", "exit 0", "A=1 b", "a | b", "a $(b)", "a\nb", "! a"] {
            #expect(!DockerfileConverter.isPlainCommand(text))
        }
    }

    @Test("continued lines stay lines where a shell reads them alike")
    func joined() {
        #expect(DockerfileConverter.joined(["a ", "  && b "]) == "a \\\n  && b")
        #expect(DockerfileConverter.joined(["a 'x", "y' ", " b"]) == "a 'xy' \\\n b")
        #expect(DockerfileConverter.joined(["a # x ", " b"]) == "a # x  b")
        #expect(DockerfileConverter.joined(["", "  a"]) == "a")
    }

    @Test("another shell and another user get the command as one word")
    func shells() throws {
        let run = try app("FROM a\nSHELL [\"/bin/bash\", \"-eo\", \"pipefail\", \"-c\"]\nRUN echo 'x'\nUSER it\nRUN y")
            .run?.text
        #expect(
            run == """
                # Dockerfile:3
                /bin/bash -eo pipefail -c 'echo '\\''x'\\'''
                # Dockerfile:5
                su -s /bin/bash -- it -eo pipefail -c 'y'

                """)
        let made = try converted("FROM a\nUSER 1000:1000\nRUN y")
        #expect(made.text.contains("# Dockerfile:3: RUN: runs as root here"))
        #expect(try made.layer("app").runtimeUser == "1000:1000")
    }

    @Test("a script with an interpreter of its own is read by that")
    func interpreter() throws {
        let run = try app("FROM a\nRUN <<EOF\n#!/usr/bin/env python3\nprint('$x')\nEOF").run?.text
        #expect(
            run?.contains("/usr/bin/env python3 /dev/fd/3 3<<'EOF'\n#!/usr/bin/env python3\nprint('$x')\nEOF\n") == true
        )
    }

    @Test("JSON words are quoted, and nothing is expanded in them")
    func words() throws {
        #expect(
            try app("FROM a\nRUN [\"sh\", \"-c\", \"echo $x; y\"]").run?.text == "# Dockerfile:2\nsh -c 'echo $x; y'\n")
    }

    @Test("WORKDIR goes on from the one before, and is made")
    func workdir() throws {
        let layer = try app("FROM a\nWORKDIR /x\nWORKDIR y/../z\nRUN w")
        #expect(layer.workingDirectory == "/x/z")
        #expect(layer.run?.text == "mkdir -p /x\ncd /x\nmkdir -p /x/z\ncd /x/z\n# Dockerfile:4\nw\n")
        #expect(try app("FROM a\nWORKDIR /x").run?.text == "mkdir -p /x\n")
    }

    @Test("without a shell a directory can't be made, and the recipe says so")
    func noShell() throws {
        let made = try converted("FROM scratch\nWORKDIR /x")
        #expect(try made.layer("app").run == nil)
        #expect(made.text.contains("# Dockerfile:2: WORKDIR /x: it is not made"))
        #expect(try !converted("FROM scratch\nWORKDIR /x\nCOPY a .", files: ["a"]).text.contains("is not made"))
    }

    @Test("commands are lists; the shell form is one word to the shell")
    func commands() throws {
        let layer = try app("FROM a\nENTRYPOINT [\"x\", \"y z\"]\nCMD a  \"b\"")
        #expect(layer.entrypoint == ["x", "y z"])
        #expect(layer.command == ["/bin/sh", "-c", "a  \"b\""])
    }

    @Test("labels, users, volumes")
    func config() throws {
        let layer = try app("FROM a\nLABEL a=1 b='x y'\nLABEL a=2\nUSER it\nVOLUME [\"/v\", \"/w\"]\nMAINTAINER me")
        #expect(layer.labels == ["a": "2", "b": "x y"])
        #expect(layer.annotations == ["org.opencontainers.image.authors": "me"])
        #expect(layer.runtimeUser == "it")
        #expect(layer.volumes == ["/v", "/w"])
        #expect(layer.binds.map(\.source) == [.volume("1"), .volume("2")])
        #expect(layer.binds.map(\.destination) == ["/v", "/w"])
    }

    @Test("where the container has something of its own, a volume is only the image's")
    func volumeOfProc() throws {
        let made = try converted("FROM a\nVOLUME /proc\nRUN x")
        #expect(try made.layer("app").binds.isEmpty)
        #expect(try made.layer("app").volumes == ["/proc"])
        #expect(made.text.contains("# Dockerfile:2: VOLUME /proc: scripts see no volume there"))
    }

    @Test("a script that does not see what was copied to a volume is told of")
    func hiddenByVolume() throws {
        let made = try converted("FROM a\nCOPY f /v/f\nVOLUME /v\nRUN x\nRUN y", files: ["f"])
        #expect(made.text.contains("# Dockerfile:4: RUN: what was copied to the volume /v is in the image"))
        #expect(!made.text.contains("# Dockerfile:5: RUN: what"))
    }

    @Test("the target of a mount that is left out is made once, and is owned as the mount says")
    func mountTargets() throws {
        let script = try app(
            "FROM a\nWORKDIR /w\nRUN --mount=type=tmpfs,target=c x\nRUN --mount=type=tmpfs,target=c,gid=5 y"
        ).run?.text
        #expect(
            script == "mkdir -p /w\ncd /w\nmkdir -p /w/c\n# Dockerfile:3\nx\nchown 0:5 /w/c\n# Dockerfile:4\ny\n")
        #expect(message { try converted("FROM a\nRUN --mount=type=cache,id=a x") }.contains("names no target"))
    }

    @Test("a cache mount is a cache directory of the layer")
    func cacheMounts() throws {
        let layer = try app(
            "FROM a\nWORKDIR /w\nARG D=/d\n"
                + "RUN --mount=type=cache,target=c --mount=type=cache,dst=$D,uid=1,gid=2,mode=755,sharing=locked x")
        #expect(layer.run?.text == "mkdir -p /w\ncd /w\n# Dockerfile:4\nx\n")
        #expect(layer.cacheDirectories.map(\.path) == ["/w/c", "/d"])
        #expect(layer.cacheDirectories.map(\.mode) == [nil, 0o755])
        #expect(layer.cacheDirectories.map(\.uid) == [nil, 1])
        #expect(layer.cacheDirectories.map(\.gid) == [nil, 2])
    }

    @Test("a command has its own caches and no other one's: it begins a layer where they are not the same")
    func cachesOfLayers() throws {
        let mount = "RUN --mount=type=cache,target=/c"
        let made = try converted("FROM a\nRUN u\n\(mount) v\n\(mount) w\nRUN x\n\(mount),uid=1 y\nFROM app AS z\nRUN z")
        #expect(made.layers.map { $0.cacheDirectories.map(\.path) } == [[], ["/c"], [], ["/c"], []])
        #expect(made.layers.map { $0.run?.text.filter { $0 >= "u" && $0 <= "z" } } == ["u", "vw", "x", "y", "z"])
    }

    @Test("a directory that is made where a cache is goes into the image")
    func directoriesInCaches() throws {
        let mount = "RUN --mount=type=cache,target=/c"
        let before = try converted("FROM a\nWORKDIR /c/d\n\(mount) x")
        #expect(before.layers.map { $0.run?.text } == ["mkdir -p /c/d\n", "cd /c/d\n# Dockerfile:3\nx\n"])
        let after = try converted("FROM a\n\(mount) x\nWORKDIR /c\nRUN y")
        #expect(after.layers.map(\.cacheDirectories.count) == [1, 0])
        #expect(after.layers.last?.run?.text == "mkdir -p /c\ncd /c\n# Dockerfile:4\ny\n")
    }

    @Test("what can't be a cache directory is left out, and said")
    func cachesLeftOut() throws {
        let made = try converted(
            "FROM a\nVOLUME /v\nRUN --mount=type=cache,target=/v/c --mount=type=cache,target=/proc "
                + "--mount=type=cache,target=/a --mount=type=cache,target=/a/b,id=i,from=z,source=/s x")
        #expect(try made.layer("app").cacheDirectories.map(\.path) == ["/a"])
        for note in [
            "target=/v/c: left out, /v is a volume", "target=/proc: left out, the container has one of its own",
            "/a/b,id=i,from=z,source=/s: left out, /a is another cache", "begins empty", "whatever its id",
        ] { #expect(made.text.contains(note)) }
        for options in ["id=a", "target=/c,mode=u+x", "target=/c,uid=me"] {
            #expect(message { try converted("FROM a\nRUN --mount=type=cache,\(options) x") }.contains("Dockerfile:2"))
        }
    }

    @Test("EXPOSE and STOPSIGNAL are ports and a stop signal")
    func portsAndSignal() throws {
        let made = try converted(
            "FROM a\nARG P=8080\nENV MORE='1 2/udp'\nEXPOSE 80/TCP 53/udp $P 90-92\nEXPOSE 80 $MORE http\nSTOPSIGNAL int"
        )
        let layer = try made.layer("app")
        #expect(
            layer.ports == ["80/tcp", "53/udp", "8080/tcp", "90/tcp", "91/tcp", "92/tcp", "1/tcp", "2/udp"])
        #expect(layer.stopSignal == "SIGINT")
        #expect(made.text.contains("${{P}}"))
        #expect(made.text.contains("# Dockerfile:5: EXPOSE http: left out, http is no port"))
        #expect(try converted("FROM a\nSTOPSIGNAL x").text.contains("STOPSIGNAL x: left out, it is no signal"))
    }

    @Test("a volume does not hide what a RUN before it put there")
    func volumeAfterRun() throws {
        let made = try converted("FROM a\nRUN x\nVOLUME /v\nRUN y")
        #expect(made.layers.map(\.name) == ["app-1", "app"])
        #expect(try made.layer("app-1").binds.isEmpty)
        #expect(try made.layer("app").binds.count == 1)
    }

    @Test(
        "what may not stand in a comment of YAML is a replacement character there",
        arguments: ["\u{FFFE}", "\u{FFFF}", "\u{1}"])
    func unprintable(character: String) throws {
        let (text, _) = try writtenRecipe("FROM busybox\nHEALTHCHECK CMD a\(character)b\n")
        #expect(text.contains("a\u{FFFD}b"))
        #expect(!text.contains(character))
    }

    @Test(
        "what a recipe has no place for is a comment with its line",
        arguments: [
            "HEALTHCHECK NONE", "ONBUILD RUN x", "RUN --mount=type=tmpfs,target=/c x",
        ])
    func comments(instruction: String) throws {
        let text = try converted("FROM a\n\(instruction)").text
        #expect(text.contains("  # Dockerfile:2: \(instruction.prefix { $0 != "," && $0 != "x" })"))
    }

    @Test("all that can't be converted is named at once")
    func problems() {
        let error = message {
            try converted(
                "FROM a\nRUN --mount=type=bind,target=/x y\nCOPY --parents a b\nADD git://x /y\nCOPY --chmod=u+x a b")
        }
        for problem in ["2: RUN: --mount", "3: COPY: --parents", "4: ADD: a git", "5: COPY: --chmod=u+x"] {
            #expect(error.contains("Dockerfile:\(problem)"))
        }
    }

    @Test("there has to be a FROM, and only ARG stands before it")
    func from() {
        #expect(message { try converted("ARG a") }.contains("there is no FROM"))
        #expect(
            message { try converted("RUN a\nFROM b") }.contains("Dockerfile:1: RUN: it stands before the first FROM"))
    }
}

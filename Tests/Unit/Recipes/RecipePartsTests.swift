import FileTree
import SystemPackage
import Testing

@testable import RecipeText
@testable import Recipes
@testable import Stacker

@Suite("Recipe: words, fields and search")
struct RecipePartsTests {
    @Test(
        "nothing is bound where stacker mounts something itself",
        arguments: [
            ("/", true), ("/proc", true), ("/proc/sys", false), ("/dev", true), ("/dev/fuse", false), ("/sys", true),
            ("/sys/fs/cgroup", false), ("/stacker", true), ("/stacker/imports", true), ("/stacker/imports/a", true),
            ("/stacker/oci-labels", true), ("/stacker/artifacts", false), ("/imports", false), ("/srv/stacker", false),
        ])
    func reservedPlaces(path: FilePath, isReserved: Bool) {
        #expect((ReservedPlace.objection(to: path) != nil) == isReserved)
    }

    @Test("words are split as a shell splits them")
    func words() throws {
        #expect(try shellWords("") == [])
        #expect(try shellWords("  a\tb\n c ") == ["a", "b", "c"])
        #expect(try shellWords(#"a'b c'"d e"f\ g"#) == ["ab cd ef g"])
        #expect(try shellWords(#"'' "" \''"#.dropLast() + "") == ["", "", "'"])
        #expect(try shellWords(#""a\"b\\c\$d\`e\f""#) == [#"a"b\c$d`e\f"#])
        #expect(try shellWords("'a\\b'") == ["a\\b"])
        #expect(try shellWords("a\\\nb \"c\\\nd\"") == ["ab", "cd"])
        #expect(try shellWords("a#b #c d\ne") == ["a#b", "e"])
        #expect(try shellWords("$HOME *") == ["$HOME", "*"])
    }

    @Test("fields name what a layer says, not how or where it says it")
    func fields() throws {
        let one = try layer(
            "run: [a, b]\nenvironment: {A: 1, B: 2}\nlabels: {x: 1, y: 2}\ncmd: a b\nbuild_only: no\nos: linux")
        let other = try layer(
            "os: linux\n\nlabels: {y: 2, x: 1}\nrun: |-\n  a\n  b\ncmd: [a, b]\nenvironment: {A: '1', B: 2}\nvolumes: []"
        )
        #expect(one.fields == other.fields)
        #expect(
            one.fields.map(\.key) == ["run", "cmd", "environment", "labels", "os"])
        #expect(one.fields.first == DefinitionField(key: "run", text: #""a\nb""#))
    }

    @Test(
        "each key that changes shows in the field of its name",
        arguments: [
            ("from", "{type: tar, url: a}", "{type: tar, url: b}"),
            ("from", "{type: docker}", "{type: docker, insecure: on}"),
            ("imports", "a", "b"), ("imports", "{path: a}", "{path: a, mode: 0600}"),
            ("imports", "{path: a, uid: 1}", "{path: a, gid: 1}"), ("imports", "{path: a}", "{path: a, dest: /}"),
            ("imports", "a", "{path: a, hash: \(String(repeating: "0", count: 64))}"), ("import", "a", "b"),
            ("overlay_dirs", "[{source: a}]", "[{source: a, dest: /x}]"), ("run", "a", "b"),
            ("cmd", "a b", "'\"a b\"'"),
            ("cmd", "", "[]"), ("entrypoint", "a", "b"), ("full_command", "a", "b"), ("build_env", "{A: b}", "{A: c}"),
            ("build_env_passthrough", "[]", ""), ("environment", "{A: 1, B: 2}", "{B: 2, A: 1}"),
            ("environment", "{A: '1\", \"B\": \"2'}", "{A: 1, B: 2}"),
            ("cmd", "['a\", \"b']", "[a, b]"), ("run", "'a\\n'", "\"a\\n\""), ("volumes", "[a, b]", "['a, b']"),
            ("labels", "{a: b}", "{a: c}"), ("generate_labels", "a", "b"), ("working_dir", "/a", "/b"),
            ("runtime_user", "1", "01"), ("annotations", "{a: b}", "{c: b}"), ("build_only", "on", "off"),
            ("binds", "[/a]", "[/a -> /b]"), ("os", "a", "b"), ("arch", "a", "b"),
            ("shell", "/bin/sh -e", "/bin/sh -xe"), ("ports", "[80]", "[80/udp]"), ("stop_signal", "INT", "TERM"),
            ("cache_dirs", "[/a]", "[/b]"), ("cache_dirs", "[/a]", "[{path: /a, mode: 0700}]"),
            ("cache_dirs", "[{path: /a, uid: 1}]", "[{path: /a, gid: 1}]"),
        ])
    func changes(_ key: String, _ before: String, _ after: String) throws {
        let changed = Set(try layer("\(key): \(before)").fields).symmetricDifference(
            try layer("\(key): \(after)").fields)
        #expect(Set(changed.map(\.key)) == [key])
    }

    /// Everybody's caches depend on these bytes, local ones and shared ones.
    @Test("the bytes of what keys say")
    func bytes() throws {
        let definition = try layer(
            """
            cache_dirs: [/b, {path: /a, mode: 0700, uid: 1, gid: 2}]
            ports: [443, 53/udp]
            run: a
            shell: /bin/bash -e
            stop_signal: int
            imports: {path: a, mode: 0644, uid: 1, gid: 2}
            """)
        #expect(
            definition.fields.map { "\($0.key)=\($0.text)" } == [
                #"imports=[{path: "a", mode: 0644, uid: 1, gid: 2}]"#, #"run="a""#, #"shell=["/bin/bash", "-e"]"#,
                #"ports=["443/tcp", "53/udp"]"#, #"stop_signal="SIGINT""#,
                #"cache_dirs=[{path: "/a", mode: 0700, uid: 1, gid: 2}, {path: "/b"}]"#,
            ])
        // What is as it always was needs no words.
        #expect(try layer("run: a\nshell: /bin/sh -xe\nports: []\ncache_dirs: []").fields.map(\.key) == ["run"])
    }

    @Test("every key of the language has a field, but for when a layer is built, and for which platforms")
    func allKeys() throws {
        let values: [LayerKey: String] = [
            .from: "{type: scratch}", .overlayDirectories: "[{source: a}]", .buildEnvironment: "{A: b}",
            .buildEnvironmentPassthrough: "[A]", .environment: "{A: b}", .labels: "{A: b}", .annotations: "{A: b}",
            .volumes: "[a]", .binds: "[/a]", .buildOnly: "true",
            .shell: "/a", .ports: "[1]", .stopSignal: "INT", .cacheDirectories: "[/a]",
        ]
        // Each platform's layer has a field of its own, once it is known which there are.
        for key in LayerKey.allCases where ![.serial, .platforms, .buildPlatform].contains(key) {
            let fields = try layer("\(key.rawValue): \(values[key] ?? "a")").fields
            #expect(fields.map(\.key) == [key.rawValue])
        }
        #expect(try layer("serial: true").fields.isEmpty)
    }

    @Test("fields are the same on every machine")
    func noMachine() throws {
        let text = "foo: {imports: [a/b], binds: [c], overlay_dirs: [{source: d}]}"
        let here = try Recipe(Array(text.utf8), source: RecipeSource("s.yaml", workingDirectory: "/here"))
        let there = try Recipe(Array("\n\(text)".utf8), source: RecipeSource("x/t.yaml", workingDirectory: "/there"))
        #expect(here.layers[0].fields == there.layers[0].fields)
    }

    @Test("the search finds files named stacker.yaml at any depth, and skips stacker's own directories")
    func search() throws {
        let name = FilePath("recipe-search-\(UInt64.random(in: 0 ... .max))")
        let root = FilePath("/tmp").pushing(name)
        defer { try? Directory(at: "/tmp").removeTree(name) }
        for name in [
            "stacker.yaml", "b/stacker.yaml", "a/deep/er/stacker.yaml", "a/.stacker.yaml.swp", "a/test_stacker.yaml",
            "a/stackerXyaml", "a/stacker.yaml.bak", "roots/stacker.yaml", "c/my.yml",
        ] {
            let path = root.appending(name)
            try Directory.create(path.removingLastComponent())
            _ = try OpenFile(path, 0o101, mode: 0o644)
        }
        try Directory.create(root.appending("d/stacker.yaml"))
        let top = try Directory(at: root)
        try top.makeSymlink("loop", to: ".")
        try top.directory("c").makeSymlink("stacker.yaml", to: "my.yml")

        let search = try RecipeSearch(skipping: [root.appending("roots")])
        let found = try search.files(below: root).map { String($0.string.dropFirst(root.string.utf8.count)) }
        #expect(found == ["/a/deep/er/stacker.yaml", "/b/stacker.yaml", "/c/stacker.yaml", "/stacker.yaml"])
        let other = try RecipeSearch(pattern: "/c/.*ml$", skipping: []).files(below: root)
        #expect(other.map(\.lastComponent?.string) == ["my.yml", "stacker.yaml"])

        #expect(message { try RecipeSearch(pattern: "(", skipping: []) }.contains("\"(\" is not a regular expression"))
        #expect(
            message { try search.files(below: root.appending("none")) }
                .contains("couldn't search \(root)/none for stacker files: couldn't open directory"))
    }
}

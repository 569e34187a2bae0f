import OrderedCollections
import Registry
import SystemPackage
import Testing
import Web

@testable import Recipes

@Suite("Recipe: the keys of a layer")
struct RecipeLayerTests {
    @Test("layers are in file order, and know where they stand")
    func layers() throws {
        let recipe = try recipe(
            "zoo:\n  from: {type: scratch}\n\nbar: {from: {type: scratch}}\n'7':\n1.10: {os: linux}\n")
        #expect(recipe.layers.map(\.name) == ["zoo", "bar", "7", "1.10"])
        #expect(recipe.layers[1].position.description == "stacker.yaml:4:1")
        #expect(recipe.layers[0].position(of: .from).description == "stacker.yaml:2:3")
        #expect(recipe.layers[0].position(of: .run).description == "stacker.yaml:1:1")
        #expect(recipe.warnings.isEmpty)
    }

    @Test("the text is kept to the byte, after substitution")
    func text() throws {
        let text = "\u{FEFF}foo:\r\n  run: ${{A}}  # é\r\n\r\n"
        let recipe = try recipe(text, ["A": "x"])
        #expect(Array(recipe.text.utf8) == Array("\u{FEFF}foo:\r\n  run: x  # é\r\n\r\n".utf8))
        #expect(recipe.layers.first?.run?.text == "x")
        #expect(recipe.layers.first?.position.description == "stacker.yaml:1:1")
        #expect(recipe.layers.first?.position(of: .run).description == "stacker.yaml:2:3")
    }

    // MARK: - from

    @Test("every kind of base is understood; oci and tar are relative to a directory")
    func bases() throws {
        func base(_ from: String) throws -> Base { try layer("from: {\(from)}").base(relativeTo: "/srv/project") }
        #expect(try base("type: scratch") == .scratch)
        #expect(try base("type: built, tag: bar") == .built(layer: "bar"))
        #expect(try base("type: docker, url: 'docker://x/y:1'") == .docker(ImageReference("x/y:1"), insecure: false))
        #expect(
            try base("type: docker, url: docker://x, insecure: yes") == .docker(ImageReference("x"), insecure: true))
        #expect(try base("type: docker, url: 'oci:dir:tag'") == .oci(layout: "/srv/project/dir", tag: "tag"))
        #expect(try base("type: oci, url: 'oci:a:b:c'") == .oci(layout: "/srv/project/oci", tag: "a:b:c"))
        #expect(try base("type: oci, url: '/abs/oci:1.10'") == .oci(layout: "/abs/oci", tag: "1.10"))
        #expect(try base("type: tar, url: ../x.tar") == .tar(.local("/srv/x.tar")))
        #expect(try base("type: tar, url: 'https://h/x.tar'") == .tar(.http(WebAddress("https://h/x.tar"))))
        #expect(try base("type: tar, url: stacker://bar/x.tar") == .tar(.layer(name: "bar", path: "/x.tar")))
    }

    @Test("a key without a value is an absent key")
    func absent() throws {
        let keys = LayerKey.allCases.filter { $0 != .os && $0 != .architecture }.map { "\($0.rawValue):" }
        let empty = try layer(keys.joined(separator: "\n") + "\nbom: ~")
        #expect(empty.fields.isEmpty)
        #expect(empty.positions.isEmpty)
        #expect(try layer("from: {type: docker, url: , tag: , insecure: }").from?.url == nil)
        #expect(try layer("imports: {path: a, hash: , dest: , mode: , uid: , gid: }").imports.first?.mode == nil)
    }

    // MARK: - imports

    @Test("imports may be a text, a list or maps")
    func imports() throws {
        #expect(try layer("imports: a").imports.map(\.source) == [.local("/srv/project/a")])
        let hash = String(repeating: "aB", count: 32)
        let list = try layer(
            """
            imports:
              - ../dir/
              - http://h/f
              - stacker://bar/etc/../x
              - path: /abs
                hash: \(hash)
                dest: /opt/
                mode: 0644
                uid: 1000
                gid: 0
              - {path: x, hash: 'sha256:\(hash)', mode: 0o4755}
            """)
        #expect(
            list.imports.map(\.source) == [
                .local("/srv/dir"), .http(try WebAddress("http://h/f")), .layer(name: "bar", path: "/x"),
                .local("/abs"),
                .local("/srv/project/x"),
            ])
        #expect(list.imports.map(\.meansContents) == [true, false, false, false, false])
        #expect(list.imports[0].path == "../dir/")
        #expect(list.imports[0].position.description == "stacker.yaml:3:7")
        #expect(list.imports[3].hash?.hex == hash.lowercased())
        #expect(list.imports[3].destination == "/opt/")
        #expect(list.imports[3].mode == 0o644)
        #expect(list.imports[3].uid == 1000)
        #expect(list.imports[3].gid == 0)
        #expect(list.imports[4].hash?.hex == hash.lowercased())
        #expect(list.imports[4].mode == 0o4755)
        #expect(!list.usesLegacyImport)
    }

    @Test("a relative path is relative to the recipe; for a recipe from a URL, to the working directory")
    func directories() throws {
        let there = try recipe("foo: {imports: a}", name: "sub/dir/stacker.yaml")
        #expect(there.layers[0].imports[0].source == .local("/srv/project/sub/dir/a"))
        let remote = try recipe("foo: {imports: a}", name: "https://h/x/stacker.yaml")
        #expect(remote.layers[0].imports[0].source == .local("/srv/project/a"))
    }

    @Test("the deprecated import works, and warns once")
    func legacyImport() throws {
        let recipe = try recipe("foo:\n  import: [a, b]\nbar:\n  import: c\nbaz:\n  import: x\n  imports: []\n")
        #expect(recipe.layers.map(\.usesLegacyImport) == [true, true, true])
        #expect(recipe.layers[2].imports.map(\.path) == ["x"])
        #expect(recipe.warnings.count == 1)
        #expect(recipe.warnings[0].description.hasPrefix("stacker.yaml:2:3: import is deprecated: write imports"))
    }

    @Test("an unknown key of an import is a warning")
    func unknownImportKey() throws {
        let recipe = try recipe("foo:\n  imports:\n    - path: a\n      perms: 755\n      dset: /x\n")
        #expect(
            recipe.warnings.map(\.description) == [
                #"stacker.yaml:4:7: unknown key "perms" in import "a" is ignored, so that files keep their own modes: did you mean mode?"#,
                #"stacker.yaml:5:7: unknown key "dset" in import "a" is ignored, so that the file does not get where it says: did you mean dest?"#,
            ])
    }

    @Test("a decimal mode is an error that says what it means, and what is probably meant")
    func decimalMode() {
        let error = message { try recipe("foo: {imports: {path: a, mode: 755}}") }
        #expect(error.contains("755 is a decimal number in YAML, and means 01363"))
        #expect(error.contains("help: write 0755"))
        #expect(message { try recipe("foo: {imports: {path: a, mode: 493}}") }.contains("help: write 0755"))
    }

    @Test("bom in any shape is ignored, and warns once")
    func bom() throws {
        let recipe = try recipe("foo:\n  bom: {generate: true}\nbar:\n  bom: [1]\n")
        #expect(recipe.warnings.map(\.description).count == 1)
        #expect(recipe.warnings[0].description.hasPrefix("stacker.yaml:2:3: bom is ignored"))
    }

    // MARK: - Files of the host

    @Test("overlay_dirs have a source beside the recipe and a destination in the image")
    func overlayDirectories() throws {
        let dirs = try layer("overlay_dirs:\n  - {source: a/b, dest: /opt}\n  - source: /c\n").overlayDirectories
        #expect(dirs.map(\.source) == ["/srv/project/a/b", "/c"])
        #expect(dirs.map(\.destination) == ["/opt", "/"])
    }

    @Test("binds have three forms")
    func binds() throws {
        let binds = try layer(
            "binds:\n  - /a\n  - b -> /c\n  - x\n  - {source: ../d, dest: /e}\n  - {source: f}\n  - g->h"
        ).binds
        #expect(
            binds.map(\.source) == [
                .host("/a"), .host("/srv/project/b"), .host("/srv/project/x"), .host("/srv/d"),
                .host("/srv/project/f"), .host("/srv/project/g"),
            ])
        #expect(
            binds.map(\.destination) == ["/a", "/c", "/srv/project/x", "/e", "/srv/project/f", "/h"])
    }

    // MARK: - Commands and scripts

    @Test("run is a text or a list of lines, under sh -xe unless it names its interpreter")
    func run() throws {
        #expect(try layer("run: |\n  a\n  b\n").run?.text == "a\nb\n")
        #expect(try layer("run: [a, 'b: c', 1.10]").run?.text == "a\nb: c\n1.10")
        #expect(try layer("run: [a, b]").run?.file == "a\nb\n")
        #expect(try layer("run: |\n  a\n").run?.file == "a\n")
        #expect(try layer("run: a").run?.command(at: "/f", shell: ["/a", "b"]) == ["/a", "b", "/f"])
        #expect(try layer("run: a").shell == ["/bin/sh", "-xe"])
        #expect(try layer("shell: /bin/bash -euo 'pipe fail'").shell == ["/bin/bash", "-euo", "pipe fail"])
        #expect(try layer("run: |\n  #!/bin/bash\n  a\n").run?.file == "#!/bin/bash\na\n")
        #expect(try layer("run: |\n  #!/bin/bash\n  a\n").run?.command(at: "/f", shell: ["/a"]) == ["/f"])
        #expect(try layer("generate_labels: echo").generateLabels?.text == "echo")
    }

    @Test(
        "a shell may end with any option but one by which it takes a command",
        arguments: [
            ("-c", false), ("-ec", false), ("-exuc", false), ("-e", true), ("-C", true), ("-eC", true), ("c", true),
            ("rc", true),
            ("--rc", true), ("-rcfile", true), ("--norc", true), ("-abcdec", true), ("-o2c", true),
        ])
    func shellOptions(last: String, isTaken: Bool) {
        #expect((message { try layer("shell: [/bin/sh, \(last)]") } == "no error") == isTaken)
    }

    @Test("cmd, entrypoint and full_command are lists, or split as a shell does")
    func commands() throws {
        #expect(try layer("cmd: [a b, 1.10, '']").command == ["a b", "1.10", ""])
        #expect(try layer("cmd: sh -c \"echo  'x y'\"").command == ["sh", "-c", "echo  'x y'"])
        #expect(try layer("entrypoint: /bin/a b").entrypoint == ["/bin/a", "b"])
        #expect(try layer("full_command: a").fullCommand == ["a"])
        #expect(try layer("cmd: []").command == [])
        #expect(try layer("cmd: ''").command == [])
    }

    // MARK: - Maps and scalars

    @Test("scalars keep their spelling, and maps their order")
    func spelling() throws {
        let layer = try layer(
            """
            environment: {Z: 1.10, A: 010, M: true, E: , Q: "a: b", T: 2001-01-01, N: '~'}
            build_env: {V: 1.0, EMPTY: , ALSO: ''}
            labels: {b: 1_000, a: 0x10}
            annotations: {x: yes}
            runtime_user: 1000
            working_dir: /a b
            volumes: [/data, 1]
            os: linux
            arch: arm64
            build_only: on
            """)
        #expect(
            layer.environment == [
                "Z": "1.10", "A": "010", "M": "true", "E": "", "Q": "a: b", "T": "2001-01-01", "N": "~",
            ])
        #expect(Array(layer.environment.keys) == ["Z", "A", "M", "E", "Q", "T", "N"])
        #expect(layer.buildEnvironment == ["V": "1.0"])
        #expect(layer.labels == ["b": "1_000", "a": "0x10"])
        #expect(layer.annotations == ["x": "yes"])
        #expect(layer.runtimeUser == "1000")
        #expect(layer.workingDirectory == "/a b")
        #expect(layer.volumes == ["/data", "1"])
        #expect(layer.os == "linux")
        #expect(layer.architecture == "arm64")
        #expect(layer.isBuildOnly)
    }

    @Test("booleans have the spellings of YAML 1.1", arguments: ["true", "Yes", "ON", "y", "\"true\""])
    func booleans(_ text: String) throws {
        #expect(try layer("build_only: \(text)").isBuildOnly)
        #expect(try !layer("build_only: no").isBuildOnly)
    }

    @Test("build_env_passthrough is a list of regular expressions; absent, the default holds")
    func passthrough() throws {
        #expect(try layer("build_env_passthrough: ['HTTP_.*', X]").buildEnvironmentPassthrough == ["HTTP_.*", "X"])
        #expect(try layer("build_env_passthrough: []").buildEnvironmentPassthrough == [])
        #expect(try layer("os: linux").buildEnvironmentPassthrough == nil)
    }

    @Test(
        "what reaches run of stacker's own environment: proxies, TERM and the epoch, or what the patterns match whole")
    func runEnvironment() throws {
        let own = ["https_proxy": "p", "TERM": "xterm", "SOURCE_DATE_EPOCH": "1", "HOME": "/", "NO_PROXY": ""]
        #expect(
            try layer("os: linux").runEnvironment(passing: own)
                == ["SOURCE_DATE_EPOCH": "1", "TERM": "xterm", "https_proxy": "p"])
        let set = try layer("build_env_passthrough: [HO, 'T.*M', '(?i)HOME']\nbuild_env: {TERM: mine, X: y}")
        #expect(try set.runEnvironment(passing: own) == ["HOME": "/", "TERM": "mine", "X": "y"])
        #expect(try layer("build_env_passthrough: []").runEnvironment(passing: own).isEmpty)
    }

    @Test("anchors and merge keys work; a layer's own keys win")
    func anchors() throws {
        let recipe = try recipe(
            """
            foo: &foo
              from: &scratch {type: scratch}
              environment: &env {A: 1, B: 2}
              run: foo
            bar:
              <<: *foo
              run: bar
              environment: {C: 3, <<: [*env, {B: 4, D: 5}], A: 9}
            baz: {from: *scratch}
            """)
        let bar = recipe.layers[1]
        #expect(bar.from?.kind == .scratch)
        #expect(bar.run?.text == "bar")
        #expect(Array(bar.environment).map { "\($0.key)=\($0.value)" } == ["C=3", "B=2", "D=5", "A=9"])
        #expect(recipe.layers[2].from?.kind == .scratch)
        #expect(recipe.layers[2].from?.position.description == "stacker.yaml:9:13")
    }

    @Test("config holds prerequisites and build settings")
    func config() throws {
        let recipe = try recipe(
            "config:\n  prerequisites: [../a.yaml, /b.yaml, 'https://h/c.yaml']\n  collapse_build_only: true\nfoo:\n",
            name: "sub/stacker.yaml")
        #expect(recipe.settings.collapseBuildOnly == true)
        #expect(
            recipe.settings.prerequisites.map(\.source.location) == [
                .file("/srv/project/a.yaml"), .file("/b.yaml"), .url("https://h/c.yaml"),
            ])
        #expect(recipe.settings.prerequisites.map(\.source.name) == ["a.yaml", "/b.yaml", "https://h/c.yaml"])
        let none = try Recipes.Recipe(
            Array("config:\nfoo:\n".utf8), source: RecipeSource("x", workingDirectory: "/"))
        #expect(none.settings.collapseBuildOnly == nil)
        let remote = RecipeSource("https://h:1/x/y/stacker.yaml?q", workingDirectory: "/w")
        #expect(remote.prerequisite("../a.yaml").location == .url("https://h:1/x/a.yaml"))
        #expect(remote.prerequisite("/a.yaml").location == .file("/a.yaml"))
    }
}

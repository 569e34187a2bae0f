import Failure
import Testing

@testable import Recipes

@Suite("Recipe: every error has its place and says what to write")
struct RecipeErrorTests {
    struct Case: CustomTestStringConvertible {
        let text: String
        let error: String
        var testDescription: String { error }

        init(_ text: String, _ error: String) {
            self.text = text
            self.error = error
        }
    }

    @Test(
        "a text that is no map of layers",
        arguments: [
            Case("", "stacker.yaml: empty"),
            Case("# only a comment\n", "stacker.yaml: empty"),
            Case("~", "stacker.yaml: empty"),
            Case("---\n", "stacker.yaml: empty"),
            Case("- a\n", "stacker.yaml:1:1: a stacker file is a map of layers, not a list"),
            Case("foo", "stacker.yaml:1:1: a stacker file is a map of layers, not text"),
            Case("{}", "stacker.yaml:1:1: there are no layers"),
            Case("config:\n  collapse_build_only: true\n", "stacker.yaml:1:1: there are no layers"),
            Case("foo: 1\n", "stacker.yaml:1:6: layer foo must be a map, not text: \"1\""),
            Case("foo: [a]\n", "stacker.yaml:1:6: layer foo must be a map, not a list"),
            Case(
                "foo:\n  run: a\n bar: b\n",
                "stacker.yaml:3:2: not YAML: did not find expected key while parsing a block mapping"),
            Case("foo:\n\trun: a\n", "stacker.yaml:2:1: not YAML: found character that cannot start any token"),
            Case("foo:\n\trun: a\n", "help: indent with spaces"),
            Case("foo: a: b\n", "stacker.yaml:1:7: not YAML: mapping values are not allowed in this context"),
            Case("foo: \"a\n", "stacker.yaml:2:1: not YAML: found unexpected end of stream"),
            Case("foo:\n  run: a\u{1}b\n", "stacker.yaml:2:9: not YAML: control characters are not allowed"),
            Case("foo: {run: a}\n---\nbar:\n", "stacker.yaml:2:1: a second YAML document"),
            Case("? [a]\n: b\n", "stacker.yaml:1:3: a key must be text, not a list"),
            Case("foo: *x\n", "stacker.yaml:1:6: unknown alias *x"),
            Case("foo: !wat x\n", "stacker.yaml:1:6: unknown YAML tag \"!wat\""),
            Case("foo: {<<: a}\n", "stacker.yaml:1:11: << merges a map, or a list of maps, not text"),
        ])
    func notLayers(_ example: Case) {
        #expect(message { try recipe(example.text) }.contains(example.error))
    }

    @Test(
        "what people write for other programs is told in this one's words",
        arguments: [
            Case("a:1.0: {}\n", "help: a layer has no tag; an image gets one when it is published"),
            Case("foo:\n  run: echo a: b\n", "help: a \":\" before a blank makes a map of a text"),
            Case("foo:\n  labels: [A=s3cr3t]\n", "help: write \"A: …\" in place of \"- A=…\""),
            Case("foo:\n  environment:\n    - A=b\n", "help: write \"A: …\" in place of \"- A=…\""),
            Case("foo:\n  ports: 80\n", "help: also of one: [\"80\"]"),
            Case("foo:\n  binds: a -> /b\n", "help: also of one: [\"a -> /b\"]"),
            Case("version: '3'\nservices:\n  web: {image: a}\n", "stacker.yaml:2:1: this is a compose file"),
            Case("services:\n  run: 1\n  image: a\n", "unknown key \"image\" in layer services"),
        ])
    func elsewhere(_ example: Case) {
        let said = message { try recipe(example.text) }
        #expect(said.contains(example.error) && !said.contains("s3cr3t"))
    }

    @Test(
        "layer names",
        arguments: [
            Case("a:b: {}\n", "stacker.yaml:1:1: layer name \"a:b\": \":\" is forbidden"),
            Case("'': {}\n", "stacker.yaml:1:1: a layer's name is empty"),
            Case("a/b: {}\n", "stacker.yaml:1:1: layer name \"a/b\": a layer's name is the name of a directory"),
            Case("..: {}\n", "stacker.yaml:1:1: layer name \"..\": a layer's name is the name of a directory"),
            Case(".: {}\n", "stacker.yaml:1:1: layer name \".\": a layer's name is the name of a directory"),
            Case("\"a\\0b\": {}\n", "stacker.yaml:1:1: a NUL byte in a text"),
            Case(".lock: {}\n", "stacker.yaml:1:1: layer name \".lock\" is a name that stacker itself uses"),
            Case("sha256_\(String(repeating: "0", count: 64)): {}\n", "is a name that stacker itself uses"),
            Case("\(String(repeating: "x", count: 201)): {}\n", "is longer than 200 bytes"),
            Case(
                "foo: {}\nbar: {}\nfoo: {}\n",
                "stacker.yaml:3:1: duplicate layer name: foo: the first is at stacker.yaml:1:1"),
            Case("foo: {}\nfoo: {a: 1, a: 2}\n", "stacker.yaml:2:1: duplicate layer name: foo"),
            Case("bar: {a: 1, a: 2}\nfoo: {}\nfoo: {}\n", "stacker.yaml:3:1: duplicate layer name: foo"),
            Case(
                "config: {}\nfoo: {}\nconfig: {}\n",
                "stacker.yaml:3:1: duplicate key: config: the first is at stacker.yaml:1:1"),
            Case(
                "foo:\n  run: a\n  os: b\n  run: c\n",
                "stacker.yaml:4:3: duplicate key: run: the first is at stacker.yaml:2:3"),
        ])
    func names(_ example: Case) {
        #expect(message { try recipe(example.text) }.contains(example.error))
    }

    @Test(
        "unknown keys",
        arguments: [
            Case(
                "foo:\n  bulid_only: true\n",
                "stacker.yaml:2:3: unknown key \"bulid_only\" in layer foo: did you mean build_only?"),
            Case("foo:\n  Run: a\n", "unknown key \"Run\" in layer foo: did you mean run?"),
            Case("foo:\n  workdir: a\n", "unknown key \"workdir\" in layer foo: did you mean working_dir?"),
            Case("foo:\n  qqqqqqqq: a\n", "help: known keys are from, imports, import, overlay_dirs, run, shell, cmd"),
            Case(
                "foo:\n  from:\n    typ: a\n",
                "stacker.yaml:3:5: unknown key \"typ\" in from of layer foo: did you mean type?"),
            Case(
                "config:\n  prerequisite: [a]\n",
                "stacker.yaml:2:3: unknown key \"prerequisite\" in config: did you mean prerequisites?"),
            Case(
                "foo:\n  binds:\n    - {source: a, dst: b}\n",
                "stacker.yaml:3:19: unknown key \"dst\" in an entry of binds of layer foo: did you mean dest?"),
            Case(
                "foo:\n  overlay_dirs:\n    - {sauce: a}\n",
                "stacker.yaml:3:8: unknown key \"sauce\" in an entry of overlay_dirs of layer foo: did you mean source?"
            ),
            Case(
                "foo:\n  imports:\n    - {path: a, target: /b}\n",
                "stacker.yaml:3:17: unknown key \"target\" in import \"a\": did you mean dest?"),
            Case("foo:\n  imports: {path: a, USER: 1}\n", "unknown key \"USER\" in import \"a\""),
        ])
    func keys(_ example: Case) {
        #expect(message { try recipe(example.text) }.contains(example.error))
    }

    @Test(
        "values of the wrong kind",
        arguments: [
            Case("from: scratch", "2:9: from of layer foo must be a map, not text: \"scratch\""),
            Case(
                "from: {type: dockr}", "2:16: unknown type \"dockr\" in from of layer foo: did you mean docker?"
            ),
            Case("from: {type: zzzzzzzz}", "help: type is one of docker, oci, tar, built, scratch"),
            Case("from: {type: [a]}", "2:16: type in from of layer foo must be text, not a list"),
            Case("from: {insecure: maybe}", "2:20: insecure in from of layer foo must be true or false, not \"maybe\""),
            Case("import: a\nimports: b", "3:3: layer foo has both import and imports"),
            Case("imports: b\nimport: [a]", "3:3: layer foo has both import and imports"),
            Case("imports: [[a]]", "2:13: an import of layer foo must be a path or a map, not a list"),
            Case("imports: ['']", "2:13: an import of layer foo is empty"),
            Case("imports: [~]", "2:13: an import of layer foo is empty"),
            Case("imports: {dest: /a}", "2:12: an import of layer foo has no path"),
            Case("imports: [\"a\\0b\"]", "2:13: a NUL byte in a text"),
            Case("binds: [\"a -> \\0\"]", "2:11: a NUL byte in a text"),
            Case(
                "cache_dirs: [/a, /a/b]",
                "2:20: cache directory /a/b of layer foo and cache directory /a (stacker.yaml:2:16)"),
            Case("cache_dirs: [/a/b]\nbinds: [x -> /a]", "and bind on /a (stacker.yaml:3:11) would hide each other"),
            Case("imports: {path: a, mode: 0x+7}", "2:28: mode of import \"a\" is not a number"),
            Case(
                "imports: ['ftp://x']",
                "2:13: an import of layer foo has a scheme that stacker doesn't know: \"ftp://x\""),
            Case("imports: ['stacker:///x']", "2:13: an import of layer foo names no layer"),
            Case("imports: {path: a, hash: abc}", "2:28: hash of import \"a\": \"abc\" is not valid"),
            Case("imports: {path: a, hash: \(String(repeating: "g", count: 64))}", "is not valid"),
            Case("imports: {path: a, dest: b}", "2:28: dest of import \"a\" must be an absolute path, not \"b\""),
            Case(
                "imports: {path: a, mode: 0888}", "2:28: mode of import \"a\" is not a number that it can be: \"0888\""),
            Case("imports: {path: a, mode: 010000}", "2:28: mode of import \"a\" is not a number that it can be"),
            Case("imports: {path: a, mode: +7}", "2:28: mode of import \"a\" is not a number"),
            Case("imports: {path: a, uid: -1}", "2:27: uid of import \"a\" is not a number that it can be: \"-1\""),
            Case("imports: {path: a, gid: 4294967295}", "2:27: gid of import \"a\" is not a number"),
            Case("overlay_dirs: a", "2:17: overlay_dirs of layer foo must be a list, not text: \"a\""),
            Case("overlay_dirs: [a]", "2:18: an entry of overlay_dirs of layer foo must be a map, not text: \"a\""),
            Case("overlay_dirs: [{dest: /}]", "2:18: an entry of overlay_dirs of layer foo has no source"),
            Case(
                "overlay_dirs: [{source: a, dest: b}]",
                "2:36: dest of an entry of overlay_dirs of layer foo must be an absolute path"),
            Case("run: {a: b}", "2:8: run of layer foo must be text or a list, not a map"),
            Case("run: [[a]]", "2:9: an entry of run of layer foo must be text, not a list"),
            Case("generate_labels: {a: b}", "2:20: generate_labels of layer foo must be text or a list"),
            Case("cmd: {a: b}", "2:8: cmd of layer foo must be text or a list, not a map"),
            Case("cmd: echo 'a", "2:8: cmd of layer foo: a single quote without an end in \"echo 'a\""),
            Case("entrypoint: 'echo \"a'", "2:15: entrypoint of layer foo: a double quote without an end"),
            Case("full_command: echo \\", "2:17: full_command of layer foo: a backslash without an end"),
            Case("build_env: [A]", "2:14: build_env of layer foo must be a map, not a list"),
            Case("build_env: {A: [b]}", "2:18: \"A\" in build_env of layer foo must be text, not a list"),
            Case("environment: {A=B: c}", "2:17: \"A=B\" in environment of layer foo cannot be a variable's name"),
            Case("environment: {'': c}", "2:17: \"\" in environment of layer foo cannot be a variable's name"),
            Case("build_env_passthrough: X", "2:26: build_env_passthrough of layer foo must be a list"),
            Case(
                "build_env_passthrough: ['(']",
                "2:27: build_env_passthrough of layer foo: \"(\" is not a regular expression"),
            Case("volumes: /a", "2:12: volumes of layer foo must be a list, not text: \"/a\""),
            Case("volumes: {/a: }", "2:12: volumes of layer foo must be a list, not a map"),
            Case("volumes: ['']", "2:13: an entry of volumes of layer foo is empty"),
            Case("labels: [a]", "2:11: labels of layer foo must be a map, not a list"),
            Case("annotations: a", "2:16: annotations of layer foo must be a map, not text: \"a\""),
            Case("working_dir: [a]", "2:16: working_dir of layer foo must be text, not a list"),
            Case("runtime_user: {a: b}", "2:17: runtime_user of layer foo must be text, not a map"),
            Case("build_only: 1", "2:15: build_only of layer foo must be true or false, not \"1\""),
            Case("binds: /a", "2:10: binds of layer foo must be a list"),
            Case("binds: ['-> /a']", "2:11: an entry of binds of layer foo is not SOURCE or SOURCE -> DEST: \"-> /a\""),
            Case("binds: ['/a ->']", "2:11: an entry of binds of layer foo is not SOURCE or SOURCE -> DEST"),
            Case("binds: [{dest: /a}]", "2:11: an entry of binds of layer foo has no source"),
            Case("os:", "2:3: os of layer foo has no value"),
            Case("arch: ~", "2:3: arch of layer foo has no value"),
            Case("os: ''", "2:7: os of layer foo is empty"),
        ])
    func values(_ example: Case) {
        #expect(message { try layer(example.text) }.contains(example.error))
    }

    @Test(
        "values under config",
        arguments: [
            Case("config: a", "1:9: config must be a map, not text: \"a\""),
            Case("config: {prerequisites: a}", "1:25: prerequisites in config must be a list, not text: \"a\""),
            Case("config: {prerequisites: [[a]]}", "1:26: an entry of prerequisites in config must be text"),
            Case(
                "config: {collapse_build_only: 2}",
                "1:31: collapse_build_only in config must be true or false, not \"2\""),
        ])
    func config(_ example: Case) {
        #expect(message { try recipe(example.text) }.contains("error: stacker.yaml:\(example.error)"))
    }

    @Test(
        "a base that is not complete",
        arguments: [
            Case("run: a", "stacker.yaml:1:1: layer foo has no from"),
            Case("from: {url: a}", "stacker.yaml:2:9: from of layer foo has no type"),
            Case("from: {type: docker}", "stacker.yaml:2:9: from of layer foo has no url"),
            Case("from: {type: oci, url: ''}", "stacker.yaml:2:26: from of layer foo has no url"),
            Case("from: {type: tar}", "stacker.yaml:2:9: from of layer foo has no url"),
            Case("from: {type: built}", "stacker.yaml:2:9: from of layer foo has no tag"),
            Case(
                "from: {type: built, url: a}",
                "stacker.yaml:2:9: from of layer foo has no tag\nhelp: type: built names a layer by tag, not by url"),
            Case(
                "from: {type: docker, tag: a}",
                "stacker.yaml:2:9: from of layer foo has no url\nhelp: only type: built has a tag"),
            Case(
                "from: {type: docker, url: busybox}",
                "stacker.yaml:2:29: url of layer foo is not a docker URL: \"busybox\""),
            Case("from: {type: docker, url: 'docker://'}", "stacker.yaml:2:29: url of layer foo is not a docker URL"),
            Case("from: {type: oci, url: dir}", "stacker.yaml:2:26: url of layer foo is not directory:tag: \"dir\""),
            Case("from: {type: oci, url: 'dir:'}", "stacker.yaml:2:26: url of layer foo is not directory:tag"),
            Case("from: {type: tar, url: 's3://a'}", "stacker.yaml:2:26: url of layer foo has a scheme"),
        ])
    func bases(_ example: Case) {
        #expect(message { try layer(example.text).base(relativeTo: "/") }.contains("error: \(example.error)"))
    }

    @Test("bytes that are no text")
    func notText() {
        let source = RecipeSource("stacker.yaml", workingDirectory: "/")
        #expect(message { try Recipe([0x66, 0xE9], source: source) } == "error: stacker.yaml: not UTF-8 text")
        #expect(message { try Recipe([0xFF, 0xFE, 0x66, 0], source: source) }.contains("save it as UTF-8"))
    }

    @Test("the nearest word is found by additions, losses, changes and swaps, or not at all")
    func nearestWord() {
        let known = ["build_only", "build_env", "run", "os"]
        #expect(nearest(to: "buildonly", in: known) == "build_only")
        #expect(nearest(to: "rnu", in: known) == "run")
        #expect(nearest(to: "ab", in: known) == nil)
        #expect(nearest(to: String(repeating: "r", count: 100_000), in: known) == nil)
    }
}

import Failure
import Testing

@testable import Dockerfiles

@Suite("Variables of a Dockerfile")
struct ConvertVariableTests {
    @Test("an ARG is a substitution, in RUN and in ENV, and scripts have it")
    func argument() throws {
        let made = try converted("FROM a\nARG V=1\nENV E=v$V F=${V}\nRUN echo $V ${V} '$V' \\$V")
        #expect(made.substitutions.contains("\nV: 1\n"))
        #expect(made.text.contains("v${{V}}"))
        let layer = try made.layer("app")
        #expect(layer.environment == ["E": "v1", "F": "1"])
        #expect(layer.buildEnvironment == ["V": "1"])
        #expect(layer.run?.text.hasSuffix("echo 1 1 '$V' \\$V\n") == true)
    }

    @Test("the value can be another one")
    func value() throws {
        #expect(try app("FROM a\nARG V=1\nENV E=$V", ["V": "2"]).environment == ["E": "2"])
    }

    @Test(
        "words are expanded as a Dockerfile's builder does",
        arguments: [
            ("${U:-x}", "x"), ("${V:-x}", "1"), ("${V:+x}", "x"), ("${U:+x}", ""), ("${U:-$V}", "1"), ("'$V'", "$V"),
            ("\"$V 2\"", "1 2"), ("\\$V", "$V"), ("$\\{V\\}", "${V}"), ("a\\ b", "a b"), ("\"a\\b\"", "a\\b"),
            ("$V$V", "11"), ("$", "$"), ("${V}}", "1}"),
        ])
    func words(word: String, value: String) throws {
        #expect(try app("FROM a\nARG V=1\nENV E=\(word)").environment == ["E": value])
    }

    @Test("what a word asks for and isn't there is an error with its line")
    func required() {
        #expect(
            message { try app("FROM a\nENV E=${U:?\"give it\"}") }.contains(
                "Dockerfile:2: ENV: U has no value: give it"))
        #expect(message { try app("FROM a\nENV E=${U%x}") }.contains("Dockerfile:2: ENV: ${U…}"))
    }

    @Test("an ENV hides the ARG of its name")
    func hidden() throws {
        let layer = try app("FROM a\nARG V=1\nENV V=v$V\nRUN echo $V")
        #expect(layer.environment == ["V": "v1"])
        #expect(layer.buildEnvironment == [:])
        #expect(layer.run?.text.hasPrefix("export V='v1'\n") == true)
        #expect(layer.run?.text.hasSuffix("echo $V\n") == true)
    }

    @Test("an ENV sees the variables as they were before it")
    func simultaneous() throws {
        #expect(try app("FROM a\nENV a=1\nENV a=2 b=$a").environment == ["a": "2", "b": "1"])
    }

    @Test("a variable of the base is a substitution of its own, named in a comment")
    func fromBase() throws {
        let made = try converted("FROM a\nENV PATH=/x:$PATH")
        #expect(
            try made.layer("app").environment["PATH"]
                == "/x:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        #expect(made.text.contains("# Dockerfile:2: PATH of the base image is not known: BASE_PATH"))
        #expect(try app("FROM scratch\nENV E=a$HOME").environment == ["E": "a"])
    }

    @Test("an ARG before FROM is for FROM, and for stages that ask for it")
    func global() throws {
        let made = try converted("ARG V=1\nFROM a:$V AS x\nENV E=$V\nFROM a\nARG V\nENV E=$V")
        #expect(try made.layer("x").from?.url?.value == "docker://a:1")
        #expect(try made.layer("x").environment == ["E": ""])
        #expect(try made.layer("app").environment == ["E": "1"])
        #expect(message { try converted("FROM a:$V") }.contains("Dockerfile:1: FROM: $V has no value here"))
    }

    @Test("two defaults of one name are two substitutions")
    func twoDefaults() throws {
        let made = try converted("FROM a AS x\nARG V=1\nRUN echo $V\nFROM a\nARG V=2\nRUN echo $V")
        #expect(made.substitutions.contains("V: 1\nV_2: 2\n"))
        #expect(made.text.contains("# Dockerfile:5: ARG V: another ARG"))
        #expect(try made.layer("app").buildEnvironment == ["V": "2"])
    }

    @Test("a default that is made of others says so")
    func madeOfOthers() throws {
        let made = try converted("FROM a\nARG V=1\nARG U=https://x/$V")
        #expect(made.substitutions.contains("# made of the default of V: change it with that\nU: https://x/1\n"))
    }

    @Test("proxies pass through by themselves")
    func proxies() throws {
        #expect(try app("FROM a\nARG http_proxy\nRUN x").buildEnvironment == [:])
    }

    @Test("text that substitution would take for its own stays as it is")
    func clashes() throws {
        let made = try converted(
            "FROM a\nARG V=1\nRUN awk '{ print $V }' a; \\\n  echo '${{V}}'\nLABEL a='${{x' b='$V'\nCMD echo $V\nEXPOSE $V"
        )
        let layer = try made.layer("app")
        #expect(layer.run?.text.contains("awk '{ print $V }' a; \\\n  echo '${{V}}'\n") == true)
        #expect(layer.labels == ["a": "${{x", "b": "$V"])
        #expect(layer.command == ["/bin/sh", "-c", "echo $V"])
    }

    @Test(
        "only what the shell would expand is rewritten in a script",
        arguments: [
            ("a $V", "a <V>"), ("\"a'$V'\"", "\"a'<V>'\""), ("'a\"$V\"'", "'a\"$V\"'"), ("${V:-1} $VX", "${V:-1} $VX"),
            ("cat <<E\n'$V'\nE\n$V", "cat <<E\n'<V>'\nE\n<V>"), ("cat <<'E'\n$V\nE\n'$V'", "cat <<'E'\n$V\nE\n'$V'"),
            ("cat <<-\"E\"\n\t$V\n\tE\n$V", "cat <<-\"E\"\n\t$V\n\tE\n<V>"), ("a <<<$V", "a <<<<V>"),
            ("cat <<E\n\\$V\\\nE\nE\n$V", "cat <<E\n\\$V\\\nE\nE\n<V>"), ("$((1<<2)) $V\n$V", "$((1<<2)) <V>\n<V>"),
        ])
    func scripts(script: String, replaced: String) {
        var references = ShellReferences { $0 == "V" ? ConvertedText("<V>") : nil }
        #expect(references.replaced(in: script).literal == replaced)
    }
}

import Failure
import Testing

@testable import RecipeTools

@Suite("stacker lint") struct LinterTests {
    private func findings(_ text: String) throws -> [LintFinding] {
        try Linter.findings(in: Array(text.utf8), name: "stacker.yaml", isReserved: { _ in false })
    }

    /// The rules that find something in a layer of which only the script is of interest, and the line of the script.
    private func rules(_ script: String, keys: String = "", from: String = "{type: oci, url: 'a:b'}") throws -> [String]
    {
        let lines = script.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)\n" }.joined()
        let head = "app:\n  from: \(from)\n\(keys)  run: |\n"
        let above = head.count { $0 == "\n" }
        return try findings(head + lines).map { "\($0.rule.rawValue) \($0.line - above)" }
    }

    @Test(
        "scripts",
        arguments: [
            ("a | b", ["hidden-failure 1"]),
            ("a\nb |\n  c | d", ["hidden-failure 2"]),
            ("echo a | b", []), ("printf x | b", []),
            ("set -o pipefail\na | b", []), ("a | b\nset -o pipefail", ["hidden-failure 1"]),
            ("if a | b; then c; fi", []), ("while a | b\ndo c; done", []), ("! a | b", []),
            ("a | b && c", []), ("a | b || true", []), ("c && a | b", ["hidden-failure 1"]),
            ("a || b", []), ("'a | b' \"c | d\" e\\|f", []), ("# a | b\nx # c | d", []), ("x $(a | b) `a | b`", []),
            ("case $1 in a|b) x;; c|d) y | z;; esac", ["hidden-failure 1"]),
            ("cat <<EOF >x\na | b\nEOF\nc | d", ["hidden-failure 4"]), ("cat <<-'E' >x\n\ta | b\n\tE\n", []),
            ("a 2>&1 | b", ["hidden-failure 1"]), ("a >|b", []), ("a |& b", ["hidden-failure 1"]), ("a & b", []),
            ("#!/bin/bash\na", ["shebang-without-e 1"]), ("#!/bin/bash -e\na", []),
            ("#!/bin/bash\nset -euo pipefail\na | b", []),
            ("#!/usr/bin/env bash\na", ["shebang-without-e 1"]), ("#!/usr/bin/python3\na | b", []),
            ("#!/bin/sh -ex\na", []),
            ("curl https://h/f | sh", ["hidden-failure 1", "pipe-to-shell 1"]), ("curl -f https://h/f >x", []),
            ("sh -c \"$(curl https://h/f)\"", ["pipe-to-shell 1"]),
            ("curl -k https://h/f >x", ["tls-off 1"]), ("wget --no-check-certificate https://h/f", ["tls-off 1"]),
            ("apt-get update\napt-get install -y a\nrm -rf /var/lib/apt/lists/*", []),
            ("apt-get update\napt-get install -y a", ["package-lists 1"]),
            ("apt-get update && apt-get install a && rm -r /var/lib/apt/lists", ["asks-questions 1"]),
            ("apt-get -qq install a", []), ("apt-get install -qy a", []), ("apt-get -s install a", []),
            ("apk add a", ["package-lists 1"]), ("apk add --no-cache a", []),
            ("dnf install -y a", ["package-lists 1"]), ("dnf install -y a\ndnf clean all", []),
            ("pip install a", ["package-lists 1"]), ("pip install --no-cache-dir a", []),
            ("sudo a", ["sudo 1"]), ("chown -R 1 /usr", ["recursive-owner 1"]), ("mkdir /a\nchown -R 1 /a", []),
            ("curl -H 'Authorization: ghp_0123456789012345678901234567890123456789' https://h/f", ["secret 1"]),
            ("git clone https://u:pw@h/r /r", ["secret 1"]), ("git clone https://u:$PW@h/r /r", []),
        ])
    func scripts(script: String, expected: [String]) throws {
        #expect(try rules(script) == expected)
    }

    @Test("a shell of the layer's own, and what is kept elsewhere")
    func surroundings() throws {
        #expect(try rules("apt-get update", keys: "  binds: ['volume:a -> /var/lib/apt']\n") == [])
        #expect(try rules("echo $A", keys: "  environment: {A: b}\n") == ["environment-in-run 1"])
        #expect(try rules("echo '$A' ${A:-x} $AB", keys: "  environment: {A: b}\n") == [])
        #expect(try rules("echo $A", keys: "  environment: {A: b}\n  build_env: {A: b}\n") == [])
        #expect(try rules("echo $A", keys: "  environment: {A: b}\n  build_env_passthrough: ['.*']\n") == [])
    }

    @Test(
        "keys",
        arguments: [
            ("imports: [https://h/f]", ["http-without-hash"]),
            ("imports: [{path: https://h/f, hash: \(String(repeating: "a", count: 64))}]", []),
            ("imports: ['docker://r/n:1//f', 'docker://r/n//g']", ["floating-tag"]),
            ("imports: [{path: 'docker://r/n:1//f', insecure: true}]", ["tls-off"]),
            ("imports: [{path: a, mode: 0666}, {path: b, mode: 0644}]", ["world-writable"]),
            ("imports: [{path: a, mode: 644}]", ["refused"]), ("imports: [{path: a, odd: b}]", ["recipe-warning"]),
            ("build_env: {API_TOKEN: a}", ["secret"]), ("environment: {DB_PASSWORD: a, X: b}", ["secret"]),
            ("labels: {private.key: a}", ["secret"]),
            ("build_env: {TOKEN_FILE: a, PASSWORD: /run/x, MONKEY: b, KEY: c}", []),
            ("environment: {URL: 'https://u:p@h'}", ["secret"]), ("binds: [/a, 'volume:b -> /b']", ["host-bind"]),
            ("cmd: a && b", ["cmd-without-shell"]), ("cmd: [sh, -c, 'a && b']", []),
            ("entrypoint: a $HOME", ["cmd-without-shell"]),
            ("cmd: a -b c", []), ("working_dir: a", ["relative-working-dir"]), ("working_dir: /a", []),
            ("build_only: true", ["unused-layer"]), ("arch: aarch64", ["refused"]), ("odd: 1", ["refused"]),
            ("working_dir: ${{X}}", []), ("build_only: ${{X}}", ["unused-layer"]),
            ("imports: [{path: a, mode: \"${{X}}\"}]", []),
        ])
    func keys(key: String, expected: [String]) throws {
        let text = "app:\n  from: {type: oci, url: 'a:b'}\n  \(key)\n"
        #expect(try findings(text).map(\.rule.rawValue) == expected)
    }

    @Test(
        "bases",
        arguments: [
            ("{type: docker, url: 'docker://r/n'}", ["floating-tag"]),
            ("{type: docker, url: 'docker://r/n:latest'}", ["floating-tag"]),
            ("{type: docker, url: 'docker://r/n:1'}", []),
            ("{type: docker, url: 'docker://r/n@sha256:\(String(repeating: "a", count: 64))'}", []),
            ("{type: docker, url: 'docker://r/n:1', insecure: true}", ["tls-off"]),
            ("{type: tar, url: 'https://h/f'}", ["http-without-hash"]), ("{type: oci, url: 'a:latest'}", []),
            ("{type: oci}", ["refused"]),
        ])
    func bases(base: String, expected: [String]) throws {
        #expect(try findings("app:\n  from: \(base)\n").map(\.rule.rawValue) == expected)
    }

    @Test(
        "what another layer deletes",
        arguments: [
            ("mkdir -p /big/a", "rm -rf /big", true), ("echo x > /big", "rm /big", true),
            ("cp a /big/f", "rm -r /big/*", true),
            ("apt-get install -y gcc", "apt-get purge -y gcc", true), ("tar x -C /big", "rm -r /big/x", true),
            ("mkdir /a", "rm -r /b", false), ("mkdir /ab", "rm -r /a", false),
            ("mkdir /a", "mkdir /a; rm -r /a", false),
        ])
    func deletions(lower: String, upper: String, isFound: Bool) throws {
        for (config, counts) in [("", true), ("config: {collapse_build_only: true}\n", false)] {
            let text = """
                \(config)base:
                  build_only: true
                  from: {type: oci, url: 'a:b'}
                  run: \(lower)
                app:
                  from: {type: built, tag: base}
                  run: \(upper)
                """
            #expect(try findings(text).contains { $0.rule == .deletedLater } == (isFound && counts))
        }
    }

    @Test("comments switch a rule off for a line, a key or a layer, and no more")
    func comments() throws {
        let text = """
            # stacker-lint: disable=sudo the whole layer
            app:
              from: {type: oci, url: 'a:b'}
              run: |
                a | b # stacker-lint: disable=hidden-failure
                # stacker-lint: disable=hidden-failure,tls-off
                c | curl -k https://h/f
                sudo d | e
            other:
              from: {type: oci, url: 'a:b'}
              # stacker-lint: disable=hidden-failure
              run: |
                a | b

                c | d
              cmd: a && b
            third:
              from: {type: oci, url: 'a:b'}
              run: sudo a | b # stacker-lint: disable=suod
            """
        let found = try findings(text)
        #expect(
            found.filter { !$0.isDisabled }.map { "\($0.line) \($0.rule.rawValue)" } == [
                "8 hidden-failure", "16 cmd-without-shell", "19 unknown-rule", "19 hidden-failure", "19 sudo",
            ])
        #expect(found.count { $0.isDisabled } == 6)
        #expect(found.first { $0.rule == .unknownRule }?.help == "did you mean sudo?")
    }

    @Test("places are those of the file, also where a value has line breaks")
    func places() throws {
        let text = "app:\n  from: {type: oci, url: 'a:b'}\n  labels: {a: \"${{X}}\"}\n  run: |\n    a\n    b | c\n"
        let found = try Linter.findings(
            in: Array(text.utf8), name: "stacker.yaml", values: ["X=1\n\n2"], isReserved: { _ in false })
        #expect(found.map { "\($0.line):\($0.column)" } == ["6:5"])
    }

    @Test("no secret is in a message")
    func noSecret() throws {
        let report = LintReport(try findings("app:\n  from: {type: scratch}\n  build_env: {TOKEN: hunter2}\n"))
        #expect(report.open.count == 1)
        #expect(try !(report.text + report.json() + report.sarif(version: "1")).contains("hunter2"))
    }
}

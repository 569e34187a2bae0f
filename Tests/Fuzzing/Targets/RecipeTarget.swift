import RecipeText
import RecipeTools
import Roots
import SystemPackage

@testable import Recipes

extension FuzzTarget {
    /// A recipe; before a NUL byte, if there is one, stands a file of its substitutions. What `stacker fmt` makes of a
    /// recipe must be one, too.
    static let recipe = FuzzTarget(
        "yaml",
        texts: [
            """
            NAME: value
            "quoted": 'it''s'
            \0config:
              prerequisites: [../base/stacker.yaml]
            one:
              from: {type: docker, url: "docker://registry.example/${{NAME}}:${{TAG:1.0}}", insecure: false}
              imports: &list
                - https://example.org/file
                - path: ./other
                  dest: /srv/
                  hash: "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
                  mode: "0644"
                  uid: 7
              environment: {A: b, "C": "${{NAME}}"}
              run: |
                echo "$A" ${{NAME}} # not a comment
                exit 0
            two:
              from: {type: built, tag: one}
              build_only: true
              imports: *list
              overlay_dirs: [{source: dir, dest: /}]
              labels: {a.b: c}
              entrypoint: sh -c 'a b'
              cmd: [a, "b"]
              volumes: [/v]
              annotations: {k: v}
            """,
            "a:\n  from:\n    type: scratch\n  run: >-\n    folded\n\n    text\n  binds:\n  - /a -> /b\n",
            "? complex\n: {from: {type: tar, url: ./x.tar}, run: [a, b]}\n",
        ],
        findings: []
    ) { bytes in
        let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        var substitutions = Substitutions()
        if parts.count == 2 {
            try substitutions.merge(file: "subs.yaml", text: utf8Text(of: Array(parts[0]), "subs.yaml"))
        }
        let text = parts.last.map { Array($0) } ?? []
        let source = RecipeSource("stacker.yaml", workingDirectory: "/srv/project")
        _ = try Recipe(text, source: source, substitutions: substitutions, isReserved: RootsDirectory.isReserved)
        // Whatever is a recipe can be formatted, and stays as it is from then on.
        let formatted = try RecipeFormat.format(text, name: "stacker.yaml")
        let again = try mustSucceed("a formatted recipe") {
            try RecipeFormat.format(Array(formatted.utf8), name: "stacker.yaml")
        }
        try mustHold(again == formatted, "formatted twice it is something else")
    }
}

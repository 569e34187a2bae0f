import Failure
import OCI

/// Findings in the forms in which they are shown.
package struct LintReport {
    private let findings: [LintFinding]

    /// - Parameter findings: those of all files.
    package init(_ findings: [LintFinding]) {
        self.findings = findings
    }

    /// Those that no comment switches off.
    package var open: [LintFinding] { findings.filter { !$0.isDisabled } }

    /// Lines for people, as compilers write them.
    package var text: String {
        open.map { finding in
            let place = "\(finding.file):\(finding.line):\(finding.column)"
            let what = "\(place): \(finding.rule.level.rawValue): \(finding.message) [\(finding.rule.rawValue)]"
            return finding.help.map { "\(what)\n  help: \($0)" } ?? what
        }.joined(separator: "\n")
    }

    /// An array with an object for each.
    package func json() throws -> String {
        try JSON.text(
            JSONValue.array(
                open.map { finding in
                    var members: [String: JSONValue] = [
                        "rule": .string(finding.rule.rawValue), "level": .string(finding.rule.level.rawValue),
                        "file": .string(finding.file), "line": .integer(Int64(finding.line)),
                        "column": .integer(Int64(finding.column)), "message": .string(finding.message),
                    ]
                    members["layer"] = finding.layer.map { .string($0) }
                    members["help"] = finding.help.map { .string($0) }
                    return .object(members)
                }))
    }

    /// A log in the format of tools that review code. What is switched off is there, and marked.
    ///
    /// [SARIF 2.1.0](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html)
    ///
    /// - Parameter version: stacker's.
    package func sarif(version: String) throws -> String {
        let driver: JSONValue = [
            "name": "stacker", "version": .string(version), "rules": .array(LintRule.allCases.map(Self.rule)),
        ]
        return try JSON.text(
            [
                "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
                "version": "2.1.0",
                "runs": [
                    [
                        "tool": ["driver": driver], "columnKind": "unicodeCodePoints",
                        "results": .array(findings.map(Self.result)),
                    ]
                ],
            ] as JSONValue)
    }

    private static func rule(_ rule: LintRule) -> JSONValue {
        [
            "id": .string(rule.rawValue), "shortDescription": ["text": .string(rule.summary)],
            "defaultConfiguration": ["level": .string(rule.level.rawValue)],
        ]
    }

    private static func result(_ finding: LintFinding) -> JSONValue {
        let index = LintRule.allCases.firstIndex(of: finding.rule) ?? 0
        var members: [String: JSONValue] = [
            "ruleId": .string(finding.rule.rawValue), "ruleIndex": .integer(Int64(index)),
            "level": .string(finding.rule.level.rawValue),
            "message": ["text": .string(finding.message + (finding.help.map { "; \($0)" } ?? ""))],
            "locations": [
                [
                    "physicalLocation": [
                        "artifactLocation": ["uri": .string(uri(finding.file))],
                        "region": [
                            "startLine": .integer(Int64(finding.line)), "startColumn": .integer(Int64(finding.column)),
                        ],
                    ]
                ]
            ],
        ]
        if finding.isDisabled { members["suppressions"] = [["kind": "inSource"]] }
        return .object(members)
    }

    /// A path as a reference: what has no place in one is written by its bytes.
    private static func uri(_ path: String) -> String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/".utf8)
        let text = path.utf8.map { byte in
            plain.contains(byte)
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
        return path.hasPrefix("/") ? "file://" + text : text
    }
}

import OCI

/// A plan as outputs of a step of a GitHub workflow: a matrix for each rank, for `include: ${{ fromJSON(…) }}`.
///
/// Each output is JSON on one line of ASCII: nothing in it ends the line or begins another output.
struct GitHubMatrix {
    let words: EngineWords

    /// What is to be appended to the file that `GITHUB_OUTPUT` names.
    var text: String {
        get throws {
            var lines = ["ranks=\(rows.count)"]
            for (number, row) in rows.enumerated() {
                let jobs = row.map { job in JSONValue.object(["name": .string(job.name), "file": .string(job.file)]) }
                lines.append("rank-\(number + 1)=" + (try Self.line(.array(jobs))))
            }
            lines.append("options=" + (try Self.line(words.options)))
            if let publication = words.publication { lines.append("publish=" + (try Self.line(publication))) }
            return lines.map { $0 + "\n" }.joined()
        }
    }

    /// The jobs of each rank; a rank of more than a matrix can have is several.
    private var rows: [[PlannedJob]] {
        let ranks = Dictionary(grouping: words.jobs, by: \.rank).sorted { $0.key < $1.key }.map(\.value)
        return ranks.flatMap { jobs in
            stride(from: 0, to: jobs.count, by: Self.mostJobs).map {
                Array(jobs[$0..<min(jobs.count, $0 + Self.mostJobs)])
            }
        }
    }

    /// What GitHub takes of a matrix.
    private static let mostJobs = 256

    private static func line(_ texts: [String]) throws -> String { try line(.array(texts.map { .string($0) })) }

    private static func line(_ value: JSONValue) throws -> String {
        String(decoding: try JSON.encode(value), as: UTF8.self).unicodeScalars.map { scalar in
            scalar.isASCII ? String(scalar) : String(scalar).utf16.map(escaped).joined()
        }.joined()
    }

    private static func escaped(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}

import Foundation

/// Compiles faults into a copy of the sources.
///
///     mutants TOP COPY LIST DROPPED ROOM…
///
/// The files of each room, a directory below TOP, are written to COPY with all their mutants, but for those whose keys the file
/// DROPPED has, a line each. LIST gets a JSON object a line for each mutant. A file is only written when it is to be another,
/// so that it is not compiled again.
@main
struct Mutants {
    static func main() throws {
        let words = Array(CommandLine.arguments.dropFirst())
        guard words.count > 4 else {
            FileHandle.standardError.write(Data("usage: mutants TOP COPY LIST DROPPED ROOM…\n".utf8))
            exit(2)
        }
        let (top, copy, list) = (words[0], words[1], words[2])
        let dropped = Set(
            try String(contentsOf: URL(filePath: words[3]), encoding: .utf8).split(separator: "\n").map(String.init))
        var lines: [Data] = []
        var number = 0
        for path in try words[4...].flatMap({ try files(below: $0, in: top) }) {
            let original = [UInt8](try Data(contentsOf: URL(filePath: "\(top)/\(path)")))
            let isC = path.hasSuffix(".c")
            let found =
                isC
                ? CFaults.collect(from: original, numberedFrom: number)
                : Collector.collect(from: String(decoding: original, as: UTF8.self), numberedFrom: number)
            number += found.count
            var keys = Keys()
            let kept = found.map { ($0, keys.key(of: $0, in: path, line: line(of: $0, in: original).text)) }
                .filter { !dropped.contains($0.1) }
            let rewriting = Rewriting(original, with: kept.map(\.0))
            let include = isC ? Array("#include <mutants.h>\n".utf8) : []
            try write(Data(include + rewriting.text), to: "\(copy)/\(path)")
            lines += try kept.map { mutant, key in
                try record(of: mutant, key, in: path, original, rewriting, movedBy: include.count)
            }
        }
        try Data(lines.joined(separator: Data("\n".utf8))).write(to: URL(filePath: list))
    }

    private static func files(below room: String, in top: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: "\(top)/\(room)")
            .filter { $0.hasSuffix(".swift") || $0.hasSuffix(".c") }.sorted().map { "\(room)/\($0)" }
    }

    private static func write(_ text: Data, to path: String) throws {
        let url = URL(filePath: path)
        guard (try? Data(contentsOf: url)) != text else { return }
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: url)
    }

    /// What the scripts beside need to know of a mutant.
    private struct Record: Encodable {
        let number: Int
        let key: String
        let file: String
        let line: Int
        let text: String
        let kind: String
        let was: String
        let now: String
        /// Offsets in the copy.
        let place: [Int]
        let scope: [Int]
    }

    /// The line that a mutant begins in.
    private static func line(of mutant: Mutant, in source: [UInt8]) -> (number: Int, text: String) {
        let before = source[..<mutant.place.lowerBound]
        let start = (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        let text = source[start...].prefix { $0 != UInt8(ascii: "\n") }
        return (
            1 + before.count { $0 == UInt8(ascii: "\n") },
            String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespaces)
        )
    }

    private static func record(
        of mutant: Mutant, _ key: String, in path: String, _ original: [UInt8], _ rewriting: Rewriting,
        movedBy offset: Int
    ) throws -> Data {
        let (number, text) = line(of: mutant, in: original)
        let place = rewriting.place(of: mutant.place)
        let scope = rewriting.place(of: mutant.scope)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(
            Record(
                number: mutant.number, key: key, file: path, line: number, text: text, kind: mutant.kind,
                was: mutant.was,
                now: mutant.now, place: [place.lowerBound + offset, place.upperBound + offset],
                scope: [scope.lowerBound + offset, scope.upperBound + offset]))
    }
}

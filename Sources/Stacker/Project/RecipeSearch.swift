import Failure
import FileTree
import SystemPackage

/// Finds stacker files below a directory: what `recursive-build` and `publish` build.
package struct RecipeSearch: Sendable {
    /// The pattern of files that are named exactly `stacker.yaml`.
    package static let defaultPattern = "/stacker.yaml$"

    private let pattern: String
    private let skipped: Set<FilePath>

    /// A search for files whose absolute path matches `pattern` somewhere.
    ///
    /// - Parameters:
    ///   - pattern: a regular expression.
    ///   - skipped: absolute directories that are not entered: stacker's own.
    /// - Throws: `Failure` if the pattern is no regular expression.
    package init(pattern: String = RecipeSearch.defaultPattern, skipping skipped: [FilePath]) throws {
        _ = try attempt("stacker-file-pattern \(quoted(pattern)) is not a regular expression") { try Regex(pattern) }
        self.pattern = pattern
        self.skipped = Set(skipped.map { $0.lexicallyNormalized() })
    }

    /// The files that match, sorted by path bytes. Symlinks to directories are not followed.
    ///
    /// - Parameter directory: an absolute path.
    /// - Throws: `Failure` for a directory that cannot be read.
    package func files(below directory: FilePath) throws -> [FilePath] {
        let matches = try matcher()
        var found: [FilePath] = []
        var waiting = [directory.lexicallyNormalized()]
        while let path = waiting.popLast() {
            if skipped.contains(path) { continue }
            try attempt("couldn't search \(path) for stacker files") {
                let directory = try Directory(at: path)
                for name in try directory.names() {
                    let child = path.pushing(name)
                    switch try directory.status(name)?.kind {
                    case .directory: waiting.append(child)
                    case .regular: if matches(child.string) { found.append(child) }
                    // One that leads nowhere is named when it can't be read.
                    case .symlink: if matches(child.string), !isDirectory(child) { found.append(child) }
                    default: continue
                    }
                }
            }
        }
        return found.sorted { $0.bytesPrecede($1) }
    }

    /// The files below a directory that the user has named, named relative to that as the user would.
    ///
    /// - Throws: `Failure` also if there are none.
    package static func files(
        below name: String, pattern: String, in directories: StackerDirectories
    ) throws -> [String] {
        let search = try RecipeSearch(
            pattern: pattern, skipping: [directories.stacker, directories.oci, directories.roots])
        let start = try FilePath.currentDirectory().pushing(FilePath(name)).lexicallyNormalized()
        let files = try search.files(below: start)
        guard !files.isEmpty else {
            throw Failure(
                "no file below \(start) matches \(pattern)",
                help: "--search-dir says where to look, --stacker-file-pattern for what")
        }
        return files.map { file in
            var relative = file
            guard relative.removePrefix(start) else { return file.string }
            return FilePath(name).pushing(relative).lexicallyNormalized().string
        }
    }

    private func isDirectory(_ path: FilePath) -> Bool {
        (try? FileStatus(at: path))?.kind == .directory
    }

    private func matcher() throws -> (String) -> Bool {
        // In the default pattern the "." is a dot, not any character.
        if pattern == Self.defaultPattern { return { $0.hasSuffix("/stacker.yaml") } }
        let regex = try Regex(pattern)
        return { $0.firstMatch(of: regex) != nil }
    }
}

import Failure
import FileTree
import Glibc
import SystemPackage

/// The directory that sources of COPY and ADD are in, as it is at the time of conversion: what wildcards stand for, which
/// sources are directories, and what .dockerignore leaves out.
struct DockerContext {
    let root: Directory
    /// Names at the top that are not part of it: what stacker itself makes.
    let excluded: Set<String>
    private let ignore: DockerIgnore

    /// More names than these are not listed one by one in a recipe.
    private static let limit = 10_000

    /// Something that a source stands for.
    struct Piece: Equatable {
        /// The path in the context.
        let path: String
        /// The path below the source; empty for the source itself.
        let below: String
        let isDirectory: Bool
    }

    init(at path: FilePath, excluding excluded: Set<String> = []) throws {
        let root = try Directory(at: path)
        self.root = root
        self.excluded = excluded
        ignore = try attempt("couldn't read \(path.appending(".dockerignore"))") {
            DockerIgnore(String(decoding: try root.readFile(".dockerignore", limit: 1 << 20) ?? [], as: UTF8.self))
        }
    }

    /// What a source stands for.
    ///
    /// - Returns: the pieces, and whether they are fewer, or more, than the one that the source names: they are a list of
    ///   what was there when it was made.
    /// - Throws: a failure if there is nothing, or a path leads out of the context.
    func pieces(of source: String) throws -> (pieces: [Piece], isList: Bool) {
        let components = FilePath("/").pushing(FilePath(source.drop { $0 == "/" }.description))
            .lexicallyNormalized().components.map(\.string)
        guard components.contains(where: { $0.contains { "*?[".contains($0) } }) else {
            let pieces = try self.pieces(at: components)
            guard !pieces.isEmpty else { throw Failure("\(source) is left out by .dockerignore") }
            return (pieces, pieces.map(\.below) != [""])
        }
        let found = try matches(components)
        let pieces = try found.flatMap { try self.pieces(at: $0) }
        guard !pieces.isEmpty else { throw Failure("nothing matches \(source)") }
        return (pieces, true)
    }

    private func matches(_ pattern: [String]) throws -> [[String]] {
        try pattern.reduce(into: [[]]) { found, part in
            found = try found.flatMap { parent -> [[String]] in
                guard try fileKind(parent) == .directory else { return [] }
                return try names(in: parent).filter { fnmatch(part, $0, 0) == 0 }.map { parent + [$0] }
            }
        }
    }

    private func pieces(at components: [String]) throws -> [Piece] {
        let path = components.joined(separator: "/")
        let kind = try attempt("couldn't find \(path.isEmpty ? "the context" : path)") {
            guard let kind = try fileKind(components) else { throw Errno.noSuchFileOrDirectory }
            return kind
        }
        var count = 0
        // Stacker's own files lie in it, so that the context is never taken whole.
        return try walk(components, [], kind, mustList: components.isEmpty, &count).pieces
    }

    private func walk(
        _ components: [String], _ below: [String], _ kind: FileKind, mustList: Bool, _ count: inout Int
    ) throws -> (pieces: [Piece], isWhole: Bool) {
        let path = components.joined(separator: "/")
        let isIgnored = ignore.ignores(components)
        count += 1
        guard count <= Self.limit else {
            throw Failure(
                "more than \(Self.limit) files have to be listed one by one",
                help: "leave whole directories out in .dockerignore, or copy a directory of its own")
        }
        guard kind == .directory else {
            return isIgnored
                ? ([], false) : ([Piece(path: path, below: below.joined(separator: "/"), isDirectory: false)], true)
        }
        var pieces: [Piece] = []
        var isWhole = !mustList && !isIgnored
        // An exception below may bring something of an ignored directory back.
        if isIgnored ? ignore.hasExceptions : (mustList || !ignore.isEmpty) {
            for name in try names(in: components) {
                guard let kind = try self.fileKind(components + [name], following: false) else { continue }
                let part = try walk(components + [name], below + [name], kind, mustList: false, &count)
                pieces += part.pieces
                isWhole = isWhole && part.isWhole
            }
        }
        if isWhole { pieces = [Piece(path: path, below: below.joined(separator: "/"), isDirectory: true)] }
        return (pieces, isWhole)
    }

    private func names(in components: [String]) throws -> [String] {
        let directory = components.isEmpty ? root : try root.directory(FilePath(components.joined(separator: "/")))
        let names = try directory.names().map(\.string)
        return components.isEmpty ? names.filter { !excluded.contains($0) } : names
    }

    /// - Parameter following: whether a symlink to a directory is one.
    private func fileKind(_ components: [String], following: Bool = true) throws -> FileKind? {
        guard !components.isEmpty else { return .directory }
        let path = FilePath(components.joined(separator: "/"))
        do {
            let parent = try components.count > 1 ? root.directory(path.removingLastComponent()) : root
            let kind = try parent.status(FilePath(components[components.count - 1]))?.kind
            guard kind == .symlink, following, try ifUsable({ try root.open(path, O_RDONLY | O_DIRECTORY) }) != nil
            else {
                return kind
            }
            return .directory
        } catch let error where error.systemError == .noSuchFileOrDirectory {
            return nil
        }
    }
}

/// The patterns of a .dockerignore file.
///
/// [.dockerignore files](https://docs.docker.com/build/concepts/context/#dockerignore-files)
struct DockerIgnore {
    private let patterns: [(components: [String], isException: Bool)]

    init(_ text: String) {
        patterns = text.split(whereSeparator: \.isNewline).compactMap { line in
            var pattern = trimmed(String(line))
            guard !pattern.isEmpty, !pattern.hasPrefix("#") else { return nil }
            let isException = pattern.hasPrefix("!")
            if isException { pattern = trimmed(String(pattern.dropFirst())) }
            let components = pattern.split(separator: "/").map(String.init).filter { $0 != "." }
            return components.isEmpty ? nil : (components, isException)
        }
    }

    var isEmpty: Bool { patterns.isEmpty }
    var hasExceptions: Bool { patterns.contains { $0.isException } }

    /// Whether a path is left out: the last pattern that matches it, or a directory that it is in, decides.
    func ignores(_ path: [String]) -> Bool {
        guard !path.isEmpty else { return false }
        return patterns.last { pattern in
            (1...path.count).contains { Self.matches(pattern.components[...], path[..<$0]) }
        }.map { !$0.isException } ?? false
    }

    private static func matches(_ pattern: ArraySlice<String>, _ path: ArraySlice<String>) -> Bool {
        guard let first = pattern.first else { return path.isEmpty }
        if first == "**" {
            let rest = pattern.dropFirst()
            return (path.startIndex...path.endIndex).contains { matches(rest, path[$0...]) }
        }
        guard let name = path.first, fnmatch(first, name, 0) == 0 else { return false }
        return matches(pattern.dropFirst(), path.dropFirst())
    }
}

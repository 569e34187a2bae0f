import Failure
import FileTree
import Glibc
import RecipeText
import Recipes
import Roots
import SystemPackage
import Web

/// Reads the stacker files of a command, from disk or from a web server.
struct RecipeLoader {
    let directories: StackerDirectories
    let web: WebClient

    /// A recipe is text that people write; a larger file is something else.
    private static let sizeLimit = 16 << 20

    /// The recipes that a build asks for, with their prerequisites.
    ///
    /// - Parameter missing: what becomes of variables that have no value.
    func load(_ request: BuildRequest, missing: Substitutions.Missing = .refuse) throws -> RecipeSet {
        let here = try FilePath.currentDirectory()
        let sources = request.recipes.map { RecipeSource($0, workingDirectory: here) }
        return try RecipeSet(
            sources, substitutions: substitutions(request, missing), platforms: request.platforms,
            isReserved: RootsDirectory.isReserved,
            isThere: isThere, read: read)
    }

    /// A layer may be built on what an earlier one puts into the output layout.
    private func isThere(_ path: FilePath) -> Bool {
        if path == directories.oci { return true }
        do {
            _ = try FileStatus(at: path, following: false)
            return true
        } catch {
            return error.systemError != .noSuchFileOrDirectory
        }
    }

    private func substitutions(
        _ request: BuildRequest, _ missing: Substitutions.Missing
    ) throws -> Substitutions {
        var substitutions = Substitutions(missing: missing)
        try substitutions.set("STACKER_ROOTFS_DIR", to: directories.roots.string)
        try substitutions.set("STACKER_STACKER_DIR", to: directories.stacker.string)
        try substitutions.set("STACKER_OCI_DIR", to: directories.oci.string)
        try substitutions.set("STACKER_WORK_DIR", to: directories.work.string)
        for argument in request.substitutions { try substitutions.set(argument: argument) }
        if let file = request.substituteFile {
            let bytes = try attempt("couldn't read substitution file \(file)") {
                try content(FilePath(file))
            }
            try substitutions.merge(file: file, text: utf8Text(of: bytes, file))
        } else {
            substitutions.fileLeftOut = request.recipes.lazy.map(Self.valuesBeside).first { $0 != nil } ?? nil
        }
        return substitutions
    }

    /// The file of values that `stacker convert` has put beside a recipe, if one is there.
    private static func valuesBeside(_ recipe: String) -> String? {
        let path = FilePath(recipe).removingLastComponent().appending(Substitutions.usualFile)
        return (try? FileStatus(at: path))?.kind == .regular ? path.string : nil
    }

    private func read(_ source: RecipeSource) throws -> [UInt8] {
        switch source.location {
        case .file(let path): return try content(path)
        case .url(let url): return try web.content(WebAddress(url), limit: Self.sizeLimit)
        }
    }

    private func content(_ path: FilePath) throws -> [UInt8] {
        let file = try OpenFile(path, O_RDONLY)
        let size = try file.status().size
        guard size <= Int64(Self.sizeLimit) else {
            throw Failure(
                "it has \(size) bytes, and may have \(Self.sizeLimit): it is something else than a stacker file")
        }
        return try file.readToEnd(limit: Self.sizeLimit)
    }
}

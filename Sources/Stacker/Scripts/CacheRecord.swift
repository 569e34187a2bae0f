import Failure
import FileTree
import Glibc
import OCI
import SystemPackage

/// Whose the cache directories in a directory are: `cache.json` beside them, for `gc` and for people.
struct CacheRecord: Codable, Equatable {
    static let name: FilePath = "cache.json"
    private static let sizeLimit = 1 << 20

    /// The stacker file: its path or URL.
    let recipe: String
    /// `os/arch`
    let platform: String
    /// The paths that the last build had, in the container.
    let paths: [String]

    init(recipe: String, platform: String, paths: [String]) {
        (self.recipe, self.platform, self.paths) = (recipe, platform, paths)
    }

    /// Reads the record of a directory; `nil` if it has none that can be understood.
    init?(in directory: Directory) throws {
        guard try directory.status(Self.name)?.kind == .regular,
            let bytes = try ifUsable({
                try directory.openNoSymlinks(Self.name, O_RDONLY | O_NONBLOCK).readToEnd(limit: Self.sizeLimit)
            }),
            let record = try? JSON.decode(CacheRecord.self, from: bytes)
        else { return nil }
        self = record
    }

    /// Writes it, in place of the one that is there.
    func write(in directory: Directory) throws {
        try directory.replaceFile(Self.name, with: JSON.encode(self), mode: 0o600)
    }

    /// The name of the directory: that of one recipe and platform, among those of the layers of a name.
    var slotName: FilePath { FilePath(Digest(of: "\(recipe)\0\(platform)".utf8).hex) }

    /// Whether the stacker file is still there, as far as that can be said.
    var hasRecipe: Bool {
        let path = FilePath(recipe)
        // One from a server is not asked for.
        guard path.isAbsolute else { return true }
        do {
            _ = try FileStatus(at: path)
            return true
        } catch {
            return error.systemError != .noSuchFileOrDirectory
        }
    }
}

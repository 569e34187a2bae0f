import FileTree
import Glibc
import SystemPackage

/// Which state of its repository a recipe is from.
enum GitVersion {
    /// `git describe --tags`, or the commit where there is no tag, with `-dirty` if tracked files were changed.
    ///
    /// - Returns: `nil` outside a repository, without git, and where git refuses a repository that another user owns.
    static func of(_ directory: FilePath, log: Log) -> String? {
        // Most recipes are tried outside a repository first: that must not cost a process.
        guard isInsideRepository(directory) else { return nil }
        func git(_ arguments: String...) -> CommandOutput? {
            try? CommandOutput(of: ["git", "-C", directory.string] + arguments)
        }
        guard
            let name = [git("describe", "--tags"), git("rev-parse", "HEAD")].compactMap(\.self)
                .first(where: { $0.status == 0 })?.text.split(separator: "\n").first
        else {
            log.debug("couldn't find the git version of \(directory): git describe and git rev-parse failed")
            return nil
        }
        let dirty = git("status", "--porcelain", "--untracked-files=no").map { !$0.text.isEmpty } ?? false
        return dirty ? "\(name)-dirty" : String(name)
    }

    private static func isInsideRepository(_ directory: FilePath) -> Bool {
        var place = directory
        while !place.isEmpty {
            var status = stat()
            if place.appending(".git").withPlatformString({ stat($0, &status) }) == 0 { return true }
            guard place.removeLastComponent() else { return false }
        }
        return false
    }
}

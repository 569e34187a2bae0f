import Failure
import FileTree
import SystemPackage

/// Where the images of both builds stay, for who wants to look at them.
struct ReproducedLayouts {
    let first: FilePath
    let second: FilePath

    /// Refuses a directory that has something in it.
    static func refuseUnusable(_ path: FilePath) throws {
        do {
            guard try Directory(at: path).names().isEmpty else {
                throw Failure(
                    "\(path) is not empty, and the images of both builds are to be in it",
                    help: "name a directory that is not there")
            }
        } catch let failure as Failure where failure.errno == .noSuchFileOrDirectory {}
    }

    /// Makes the directory for `body`, and removes it again if there is nothing to keep.
    static func making<Result>(_ path: FilePath, _ body: (ReproducedLayouts) throws -> Result) throws -> Result {
        let path = try path.absolute()
        try refuseUnusable(path)
        let wasThere = path.exists
        do {
            let directory = try Directory(creating: path)
            defer { withExtendedLifetime(directory) {} }
            return try body(ReproducedLayouts(first: path.appending("first"), second: path.appending("second")))
        } catch {
            for name in ["first", "second"] { try? Directory(at: path).removeTree(FilePath(name)) }
            if !wasThere, let name = path.lastComponent {
                try? Directory(at: path.removingLastComponent()).remove(FilePath(name.string), directory: true)
            }
            throw error
        }
    }
}

import Failure
import Glibc
public import SystemPackage

extension Directory {
    /// Removes `name` and, if it is a directory, all that is in it. Nothing outside is touched: symlinks are removed,
    /// not followed. A directory without write or search permission is given them first, as its owner can.
    /// A name that does not exist is fine.
    public func removeTree(_ name: FilePath) throws {
        guard let status = try status(name) else { return }
        guard status.kind == .directory else { return try remove(name) }
        if status.permissions & 0o700 != 0o700 {
            _ = name.withPlatformString { fchmodat(file.number, $0, status.permissions | 0o700, 0) }
        }
        let directory = try directory(name)
        for child in try directory.names() {
            try attempt("couldn't remove \(child)") { try directory.removeTree(child) }
        }
        try remove(name, directory: true)
    }
}

import Failure
import Glibc
import SystemPackage

extension Directory {
    /// How many directories within each other are held open at once. What lies deeper is moved up and removed there:
    /// however deep a tree is, neither descriptors nor stack run out.
    private static let reach = 100

    /// Removes `name` and, if it is a directory, all that is in it. Nothing outside is touched: symlinks are removed,
    /// not followed. A directory without write or search permission is given them first, as its owner can.
    /// A name that does not exist is fine.
    package func removeTree(_ name: FilePath) throws {
        guard let status = try status(name) else { return }
        guard status.kind == .directory else { return try remove(name) }
        try makeAccessible(name, status)
        let top = try directory(name)
        var moved = 0
        var movedBefore: Int
        repeat {
            movedBefore = moved
            try top.removeContent(depth: 1, top, &moved)
        } while moved > movedBefore
        try remove(name, directory: true)
    }

    /// Empties this directory, but for what was moved to `top` meanwhile.
    private func removeContent(depth: Int, _ top: Directory, _ moved: inout Int) throws {
        for child in try names() {
            try attempt("couldn't remove \(child)") {
                guard let status = try status(child) else { return }
                guard status.kind == .directory else { return try remove(child) }
                try makeAccessible(child, status)
                if depth >= Self.reach { return try rename(child, to: top.unusedName(&moved), in: top) }
                try directory(child).removeContent(depth: depth + 1, top, &moved)
                try remove(child, directory: true)
            }
        }
    }

    private func unusedName(_ count: inout Int) throws -> FilePath {
        while true {
            count += 1
            let name = FilePath("moved-up.\(count)")
            if try status(name) == nil { return name }
        }
    }

    private func makeAccessible(_ name: FilePath, _ status: FileStatus) throws {
        if status.permissions & 0o700 == 0o700 { return }
        _ = name.withPlatformString { fchmodat(file.number, $0, status.permissions | 0o700, 0) }
    }
}

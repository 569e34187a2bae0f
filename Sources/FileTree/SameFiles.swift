import SystemPackage

extension Directory {
    /// How deep trees are compared.
    private static let comparedDepth = 100

    /// Whether another directory has the same names all the way down, with the same kinds, owners, modes and sizes. No
    /// file is read, and trees that are too deep to be compared count as different.
    ///
    /// - Throws: `FailedCall` where something can't be looked at.
    package func hasSameFiles(as other: Directory, depth: Int = 0) throws -> Bool {
        let names = try names()
        guard depth < Self.comparedDepth, try names == other.names() else { return false }
        for name in names {
            guard let mine = try status(name), let others = try other.status(name), mine.kind == others.kind,
                mine.permissions == others.permissions, mine.uid == others.uid, mine.gid == others.gid
            else { return false }
            if mine.kind == .directory {
                let isSame = try directory(name).hasSameFiles(as: other.directory(name), depth: depth + 1)
                if !isSame { return false }
            } else if mine.size != others.size {
                return false
            }
        }
        return true
    }
}

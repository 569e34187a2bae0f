/// A tree has too many directories within each other to be counted.
package struct TreeTooDeep: Error {}

extension Directory {
    /// How deep a tree may be to be counted: a directory within another is held open.
    private static let deepest = 500

    /// The bytes of all regular files in it and below, each once however many names it has.
    ///
    /// - Parameter checkpoint: called for each name; what it throws ends the counting.
    /// - Throws: ``TreeTooDeep`` for a tree of more than 500 directories within each other.
    package func sizeOfFiles(_ checkpoint: () throws -> Void = {}) throws -> Int64 {
        var seen: Set<FileIdentity> = []
        return try sizeOfFiles(&seen, Self.deepest, checkpoint)
    }

    private func sizeOfFiles(_ seen: inout Set<FileIdentity>, _ depth: Int, _ checkpoint: () throws -> Void) throws
        -> Int64
    {
        guard depth > 0 else { throw TreeTooDeep() }
        var size: Int64 = 0
        for name in try names() {
            try checkpoint()
            guard let status = try status(name) else { continue }
            switch status.kind {
            case .directory: size += try directory(name).sizeOfFiles(&seen, depth - 1, checkpoint)
            case .regular:
                if status.links == 1 || seen.insert(status.identity).inserted { size += status.size }
            default: break
            }
        }
        return size
    }
}

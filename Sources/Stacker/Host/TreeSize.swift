import FileTree
import Glibc

extension Directory {
    /// The bytes of all regular files in it and below, each once however many names it has.
    func sizeOfFiles() throws -> Int64 {
        var seen: Set<ino_t> = []
        return try sizeOfFiles(&seen)
    }

    private func sizeOfFiles(_ seen: inout Set<ino_t>) throws -> Int64 {
        var size: Int64 = 0
        for name in try names() {
            guard let status = try status(name) else { continue }
            if status.kind == .directory {
                size += try directory(name).sizeOfFiles(&seen)
            } else if status.kind == .regular, status.links == 1 || seen.insert(status.inode).inserted {
                size += status.size
            }
        }
        return size
    }
}

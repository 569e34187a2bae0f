import FileTree
import Glibc
import Host
import SystemPackage

/// A busybox of this machine that needs nothing else, so that it is a system by itself.
struct StaticBusybox {
    let path: FilePath

    /// Finds it in `$PATH`; `nil` if there is none.
    init?() {
        let directories = (Environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").filter { $0.hasPrefix("/") }
        let paths = directories.map { FilePath(String($0)).appending("busybox") }
        guard let path = paths.first(where: { access($0.string, X_OK) == 0 && Self.isStatic($0) }) else { return nil }
        self.path = path
    }

    /// Whether a file is a program of 64 bits that names no loader: elf(5), no PT_INTERP among its program headers. They
    /// stand at the beginning, as linkers write them.
    static func isStatic(_ path: FilePath) -> Bool {
        guard let file = try? OpenFile(path, O_RDONLY | O_NONBLOCK), (try? file.status().kind) == .regular else {
            return false
        }
        return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            guard let count = try? file.read(into: buffer) else { return false }
            return isStatic([UInt8](buffer[..<count]))
        }
    }

    private static func isStatic(_ bytes: [UInt8]) -> Bool {
        // Magic, class 2 (64 bits), little-endian.
        guard bytes.count > 64, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) else { return false }
        func number(_ place: Int, _ size: Int) -> Int {
            guard place >= 0, place + size <= bytes.count else { return 0 }
            return bytes[place..<place + size].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        let (start, size, count) = (number(32, 4), number(54, 2), number(56, 2))
        guard start > 0, size >= 56, count > 0, start + count * size <= bytes.count else { return false }
        let interpreter = 3
        return !(0..<count).contains { number(start + $0 * size, 4) == interpreter }
    }
}

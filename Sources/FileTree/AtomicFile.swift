import Failure
import Glibc
import SystemPackage

extension Directory {
    /// Writes a file so that `name` is either the old content or all of the new, at any kill: a temporary name, fsync
    /// if `durable`, rename.
    package func replaceFile(
        _ name: FilePath, with bytes: some Sequence<UInt8>, mode: mode_t = 0o644, durable: Bool = false
    ) throws {
        try replaceFile(name, mode: mode, durable: durable) { try $0.writeAll(bytes) }
    }

    /// The same with what `write` writes to the file.
    package func replaceFile(
        _ name: FilePath, mode: mode_t = 0o644, durable: Bool = false, _ write: (OpenFile) throws -> Void
    ) throws {
        let temporary = FilePath.temporaryName(for: name.lastComponent?.string ?? "file")
        do {
            let file = try openNoSymlinks(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
            try write(file)
            if durable { try file.synchronize() }
            try rename(temporary, to: name)
        } catch {
            try? remove(temporary)
            throw Failure("couldn't write \(place(of: name) ?? name)", because: error)
        }
    }

    /// Reads the file `name` beneath this directory; `nil` if there is none.
    ///
    /// - Parameter limit: a longer file is refused.
    /// - Throws: `FailedCall`; a `Failure` for what is no file, as a fifo, which would keep its reader waiting.
    package func readFile(_ name: FilePath, limit: Int) throws -> [UInt8]? {
        do {
            let file = try open(name, O_RDONLY | O_NONBLOCK)
            guard try file.status().kind == .regular else { throw Failure("\(name) is no file") }
            return try file.readToEnd(limit: limit)
        } catch let error where error.systemError == .noSuchFileOrDirectory {
            return nil
        }
    }
}

import Failure
import Glibc
import SystemPackage

/// Calls `body` with a NULL-terminated array of C strings.
package func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) throws -> Result
) throws -> Result {
    if let bad = strings.first(where: { $0.utf8.contains(0) }) {
        throw Failure("the argument \"\(bad)\" has a NUL byte in it")
    }
    var copies = strings.map { strdup($0) } + [nil]
    defer { copies.forEach { free($0) } }
    return try copies.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { throw Errno.noMemory }
        return try body(base)
    }
}

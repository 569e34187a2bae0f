import Glibc
import SystemPackage

/// The name of a file within its directory: bytes of any kind but NUL and "/".
package struct FileName: Sendable, Hashable, Comparable {
    /// The bytes with a NUL after them, as system calls want them.
    private let terminated: [UInt8]

    /// Copies a C string.
    package init(_ name: UnsafePointer<CChar>) {
        let length = strlen(name)
        terminated = name.withMemoryRebound(to: UInt8.self, capacity: length + 1) {
            Array(UnsafeBufferPointer(start: $0, count: length + 1))
        }
    }

    /// Takes bytes that hold no NUL.
    init(_ bytes: some Collection<UInt8>) {
        var terminated: [UInt8] = []
        terminated.reserveCapacity(bytes.count + 1)
        terminated += bytes
        terminated.append(0)
        self.terminated = terminated
    }

    /// The name without the NUL.
    package var bytes: ArraySlice<UInt8> { terminated.dropLast() }

    /// Runs `body` with the name as a C string.
    @inline(__always)
    package func withCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
        try terminated.withUnsafeBufferPointer { buffer in
            try buffer.withMemoryRebound(to: CChar.self) { characters in
                guard let base = characters.baseAddress else { return try "".withCString(body) }
                return try body(base)
            }
        }
    }

    /// Orders by bytes, as strcmp(3) does.
    package static func < (left: FileName, right: FileName) -> Bool {
        left.withCString { left in right.withCString { right in strcmp(left, right) < 0 } }
    }
}

extension FilePath {
    /// The bytes of the path without slashes in front: as archives name files.
    var relativeBytes: [UInt8] {
        withPlatformString { text in
            let bytes = UnsafeRawBufferPointer(start: text, count: strlen(text))
            return Array(bytes.drop { $0 == UInt8(ascii: "/") })
        }
    }

    /// The path that `bytes` are; a NUL among them ends it.
    init(bytes: some Collection<UInt8>) {
        self = FileName(bytes).withCString { FilePath(platformString: $0) }
    }
}

/// Bytes of a name as they can stand in a message: one line, whatever they are.
func shown(_ bytes: some Collection<UInt8>) -> String {
    var text = ""
    for scalar in String(decoding: bytes.prefix(500), as: UTF8.self).unicodeScalars {
        if scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) {
            text += scalar.escaped(asASCII: true)
        } else {
            text.unicodeScalars.append(scalar)
        }
    }
    return text.isEmpty ? "/" : bytes.count > 500 ? text + "…" : text
}

/// How many processors this process may use.
func onlineProcessors() -> Int {
    max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}

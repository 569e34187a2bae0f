import FileTree
import Glibc
import SystemPackage

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

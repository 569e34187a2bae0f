import CSyscalls
import Glibc
import SystemPackage

/// One extended attribute: name and value are bytes.
package struct ExtendedAttribute: Sendable, Equatable {
    /// The full name with its namespace, as `user.mime_type`.
    package var name: AttributeName
    /// The value, at most 64 KiB on Linux.
    package var value: [UInt8]

    /// Makes an attribute of its parts.
    package init(name: AttributeName, value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

extension Directory {
    /// Runs `body` with a path that names `name` in this directory without following it: the way to use the l*xattr
    /// calls, which exist for paths only, safely.
    private func withProcPath<Result>(
        _ name: FilePath, _ body: (UnsafePointer<CChar>) throws -> Result
    ) rethrows -> Result {
        try FilePath("/proc/self/fd/\(file.number)").pushing(name).withPlatformString(body)
    }

    /// The extended attributes of `name`, sorted by name; a file system without them has none.
    ///
    /// - Parameter isWanted: whether one of this name is read; by default all are.
    /// - Throws: `Errno`.
    package func attributes(
        of name: FilePath, where isWanted: (AttributeName) -> Bool = { _ in true }
    ) throws -> [ExtendedAttribute] {
        try withProcPath(name) { path in
            let names = try growing { llistxattr(path, $0, $1) } ?? []
            return try names.split(separator: 0).compactMap { bytes -> ExtendedAttribute? in
                let name = AttributeName(bytes)
                guard isWanted(name) else { return nil }
                // An attribute that another process removed between the two calls is gone, not an error.
                return try name.withCString { attribute in try growing { lgetxattr(path, attribute, $0, $1) } }
                    .map { ExtendedAttribute(name: name, value: $0) }
            }.sorted { $0.name < $1.name }
        }
    }

    /// Whether the kernel says, in one call and without a path, that `name` has none. Most files have none.
    package func hasNoAttributes(_ name: UnsafePointer<CChar>) -> Bool {
        stacker_has_no_attributes(file.number, name) != 0
    }

    /// The value of one attribute; `nil` if `name` has none of that name.
    package func attribute(_ attribute: String, of name: FilePath) throws -> [UInt8]? {
        try withProcPath(name) { path in try growing { lgetxattr(path, attribute, $0, $1) } }
    }

    /// Sets one attribute of `name`.
    package func setAttribute(_ attribute: ExtendedAttribute, of name: FilePath) throws {
        _ = try withProcPath(name) { path in
            try attribute.value.withUnsafeBytes { value in
                try attribute.name.withCString { try checked(lsetxattr(path, $0, value.baseAddress, value.count, 0)) }
            }
        }
    }

    /// Calls a *xattr function that fills a buffer, with a larger one until all fits; `nil` if there is nothing to read.
    private func growing(_ call: (UnsafeMutablePointer<CChar>?, Int) -> Int) throws -> [UInt8]? {
        var capacity = 512
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, initialized in
                count = buffer.withMemoryRebound(to: CChar.self) { call($0.baseAddress, capacity) }
                initialized = max(0, count)
            }
            if count >= 0 { return bytes }
            switch Glibc.errno {
            case ERANGE where capacity < 1 << 20: capacity *= 4
            case ENODATA, ENOTSUP: return nil
            case let errno: throw Errno(rawValue: errno)
            }
        }
    }
}

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

extension OpenFile {
    /// The extended attributes of the open file, sorted by name; a file system without them has none.
    ///
    /// - Parameter isWanted: whether one of this name is read; by default all are.
    /// - Throws: `FailedCall`.
    package func attributes(where isWanted: (AttributeName) -> Bool = { _ in true }) throws -> [ExtendedAttribute] {
        try readAttributes(where: isWanted, at: place, list: { flistxattr(number, $0, $1) }) {
            fgetxattr(number, $0, $1, $2)
        }
    }

    /// The value of one attribute; `nil` if the file has none of that name.
    package func attribute(_ name: AttributeName) throws -> [UInt8]? {
        try name.withCString { name in try filled(at: place) { fgetxattr(number, name, $0, $1) } }
    }

    /// Sets one attribute.
    package func setAttribute(_ attribute: ExtendedAttribute) throws {
        _ = try attribute.value.withUnsafeBytes { value in
            try attribute.name.withCString {
                try checked(fsetxattr(number, $0, value.baseAddress, value.count, 0), at: place)
            }
        }
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
    /// - Throws: `FailedCall`.
    package func attributes(
        of name: FilePath, where isWanted: (AttributeName) -> Bool = { _ in true }
    ) throws -> [ExtendedAttribute] {
        try withProcPath(name) { path in
            try readAttributes(where: isWanted, at: place(of: name), list: { llistxattr(path, $0, $1) }) {
                lgetxattr(path, $0, $1, $2)
            }
        }
    }

    /// Whether the kernel says, in one call and without a path, that `name` has none. Most files have none.
    package func hasNoAttributes(_ name: UnsafePointer<CChar>) -> Bool {
        stacker_has_no_attributes(file.number, name) != 0
    }

    /// The value of one attribute; `nil` if `name` has none of that name.
    package func attribute(_ attribute: AttributeName, of name: FilePath) throws -> [UInt8]? {
        try withProcPath(name) { path in
            try attribute.withCString { attribute in
                try filled(at: place(of: name)) { lgetxattr(path, attribute, $0, $1) }
            }
        }
    }

    /// Sets one attribute of `name`.
    package func setAttribute(_ attribute: ExtendedAttribute, of name: FilePath) throws {
        _ = try withProcPath(name) { path in
            try attribute.value.withUnsafeBytes { value in
                try attribute.name.withCString {
                    try checked(lsetxattr(path, $0, value.baseAddress, value.count, 0), at: place(of: name))
                }
            }
        }
    }
}

/// Reads the attributes that `list` names, each by `value`.
private func readAttributes(
    where isWanted: (AttributeName) -> Bool, at place: @autoclosure () -> FilePath?,
    list: (UnsafeMutablePointer<CChar>?, Int) -> Int,
    value: (UnsafePointer<CChar>, UnsafeMutablePointer<CChar>?, Int) -> Int
) throws -> [ExtendedAttribute] {
    let names = try filled(at: place(), list) ?? []
    if names.isEmpty { return [] }
    return try names.split(separator: 0).compactMap { bytes -> ExtendedAttribute? in
        let name = AttributeName(bytes)
        guard isWanted(name) else { return nil }
        // One that was removed between the two calls is gone, not an error.
        return try name.withCString { attribute in try filled(at: place()) { value(attribute, $0, $1) } }
            .map { ExtendedAttribute(name: name, value: $0) }
    }.sorted { $0.name < $1.name }
}

/// What a *xattr function fills a buffer with: a small one, and one of the largest possible size if that was not enough;
/// `nil` if there is nothing to read.
private func filled(
    at place: @autoclosure () -> FilePath?, _ call: (UnsafeMutablePointer<CChar>?, Int) -> Int
) throws -> [UInt8]? {
    for capacity in [256, 64 << 10] {
        let result = try withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer -> [UInt8]?? in
            let count = call(buffer.baseAddress, capacity)
            if count >= 0 { return Array(UnsafeRawBufferPointer(buffer)[..<count]) }
            switch errno {
            case ERANGE where capacity < 64 << 10: return .none
            case ENODATA, ENOTSUP: return .some(nil)
            case let error: throw OpenFile.failed(Errno(rawValue: error), at: place())
            }
        }
        if let result { return result }
    }
    return nil
}

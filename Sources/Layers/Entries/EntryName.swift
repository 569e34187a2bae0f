import Failure
import FileTree

/// A name from an archive, made safe to resolve beneath a directory: relative, without `.`, `..` and NUL.
///
/// A slash in front is dropped, as every tool does. `a/../b` is `b`, without asking whether `a` is a symlink; a name
/// that leads out of the root by its `..` is refused.
struct EntryName: Hashable {
    /// The cleaned path; empty for the root.
    let path: [UInt8]
    /// Where the last component starts.
    private let cut: Int

    /// - Throws: A ``Failure`` if the name leads out of the root, or is none that a file can have.
    init(_ name: some Collection<UInt8>, limit: Int) throws {
        if name.count > limit { throw Failure("its name is \(name.count) bytes long, more than \(limit)") }
        var components: [ArraySlice<UInt8>] = []
        let bytes = Array(name)
        // A system call would see the name end there: "..\0x" is ".." to it.
        if bytes.contains(0) { throw Failure("its name has a NUL in it") }
        for component in bytes.split(separator: slash) {
            if component.elementsEqual(".".utf8) { continue }
            if component.elementsEqual("..".utf8) {
                if components.popLast() == nil { throw Failure("\(shown(path: bytes)) leads out of the root") }
            } else {
                components.append(component)
            }
        }
        path = Array(components.joined(separator: [slash]))
        cut = path.count - (components.last?.count ?? 0)
    }

    var isRoot: Bool { path.isEmpty }
    /// The path of the directory that it lies in; empty for the root.
    var parent: ArraySlice<UInt8> { path[..<max(0, cut - 1)] }
    /// The last component.
    var last: ArraySlice<UInt8> { path[cut...] }
    var lastName: FileName { FileName(last) }
}

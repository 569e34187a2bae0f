import Failure
import FileTree

/// The names by which a tar layer says what it hides.
///
/// [image-spec, layer.md, "Whiteouts"](https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts)
enum Whiteout {
    /// `.wh.`, before the name that is hidden.
    static let prefix = Array(".wh.".utf8)
    /// The name of the file that makes its directory opaque.
    static let opaque = Array(".wh..wh..opq".utf8)
    /// `.wh..wh.`: names that aufs keeps for itself.
    static let aufsPrefix = Array(".wh..wh.".utf8)
}

/// What a name of an archive means that starts with `.wh.`, or lies in a directory of such a name.
enum WhiteoutMark {
    /// The directory that it lies in hides what lower layers have there.
    case opaque
    /// A name beside it is hidden; `nil` if nothing can have that name.
    case hides(FileName?)
    /// What aufs keeps for itself (`.wh..wh.plnk`), and what lies in there.
    case ofAufs

    /// `nil` for the name of a file.
    ///
    /// - Throws: A ``Failure`` for what would lie in a whiteout.
    init?(_ name: EntryName) throws {
        guard let first = name.path.firstWhiteout else { return nil }
        if name.last.elementsEqual(Whiteout.opaque) {
            self = .opaque
        } else if first.count < name.path.count || name.last.starts(with: Whiteout.aufsPrefix) {
            guard first.lastComponent.starts(with: Whiteout.aufsPrefix) else {
                throw Failure("\(shown(path: first)) is a whiteout and cannot hold files")
            }
            self = .ofAufs
        } else {
            let hidden = name.last.dropFirst(Whiteout.prefix.count)
            let isPossible = !hidden.isEmpty && !hidden.elementsEqual(".".utf8) && !hidden.elementsEqual("..".utf8)
            self = .hides(isPossible ? FileName(hidden) : nil)
        }
    }
}

extension Collection where Element == UInt8, SubSequence == ArraySlice<UInt8> {
    /// The path up to and with its first component that starts with `.wh.`.
    fileprivate var firstWhiteout: ArraySlice<UInt8>? {
        var start = startIndex
        while start < endIndex {
            let end = self[start...].firstIndex(of: slash) ?? endIndex
            if self[start..<end].starts(with: Whiteout.prefix) { return self[..<end] }
            if end == endIndex { return nil }
            start = index(after: end)
        }
        return nil
    }

    fileprivate var lastComponent: ArraySlice<UInt8> {
        split(separator: slash).last ?? self[startIndex...]
    }
}
